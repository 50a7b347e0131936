"""Near-duplicates: texts that are the same but for a title, a dateline or a paragraph.

A report of an agency stands on a thousand pages, and its text needs to be examined once. Texts
become sketches (:func:`sketch`), sketches clusters (:func:`group`): MinHash (Broder 1997) of runs
of words, of which one bit a slot is kept (Li and König 2010), and bands of slots to find those
that may be alike (Leskovec, Rajaraman, Ullman, chapter 3).

A text is only ever put to a representative that it is like itself, never to a text that is like
another one: a verdict must not wander. Nothing here is exact, but no text is put to one whose
estimate lies below the threshold. Not for copies with an original: see
:mod:`mtpipe.detection.copies`; nor for files: see :mod:`mtpipe.scale.duplicates`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mtpipe.detection.copies import words_of
from mtpipe.detection.verdict import MIN_WORDS
from mtpipe.types import Language

__all__ = [
    "BANDS",
    "BITS_BYTES",
    "NO_KEY",
    "SIGNATURE",
    "THRESHOLD",
    "Groups",
    "Sketch",
    "group",
    "similarities",
    "sketch",
]

SHINGLE_WORDS = 12
"""Words of a run. Longer runs tell better what was changed in one place, as copies of a report
are, from what differs everywhere, as translations of one text by two systems do."""

THRESHOLD = 0.72
"""Least share of common runs (Jaccard) with the representative. Of 20,217 pairs of translations of
one text by different hands none has more than 0.669, and of a person's and a machine's 0.325."""

SLOTS = 1024
"""Slots of a sketch, of each of which a bit is kept: the estimate's error is 0.022."""

BITS_BYTES = SLOTS // 8
BANDS = 24
_BAND_SLOTS = 5
"""Two texts with 0.72 in common meet in a band with a probability of 0.99, with 0.3 of 0.06."""

NO_KEY = 0
"""Key of a text that is compared with none."""

SIGNATURE = f"minhash1:{SHINGLE_WORDS}w:{SLOTS}x1bit:{BANDS}x{_BAND_SLOTS}:{THRESHOLD}"
"""All that clusters depend on beside the texts."""

_MOST_LEADERS = 64
"""Texts of a bucket that others are compared with; a bucket of millions is no square of work."""

_ROUNDS = 4
_SHINGLES_TOGETHER = 256
_PAIRS_TOGETHER = 2**14
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_FACTORS = [pow(0x9E3779B97F4A7C15, n + 1, 2**64) for n in range(SHINGLE_WORDS)]

Bits = NDArray[np.uint64]
"""Kept bits of texts, shape (texts, ``SLOTS // 64``)."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text to find its like.

    Attributes:
        bits: a bit a slot, ``BITS_BYTES`` of them.
        keys: of its bands, ``BANDS`` numbers of 32 bits, the lowest byte first; none is ``NO_KEY``.
    """

    bits: bytes
    keys: bytes


@dataclass(frozen=True, slots=True)
class Groups:
    """What texts were put to.

    Attributes:
        leaders: of each text the number of its representative; its own, if it is one, or alone.
            Shape (texts,).
        differing: of each text how many bits differ from its representative's. Shape (texts,).
    """

    leaders: NDArray[np.int32]
    differing: NDArray[np.uint16]

    def similarities_of(self, texts: "slice | NDArray[np.int64]") -> NDArray[np.float64]:
        """Estimated share of runs of some texts in common with their representatives."""
        return _similarity(self.differing[texts])


def sketch(text: str, language: Language) -> Sketch | None:
    """Sketch a text: the same on every machine, a half millisecond for an article.

    Args:
        text: of any length; white space, case and punctuation don't count.
        language: texts of different languages have nothing in common.

    Returns:
        None for a text of fewer than ``MIN_WORDS`` words: what is to be said of it, its page says.
    """
    words = words_of(text)
    if len(words) < MIN_WORDS:
        return None
    least = _least(_runs(words, language))
    bits = np.packbits((_mixed(least ^ _SALT) & np.uint32(1)).astype(np.uint8))
    rows = least[: BANDS * _BAND_SLOTS].reshape(BANDS, _BAND_SLOTS)
    keys = np.zeros(BANDS, np.uint32)
    for column in rows.T:  # shape (BANDS,)
        keys = _mixed(keys * np.uint32(0x9E3779B1) + column)
    keys[keys == NO_KEY] = 1
    return Sketch(bits.tobytes(), keys.astype("<u4").tobytes())


def similarities(own: Bits, others: Bits) -> NDArray[np.float64]:
    """Estimated share of runs in common (Jaccard), of each pair; may be below 0.

    Args:
        own: shape (pairs, ``SLOTS // 64``).
        others: likewise.
    """
    return _similarity(_differing(own, others))


def group(bits: Bits, keys: Callable[[int], NDArray[np.uint32]]) -> Groups:
    """Put each text to the first one that it is like, or leave it alone.

    What comes out depends on the texts and their order only: representatives have the smallest
    number of their cluster. Takes 23 bytes a text, and what is given.

    Args:
        bits: of all texts; those without a sketch have any.
        keys: of all texts in a band, shape (texts,); asked for one band after another, up to
            ``_ROUNDS`` times. A text without a sketch has ``NO_KEY``.
    """
    groups = _Grouping(bits)
    fresh: NDArray[np.bool_] | None = None
    for _ in range(_ROUNDS):
        for band in range(BANDS):
            groups.meet(keys(band), fresh)
        fresh = groups.settle()
        if not fresh.any():
            break
    return Groups(groups.leaders, groups.differing)


class _Grouping:
    """Texts on their way to their representatives.

    Args:
        bits: of all texts.
    """

    def __init__(self, bits: Bits) -> None:
        self._bits = bits
        self.leaders = np.arange(len(bits), dtype=np.int32)
        self.differing = np.zeros(len(bits), np.uint16)

    def meet(self, keys: NDArray[np.uint32], fresh: NDArray[np.bool_] | None) -> None:
        """Put texts that are in one bucket of a band to the first of it that they are like.

        Args:
            keys: of the band, shape (texts,).
            fresh: only buckets with one of these texts are looked at; None for all.
        """
        rows = np.argsort(keys, kind="stable").astype(np.int32)
        is_open = (self.leaders[rows] == rows) & (keys[rows] != NO_KEY)
        rows = rows[is_open]
        buckets = keys[rows]
        rows, buckets = _several(rows, buckets)
        if fresh is not None and len(rows):
            starts = np.flatnonzero(_is_first(buckets))
            has_fresh = np.add.reduceat(fresh[rows].astype(np.int32), starts) > 0
            kept = np.repeat(has_fresh, np.diff(np.append(starts, len(rows))))
            rows, buckets = rows[kept], buckets[kept]
        for _ in range(_MOST_LEADERS):
            if not len(rows):
                return
            first = _is_first(buckets)
            leaders = rows[first][np.cumsum(first) - 1]
            rows, buckets, leaders = rows[~first], buckets[~first], leaders[~first]
            left = ~self._join(rows, leaders)
            rows, buckets = _several(rows[left], buckets[left])

    def settle(self) -> NDArray[np.bool_]:
        """Put texts whose representative was itself put to another one to that, or set them free.

        Returns:
            Which texts are free again, shape (texts,).
        """
        roots = self.leaders[self.leaders]
        while (again := roots[roots]).tobytes() != roots.tobytes():
            roots = again
        is_free = np.zeros(len(roots), bool)
        orphans = np.flatnonzero(roots != self.leaders).astype(np.int32)
        free = orphans[~self._join(orphans, roots[orphans])]
        self.leaders[free] = free
        self.differing[free] = 0
        is_free[free] = True
        return is_free

    def _join(self, rows: NDArray[np.int32], leaders: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Put texts to others, where they are like them; whether they are, shape (rows,)."""
        joined = np.zeros(len(rows), bool)
        for start in range(0, len(rows), _PAIRS_TOGETHER):
            part = slice(start, start + _PAIRS_TOGETHER)
            differing = _differing(self._bits[rows[part]], self._bits[leaders[part]])
            alike = _similarity(differing) >= THRESHOLD
            self.leaders[rows[part][alike]] = leaders[part][alike]
            self.differing[rows[part][alike]] = differing[alike]
            joined[part] = alike
        return joined


def _runs(words: list[str], language: Language) -> NDArray[np.uint32]:
    """A number for each run of words, shape (runs,)."""
    hashes = np.array(list(map(_word_hash, words)), np.uint64)  # shape (words,)
    runs = len(hashes) - SHINGLE_WORDS + 1
    sums = np.full(runs, _word_hash(language.value), np.uint64)
    for place, factor in enumerate(_FACTORS):
        sums += hashes[place : place + runs] * np.uint64(factor)
    return _mixed((((sums ^ (sums >> np.uint64(29))) * _MIX) >> np.uint64(32)).astype(np.uint32))


@lru_cache(maxsize=2**17)
def _word_hash(word: str) -> int:
    digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _least(runs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The least number that each slot makes of any run, shape (SLOTS,).

    A slot's ``factor * run + offset`` with an odd factor is a permutation of the numbers of 32
    bits; that runs are mixed before is what makes so simple ones do.
    """
    least = np.full(SLOTS, 2**32 - 1, np.uint32)
    for start in range(0, len(runs), _SHINGLES_TOGETHER):
        part = runs[start : start + _SHINGLES_TOGETHER]
        numbers = np.multiply.outer(part, _SLOT_FACTORS)  # shape (part, SLOTS)
        numbers += _SLOT_OFFSETS
        np.minimum(least, numbers.min(axis=0), out=least)
    return least


def _mixed(numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Each number's bits spread over all of them, by the last steps of MurmurHash3."""
    numbers = numbers ^ (numbers >> np.uint32(16))
    numbers = numbers * np.uint32(0x85EBCA6B)
    numbers = numbers ^ (numbers >> np.uint32(13))
    numbers = numbers * np.uint32(0xC2B2AE35)
    return numbers ^ (numbers >> np.uint32(16))


_SALT = _mixed(np.arange(1, SLOTS + 1, dtype=np.uint32))
_SLOT_FACTORS = _mixed(_SALT ^ np.uint32(0x5BD1E995)) | np.uint32(1)
_SLOT_OFFSETS = _mixed(_SALT ^ np.uint32(0x27D4EB2F))
_ONES = np.array([number.bit_count() for number in range(2**16)], np.uint8)


def _differing(own: Bits, others: Bits) -> NDArray[np.uint16]:
    """How many bits of each pair differ, shape (pairs,)."""
    words = (own ^ others).view(np.uint16)
    counts: NDArray[np.uint16] = _ONES[words].sum(axis=1, dtype=np.uint16)
    return counts


def _similarity(differing: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Slots that differ agree in their bits half the time."""
    return 1.0 - 2.0 * differing / SLOTS


def _is_first(buckets: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Whether each is the first of its bucket; equal ones stand together."""
    first = np.ones(len(buckets), bool)
    first[1:] = buckets[1:] != buckets[:-1]
    return first


def _several(
    rows: NDArray[np.int32], buckets: NDArray[np.uint32]
) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    """Those that aren't alone in their bucket."""
    first = _is_first(buckets)
    alone = first & np.append(first[1:], True)
    return rows[~alone], buckets[~alone]
