"""Code and names within a sentence that a page wants untranslated: out of the engine's way, and back.

A name that no engine translates (:mod:`mtpipe.literals`) stands in for each. Not for what no page
marks: engines withhold that themselves (:mod:`mtpipe.engines.withheld`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from mtpipe.types import Markup, Segment, Span

__all__ = ["Kept", "kept_apart", "uncut"]

_KEPT = (Markup.CODE, Markup.KEPT)
_NAME = re.compile(r"@kept\d+")
# Where a name would be read as a part of something else.
_BEFORE, _BEHIND = re.compile(r"[^\w@#/.&-]?"), re.compile(r"\W?")


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment without what isn't to be translated.

    Attributes:
        text: goes to the engine.
        contents: pairs of a name in the text and what it stands for.
    """

    text: str
    contents: tuple[tuple[str, str], ...] = ()

    def restored(self, translation: str) -> str:
        """A translation of :attr:`text`, with what was kept in its place."""
        contents = dict(self.contents)
        return _NAME.sub(lambda name: contents.get(name[0], name[0]), translation)


def uncut(segments: Iterable[Segment], text: str, spans: Sequence[Span]) -> tuple[Segment, ...]:
    """The segments of a block; those that part what isn't to be translated become one.

    >>> segments = [Segment("Run say Hi.", 0, 11), Segment("You now.", 12, 20)]
    >>> uncut(segments, "Run say Hi. You now.", [Span(4, 15, Markup.CODE)])
    (Segment(text='Run say Hi. You now.', start=0, end=20),)
    """
    kept = [span for span in spans if _is_apart(text, span)]
    whole: list[Segment] = []
    for segment in segments:
        start = segment.start
        if whole and any(s.start < whole[-1].end and s.end > segment.start for s in kept):
            start = whole.pop().start
        whole.append(Segment(text[start : segment.end], start, segment.end))
    return tuple(whole)


def kept_apart(segment: Segment, spans: Sequence[Span]) -> Kept:
    """A segment of a block without the block's spans that aren't to be translated.

    Those that cross the segment's ends or touch a letter stay in it.

    >>> spans = [Span(4, 11, Markup.CODE)]
    >>> kept_apart(Segment("Run ls -l x now.", 0, 16), spans)
    Kept(text='Run @kept1 now.', contents=(('@kept1', 'ls -l x'),))
    """
    names = (name for n in count(1) if (name := f"@kept{n}") not in segment.text)
    parts: list[str] = []
    contents: list[tuple[str, str]] = []
    position = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        start, end = span.start - segment.start, span.end - segment.start
        if start < position or end > len(segment.text):
            continue
        if not _is_apart(segment.text, replace(span, start=start, end=end)):
            continue
        name = next(names)
        parts += [segment.text[position:start], name]
        contents.append((name, segment.text[start:end]))
        position = end
    if not contents:
        return Kept(segment.text)
    return Kept("".join([*parts, segment.text[position:]]), tuple(contents))


def _is_apart(text: str, span: Span) -> bool:
    """Whether a name can stand for a span of a text, and is to."""
    before, behind = text[max(span.start - 1, 0) : span.start], text[span.end : span.end + 1]
    can_be = _BEFORE.fullmatch(before) and _BEHIND.fullmatch(behind)
    return span.markup in _KEPT and can_be is not None
