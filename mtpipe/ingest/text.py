"""Plain text and Markdown to a page."""

import re
from collections.abc import Iterator

from mtpipe.ingest.page import Page, Piece, collapse
from mtpipe.ingest.page_dump import dateline_apart, read_page_dump
from mtpipe.types import BlockKind, Metadata

__all__ = ["read_markdown", "read_text"]

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<fields>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_CONTAINERS = {
    "blockquote_open": BlockKind.QUOTE,
    "list_item_open": BlockKind.LIST_ITEM,
    "heading_open": BlockKind.HEADING,
}


def read_text(text: str, *, title: str = "", metadata: Metadata | None = None) -> Page:
    """Read plain text; what was copied out of a browser is taken apart as a page dump."""
    return read_page_dump(text.replace("\r\n", "\n"), title=title, metadata=metadata)


def read_markdown(text: str) -> Page:
    """Read Markdown: wording without the markup, front matter as metadata.

    Code, HTML and rules are furniture. The title is the front matter's, or the first heading of
    level one.
    """
    text = text.replace("\r\n", "\n")
    fields, skipped = _front_matter(text)
    pieces = []
    title = fields.pop("title", "")
    if title:
        pieces.append(Piece(BlockKind.TITLE, title, path="title"))
    for kind, level, piece_text, line in _inline_blocks(text[skipped:]):
        if kind is BlockKind.HEADING and level == "h1" and not title:
            kind, title = BlockKind.TITLE, piece_text  # noqa: PLW2901
        pieces.append(Piece(kind, piece_text, line + text.count("\n", 0, skipped)))
    return Page.of(dateline_apart(pieces), _metadata(fields))


def _inline_blocks(text: str) -> Iterator[tuple[BlockKind, str, str, int]]:
    """Kind, element, wording and 1-based line of each block."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only Markdown needs it

    lines = text.splitlines()
    containers: list[tuple[BlockKind, str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        line = token.map[0] + 1 if token.map else 0
        if token.type in _CONTAINERS:
            containers.append((_CONTAINERS[token.type], token.tag))
        elif token.type.replace("_close", "_open") in _CONTAINERS:
            containers.pop()
        elif token.type == "inline":
            kind, element = containers[-1] if containers else (BlockKind.PARAGRAPH, "p")
            words = (
                " " if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
                if child.type != "html_inline"
            )
            yield kind, element, collapse("".join(words)), line
        elif token.type in ("fence", "code_block", "html_block"):
            yield BlockKind.OTHER, token.tag, collapse(token.content), line
        elif token.type == "hr":
            yield BlockKind.SEPARATOR, token.tag, lines[line - 1].strip(), line


def _front_matter(text: str) -> tuple[dict[str, str], int]:
    """The ``name: value`` lines between ``---`` at the top, and the characters they take."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, 0
    fields = {}
    for line in match["fields"].splitlines():
        name, colon, value = line.partition(":")
        if colon and not line[:1].isspace():
            fields[name.strip().lower()] = value.strip().strip("\"'")
    return fields, match.end()


def _metadata(fields: dict[str, str]) -> Metadata:
    language = fields.pop("lang", "") or fields.pop("language", "")
    return Metadata(
        address=fields.pop("url", ""),
        section=fields.pop("section", ""),
        authors=tuple(filter(None, [fields.pop("author", "")])),
        published=fields.pop("date", ""),
        declared_languages=(("front matter", language),) if language else (),
        extra=tuple(fields.items()),
    )
