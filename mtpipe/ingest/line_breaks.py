"""Which line breaks of a paragraph part what stands by itself, and which only fold a sentence.

``<br>`` is used for both: for poems, addresses and opening hours, and for prose that some system
wrapped.
"""

import re
from itertools import pairwise

__all__ = ["LINE_BREAK", "standing_lines"]

LINE_BREAK = "\v"
"""Stands for a ``<br>`` in text that isn't collapsed yet."""

_LINE_CHARS = 50
"""Lines of verse, of an address, of a list are hardly longer; what is folded is."""

_FOLDED_CHARS = 35
_FOLDED_RATIO = 0.4
"""Share of line breaks in the middle of a phrase, from which on a text of such lines is folded prose."""

_MOST_LINES = 2_000
_PUNCTUATED = re.compile(r"""[.!?…,;–—-]["'”“»›’)\]]*$""")
_ENDED = re.compile(r"""[.!?…]["'”“»›’)\]]*$""")
_CONTINUES = re.compile(r"[a-zà-öø-ÿœß]")


def standing_lines(raw: str) -> list[int]:
    """Offsets at which a text is to be cut; empty if it is one piece.

    A line stands by itself if the one before it and itself are short; a sentence may run through them,
    as it does in verse. Two lines are no verse: they mustn't be one sentence. A short line that opens
    a text is its heading.

    Args:
        raw: with :data:`LINE_BREAK` where lines end.
    """
    if LINE_BREAK not in raw:
        return []
    lines = [" ".join(line.split()) for line in raw.split(LINE_BREAK)]
    if len(lines) > _MOST_LINES:
        return []
    written = [line for line in lines if line]
    if _is_folded(written):
        return []
    cuts: list[int] = []
    offset, before = 0, ""
    for line, source in zip(lines, raw.split(LINE_BREAK), strict=True):
        if (
            line
            and before
            and _stands(before, line, opens=before is written[0], several=len(written) > 2)
        ):
            cuts.append(offset)
        before = line or before
        offset += len(source) + 1
    return cuts


def _is_folded(lines: list[str]) -> bool:
    """Whether a system has wrapped these lines at a width, wherever a phrase was."""
    broken = sum(
        len(line) >= _FOLDED_CHARS and line[-1].isalnum() and bool(_CONTINUES.match(after))
        for line, after in pairwise(lines)
    )
    return broken > 1 and broken >= _FOLDED_RATIO * (len(lines) - 1)


def _stands(before: str, line: str, *, opens: bool, several: bool) -> bool:
    goes_on = bool(_CONTINUES.match(line))
    if len(before) > _LINE_CHARS:
        return False
    if len(line) > _LINE_CHARS:
        return opens and not goes_on and not _PUNCTUATED.search(before)
    is_sentence = bool(_ENDED.search(line)) and not _PUNCTUATED.search(before)
    return several or not (goes_on or is_sentence)
