"""A real browser between our pages and those of another site: what it tells, and what it shows."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from mtpipe.web.guard.headers import report_headers
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import served, small_app

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")

OURS = "mt.example"  # no loopback and no TLS: browsers tell least there
EVIL = "evil.example"
FORM = '<form method="post" action="/ui/sign-in"><input name="key"><button>in</button></form>'
REPORT = (
    '<style>p {color: rgb(1, 2, 3)}</style><p>a report</p><script>document.title="ran"</script>'
)
INLINE = '<title>page</title><script>document.title="ran"</script><p style="color:red">x</p>'


class Evil(BaseHTTPRequestHandler):
    """A page elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>evil</p>")

    def log_message(self, *_: Any) -> None:
        return


@dataclass
class Site:
    """Our server, the other one, and what ours did."""

    app: FastAPI
    port: int
    evil_port: int
    done: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{OURS}:{self.port}"

    @property
    def evil(self) -> str:
        return f"http://{EVIL}:{self.evil_port}/"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home: Path = tmp_path_factory.mktemp("home")
    # Open, so that it isn't the lack of a cookie that keeps the other site out.
    settings = ServeSettings(home=home, host="192.0.2.1", is_open=True, trusted_hosts=(OURS,))
    app = small_app(settings)
    other = ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    Thread(target=other.serve_forever, daemon=True).start()
    with served(app, settings) as port:
        site = Site(app, port, other.server_port)
        add_pages(app, site)
        yield site
    other.shutdown()
    other.server_close()


def add_pages(app: FastAPI, site: Site) -> None:
    @app.get("/ui/language/form")
    def form() -> HTMLResponse:
        return HTMLResponse(FORM)

    @app.get("/ui/inline")
    def inline() -> HTMLResponse:
        return HTMLResponse(INLINE)

    @app.get("/ui/made")
    def made() -> HTMLResponse:
        return HTMLResponse(REPORT, headers=report_headers())

    @app.get("/ui/frame")
    def frame() -> HTMLResponse:
        return HTMLResponse('<iframe src="/ui/made"></iframe>')

    @app.post("/api/v1/done")
    def done() -> dict[str, str]:
        site.done.append("by post")
        return {"secret": "of ours"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(site: Site, browser: Any) -> Iterator[Any]:
    """Signed in on our page, as somebody who then goes elsewhere."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, site)
    yield page
    context.close()


def sign_in(page: Any, site: Site) -> None:
    store = site.app.state.services.keys
    store.revoke("Ada")
    page.goto(f"{site.url}/ui/language/form")
    page.fill("input", store.new("Ada"))
    page.click("button")


ATTACKS = {
    "text that is JSON": """url => fetch(url + '/api/v1/done', {method: 'POST', mode: 'no-cors',
        credentials: 'include', headers: {'Content-Type': 'text/plain'}, body: '{}'})""",
    "JSON": """url => fetch(url + '/api/v1/done', {method: 'POST', credentials: 'include',
        headers: {'Content-Type': 'application/json'}, body: '{}'})""",
    "with a key": """url => fetch(url + '/api/v1/done', {method: 'POST',
        headers: {'X-API-Key': 'mtp_x'}, body: '{}'})""",
    "beacon": "url => navigator.sendBeacon(url + '/api/v1/done', '{}')",
    "form": """url => { const form = document.createElement('form'); form.method = 'post';
        form.action = url + '/api/v1/done'; form.enctype = 'text/plain';
        document.body.append(form); form.submit() }""",
    "form in a frame": """url => { const frame = document.createElement('iframe');
        frame.srcdoc = `<form method="post" action="${url}/api/v1/done"></form>
        <script>document.forms[0].submit()</script>`;
        frame.sandbox = 'allow-forms allow-scripts'; document.body.append(frame) }""",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_another_site_does_nothing(page: Any, site: Site, attack: str) -> None:
    site.done.clear()
    page.evaluate(
        "url => fetch(url + '/api/v1/done', {method: 'POST'}).then(r => r.text())", site.url
    )
    assert site.done == ["by post"]  # our own page may
    page.goto(site.evil)
    with suppress(playwright.Error):  # which the browser itself may refuse
        page.evaluate(attack, site.url)
    page.wait_for_timeout(500)
    assert site.done == ["by post"]


READING = {
    "fetch": "url => fetch(url + '/api/v1/me', {credentials: 'include'}).then(r => r.text())",
    "a picture": """url => new Promise((yes, no) => { const picture = new Image();
        picture.onload = yes; picture.onerror = no; picture.src = url + '/ui/static/page.css' })""",
    "a script": """url => new Promise((yes, no) => { const script = document.createElement('script');
        script.onload = yes; script.onerror = no; script.src = url + '/api/v1/me';
        document.body.append(script) })""",
}


@pytest.mark.parametrize("attack", READING.values(), ids=READING)
def test_another_site_sees_nothing(page: Any, site: Site, attack: str) -> None:
    page.goto(site.evil)
    with pytest.raises(playwright.Error):
        page.evaluate(attack, site.url)


def test_another_site_cant_show_us(page: Any, site: Site) -> None:
    page.goto(site.evil)
    page.set_content(f'<iframe src="{site.url}/ui/language/form"></iframe>')
    page.wait_for_timeout(500)
    assert all("form" not in frame.url for frame in page.frames[1:])


def test_a_name_that_points_here_is_not_ours(page: Any, site: Site) -> None:
    answer = page.goto(f"http://{EVIL}:{site.port}/ui/language/form")
    assert answer.status == 421


def test_our_forms_work_without_tls(page: Any, site: Site) -> None:
    # Signing in was a form of ours, which a stricter Referrer-Policy would have shown as "null".
    assert page.goto(f"{site.url}/api/v1/me").json()["name"] == "Ada"
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert page.evaluate("document.cookie") == ""


def test_no_page_runs_what_was_smuggled_in(page: Any, site: Site) -> None:
    page.goto(f"{site.url}/ui/inline")
    assert page.title() == "page"
    assert page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(0, 0, 0)"


def test_a_report_has_its_styles_and_no_script(page: Any, site: Site) -> None:
    page.goto(f"{site.url}/ui/frame")
    frame = page.frames[1]
    frame.wait_for_selector("p")
    assert frame.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(1, 2, 3)"
    assert frame.title() != "ran"
