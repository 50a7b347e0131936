"""Every page is sound to axe, in light and dark, and fits a phone."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
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
PAGES = ["detect", "translate", "align", "score", "archive", "models", "jobs", "sign-in", "nothing"]
_GRAVE = ("serious", "critical")


def _done(page: Page) -> str:
    """The address of a job that has come to its end."""
    expect(page.locator("[data-events]")).to_have_count(0)
    expect(page.locator("main h1")).to_be_visible()
    return page.url


@pytest.fixture(scope="module")
def addresses(browser: Browser, server: Server) -> list[str]:
    """All pages there are: forms, forms with something wrong, a job of each kind."""
    context = opened(browser, server)
    page = context.new_page()
    jobs = []
    page.goto("/ui/detect")
    page.locator("#candidate-text").fill((DEMO / "candidates/staudamm.de.txt").read_text("utf-8"))
    submit(page)
    jobs.append(_done(page))
    page.goto("/ui/detect")
    page.get_by_role("radio", name="Files").first.check()
    page.locator("#candidate-file").set_input_files(sorted((DEMO / "candidates").iterdir())[:2])
    submit(page)
    jobs.append(_done(page))
    page.goto("/ui/translate")
    page.locator("#text-text").fill("Guten Tag. Es kostet 100.000 Euro.")
    page.get_by_label("Into").select_option("fr")
    submit(page)
    jobs.append(_done(page))
    page.goto("/ui/align")
    page.locator("#source-text").fill((DEMO / "fr.txt").read_text("utf-8"))
    page.locator("#target-text").fill((DEMO / "de.txt").read_text("utf-8"))
    submit(page)
    jobs.append(_done(page))
    page.goto("/ui/score")
    page.locator("#hypotheses-text").fill("Das Haus ist rot.")
    page.locator("#references-text").fill("Das Haus war rot.")
    submit(page)
    jobs.append(_done(page))
    page.goto("/ui/align")
    page.locator("#source-text").fill("Nur eine Zeile.")
    page.locator("#target-text").fill("1234")  # in no language
    submit(page)
    jobs.append(_done(page))
    context.close()
    return [*(f"/ui/{name}" for name in PAGES), "/ui/archive/remove?id=a", *jobs]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_grave_violation(
    browser: Browser, server: Server, addresses: list[str], scheme: Any
) -> None:
    context = opened(browser, server, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    found = []
    for address in addresses:
        page.goto(address)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in _GRAVE:
                places = [node["html"][:120] for node in violation["nodes"][:3]]
                found.append((address, violation["id"], places))
    context.close()
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_every_page_fits_a_phone(
    browser: Browser, server: Server, addresses: list[str], language: str
) -> None:
    context = opened(browser, server, viewport=PHONE, locale=language)
    page = context.new_page()
    wide = []
    for address in addresses:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(address)
    context.close()
    assert wide == []


def test_errors_of_a_form_are_read_out(browser: Browser, server: Server) -> None:
    context = opened(browser, server, viewport=DESKTOP)
    page = context.new_page()
    page.goto("/ui/align")
    submit(page)
    expect(page.get_by_role("alert").first).to_contain_text("There is nothing here yet.")
    expect(page.locator("#source-text")).to_have_attribute("aria-describedby", "source-problem")
    assert {each["impact"] for each in Axe().run(page).response["violations"]}.isdisjoint(_GRAVE)
    context.close()


def test_a_page_prints_without_its_menus(browser: Browser, server: Server, tmp_path: Path) -> None:
    context = opened(browser, server)
    page = context.new_page()
    page.goto("/ui/models")
    page.emulate_media(media="print")
    expect(page.locator("nav").first).to_be_hidden()
    expect(page.locator("main h1")).to_be_visible()
    context.close()


def test_a_title_without_spaces_fits_a_phone(browser: Browser, server: Server) -> None:
    """As of a page's address, which a job is called after."""
    context = opened(browser, server, viewport=PHONE)
    page = context.new_page()
    page.goto("/ui/translate")
    page.locator("#text-text").fill(f"{'Donaudampfschiff' * 20}. Der Rat tagte gestern.")
    page.locator("#source").select_option("de")
    submit(page)
    _done(page)
    assert width_of(page) <= PHONE["width"]
    context.close()
