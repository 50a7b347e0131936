"""Every sentence of an archive in memory: which articles a candidate's sentences vote for.

Exact, and up to some 10^5 sentences faster than an index: one matrix product a block, and the
best cosine of each article's sentences out of it. Not for more than memory holds; there an index
of the database takes its place (:mod:`mtpipe.archive.search`).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mtpipe.archive.rows import UNDATED
from mtpipe.archive.votes import CHANCE, Background, Levels, Query, Shortlisted, chance_of
from mtpipe.config import cpu_threads
from mtpipe.types import Language

_BLOCK_SENTENCES = 4_096  # the cosines of a block with some queries stay in a core's cache
_SAMPLE_SENTENCES = 10_000  # of each language; the mean of a cosine is then known to .001
_SAMPLE_ARTICLES = 5_000


@dataclass(frozen=True)
class Rows:
    """Columns of an archive, ordered by language; every article has a sentence.

    Attributes:
        ids: of the articles.
        languages: of the articles.
        days: of their publication, or ``UNDATED``.
        keys: hashes of names and numbers, one article's after the other.
        key_starts: where each article's keys begin, shape (articles + 1,).
        vectors: of the sentences, one article's after the other, shape (sentences, dimensions).
        starts: where each article's sentences begin, shape (articles + 1,).
    """

    ids: Sequence[str]
    languages: Sequence[Language]
    days: NDArray[np.int32]
    keys: NDArray[np.uint32]
    key_starts: NDArray[np.int64]
    vectors: NDArray[np.float32]
    starts: NDArray[np.int64]

    def keys_of(self, row: int) -> NDArray[np.uint32]:
        """Keys of one article."""
        return self.keys[self.key_starts[row] : self.key_starts[row + 1]]

    def article(self, row: int) -> Shortlisted:
        """One article, ready to be judged."""
        return Shortlisted(
            self.ids[row],
            self.languages[row],
            self.vectors[self.starts[row] : self.starts[row + 1]],
            self.keys_of(row),
        )

    def background(self) -> Background:
        """An even sample of these rows."""
        of_sentence = np.repeat(np.array(self.languages, dtype="U2"), np.diff(self.starts))
        sample = {}
        for language in Language:
            places = np.flatnonzero(of_sentence == language.value)
            step = max(1, len(places) // _SAMPLE_SENTENCES)
            sample[language] = self.vectors[places[::step]].astype(np.float32)
        step = max(1, len(self.ids) // _SAMPLE_ARTICLES)
        return Background(sample, [self.keys_of(row) for row in range(0, len(self.ids), step)])


@dataclass(frozen=True)
class _Block:
    """Some articles of one language, and their sentences without a gap between them.

    Attributes:
        rows: numbers of the articles.
        vectors: of their sentences, shape (sentences, dimensions).
        starts: where each article's sentences begin in it.
        chance: what each article's best sentence owes to its number of sentences.
    """

    rows: NDArray[np.int64]
    vectors: NDArray[np.float32]
    starts: NDArray[np.int64]
    chance: NDArray[np.float32]


class SentenceMatrix:
    """The sentences of an archive, ordered by language.

    Args:
        rows: of the archive.
        background: of the same.
    """

    def __init__(self, rows: Rows, background: Background) -> None:
        self.rows = rows
        self._background = background
        self._blocks = {language: list(_blocks(rows, language)) for language in Language}

    def shortlists(self, queries: Sequence[Query], size: int) -> list[NDArray[np.int64]]:
        """The articles with the most votes for each query, exactly.

        Args:
            queries: faster together than one by one.
            size: of a list at most.

        Returns:
            For each query the numbers of articles with votes, in no particular order.
        """
        totals = np.zeros((len(queries), len(self.rows.ids)), dtype=np.float32)
        with ThreadPoolExecutor(cpu_threads()) as pool:
            for language, blocks in self._blocks.items():
                chosen = [n for n, q in enumerate(queries) if q.allows(language) and len(q.vectors)]
                if not chosen or not blocks:
                    continue
                vectors = np.concatenate([queries[n].vectors for n in chosen])
                lengths = [len(queries[n].vectors) for n in chosen]
                levels = self._background.levels(vectors, language)
                score = partial(_votes, vectors, np.cumsum([0, *lengths[:-1]]), levels)
                for block, votes in zip(blocks, pool.map(score, blocks), strict=True):
                    totals[np.ix_(np.array(chosen), block.rows)] = votes
        return [
            _largest(np.where(self._in_time(query), total, 0), size)
            for query, total in zip(queries, totals, strict=True)
        ]

    def _in_time(self, query: Query) -> NDArray[np.bool_] | np.bool_:
        """Which articles were published when the query says, or have no date."""
        days = self.rows.days
        if query.since is None and query.until is None:
            return np.bool_(True)
        inside = np.ones(len(days), dtype=bool)
        if query.since is not None:
            inside &= days >= query.since
        if query.until is not None:
            inside &= days <= query.until
        return np.asarray(inside | (days == UNDATED))


def _votes(
    vectors: NDArray[np.float32], firsts: NDArray[np.int64], levels: Levels, block: _Block
) -> NDArray[np.float32]:
    """Votes of each query for each article of a block, shape (queries, articles)."""
    cosines = vectors @ block.vectors.T  # (sentences of queries, sentences)
    best = np.maximum.reduceat(cosines, block.starts, axis=1)  # (sentences of queries, articles)
    votes = levels.above(best, block.chance + np.float32(CHANCE))
    return np.asarray(np.add.reduceat(votes, firsts, axis=0))


def _blocks(rows: Rows, language: Language) -> Iterator[_Block]:
    lengths = np.diff(rows.starts)
    articles = np.flatnonzero(np.array([each is language for each in rows.languages], dtype=bool))
    # Cut where a multiple of the block's size is passed, between articles.
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths[articles]) // _BLOCK_SENTENCES)) + 1
    for part in np.split(articles, cuts):
        if len(part):
            first, end = part[0], part[-1] + 1
            yield _Block(
                part,
                rows.vectors[rows.starts[first] : rows.starts[end]],
                rows.starts[first:end] - rows.starts[first],
                np.array([chance_of(int(count)) for count in lengths[part]], dtype=np.float32),
            )


def _largest(totals: NDArray[np.float32], size: int) -> NDArray[np.int64]:
    places = np.flatnonzero(totals)
    if len(places) <= size:
        return places
    return places[np.argpartition(totals[places], -size)[-size:]]
