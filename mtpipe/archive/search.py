"""Search in an archive: in memory up to some 10^5 sentences, by the database's index above.

Either way the articles that come into question are judged by all their vectors, so that the two
differ only in which articles those are. Loaded once for any number of candidates; what is added
to the archive later isn't found.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mtpipe.archive.checksums import CHECKSUM, require_sound
from mtpipe.archive.matrix import Rows, SentenceMatrix
from mtpipe.archive.place import quoted
from mtpipe.archive.rows import UNDATED, lists_of
from mtpipe.archive.sharded import AnyTable, ShardedTable, side_by_side
from mtpipe.archive.table import EXACT_SENTENCES
from mtpipe.archive.votes import Background, Hit, Query, Shortlisted, best_first, judge
from mtpipe.blas import single_threaded
from mtpipe.errors import InputError
from mtpipe.types import Language

SHORTLIST = 8
"""Articles that are judged exactly for a candidate."""

_TOGETHER = 32  # queries whose cosines are computed as one matrix
_COLUMNS = ["id", "language", "day", "keys", "vectors"]
_INDEX_SENTENCES = (
    16  # searched as one at most: the part of a candidate that may come from elsewhere
)
_SAMPLE_ARTICLES = 1_000


class Searcher(Protocol):
    """Whatever finds originals: an archive in this process, or one that others have loaded."""

    def search(self, queries: Iterable[Query], *, limit: int = 10) -> Iterator[list[Hit]]:
        """See :meth:`ArchiveSearch.search`."""
        ...


class ArchiveSearch:
    """An archive, loaded to be searched; any number of threads may search in it.

    Searchers that have some shards each, and one background, find together what one finds that has
    them all: see :func:`merged`.

    Args:
        archive: to search, or some shards of one.
        background: of the whole archive, where ``archive`` is a part of it.
        exact_sentences: up to how many its vectors are loaded into memory, a kilobyte each.

    Raises:
        InputError: it can't be read, or isn't what was written.
    """

    def __init__(
        self,
        archive: AnyTable,
        *,
        background: Background | None = None,
        exact_sentences: int = EXACT_SENTENCES,
    ) -> None:
        self._archive = archive
        self._matrix: SentenceMatrix | None = None
        self._parts: list[ArchiveSearch] = []
        self._recent: SentenceMatrix | None = None
        self.sentences = archive.sentences
        if self.sentences <= exact_sentences:
            rows = _loaded(archive, archive.table(_columns(archive)))
            self.background = background or rows.background()
            self._matrix = SentenceMatrix(rows, self.background)
            return
        self.background = background or background_of(archive)
        if isinstance(archive, ShardedTable):
            self._parts = [
                ArchiveSearch(shard, background=self.background, exact_sentences=0)
                for shard in archive.shards
            ]
            return
        self._is_indexed = archive.is_indexed
        if self._is_indexed and (recent := archive.recent(_columns(archive))) is not None:
            self._recent = SentenceMatrix(_loaded(archive, recent), self.background)

    @property
    def is_exact(self) -> bool:
        """Whether every sentence is compared."""
        return self._matrix is not None

    def search(self, queries: Iterable[Query], *, limit: int = 10) -> Iterator[list[Hit]]:
        """Find the originals of candidates.

        Args:
            queries: the candidates; read some ahead.
            limit: of hits for each.

        Yields:
            The hits of each query in their order, the best first.
        """
        queries = iter(queries)
        while group := list(islice(queries, _TOGETHER)):
            if self._parts:
                found = side_by_side(
                    lambda part: list(part.search(group, limit=limit)), self._parts
                )
                yield from (merged(each, limit) for each in zip(*found, strict=True))
                continue
            # Blocks of the archive go side by side; threads within a product this small would
            # mostly wait for each other.
            with single_threaded():
                shortlists = self._shortlists(group, max(SHORTLIST, 2 * limit))
                hits = [
                    judge(query, articles, self.background)[:limit]
                    for query, articles in zip(group, shortlists, strict=True)
                ]
            yield from hits

    def _shortlists(self, queries: Sequence[Query], size: int) -> Iterator[list[Shortlisted]]:
        if self._matrix is not None:
            for numbers in self._matrix.shortlists(queries, size):
                yield [self._matrix.rows.article(int(number)) for number in numbers]
            return
        for query in queries:
            yield self._near(query, size)

    def _near(self, query: Query, size: int) -> list[Shortlisted]:
        """The articles with most votes of those that the index finds, and of those it lacks."""
        lacking = [] if self._recent is None else _best(self._recent, query, size)
        known = {each.id for each in lacking}
        found = [] if not len(query.vectors) else self._indexed(query, size)
        return [*lacking, *(each for each in found if each.id not in known)]

    def _indexed(self, query: Query, size: int) -> list[Shortlisted]:
        """Of the articles that the index finds for each part of the candidate the best."""
        archive = self._archive
        where = _condition(query)
        ids: dict[str, None] = {}
        parts = -(-len(query.vectors) // _INDEX_SENTENCES)
        for part in np.array_split(query.vectors, parts):
            ids |= dict.fromkeys(archive.nearest(part, size, where, indexed_only=self._is_indexed))
        if not ids:
            return []
        rows = _loaded(archive, archive.table(_columns(archive), f"id IN ({quoted(ids)})"))
        return _best(SentenceMatrix(rows, self.background), query, size)


def _best(matrix: SentenceMatrix, query: Query, size: int) -> list[Shortlisted]:
    """The articles with most votes."""
    [best] = matrix.shortlists([query], size)
    return [matrix.rows.article(int(row)) for row in best]


def background_of(archive: AnyTable) -> Background:
    """A sample of a large archive, which tells what chance brings in it.

    Plain data: it can be sent to other processes that search parts of the archive.

    Raises:
        InputError: it can't be read, or isn't what was written.
    """
    return _loaded(archive, archive.sample(_SAMPLE_ARTICLES, _columns(archive))).background()


def merged(found: Iterable[Sequence[Hit]], limit: int) -> list[Hit]:
    """The best hits of a candidate out of those of several searchers, the best first."""
    return sorted((hit for hits in found for hit in hits), key=best_first)[:limit]


def _columns(archive: AnyTable) -> list[str]:
    return [*_COLUMNS, CHECKSUM] if archive.has_checksums else _COLUMNS


def _loaded(archive: AnyTable, table: Any) -> Rows:
    """Rows of an archive, compared with their checksums."""
    if archive.has_checksums:
        for batch in table.to_batches():
            require_sound(archive.uri, batch)
    return _load(table)


def _condition(query: Query) -> str | None:
    """The query's limits in SQL."""
    parts = []
    if query.languages:
        parts.append(f"language IN ({quoted(language.value for language in query.languages)})")
    if query.since is not None:
        parts.append(f"(day >= {query.since} OR day = {UNDATED})")
    if query.until is not None:
        parts.append(f"day <= {query.until}")
    return " AND ".join(parts) or None


def _load(table: Any) -> Rows:
    """An Arrow table of :data:`_COLUMNS` as arrays, ordered by language."""
    ids: list[str] = []
    languages: list[str] = []
    days: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    keys: list[NDArray[np.uint32]] = []
    vectors: list[NDArray[np.float16]] = []
    for batch in table.to_batches():
        ids += batch.column("id").to_pylist()
        languages += batch.column("language").to_pylist()
        days.append(batch.column("day").to_numpy())
        for values, starts, into in (
            (*lists_of(batch.column("keys")), keys),
            (*lists_of(batch.column("vectors")), vectors),
        ):
            into += [values[a:b] for a, b in pairwise(starts)]
    if strangers := set(languages) - set(Language):
        raise InputError(f"the archive is damaged: it has articles in {sorted(strangers)}")
    order = sorted(range(len(ids)), key=lambda row: (languages[row], ids[row]))
    return Rows(
        ids=[ids[row] for row in order],
        languages=[Language(languages[row]) for row in order],
        days=np.concatenate(days)[order] if order else days[0],
        keys=_joined([keys[row].view(np.uint32) for row in order], np.empty(0, np.uint32)),
        key_starts=_starts([keys[row] for row in order]),
        vectors=_joined([vectors[row] for row in order], np.empty((0, 0), np.float32)).astype(
            np.float32
        ),
        starts=_starts([vectors[row] for row in order]),
    )


def _joined(parts: list[NDArray[Any]], nothing: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else nothing


def _starts(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.cumsum([0, *map(len, parts)]).astype(np.int64)
