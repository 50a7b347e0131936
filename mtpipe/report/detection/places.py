"""Quotations in their places: with the words around them, and in the page as it was read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from mtpipe.types import Article, Block, Place, Quotation, Side

__all__ = ["PageLine", "QuotedPlace", "Span", "blocks_by_place", "page_lines", "quoted_place"]

CONTEXT_CHARS = 90
"""How much is shown on either side of a quotation."""


@dataclass(frozen=True, slots=True)
class QuotedPlace:
    """A quotation with the words around it.

    Attributes:
        side: of which article.
        before: what stands before it in its block, shortened.
        text: the quotation.
        after: what stands behind it.
        where: its place for people: ``line 10, time stamp``.
    """

    side: Side
    before: str
    text: str
    after: str
    where: str


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a block; ``evidence`` are the numbers of what is quoted there, none elsewhere."""

    text: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PageLine:
    """A block of the page as it was read, or a stretch of blocks that are left out.

    Attributes:
        line: where it stands: ``line 10``, or an XPath; empty where it isn't known.
        kind: what it is.
        spans: its text, cut where quotations begin and end.
        is_furniture: whether it stands around the article.
        omitted: how many blocks are left out here; 0 for a block.
    """

    line: str = ""
    kind: str = ""
    spans: tuple[Span, ...] = ()
    is_furniture: bool = False
    omitted: int = 0


def blocks_by_place(article: Article | None) -> dict[Place, Block]:
    """All of the page's blocks; none without an article."""
    return (
        {block.place: block for block in (*article.blocks, *article.furniture)} if article else {}
    )


def quoted_place(quotation: Quotation, blocks: Mapping[Place, Block]) -> QuotedPlace:
    """Find a quotation among its article's blocks; if it isn't there, it has no surroundings."""
    block = blocks.get(quotation.place) if quotation.place else None
    start = _start(quotation, block) if block else -1
    if block is None or start < 0:
        where = "metadata" if quotation.place is None else _line(quotation.place.line, "")
        return QuotedPlace(quotation.side, "", quotation.text, "", where)
    end = start + len(quotation.text)
    where = ", ".join(filter(None, (_line(block.place.line, block.place.path), block.kind.value)))
    return QuotedPlace(
        quotation.side,
        _last_words(block.text, start),
        quotation.text,
        _first_words(block.text, end),
        where,
    )


def page_lines(
    blocks: Mapping[Place, Block], quotations: Iterable[tuple[int, Quotation]]
) -> tuple[PageLine, ...]:
    """The page in reading order: furniture and what is quoted; other body text is left out.

    Args:
        blocks: of the candidate.
        quotations: of the candidate, each with the number of the evidence that it belongs to.
    """
    marks: dict[int, list[tuple[int, int, int]]] = {}
    for number, quotation in quotations:
        block = blocks.get(quotation.place) if quotation.place else None
        if block is not None and (start := _start(quotation, block)) >= 0:
            marks.setdefault(block.place.index, []).append(
                (start, start + len(quotation.text), number)
            )
    lines: list[PageLine] = []
    for is_shown, group in groupby(
        (blocks[place] for place in sorted(blocks)),
        lambda block: block.kind.is_furniture or block.place.index in marks,
    ):
        members = list(group)
        if not is_shown:
            lines.append(PageLine(omitted=len(members)))
            continue
        lines += [
            PageLine(
                _line(block.place.line, block.place.path),
                block.kind.value,
                _spans(block.text, marks.get(block.place.index, ())),
                block.kind.is_furniture,
            )
            for block in members
        ]
    return tuple(lines)


def _start(quotation: Quotation, block: Block) -> int:
    """Offset of the quotation, by its own word or found again; -1 if it isn't there."""
    if quotation.text and block.text.startswith(quotation.text, quotation.start):
        return quotation.start
    return block.text.find(quotation.text) if quotation.text else -1


def _line(line: int, path: str) -> str:
    return f"line {line}" if line else path


def _last_words(text: str, end: int) -> str:
    if end <= CONTEXT_CHARS:
        return text[:end]
    start = end - CONTEXT_CHARS
    space = text.find(" ", start, end - 1)
    return "…" + text[space + 1 if space >= 0 else start : end]


def _first_words(text: str, start: int) -> str:
    if len(text) - start <= CONTEXT_CHARS:
        return text[start:]
    end = start + CONTEXT_CHARS
    space = text.rfind(" ", start + 1, end)
    return text[start : space if space >= 0 else end] + "…"


def _spans(text: str, marks: Sequence[tuple[int, int, int]]) -> tuple[Span, ...]:
    """The text cut at the marks; marks that overlap become one, with the numbers of all."""
    merged: list[tuple[int, int, list[int]]] = []
    for start, end, number in sorted(marks):
        if merged and start < merged[-1][1]:
            first, last, numbers = merged[-1]
            if number not in numbers:
                numbers.append(number)
            merged[-1] = (first, max(last, end), numbers)
        else:
            merged.append((start, end, [number]))
    spans = []
    done = 0
    for start, end, numbers in merged:
        spans += [Span(text[done:start]), Span(text[start:end], tuple(sorted(numbers)))]
        done = end
    return tuple(span for span in (*spans, Span(text[done:])) if span.text)
