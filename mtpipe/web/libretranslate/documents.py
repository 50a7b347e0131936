"""Whole files of text, pages and subtitles: their words, and how those are translated in place."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from html import unescape
from typing import Any

from mtpipe.types import Direction
from mtpipe.web.libretranslate.subtitles import read_subtitles
from mtpipe.web.libretranslate.translating import (
    cut_pages,
    translate_pages,
    translate_texts,
    visible_texts,
)
from mtpipe.web.services import Services

__all__ = ["Document", "opened"]


@dataclass(frozen=True, slots=True)
class Document:
    """A file that can be translated.

    Attributes:
        visible: its words.
        translate: gives the whole file, translated.
    """

    visible: str
    translate: Callable[[Direction], Coroutine[Any, Any, str]]


async def opened(services: Services, text: str, suffix: str) -> Document:
    """A file's text as what its name says that it is.

    Args:
        services: of the server.
        text: of the file.
        suffix: one of :data:`mtpipe.web.libretranslate.files.FORMATS`.

    Raises:
        MtpipeError: see :func:`mtpipe.web.libretranslate.translating.cut_pages`.
    """
    if suffix in (".html", ".htm"):
        return await _page(services, text)
    return _subtitles(services, text) if suffix == ".srt" else _plain(services, text)


def _plain(services: Services, text: str) -> Document:
    async def translate(direction: Direction) -> str:
        [translated] = await translate_texts(services, [text], direction)
        return translated.text

    return Document(text, translate)


async def _page(services: Services, text: str) -> Document:
    pages = await cut_pages(services, [text])

    async def translate(direction: Direction) -> str:
        [translated] = await translate_pages(services, pages, direction)
        return translated

    return Document(visible_texts(pages)[0], translate)


def _subtitles(services: Services, text: str) -> Document:
    subtitles = read_subtitles(text)

    async def translate(direction: Direction) -> str:
        # Subtitles have a few tags of HTML, but none of its entities.
        pages = await cut_pages(services, [one.replace("&", "&amp;") for one in subtitles.texts])
        spoken = await translate_pages(services, pages, direction)
        return subtitles.joined([unescape(one) for one in spoken])

    return Document("\n".join(subtitles.texts), translate)
