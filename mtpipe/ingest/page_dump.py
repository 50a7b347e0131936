"""Plain text to a page: title, its repetitions, dateline, body and furniture told apart.

Text that was copied out of a browser carries the page around the article along. An article that
is clean text goes the same way and comes out with no furniture.
"""

import re
from collections.abc import Iterator
from itertools import pairwise, takewhile
from statistics import mean

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.furniture import is_repetition, split_dateline
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.page import Page, Piece, collapse, without_beginning
from mtpipe.types import BlockKind, Metadata

__all__ = ["dateline_apart", "read_page_dump", "refuse_lists"]

_CLOSING = re.compile(r"""[.!?…:;,]["'”“»›’)\]\s]*$""")
_PROSE = re.compile(r"""[.…:;,]["'”“»›’)\]\s]*$""")
_BULLET = re.compile(r"(?:[•*‣▪–—-]|\d{1,2}[.)])\s+(?=\S)")
_SOFT_HYPHEN = "\xad"
_DIVIDED = re.compile(r"(?:[^\W\d_]{2}[-\u2010]|\xad)\s*$")
_DIVIDED_CHARS = 100
_AND = re.compile(r"(?:und|oder|bzw|sowie|bis|et|ou|and|or|to)\b")
_WRAP_CHARS = (40, 100)
_TITLE_CHARS = 300
_TOP_LINES = 6
_MAX_LINES = 100_000
_TAG_WORDS = 3


def read_page_dump(
    text: str,
    *,
    title: str = "",
    metadata: Metadata | None = None,
    rules: FurnitureRules = BUILT_IN,
) -> Page:
    """Tell the parts of a plain-text page apart.

    Args:
        text: the page; paragraphs are lines, or blocks of wrapped lines between blank ones.
        title: the title where it is known from elsewhere, as in a record; else the first line
            that looks like one is taken.
        metadata: what is known about the page.
        rules: what is furniture; all but lines without a letter is kept where wording isn't to
            count, since nothing else tells it apart.

    Raises:
        InputError: a pattern of the rules takes too long.
        UnreadableArticle: it has far more lines than an article.
    """
    refuse_lists(text)
    lines = list(_units(text))
    wanted = [rules.wanted(line) for _, line in lines]
    kinds: list[BlockKind | None] = [
        rules.by_wording(line) if is_wanted is None else None if is_wanted else BlockKind.OTHER
        for (_, line), is_wanted in zip(lines, wanted, strict=True)
    ]
    stated = title = collapse(title)
    if not title and (found := _find_title([line for _, line in lines], kinds)) is not None:
        title = lines[found][1]
        kinds[found] = BlockKind.TITLE
    if rules.wording:
        _find_repetitions([line for _, line in lines], kinds, title)
        _find_tags([line for _, line in lines], kinds)
    for index, is_wanted in enumerate(wanted):
        if is_wanted and kinds[index] is not BlockKind.TITLE:
            kinds[index] = None
    pieces = [Piece(BlockKind.TITLE, stated, path="title")] if stated else []
    for (number, line), kind in zip(lines, kinds, strict=True):
        pieces.append(Piece(kind or _body_kind(line), line, number))
    return Page.of(dateline_apart(pieces), metadata or Metadata())


def dateline_apart(pieces: list[Piece]) -> list[Piece]:
    """The pieces, with a dateline that opens the first paragraph as a piece of its own."""
    for index, piece in enumerate(pieces):
        if piece.kind is BlockKind.PARAGRAPH:
            dateline, rest = split_dateline(piece.text)
            if not (dateline and rest):
                break
            cut = len(piece.text) - len(rest)
            parts = [
                Piece(BlockKind.DATELINE, dateline, piece.line, piece.path),
                Piece(
                    BlockKind.PARAGRAPH,
                    rest,
                    piece.line,
                    piece.path,
                    without_beginning(piece.spans, cut),
                ),
            ]
            return [*pieces[:index], *parts, *pieces[index + 1 :]]
    return pieces


def refuse_lists(text: str) -> None:
    """Refuse a text that has far more lines than an article or a book.

    Raises:
        UnreadableArticle: it has.
    """
    if (lines := text.count("\n")) > _MAX_LINES:
        raise UnreadableArticle(
            f"no article: {lines:,} lines", hint="for a sentence a line: mtpipe translate --lines"
        )


def _units(text: str) -> Iterator[tuple[int, str]]:
    """Line number and text of each paragraph; wrapped lines are joined."""
    lines = text.splitlines()
    wrapped = _is_wrapped(lines)
    number, parts = 0, list[str]()
    for index, line in enumerate([*lines, ""], start=1):
        if parts and (not wrapped or not line.strip() or _BULLET.match(line)):
            yield number, collapse(_joined(parts))
            parts = []
        if line.strip():
            number = number if parts else index
            parts.append(line)


def _joined(lines: list[str]) -> str:
    """Lines of one paragraph, with words put together that a line's end had divided."""
    parts: list[str] = []
    for line in lines:
        following = line.lstrip()
        is_divided = parts and _DIVIDED.search(parts[-1][-_DIVIDED_CHARS:])
        last = parts[-1].rstrip() if is_divided else ""
        is_soft = last.endswith(_SOFT_HYPHEN)  # stands within words only
        if is_divided and (is_soft or not _AND.match(following)):
            # "Ver-" and "kehr", but "Presse-" and "Agentur".
            parts[-1] = last if following[:1].isupper() and not is_soft else last[:-1]
            parts.append(following)
        else:
            parts += [" " * bool(parts), line]
    return "".join(parts)


def _is_wrapped(lines: list[str]) -> bool:
    """Whether the lines are pieces of paragraphs, as in e-mail, and not paragraphs."""
    inner = [line.rstrip() for line, after in pairwise(lines) if line.strip() and after.strip()]
    if len(inner) < 2 or max(map(len, lines)) > _WRAP_CHARS[1] + 20:
        return False
    open_ended = sum(not _CLOSING.search(line) for line in inner)
    return (
        open_ended > 0.6 * len(inner) and _WRAP_CHARS[0] <= mean(map(len, inner)) <= _WRAP_CHARS[1]
    )


def _find_title(lines: list[str], kinds: list[BlockKind | None]) -> int | None:
    """Index of the title: a line near the top that comes again, or else one that isn't prose."""
    candidates = [index for index, kind in enumerate(kinds) if kind is None]
    if len(candidates) < 2:
        return None
    top = [
        index
        for index in candidates[:_TOP_LINES]
        if len(lines[index]) <= _TITLE_CHARS and not _BULLET.match(lines[index])
    ]
    for index in top:
        others = (lines[other] for other in candidates if other != index)
        if any(is_repetition(other, lines[index]) for other in others):
            return index
    head = list(takewhile(lambda index: not _PROSE.search(lines[index]), top))
    wordy = (index for index in head if len(lines[index].split()) > _TAG_WORDS)
    return next(wordy, head[0] if head else None)


def _find_repetitions(lines: list[str], kinds: list[BlockKind | None], title: str) -> None:
    for index, line in enumerate(lines):
        if title and kinds[index] is not BlockKind.TITLE and is_repetition(line, title):
            kinds[index] = BlockKind.REPEATED_TITLE


def _find_tags(lines: list[str], kinds: list[BlockKind | None]) -> None:
    """Call the short unpunctuated lines before and after the body tags."""
    sentences = [
        index
        for index, line in enumerate(lines)
        if kinds[index] is None and _CLOSING.search(line) and len(line.split()) > _TAG_WORDS
    ]
    if not sentences:
        return
    for index, line in enumerate(lines):
        if (
            kinds[index] is None
            and not sentences[0] < index < sentences[-1]
            and index != sentences[0]
            and len(line.split()) <= _TAG_WORDS
            and not _CLOSING.search(line)
        ):
            kinds[index] = BlockKind.TAG


def _body_kind(line: str) -> BlockKind:
    if _BULLET.match(line) and not line.startswith(("–", "—")):
        return BlockKind.LIST_ITEM
    if len(line) <= 100 and not _CLOSING.search(line):
        return BlockKind.HEADING
    return BlockKind.PARAGRAPH
