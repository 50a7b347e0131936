"""An article as text to search: the blocks of a scope in one string, and the way back to them.

One search over a joined text is what makes a hundred rules on a page of 100,000 blocks a matter
of less than a second. Every hit is turned into exact words, their block's place and their offset.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import regex

from mtpipe.detection.rules import Scope
from mtpipe.types import TOOL_MARKUP, Article, Block, BlockKind, Place, Quotation, Side

__all__ = ["PageText", "SearchedText", "quoted_spans"]

MAX_BLOCK_CHARS = 20_000
"""No more of a block is searched: what a page gives away it doesn't give away there."""

MAX_PAGE_CHARS = 400_000
"""No more of a scope is searched."""

_SHORT_CHARS = 90
_NO_PLACE = Place(-1)
_TAGS = frozenset({BlockKind.TAG, BlockKind.NAVIGATION})
_MARKS = regex.compile(
    r"„[^„“”\n]*+[“”]|“[^“”\n]*+”|«[^«»\n]*+»|»[^«»\n]*+«|‹[^‹›\n]*+›|\"[^\"\n]*+\"|‘[^‘’\n]*+’"
)


@dataclass(frozen=True, slots=True)
class SearchedText:
    """Blocks joined by line feeds; a block's own are spaces, so that offsets stay.

    Attributes:
        blocks: in reading order.
        starts: offset of each block in ``text``.
        text: of all of them.
        quoted: spans between quotation marks, in order and disjoint.
    """

    blocks: Sequence[Block]
    starts: Sequence[int]
    text: str
    quoted: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> "SearchedText":
        """Join blocks, up to the limits of this module."""
        texts = [block.text[:MAX_BLOCK_CHARS].replace("\n", " ") for block in blocks]
        starts = list(accumulate((len(text) + 1 for text in texts), initial=0))[:-1]
        joined = "\n".join(texts)[:MAX_PAGE_CHARS]
        return cls(blocks, starts, joined, quoted_spans(joined))

    def block_at(self, offset: int) -> int:
        """Number of the block that an offset lies in."""
        return bisect_right(self.starts, offset) - 1

    def is_quoted(self, offset: int) -> bool:
        """Whether an offset lies between quotation marks."""
        before = bisect_right(self.quoted, (offset, len(self.text) + 1)) - 1
        return before >= 0 and offset < self.quoted[before][1]

    def quotation(self, start: int, end: int) -> Quotation | None:
        """The words from ``start`` to ``end``; None if there are none, or not in one block."""
        words = self.text[start:end]
        if "\n" in words or not words.strip():
            return None
        start += len(words) - len(words.lstrip())
        number = self.block_at(start)
        block, inside = self.blocks[number], start - self.starts[number]
        text = block.text[inside : inside + len(words.strip())]
        if block.place is _NO_PLACE:
            return Quotation(Side.CANDIDATE, text)
        return Quotation(Side.CANDIDATE, text, block.place, inside)

    def block_text(self, number: int) -> str:
        """What was taken of a block."""
        start = self.starts[number]
        return self.text[start : start + min(len(self.blocks[number].text), MAX_BLOCK_CHARS)]


class PageText:
    """The scopes of an article, each joined when it is first asked for.

    Args:
        article: what is searched.
    """

    def __init__(self, article: Article) -> None:
        self.article = article
        self._joined: dict[Scope, SearchedText] = {}

    def __getitem__(self, scope: Scope) -> SearchedText:
        """The text of a scope."""
        if scope not in self._joined:
            self._joined[scope] = SearchedText.of(_blocks(self.article, scope))
        return self._joined[scope]


def _blocks(article: Article, scope: Scope) -> list[Block]:
    if scope is Scope.MARKUP:
        traces = (value for name, value in article.metadata.extra if name == TOOL_MARKUP)
        return [Block(BlockKind.OTHER, trace, _NO_PLACE) for trace in traces]
    if scope is Scope.TEXT:
        return [block for block in article.blocks if block.language is None]
    if scope is Scope.TAG:
        return [block for block in article.furniture if block.kind in _TAGS]
    blocks = sorted((*article.blocks, *article.furniture), key=lambda block: block.place.index)
    if scope is Scope.ANYWHERE:
        return blocks
    return [block for block in blocks if block.kind.is_furniture or _may_be_furniture(block)]


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of what stands between quotation marks of one paragraph."""
    return [match.span() for match in _MARKS.finditer(text)]


def _may_be_furniture(block: Block) -> bool:
    return block.kind is not BlockKind.TITLE and len(block.text) <= _SHORT_CHARS
