"""What editors do, from the first page to the downloaded file."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.pages.browser.conftest import (
    DEMO,
    DESKTOP,
    PATIENCE_MS,
    PHONE,
    Server,
    opened,
    submit,
    width_of,
)

expect.set_options(timeout=PATIENCE_MS)
REPOST = (DEMO / "candidates" / "staudamm.de.txt").read_text(encoding="utf-8")
VERDICT = "Maschinell übersetzte Kopie Ihres Artikels"


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_original_of_a_repost_is_found(
    browser: Browser, server: Server, window: Any, tmp_path: Path
) -> None:
    context = opened(browser, server, viewport=window, locale="de-DE")
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Text oder Quelltext einer Seite").first.fill(REPOST)
    expect(page.get_by_label("In meinem Archiv suchen")).to_be_checked()
    assert width_of(page) == window["width"]
    submit(page)
    expect(page.locator(".verdict h2")).to_have_text(VERDICT)
    expect(page.locator(".verdict")).to_contain_text("Barrage de l’Orvane")
    report = page.frame_locator("iframe")
    expect(report.locator("h1")).to_have_text("Machine-translated republication")
    assert width_of(page) == window["width"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Bericht (HTML)").click()
    download.value.save_as(tmp_path / "report.html")
    assert download.value.suggested_filename == "report.html"
    assert "Machine-translated republication" in (tmp_path / "report.html").read_text("utf-8")
    context.close()


def test_an_article_is_translated(page: Page, tmp_path: Path) -> None:
    page.goto("/ui/translate")
    page.get_by_role("radio", name="Files").check()
    page.locator("#text-file").set_input_files(DEMO / "fr.txt")
    expect(page.locator("[data-chosen]")).to_have_text("fr.txt")
    page.get_by_label("Into").select_option("de")
    submit(page)
    expect(page.get_by_role("columnheader", name="German")).to_be_visible()
    rows = page.locator(".pairs tbody tr")
    assert rows.count() >= 7
    assert rows.first.locator("td").nth(2).inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Translation memory (TMX)").click()
    assert "<tmx" in Path(download.value.path()).read_text("utf-8")


def test_a_job_is_cancelled_and_deleted(page: Page, tmp_path: Path) -> None:
    text = "\n\n".join(
        f"Le conseil a voté la loi numéro {n} après {n} heures." for n in range(2000)
    )
    file = tmp_path / "long.txt"
    file.write_text(text, encoding="utf-8")
    page.goto("/ui/translate")
    page.get_by_role("radio", name="Files").check()
    page.locator("#text-file").set_input_files(file)
    page.get_by_label("Into").select_option("en")
    submit(page)
    expect(page.get_by_role("heading", name="Translating …")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/ui/jobs$"))
    expect(page.get_by_role("link", name="long.txt")).to_have_count(0)


def test_without_a_script(browser: Browser, server: Server) -> None:
    context = opened(browser, server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/ui/detect")
    page.get_by_text("Compare with this original").click()
    page.locator("#candidate-text").fill((DEMO / "de.txt").read_text(encoding="utf-8"))
    page.locator("#original-text").fill((DEMO / "fr.txt").read_text(encoding="utf-8"))
    submit(page)
    expect(page.locator(".verdict h2")).to_be_visible()
    context.close()


def test_a_file_is_dropped_on_the_form(page: Page) -> None:
    page.goto("/ui/align")
    dropped = page.evaluate_handle(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["Le pont."], "pont.txt", { type: "text/plain" })); return data; }"""
    )
    page.locator("[data-drop]").first.dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.locator("[data-chosen]").first).to_have_text("pont.txt")
    expect(page.locator("#source-file")).to_be_visible()
    expect(page.locator("#source-text")).to_be_hidden()


def test_by_keyboard(page: Page) -> None:
    page.goto("/ui/detect")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#candidate-file")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#candidate-file")).to_be_focused()


def test_a_command_is_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/ui/models")
    button = page.get_by_role("button", name="Copy").first
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("mtpipe models fetch ")


@pytest.mark.slow
def test_a_page_left_open_sees_its_job_survive_the_server(
    browser: Browser, home: Path, archive: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    files = []
    for number in range(24):
        files.append(tmp_path / f"{number}.txt")
        lines = [f"Le conseil numéro {number} a voté {n} lois lundi." for n in range(12)]
        files[-1].write_text("\n\n".join(lines), encoding="utf-8")
    server = Server(tmp_path, home, archive)
    server.start()
    request.addfinalizer(server.stop)
    context = opened(browser, server)
    page = context.new_page()
    page.goto("/ui/translate")
    page.get_by_role("radio", name="Files").check()
    page.locator("#text-file").set_input_files(files)
    page.get_by_label("Into").select_option("de")
    submit(page)
    expect(page.get_by_role("heading", name="Translating …")).to_be_visible()
    server.kill()
    server.start()
    expect(page.locator(".pairs")).to_have_count(24)
    assert page.locator(".pairs tbody tr").count() == 24 * 12
    context.close()
