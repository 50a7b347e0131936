"""Texts and pages handed to workers in parts, and put together again."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from mtpipe.errors import EngineError
from mtpipe.types import Direction
from mtpipe.web.libretranslate.translating import cut_pages, translate_pages, translate_texts
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.coalescing import Translations
from tests.web.fakes import FakePool

T = TypeVar("T")
DE_EN = Direction.parse("de-en")


def run(pool: FakePool, settings: ServeSettings, work: Callable[[Any], Awaitable[T]]) -> T:
    """Some work with the services of a server."""

    async def done() -> T:
        return await work(
            SimpleNamespace(pool=pool, settings=settings, translations=Translations(pool, settings))
        )

    return asyncio.run(done())


def page_in_english(pool: FakePool, settings: ServeSettings, page: str) -> str:
    async def work(services: Any) -> list[str]:
        return await translate_pages(services, await cut_pages(services, [page]), DE_EN)

    return run(pool, settings, work)[0]


def test_a_long_text_is_put_together_again(pool: FakePool, settings: ServeSettings) -> None:
    text = "\n\n".join(f"Das ist Satz {n}. Und noch einer!" for n in range(1_000))
    [one] = run(pool, settings, lambda services: translate_texts(services, [text], DE_EN))
    assert one.text == text.upper()
    assert max(len(order["texts"]) for order in pool.asked("translate_segments")) <= 64


def test_a_long_page_is_put_together_again(pool: FakePool, settings: ServeSettings) -> None:
    page = "<p>Ein <b>Satz</b> ist hier, und dort <i class='x'>ein anderer</i>.</p>\n" * 300
    assert page_in_english(pool, settings, page) == (
        page.replace("Ein", "EIN")
        .replace("Satz", "SATZ")
        .replace("ist hier, und dort", "IST HIER, UND DORT")
        .replace("ein anderer", "EIN ANDERER")
    )
    orders = pool.asked("html_blocks")
    assert len(orders) > 3
    assert all(sum(len(block["text"]) for block in o["blocks"]) <= 3_000 for o in orders)


@pytest.mark.parametrize(
    "page",
    ["Wort", "<p>Wort</p>", "<b>Wort</b>", "Wort<br>zwei <img> drei", "H<sub>2</sub>O da"],
)
def test_what_has_no_words_to_match_is_translated_with_others(
    pool: FakePool, settings: ServeSettings, page: str
) -> None:
    page_in_english(pool, settings, page)
    assert pool.asked("html_blocks") == []
    assert pool.asked("translate_segments")


def test_a_very_long_paragraph_keeps_its_markup(pool: FakePool, settings: ServeSettings) -> None:
    page = f"<p>{'wort ' * 2_000}<b>zwei</b> {'wort ' * 2_000}</p>"
    translated = page_in_english(pool, settings, page)
    assert translated.count("WORT") == 4_000
    assert "<b>ZWEI</b>" in translated
    assert pool.asked("html_blocks") == []


def test_text_without_markup_is_not_read_as_a_page(pool: FakePool, settings: ServeSettings) -> None:
    assert page_in_english(pool, settings, "Eins\nzwei @kept1") == "EINS\nZWEI @KEPT1"
    assert pool.asked("html_cut") == []


def test_one_failure_is_enough(pool: FakePool, settings: ServeSettings) -> None:
    async def waits(_: dict[str, Any]) -> None:
        await asyncio.sleep(60)

    pool.answers["html_blocks"] = EngineError("out of order")
    pool.answers["translate_segments"] = waits
    with pytest.raises(EngineError, match="out of order"):
        page_in_english(pool, settings, "<p>Eins <b>zwei</b></p><p>Drei</p>")
