"""Which words of two versions of a sentence differ.

Not for which is right: both sides are marked alike.
"""

import re
from difflib import SequenceMatcher

Piece = tuple[str, bool]
"""Some text, and whether the other version has something else in its place."""

MAX_TOKENS = 1_000
"""Beyond this nothing is marked: comparing takes time that grows with the square of it."""

_TOKENS = re.compile(r"\w+|\s+|[^\w\s]")


def word_diff(first: str, second: str) -> tuple[list[Piece], list[Piece]]:
    """Cut two versions into pieces that are the same in both, and pieces that aren't.

    Returns:
        The pieces of the first and of the second; joined, they are the texts again.
    """
    one, other = _TOKENS.findall(first), _TOKENS.findall(second)
    if max(len(one), len(other)) > MAX_TOKENS:
        return [(first, False)], [(second, False)]
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for tag, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        for pieces, text in zip(sides, ("".join(one[i:j]), "".join(other[k:m])), strict=True):
            if text:
                pieces.append((text, tag != "equal"))
    return tuple(map(_bridged, sides))  # type: ignore[return-value] # two in, two out


def _bridged(pieces: list[Piece]) -> list[Piece]:
    """Join neighbours, and mark the spaces between two marked words, so that marks are calm."""
    joined: list[Piece] = []
    for number, (text, marked) in enumerate(pieces):
        between = 0 < number < len(pieces) - 1 and pieces[number - 1][1] and pieces[number + 1][1]
        mark = marked or (between and text.isspace())
        if joined and joined[-1][1] == mark:
            joined[-1] = (joined[-1][0] + text, mark)
        else:
            joined.append((text, mark))
    return joined
