"""Runs of words that two texts share, found in time proportional to their length."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex as re

__all__ = ["MIN_WORDS", "Piece", "SharedRuns", "shared_runs"]

MIN_WORDS = 4
"""Words from which on a run counts: shorter ones are shared by any two texts of a language."""

# Words as they are read: "l'exploitant" and "1.200" are one each.
_WORD = re.compile(r"\d++(?:[.,:]\d++)*+|\w++(?:['’-]\w++)*+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a sentence; all of them together are the sentence."""

    text: str
    shared: bool = False


@dataclass(frozen=True, slots=True)
class SharedRuns:
    """The sentences of two sides, cut where shared runs begin and end.

    Attributes:
        first: pieces of each sentence of the first side.
        second: likewise of the second.
        shared: words of the second side that stand in shared runs.
        words: words of the second side.
    """

    first: tuple[tuple[Piece, ...], ...]
    second: tuple[tuple[Piece, ...], ...]
    shared: int
    words: int


def shared_runs(
    first: Sequence[str], second: Sequence[str], min_words: int = MIN_WORDS
) -> SharedRuns:
    """Find the runs of ``min_words`` or more words that stand in both sides.

    Case, punctuation and the shape of apostrophes don't matter; a run may go on from one sentence
    to the next of its side.
    """
    sides = [[(i, match) for i, text in enumerate(side) for match in _WORD.finditer(text)]
             for side in (first, second)]  # fmt: skip
    grams = [_grams([_key(match[0]) for _, match in side], min_words) for side in sides]
    common = set(grams[0]) & set(grams[1])
    pieces = []
    covered = 0
    for texts, words, starts in zip((first, second), sides, grams, strict=True):
        marked = _covered(starts, common, min_words, len(words))
        covered = sum(marked)
        spans: list[list[tuple[int, int]]] = [[] for _ in texts]
        previous = None
        for position, (i, match) in enumerate(words):
            if marked[position]:
                if previous == (i, position - 1):
                    spans[i][-1] = (spans[i][-1][0], match.end())
                else:
                    spans[i].append(match.span())
                previous = (i, position)
        pieces.append(tuple(_cut(text, spans[i]) for i, text in enumerate(texts)))
    return SharedRuns(pieces[0], pieces[1], covered, len(sides[1]))


def _key(word: str) -> str:
    return word.casefold().replace("’", "'")


def _grams(words: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def _covered(
    starts: Sequence[tuple[str, ...]], common: set[tuple[str, ...]], size: int, words: int
) -> list[bool]:
    """Which words lie in a run that is common."""
    covered = [False] * words
    for position, gram in enumerate(starts):
        if gram in common:
            covered[position : position + size] = [True] * size
    return covered


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    pieces = []
    done = 0
    for start, end in spans:
        pieces += [Piece(text[done:start]), Piece(text[start:end], shared=True)]
        done = end
    return tuple(piece for piece in (*pieces, Piece(text[done:])) if piece.text)
