"""Plain text and Markdown to a page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.inline import MARKUP, InlineText, in_element, safe_address
from mtpipe.ingest.page import Page, Piece, collapse, verbatim
from mtpipe.ingest.page_dump import dateline_apart, read_page_dump, refuse_lists
from mtpipe.types import NO_LANGUAGE, BlockKind, Markup, Metadata, Span

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["read_markdown", "read_text"]

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<fields>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_MARKS, _MOST_MARKS = "*_`[]!<&", 50_000
"""What inline markup is made of, and how many a text may have: 600,000 took 15 s and 570 MiB."""

_TAG = re.compile(r"<(/?)([a-z]+)", re.IGNORECASE)

_CONTAINERS = {
    "blockquote_open": BlockKind.QUOTE,
    "list_item_open": BlockKind.LIST_ITEM,
    "heading_open": BlockKind.HEADING,
}


def read_text(
    text: str,
    *,
    title: str = "",
    metadata: Metadata | None = None,
    rules: FurnitureRules = BUILT_IN,
) -> Page:
    """Read plain text; what was copied out of a browser is taken apart as a page dump."""
    return read_page_dump(text.replace("\r\n", "\n"), title=title, metadata=metadata, rules=rules)


def read_markdown(text: str, *, rules: FurnitureRules = BUILT_IN) -> Page:
    """Read Markdown: wording without the markup, front matter as metadata.

    HTML and rules are furniture, code stays as it is. The title is the front matter's, or the first
    heading of level one.

    Raises:
        UnreadableArticle: it has far more lines or marks than an article.
    """
    refuse_lists(text)
    if (marks := sum(map(text.count, _MARKS))) > _MOST_MARKS:
        raise UnreadableArticle(f"no article: {marks:,} marks of Markdown")
    text = text.replace("\r\n", "\n")
    fields, skipped = _front_matter(text)
    pieces = []
    title = fields.pop("title", "")
    if title:
        pieces.append(Piece(BlockKind.TITLE, title, path="title"))
    for piece, level in _pieces(text[skipped:]):
        kind = piece.kind
        if kind is BlockKind.HEADING and level == "h1" and not title:
            kind, title = BlockKind.TITLE, piece.text
        kind = rules.decided(kind, rules.wanted(piece.text), body=BlockKind.PARAGRAPH)
        line = piece.line + text.count("\n", 0, skipped)
        pieces.append(replace(piece, kind=kind, line=line))
    return Page.of(dateline_apart(pieces), _metadata(fields))


def _pieces(text: str) -> Iterator[tuple[Piece, str]]:
    """Each block, and the HTML element that it would be."""
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
            wording, spans = _inline(token.children or [])
            yield Piece(kind, wording, line, spans=spans), element
        elif token.type in ("fence", "code_block"):
            code = verbatim(token.content)
            yield Piece(BlockKind.CODE, code, line, language=NO_LANGUAGE), "pre"
        elif token.type == "html_block":
            yield Piece(BlockKind.OTHER, collapse(token.content), line), token.tag
        elif token.type == "hr":
            yield Piece(BlockKind.SEPARATOR, lines[line - 1].strip(), line), token.tag


def _inline(tokens: "Sequence[Token]") -> tuple[str, tuple[Span, ...]]:
    """The wording and the markup of a block; of HTML in it, what changes how the wording reads."""
    run, within = InlineText(), ""
    for token in tokens:
        markup = MARKUP.get(token.tag)
        if markup and token.nesting == 1:
            href = token.attrGet("href")
            run.begin(markup, safe_address(str(href)) if href else "")
        elif markup and token.nesting == -1:
            run.end()
        elif token.type == "code_inline":
            run.begin(Markup.CODE)
            run.add(token.content)
            run.end()
        elif token.type == "html_inline":
            tag = _TAG.match(token.content)
            name = tag[2].lower() if tag else ""
            if name == "br":
                run.add(" ")
            elif tag and name in ("sup", "sub"):
                within = "" if tag[1] else name
        elif token.type in ("softbreak", "hardbreak"):
            run.add(" ")
        else:
            run.add(in_element(token.content, within))
    return run.take()


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
