"""Code and names within a sentence that a page wants untranslated: out of the engine's way, and back.

A name that no engine translates (:mod:`mtpipe.literals`) stands in for each. Not for what no page
marks: engines withhold that themselves (:mod:`mtpipe.engines.withheld`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from mtpipe.types import Markup, Segment, Span

__all__ = ["Kept", "kept_apart"]

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
    for span in sorted(spans):
        start, end = span.start - segment.start, span.end - segment.start
        if span.markup not in _KEPT or start < position or end > len(segment.text):
            continue
        before, behind = segment.text[:start][-1:], segment.text[end : end + 1]
        if not (_BEFORE.fullmatch(before) and _BEHIND.fullmatch(behind)):
            continue
        name = next(names)
        parts += [segment.text[position:start], name]
        contents.append((name, segment.text[start:end]))
        position = end
    if not contents:
        return Kept(segment.text)
    return Kept("".join([*parts, segment.text[position:]]), tuple(contents))
