"""Near-copies in the same language: how much of a candidate's wording stands in another text."""

from collections.abc import Sequence

import regex

SHINGLE_WORDS = 5
COPIED = 0.3
"""Share of common runs from which on a text is called a copy: independent reports on one event
share far less."""

_WORD = regex.compile(r"[^\W_]+")


def copied_share(original: Sequence[str], candidate: Sequence[str]) -> float:
    """Share of the candidate's runs of five words that the original has, 0..1 (Broder 1997).

    Args:
        original: sentences.
        candidate: sentences.
    """
    theirs = _shingles(original)
    own = _shingles(candidate)
    return len(own & theirs) / len(own) if own else 0.0


def words_of(text: str) -> list[str]:
    """The words of a text as wordings are compared: without case and punctuation."""
    words: list[str] = _WORD.findall(text.casefold())
    return words


def _shingles(sentences: Sequence[str]) -> set[tuple[str, ...]]:
    words = words_of(" ".join(sentences))
    return {
        tuple(words[start : start + SHINGLE_WORDS])
        for start in range(len(words) - SHINGLE_WORDS + 1)
    }
