"""Whether a text is among another's words: by itself, or most of its runs of four words.

Words are compared as :func:`mtpipe.ingest.page.key` does. Text that one reader has and another has
with a link's label in the middle of it, or cut otherwise into paragraphs, is the same text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from mtpipe.ingest.page import words

__all__ = ["Wording"]

_GRAM_WORDS = 4
_PHRASE_CHARS = 20
"""Letters of a text of fewer words than that; shorter ones occur by chance."""


class Wording:
    """The words of some texts in order.

    Args:
        texts: read one after the other; what runs over the end of one is found as well.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        each = [words(text) for text in texts]
        self.keys = Counter("".join(own) for own in each if own)
        self._words = [word for own in each for word in own]
        self._grams: dict[int, set[int]] = {}

    def covered_ratio(self, text: str) -> float:
        """Share of the text's runs of four words that are here, 0 to 1; of shorter texts all or nothing."""
        own = words(text)
        whole = "".join(own)
        if whole in self.keys:
            return 1.0
        size = min(len(own), _GRAM_WORDS)
        if size < _GRAM_WORDS and len(whole) < _PHRASE_CHARS:
            return 0.0
        grams = list(_grams(own, size))
        known = self._grams_of(size)
        return sum(gram in known for gram in grams) / len(grams)

    def _grams_of(self, size: int) -> set[int]:
        if size not in self._grams:
            self._grams[size] = set(_grams(self._words, size))
        return self._grams[size]


def _grams(text: list[str], size: int) -> Iterator[int]:
    return map(hash, zip(*(text[start:] for start in range(size)), strict=False))
