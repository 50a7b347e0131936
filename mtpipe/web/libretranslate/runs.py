"""A run of text in a page with the inline markup in it, as one text that can be translated.

What isn't to be translated, code above all, is stood in for by a name that models copy. Not for
what ends a run: see :mod:`mtpipe.web.libretranslate.elements`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from html import unescape

import regex as re

__all__ = ["KEPT_NAME", "Item", "ItemKind", "Node", "Run", "has_words", "runs_of"]

KEPT_NAME = re.compile(r"@kept\d+", re.IGNORECASE)

_SPACE = " \t\n\r\f"
_SPACES = re.compile(rf"[{_SPACE}]+")
_EDGES = re.compile(
    rf"(?P<before>[{_SPACE}]*+)(?:.*[^{_SPACE}])?(?P<behind>[{_SPACE}]*+)", re.DOTALL
)
_LINES_APART = 2
# Where a name would be read as a part of something else.
_BEFORE, _BEHIND = re.compile(r"[^\w@#/.&-]"), re.compile(r"\W")
_MOST_NODES = 50
"""In a run that somebody wrote; of one with more, every piece of text is a run of its own."""


class ItemKind(Enum):
    """What a run is put together from."""

    TEXT = auto()
    OPEN = auto()
    CLOSE = auto()
    EMPTY = auto()
    """Something without text that stands at a place: a picture, a comment."""
    KEPT = auto()
    """An element with text that isn't to be translated."""


_MARKS = (ItemKind.OPEN, ItemKind.EMPTY, ItemKind.KEPT)


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a run: its kind, how it was written, and of a tag the element's name."""

    kind: ItemKind
    raw: str
    name: str = ""


@dataclass(slots=True)
class Node:
    """Markup in a run.

    Attributes:
        start: offset of its first character in the run's text.
        end: offset behind its last character; of what has no text, the same.
        parent: number of the node that it stands in; -1 for none.
        opens: what is written at the start.
        closes: what is written at the end.
        name: that stands in the text for what isn't to be translated; else empty.
    """

    start: int
    end: int
    parent: int
    opens: str
    closes: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Text with inline markup.

    Attributes:
        text: as a browser shows it.
        nodes: its markup, each after the one that it stands in.
        before: white space in front of it, as it was written.
        behind: white space behind it.
    """

    text: str
    nodes: list[Node] = field(default_factory=list)
    before: str = ""
    behind: str = ""


def has_words(text: str) -> bool:
    """Whether there is a letter in a text, apart from names that stand for something else."""
    return any(map(str.isalpha, KEPT_NAME.sub("", text)))


def runs_of(items: Sequence[Item], *, keep_lines: bool = False) -> Iterator[str | Run]:
    """Items in order, as runs and as what stays as it is.

    Args:
        items: between two things that part text.
        keep_lines: whether line breaks are text.
    """
    if not any(item.kind is ItemKind.TEXT and has_words(unescape(item.raw)) for item in items):
        yield "".join(item.raw for item in items)
        return
    texts = (n for n, item in enumerate(items) if item.kind is ItemKind.TEXT and item.raw.strip())
    first = next(texts)
    own: list[Item] = []
    for index, item in enumerate(items):
        if item.kind is ItemKind.KEPT and _stands_apart(items, index, is_first=index < first):
            yield from _run(own, keep_lines=keep_lines)
            yield item.raw
            own = []
        else:
            own.append(item)
    yield from _run(own, keep_lines=keep_lines)


def _stands_apart(items: Sequence[Item], index: int, *, is_first: bool) -> bool:
    """Whether what isn't translated can't be in a sentence by a name.

    It touches a letter, or it stands in front of a sentence and not in it.
    """
    before = _neighbour(items, range(index - 1, -1, -1))[-1:]
    behind = _neighbour(items, range(index + 1, len(items)))
    if before and not _BEFORE.fullmatch(before):
        return True
    if behind and not _BEHIND.match(behind):
        return True
    return is_first and not behind.lstrip()[:1].islower()


def _neighbour(items: Sequence[Item], places: range) -> str:
    """The next text; that a name stands there is as good as a letter."""
    for place in places:
        item = items[place]
        if item.kind is ItemKind.KEPT:
            return "x"
        if item.kind is ItemKind.TEXT and item.raw:
            return unescape(item.raw)
    return ""


def _run(items: Sequence[Item], *, keep_lines: bool) -> Iterator[str | Run]:
    """Items as one run, or as several where it has too much markup for one."""
    text = "".join(unescape(item.raw) for item in items if item.kind is ItemKind.TEXT)
    marks = sum(item.kind in _MARKS for item in items)
    if not has_words(text):
        yield "".join(item.raw for item in items)
    elif marks > _MOST_NODES or (marks and KEPT_NAME.search(text)):
        for item in items:
            is_text = item.kind is ItemKind.TEXT
            yield from _run([item], keep_lines=keep_lines) if is_text else [item.raw]
    else:
        yield _Builder(keep_lines=keep_lines).built(items)


class _Builder:
    """Puts a run together."""

    def __init__(self, *, keep_lines: bool) -> None:
        self._keep_lines = keep_lines
        self._text = ""
        self._nodes: list[Node] = []
        self._open: list[tuple[str, int]] = []
        self._unclosed: set[int] = set()
        self._names = 0

    def built(self, items: Sequence[Item]) -> Run:
        for item in items:
            self._add(item)
        self._unclosed |= {number for _, number in self._open}
        self._free_unclosed()
        # White space in front of a last tag stays there.
        ends_with_text = items[-1].kind is ItemKind.TEXT
        text = self._text.rstrip(_SPACE) if ends_with_text else self._text
        for node in self._nodes:
            self._trim(node, text)
        raw = "".join(
            item.raw if item.kind is ItemKind.TEXT else "x"
            for item in items
            if item.kind in (ItemKind.TEXT, ItemKind.KEPT)
        )
        edges = _EDGES.fullmatch(raw)
        before, behind = (edges["before"], edges["behind"]) if edges else ("", "")
        return Run(text, self._nodes, before, behind if ends_with_text else "")

    def _add(self, item: Item) -> None:
        if item.kind is ItemKind.TEXT:
            self._add_text(item.raw)
        elif item.kind is ItemKind.OPEN:
            self._open.append((item.name, self._node(item.raw)))
        elif item.kind is ItemKind.KEPT:
            self._names += 1
            number = self._node(item.raw)
            self._nodes[number].name = f"@kept{self._names}"
            self._text += self._nodes[number].name
            self._nodes[number].end = len(self._text)
        elif item.kind is ItemKind.CLOSE and any(name == item.name for name, _ in self._open):
            self._close(item)
        else:
            self._node(item.raw)

    def _close(self, item: Item) -> None:
        while self._open:
            name, number = self._open.pop()
            if name == item.name:
                self._nodes[number].end = len(self._text)
                self._nodes[number].closes = item.raw
                return
            self._unclosed.add(number)

    def _free_unclosed(self) -> None:
        """What is never closed is just a tag at a place, with nothing in it."""
        for number, node in enumerate(self._nodes):
            if node.parent in self._unclosed:  # whose own parent isn't, any more
                node.parent = self._nodes[node.parent].parent
            if number in self._unclosed:
                node.end = node.start

    def _node(self, raw: str) -> int:
        place, parent = len(self._text), self._open[-1][1] if self._open else -1
        self._nodes.append(Node(place, place, parent, raw))
        return len(self._nodes) - 1

    def _add_text(self, raw: str) -> None:
        text = unescape(raw).replace("\xad", "")
        if not self._keep_lines:
            text = _SPACES.sub(_collapsed, text)
        if not self._text or self._text[-1] in _SPACE:
            text = text.lstrip(_SPACE)
        self._text += text

    @staticmethod
    def _trim(node: Node, text: str) -> None:
        """White space at either end of an element is outside of it."""
        inner = text[node.start : node.end]
        if kept := inner.strip(_SPACE):
            node.start += len(inner) - len(inner.lstrip(_SPACE))
            node.end = node.start + len(kept)
        else:
            node.start = node.end = min(node.start, len(text))


def _collapsed(space: "re.Match[str]") -> str:
    """White space as a browser shows it; an empty line, which parts sentences, stays."""
    return "\n\n" if space[0].count("\n") >= _LINES_APART else " "
