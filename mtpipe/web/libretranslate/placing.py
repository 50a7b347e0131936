"""Inline markup around the words of a translation, none of it lost.

Where the words of an element are known by their meaning, they get it. Where they aren't, those get
it that stand about where the element stood: unlike in a page made anew, a link that a program sent
has to come back. Elements stay within those that they stood in.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import regex as re

from mtpipe.web.libretranslate.runs import KEPT_NAME, Node, Run

__all__ = ["Rendering", "needs_matching", "written"]

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rendering:
    """The translation of a run.

    Attributes:
        text: in which a name may still stand for what wasn't translated.
        segments: start and end of each sentence, in the run's text and in this one.
        places: start and end in it by the number of the node whose words they are.
    """

    text: str
    segments: Sequence[tuple[int, int, int, int]] = ()
    places: Mapping[int, Place] | None = None


_WORD = re.compile(r"@?\w+")


def needs_matching(run: Run) -> bool:
    """Whether there is an element whose words have to be looked for in the translation."""
    return any(
        node.start < node.end
        and not node.name
        and (node.start, node.end) != (0, len(run.text.rstrip()))
        and _within_word(run.text, node) is None
        for node in run.nodes
    )


def written(run: Run, rendering: Rendering) -> str:
    """The HTML of a translated run; everything but the page's own markup is escaped.

    Args:
        run: as it was read.
        rendering: its translation.
    """
    places = _Placing(run, rendering).places()
    children: dict[int, list[int]] = {}
    for number, node in enumerate(run.nodes):
        children.setdefault(node.parent, []).append(number)
    body = _content(run, rendering.text, places, children, -1, (0, len(rendering.text)))
    return f"{run.before}{body}{run.behind}"


def _content(
    run: Run,
    text: str,
    places: Sequence[Place],
    children: Mapping[int, list[int]],
    parent: int,
    within: Place,
) -> str:
    """What stands in an element, its own tags apart; elements are as deep as a run allows."""
    parts: list[str] = []
    position, end = within
    # Of two at one place, the one goes first that went first; what is empty before what isn't.
    for number in sorted(children.get(parent, ()), key=lambda n: (max(places[n][0], within[0]), n)):
        node = run.nodes[number]
        start = min(max(places[number][0], position), end)
        stop = min(max(places[number][1], start), end)
        parts.append(_escaped(run, text[position:start]))
        if node.name:
            is_lost = start == stop
            parts.append(_apart(node.opens, text, start) if is_lost else node.opens)
        else:
            inner = _content(run, text, places, children, number, (start, stop))
            parts += (node.opens, inner, node.closes)
        position = stop
    parts.append(_escaped(run, text[position:end]))
    return "".join(parts)


def _apart(kept: str, text: str, place: int) -> str:
    """What got lost in the translation, put back without touching a word."""
    before, behind = text[:place][-1:], text[place : place + 1]
    return f"{' ' * before.isalnum()}{kept}{' ' * behind.isalnum()}"


def _escaped(run: Run, text: str) -> str:
    """Text of the translation, without a name that came a second time."""
    if any(node.name for node in run.nodes):
        text = KEPT_NAME.sub("", text)
    return escape(text, quote=False)


class _Placing:
    """Decides where in a translation each node of a run is."""

    def __init__(self, run: Run, rendering: Rendering) -> None:
        self._run = run
        self._text = rendering.text
        self._segments = rendering.segments or [(0, len(run.text), 0, len(self._text))]
        self._matched = rendering.places or {}
        self._words: dict[int, tuple[list[Place], list[Place]]] = {}

    def places(self) -> list[Place]:
        """A place for each node, in their order; what stands in another one widens that."""
        found = [self._place(number, node) for number, node in enumerate(self._run.nodes)]
        for number in reversed(range(len(found))):
            node = self._run.nodes[number]
            if node.parent >= 0 and node.start < node.end and number not in self._moved:
                start, end = found[node.parent]
                found[node.parent] = min(start, found[number][0]), max(end, found[number][1])
        return found

    @property
    def _moved(self) -> frozenset[int]:
        """Nodes that were put in a place by proportion: they don't widen what was matched."""
        return frozenset(
            number
            for number, node in enumerate(self._run.nodes)
            if not node.name and number not in self._matched
        )

    def _place(self, number: int, node: Node) -> Place:
        if node.name:
            found = re.search(rf"{node.name}(?!\d)", self._text, re.IGNORECASE)
            return found.span() if found else self._point(node.start)
        if node.start == node.end:
            return self._point(node.start)
        if (node.start, node.end) == (0, len(self._run.text.rstrip())):
            return 0, len(self._text.rstrip())
        for place in (self._note(node), self._matched.get(number), self._same_word(node)):
            if place:
                return place
        return self._stretch(node)

    def _note(self, node: Node) -> Place | None:
        """Where the very same characters are, for a "[1]" that touches the word before it."""
        own = self._run.text[node.start : node.end]
        if own[0].isalnum() or own[-1].isalnum() or self._text.count(own) != 1:
            return None
        return self._text.index(own), self._text.index(own) + len(own)

    def _same_word(self, node: Node) -> Place | None:
        """For a part of a word, the same part of that word, if it stands in the translation."""
        word = _within_word(self._run.text, node)
        if word is None:
            return None
        start, end = word
        found = re.search(rf"(?<!\w){re.escape(self._run.text[start:end])}(?!\w)", self._text)
        if not found:
            return None
        return found.start() + node.start - start, found.start() + node.end - start

    def _point(self, offset: int) -> Place:
        """Where a tag stands: as many words, in proportion, are before it."""
        (start, end, begins, ends), source, target = self._around(offset)
        before = sum(last <= offset for _, last in source)
        number = round(before * len(target) / max(1, len(source)))
        at = target[number - 1][1] if number else begins
        # What is between the word and the tag, a comma or a space, often is there as well.
        tail = self._run.text[source[before - 1][1] if before else start : offset]
        follows_word = offset > 0 and not self._run.text[offset - 1].isspace()
        if offset >= end:
            at = ends
        elif self._text.startswith(tail, at):
            at += len(tail)
        elif number < len(target) and not follows_word:
            at = target[number][0]
        return at, at

    def _stretch(self, node: Node) -> Place:
        """The words that stand where the node's own stood among the others, at least one."""
        start, _ = self._share(node.start, node.start, node.end)
        _, end = self._share(node.end, node.start, node.end)
        return start, max(start, end)

    def _share(self, offset: int, first: int, last: int) -> Place:
        """Of the sentence around an offset, the words that a stretch of it is given."""
        _, source, target = self._around(offset)
        inside = [n for n, (start, end) in enumerate(source) if start < last and end > first]
        if not inside or not target:
            return self._point(offset)
        ratio = len(target) / len(source)
        begin = min(int(inside[0] * ratio), len(target) - 1)
        end = min(max(begin + 1, round((inside[-1] + 1) * ratio)), len(target))
        return target[begin][0], target[end - 1][1]

    def _around(self, offset: int) -> tuple[tuple[int, int, int, int], list[Place], list[Place]]:
        """The sentence that an offset is in, its words, and those of its translation."""
        place = min(bisect_left(self._segments, offset, key=_end), len(self._segments) - 1)
        start, end, begins, ends = found = self._segments[place]
        if place not in self._words:
            self._words[place] = (
                [word.span() for word in _WORD.finditer(self._run.text, start, end)],
                [word.span() for word in _WORD.finditer(self._text, begins, ends)],
            )
        return found, *self._words[place]


def _end(segment: tuple[int, int, int, int]) -> int:
    return segment[1]


def _within_word(text: str, node: Node) -> Place | None:
    """The word that a node is a part of, and no more than that; None of any other node."""
    touches_before = (
        node.start > 0 and text[node.start - 1].isalnum() and text[node.start].isalnum()
    )
    touches_behind = (
        node.end < len(text) and text[node.end].isalnum() and text[node.end - 1].isalnum()
    )
    if not (touches_before or touches_behind):
        return None
    start, end = node.start, node.end
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return start, end
