"""Which original a candidate comes from: its sentences vote for articles.

A sentence's cosine with its translation says little by itself: "He declined to comment" is close
to something in every article, and a quotation full of names to nothing but itself. So every
sentence of the candidate is measured against a sample of the archive first, one language at a
time, and a cosine counts by how many standard deviations it stands above the mean of what chance
brings (the correction of hubs by their neighbourhood, as in CSLS, Conneau et al. 2018, and the
margin of Artetxe and Schwenk 2019, with a fixed sample in place of nearest neighbours). From the
best cosine with an article's m sentences, the expected maximum of m normal deviates is taken off
as well, or long articles would win by chance. What is left above :data:`CHANCE` is the vote.

Not for finding the articles to judge in a large archive: see :mod:`mtpipe.archive.matrix`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtpipe.types import Language

CHANCE = 1.5
"""Standard deviations above the best that chance brings from which on a sentence votes."""

_CERTAIN = 3.0  # from which on a vote is counted as one for people
_IN_ORDER = 0.5  # share of the score that only votes in the original's order can earn
_KEYS = 0.1  # most that shared names and numbers add

# What chance brings, where the archive is too small to tell: mean and standard deviation of the
# cosine of unrelated sentences, and how many sentences of a sample this knowledge counts for.
_PRIOR_MEAN, _PRIOR_DEVIATION, _PRIOR_SENTENCES = 0.05, 0.10, 200


@dataclass(frozen=True)
class Query:
    """A candidate, and where its original may be.

    Attributes:
        vectors: of its sentences in order, of unit length, shape (sentences, dimensions).
        keys: hashes of its names and numbers, sorted; see :mod:`mtpipe.archive.keys`.
        languages: that the original may have; empty for any.
        since: first day on which the original may have been published, see
            :func:`mtpipe.archive.rows.published_day`; None for any. Articles without a
            date are never left out.
        until: last such day.
    """

    vectors: NDArray[np.float32]
    keys: NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    languages: frozenset[Language] = frozenset()
    since: int | None = None
    until: int | None = None

    def allows(self, language: Language) -> bool:
        """Whether the original may have this language."""
        return not self.languages or language in self.languages


@dataclass(frozen=True)
class Shortlisted:
    """An article of the archive that may be the original.

    Attributes:
        id: of the article.
        language: of the article.
        vectors: of its sentences, shape (sentences, dimensions).
        keys: hashes of its names and numbers, sorted.
    """

    id: str
    language: Language
    vectors: NDArray[np.floating]
    keys: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that a candidate may come from.

    Attributes:
        id: of the article in the archive.
        language: of the article.
        score: share of the candidate that is found again, 0..1: 1 for a copy, about .5 for a
            faithful translation of the whole, hardly more than 0 for anything else.
        votes: sentences of the candidate that certainly speak for it.
    """

    id: str
    language: Language
    score: float
    votes: int


@dataclass(frozen=True)
class Levels:
    """What chance brings the sentences of a candidate, in one language.

    Attributes:
        means: of the cosine with unrelated sentences, shape (sentences,).
        deviations: standard deviation of the same.
    """

    means: NDArray[np.float32]
    deviations: NDArray[np.float32]

    def above(
        self, cosines: NDArray[np.float32], chance: NDArray[np.float32] | float
    ) -> NDArray[np.float32]:
        """Deviations above chance, 0 where below; rows are sentences of the candidate.

        ``cosines`` is overwritten.
        """
        cosines -= self.means[:, None]
        cosines /= self.deviations[:, None]
        cosines -= chance
        return np.maximum(cosines, 0, out=cosines)

    def most(self, chance: float) -> NDArray[np.float32]:
        """The deviations above chance of a verbatim copy, shape (sentences,)."""
        return self.above(np.ones((len(self.means), 1), dtype=np.float32), chance)[:, 0]


class _Moments(NamedTuple):
    """Number of some vectors, their mean, and their covariance."""

    size: int
    mean: NDArray[np.float32]
    covariance: NDArray[np.float32]


class Background:
    """A sample of the archive, which tells what chance brings.

    Args:
        sample: vectors of sentences in each language, shape (sentences, dimensions).
        keys: hashes of the names and numbers of some articles, one array an article.
    """

    def __init__(
        self,
        sample: Mapping[Language, NDArray[np.float32]],
        keys: Sequence[NDArray[np.uint32]] = (),
    ) -> None:
        self._moments = {
            language: _Moments(len(vectors), vectors.mean(axis=0), _covariance(vectors))
            for language, vectors in sample.items()
            if len(vectors)
        }
        self._articles = len(keys)
        self._keys, self._counts = np.unique(
            np.concatenate([np.empty(0, np.uint32), *keys]), return_counts=True
        )

    def levels(self, vectors: NDArray[np.float32], language: Language) -> Levels:
        """What chance brings some sentences among articles of a language."""
        mean = np.full(len(vectors), _PRIOR_MEAN, dtype=np.float32)
        variance = np.full(len(vectors), _PRIOR_DEVIATION**2, dtype=np.float32)
        moments = self._moments.get(language)
        if moments is not None:
            # Cosines are linear in the sample, so its mean and covariance say it all.
            share = np.float32(moments.size / (moments.size + _PRIOR_SENTENCES))
            spread = ((vectors @ moments.covariance) * vectors).sum(axis=1)
            mean += share * (vectors @ moments.mean - mean)
            variance += share * (spread - variance)
        return Levels(mean, np.sqrt(variance))

    def rarity(self, keys: NDArray[np.uint32]) -> NDArray[np.float32]:
        """Logarithm of how seldom each name or number is, as in inverse document frequency."""
        if not len(self._keys):
            return np.ones(len(keys), dtype=np.float32)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        counts = np.where(self._keys[places] == keys, self._counts[places], 0)
        return np.log((self._articles + 1) / (counts + 1)).astype(np.float32)


def judge(query: Query, articles: Sequence[Shortlisted], background: Background) -> list[Hit]:
    """Score articles exactly, votes in order and shared names and numbers included.

    Returns:
        A hit an article that has any vote, the best first.
    """
    by_language: dict[Language, Levels] = {}
    own_rarity = float(background.rarity(query.keys).sum())
    hits = []
    for article in articles:
        if not len(article.vectors) or not len(query.vectors):
            continue
        if article.language not in by_language:
            by_language[article.language] = background.levels(query.vectors, article.language)
        levels = by_language[article.language]
        cosines = query.vectors @ article.vectors.astype(np.float32, copy=False).T
        chance = CHANCE + float(chance_of(len(article.vectors)))
        votes = levels.above(cosines, chance)
        best = votes.max(axis=1)
        if not best.any():
            continue
        agreed = _IN_ORDER * _in_order(votes) + (1 - _IN_ORDER) * float(best.sum())
        score = agreed / max(float(levels.most(chance).sum()), 1e-6)
        shared = np.intersect1d(query.keys, article.keys, assume_unique=True)
        if len(shared):
            rarity = float(background.rarity(shared).sum())
            # Of the poorer side's, since each language has keys of its own (nouns in German).
            least = min(own_rarity, float(background.rarity(article.keys).sum()))
            score += _KEYS * (1 - score) * min(rarity / max(least, 1e-6), 1.0)
        certain = int(np.count_nonzero(best >= _CERTAIN - CHANCE))
        hits.append(Hit(article.id, article.language, round(min(score, 1.0), 4), certain))
    return sorted(hits, key=best_first)


def best_first(hit: Hit) -> tuple[float, str]:
    """What hits are sorted by."""
    return -hit.score, hit.id


def _covariance(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    centred = vectors - vectors.mean(axis=0)
    return np.asarray(centred.T @ centred / len(vectors), dtype=np.float32)


def _in_order(votes: NDArray[np.float32]) -> float:
    """Sum of the votes that can be had when the original's sentences come in their order.

    Args:
        votes: of each sentence of the candidate (rows) for each of the original (columns); two
            neighbours may vote for the same one, since translators split sentences.
    """
    reached = np.zeros(votes.shape[1], dtype=np.float32)  # ending at or before each column
    for row in votes:
        if row.any():
            reached += row
            np.maximum.accumulate(reached, out=reached)
    return float(reached[-1])


@lru_cache(maxsize=4096)
def chance_of(sentences: int) -> np.float32:
    """Expected maximum of as many standard normal deviates (Blom 1958)."""
    return np.float32(NormalDist().inv_cdf((sentences - 0.375) / (sentences + 0.25)))
