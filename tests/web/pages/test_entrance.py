"""The start, languages, signing in and out, and the pages' own files."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from mtpipe.web import create_app
from mtpipe.web.guard.callers import Scope
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool
from tests.web.pages.conftest import page_of, text_of

PAGES = ["detect", "translate", "align", "score", "archive", "models", "jobs"]
HTML = {"Accept": "text/html"}


@pytest.fixture
def guarded(tmp_path: Path, pool: FakePool) -> Iterator[TestClient]:
    """A server that wants keys."""
    app = create_app(ServeSettings(home=tmp_path / "keys", needs_keys=True), pool=pool)
    with TestClient(app, base_url="http://localhost:8000", follow_redirects=False) as client:
        client.headers["Accept"] = "text/html"
        yield client


def key_of(client: TestClient, *scopes: Scope) -> str:
    return str(client.app.state.services.keys.new("anna", scopes or (Scope.ALL,)))  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/", "/ui", "/ui/"])
def test_the_start(client: TestClient, path: str) -> None:
    assert client.get(path).headers["location"] == "/ui/detect"


@pytest.mark.parametrize("language", ["de", "en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_in_every_language(client: TestClient, name: str, language: str) -> None:
    answer = client.get(f"/ui/{name}", headers={"Accept-Language": language})
    page = page_of(answer)
    assert answer.status_code == 200
    assert page.get("lang") == answer.headers["content-language"] == language
    assert page.xpath("//nav//a[@aria-current='page']/@href") == [f"/ui/{name}"]
    assert len(page.xpath("//h1")) == 1
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(set(page.xpath("//@id"))) == len(page.xpath("//@id"))
    assert page.xpath("//a[@class='skip']/@href") == ["#main"]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_script_or_style_of_its_own(client: TestClient, name: str) -> None:
    page = page_of(client.get(f"/ui/{name}"))
    assert not page.xpath("//style | //@style | //script[text()]")
    assert not page.xpath("//@*[starts-with(name(), 'on')]")


def test_a_language_is_kept(client: TestClient) -> None:
    answer = client.get("/ui/language/fr", params={"back": "/ui/jobs?after=1"})
    assert answer.headers["location"] == "/ui/jobs?after=1"
    assert page_of(client.get("/ui/detect", headers={"Accept-Language": "de"})).get("lang") == "fr"


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/ui/",
        "/\\elsewhere",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_language_leads_nowhere_else(client: TestClient, back: str) -> None:
    answer = client.get("/ui/language/fr", params={"back": back})
    assert answer.headers["location"] == "/ui/detect"


def test_there_is_no_other_language(client: TestClient) -> None:
    assert client.get("/ui/language/xx").status_code == 404


@pytest.mark.parametrize("name", ["page.css", "page.js", "icon.svg"])
def test_own_files_are_kept_by_browsers(client: TestClient, name: str) -> None:
    answer = client.get(f"/ui/static/{name}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["page.py", "..%2ftexts%2fen.toml", "%2e%2e/texts.py", ""])
def test_there_are_no_other_files(client: TestClient, name: str) -> None:
    assert client.get(f"/ui/static/{name}").status_code == 404


def test_behind_a_proxy_all_links_have_its_path(tmp_path: Path, pool: FakePool) -> None:
    settings = ServeSettings(
        home=tmp_path / "proxied", root_path="/mt", archive="x", allow_fetch=True
    )
    app = create_app(settings, pool=pool)
    with TestClient(app, base_url="http://localhost:8000", follow_redirects=False) as client:
        for name in (*PAGES, "sign-in", "nothing"):
            page = page_of(client.get(f"/mt/ui/{name}", headers=HTML))
            links = page.xpath("//@href | //@action | //script/@src | //@data-live")
            ours = [link for link in links if not link.startswith(("#", "https://tribune"))]
            assert ours
            assert [link for link in ours if not link.startswith("/mt/ui/")] == []
        assert client.get("/mt/").headers["location"] == "/mt/ui/detect"
        form = {"text_text": "Bonjour.", "target": "de"}
        location = client.post("/mt/ui/translate", data=form).headers["location"]
        assert location.startswith("/mt/ui/jobs/")
        assert client.get(location).status_code == 200


def test_without_a_key_one_is_asked_to_sign_in(guarded: TestClient) -> None:
    answer = guarded.get("/ui/jobs?after=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/ui/sign-in?next=%2Fui%2Fjobs%3Fafter%3D1"
    form = page_of(guarded.get(answer.headers["location"])).xpath("//main//form")[0]
    signed_in = guarded.post(form.get("action"), data={"key": key_of(guarded)})
    assert signed_in.status_code == 303
    assert signed_in.headers["location"] == "/ui/jobs?after=1"
    assert "Sign out" in text_of(guarded.get("/ui/detect"))
    assert guarded.post("/ui/sign-out").headers["location"] == "/ui/sign-in"
    assert guarded.get("/ui/detect").status_code == 303


def test_a_form_without_a_key_leads_to_the_sign_in(guarded: TestClient) -> None:
    answer = guarded.post("/ui/translate", data={"text_text": "Bonjour.", "target": "de"})
    assert answer.status_code == 401
    assert page_of(answer).xpath("//main//a/@href") == ["/ui/sign-in"]


def test_a_wrong_key(guarded: TestClient) -> None:
    answer = guarded.post("/ui/sign-in?next=/ui/models", data={"key": "mtp_" + "x" * 43})
    assert answer.status_code == 401
    assert "There is no such key" in text_of(answer)
    assert page_of(answer).xpath("//main//form/@action") == ["/ui/sign-in?next=%2Fui%2Fmodels"]


def test_the_sign_in_page_in_another_language(guarded: TestClient) -> None:
    answer = guarded.get("/ui/language/de", params={"back": "/ui/sign-in"})
    assert answer.headers["location"] == "/ui/sign-in"
    assert page_of(guarded.get("/ui/sign-in")).get("lang") == "de"


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example", "//elsewhere.example", "/ui/sign-out"]
)
def test_signing_in_leads_nowhere_else(guarded: TestClient, wanted: str) -> None:
    answer = guarded.post("/ui/sign-in", params={"next": wanted}, data={"key": key_of(guarded)})
    assert answer.headers["location"] == "/ui/detect"


def test_a_key_is_good_for_what_it_is_for(guarded: TestClient) -> None:
    guarded.post("/ui/sign-in", data={"key": key_of(guarded, Scope.TRANSLATE, Scope.ARCHIVE_READ)})
    assert guarded.get("/ui/translate").status_code == 200
    answer = guarded.get("/ui/models")
    assert answer.status_code == 403
    assert "You may not do that" in text_of(answer)


def test_jobs_of_others_can_t_be_seen(guarded: TestClient) -> None:
    guarded.post("/ui/sign-in", data={"key": key_of(guarded)})
    form = {"text_text": "Bonjour.", "target": "de"}
    path = guarded.post("/ui/translate", data=form).headers["location"]
    assert guarded.get(path).status_code == 200
    other = guarded.app.state.services.keys.new("bert", (Scope.ALL,))  # type: ignore[attr-defined]
    guarded.post("/ui/sign-in", data={"key": other})
    assert guarded.get(path).status_code == 404
    assert guarded.post(f"{path}/remove").status_code == 404
    assert "You haven’t started anything yet." in text_of(guarded.get("/ui/jobs"))


@pytest.mark.parametrize(
    "path",
    ["detect", "translate", "align", "score", "archive/add", "archive/remove", "sign-out",
     "jobs/0/cancel", "jobs/0/remove", "jobs/0/retry"],
)  # fmt: skip
def test_no_form_is_taken_from_another_site(client: TestClient, path: str) -> None:
    foreign = {"Origin": "https://elsewhere.example", **HTML}
    answer = client.post(f"/ui/{path}", data={"x": "y"}, headers=foreign)
    assert answer.status_code == 403
    assert "the form came from another site" in text_of(answer)


def others(answer: Response) -> list[str]:
    """Where the links to other languages lead."""
    links: list[str] = page_of(answer).xpath("//ul[@class='languages']//a/@href")
    assert len(links) == 3
    return links


@pytest.mark.parametrize(
    "address",
    [
        "/ui/jobs?after=7",
        "/ui/archive?words=und...+%22a%26b%22&language=fr&after=x%2F%2Fy",
        "/ui/archive/remove?id=a%26b%2F..%2F%C3%BC",
        "/ui/sign-in?next=%2Fui%2Fjobs%3Fafter%3D7",
        "/ui/nothing?%22%3E%3Cb%3E",
    ],
)
def test_another_language_shows_the_same_page(client: TestClient, address: str) -> None:
    for link in others(client.get(address, headers=HTML)):
        assert client.get(link).headers["location"] == address


@pytest.mark.parametrize(
    ("path", "form", "page"),
    [
        ("/ui/archive/remove", {"id": "a"}, "/ui/archive"),
        ("/ui/archive/remove", {}, "/ui/archive"),
        ("/ui/archive/add", {}, "/ui/archive"),
        ("/ui/translate", {}, "/ui/translate"),
        ("/ui/jobs/7/remove", {}, "/ui/jobs"),
        ("/ui/sign-in?next=%2Fui%2Fmodels", {"key": "x"}, "/ui/sign-in?next=%2Fui%2Fmodels"),
        ("/ui/nothing/at/all", {}, "/ui/nothing"),
    ],
)
def test_another_language_sends_no_form_again(
    client: TestClient, path: str, form: dict[str, str], page: str
) -> None:
    for link in others(client.post(path, data=form, headers=HTML)):
        assert client.get(link).headers["location"] == page


def test_another_language_of_a_long_address(client: TestClient) -> None:
    answer = client.get("/ui/archive", params={"words": "\U0001f30a" * 200})
    assert answer.status_code == 200
    for link in others(answer):
        assert client.get(link).headers["location"] == "/ui/archive"
