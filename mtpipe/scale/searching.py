"""A large archive, searched by actors that hold some of its shards each.

Whoever searches asks all of them and merges what they find, so that a worker of a detection needs
neither the memory nor the time to load the archive. Not for small archives, which each worker
opens by itself (:data:`BROADCAST_SENTENCES`), nor for the search: :mod:`mtpipe.archive.search`.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mtpipe._optional import require
from mtpipe.archive.search import ArchiveSearch, merged
from mtpipe.archive.sharded import ShardedTable, open_table
from mtpipe.archive.table import EXACT_SENTENCES
from mtpipe.archive.votes import Background, Hit, Query
from mtpipe.memory import peak_bytes
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.scale.actors import answers
from mtpipe.scale.source import work_in

__all__ = ["BROADCAST_SENTENCES", "RemoteSearch", "SearcherFigures", "searchers"]

BROADCAST_SENTENCES = 200_000
"""Sentences up to which each worker opens the archive itself.

Up to as many, all vectors are loaded: an archive of 62,071 sentences took 168 MB of a process and
1.2 s of processor time, so this is about 540 MB and 4 s a worker.
"""

_TOGETHER = 64  # queries that travel at once
_ACTOR_BYTES = 2**30
_BYTES_A_SENTENCE = 2_700  # while it is loaded


@dataclass(frozen=True, slots=True)
class SearcherFigures:
    """What a searcher holds.

    Attributes:
        shards: numbers of them; empty for the whole archive.
        sentences: in them.
        load_s: seconds until it could search.
        search_s: seconds of processor time that it searched.
        queries: that it was asked.
        peak_bytes: the most memory that it held.
    """

    shards: tuple[int, ...]
    sentences: int
    load_s: float
    search_s: float
    queries: int
    peak_bytes: int


class Searcher:
    """Some shards of an archive, loaded.

    Args:
        uri: of the archive.
        shards: numbers of them; empty for the whole archive.
        background: of the whole archive.
        exact_sentences: see :class:`mtpipe.archive.search.ArchiveSearch`.
        folder: that relative paths start from.
    """

    def __init__(
        self,
        uri: str,
        shards: Sequence[int],
        background: Background,
        exact_sentences: int,
        folder: str,
    ) -> None:
        work_in(folder)
        started = time.monotonic()
        self._shards = tuple(shards)
        table = open_table(uri, ArchiveEncoder().stamp)
        if self._shards and isinstance(table, ShardedTable):
            table = table.part(self._shards)
        self._search = ArchiveSearch(table, background=background, exact_sentences=exact_sentences)
        self._load_s = time.monotonic() - started
        self._search_s, self._queries = 0.0, 0

    def search(self, queries: Sequence[Query], limit: int) -> list[list[Hit]]:
        """The best hits of each query in these shards."""
        started = time.process_time()
        found = list(self._search.search(queries, limit=limit))
        self._search_s += time.process_time() - started
        self._queries += len(queries)
        return found

    def figures(self) -> SearcherFigures:
        """What it holds."""
        return SearcherFigures(
            self._shards,
            self._search.sentences,
            round(self._load_s, 3),
            round(self._search_s, 3),
            self._queries,
            peak_bytes(),
        )


class RemoteSearch:
    """An archive that searchers have loaded; as :class:`mtpipe.archive.search.ArchiveSearch`.

    Each searcher judges as many articles as one search of the whole would, so together they miss
    less. Of 64 queries with five hits each, eight had other ones; all that scored .1 or more were
    the same.

    Can be sent to whatever process of the cluster. A searcher that dies is started again by Ray,
    and asked again.

    Args:
        searchers: handles of the actors, which have the whole archive together.
    """

    def __init__(self, searchers: Sequence[Any]) -> None:
        self._searchers = tuple(searchers)

    def search(self, queries: Iterable[Query], *, limit: int = 10) -> Iterator[list[Hit]]:
        """Find the originals of candidates.

        Args:
            queries: the candidates; read some ahead.
            limit: of hits for each.

        Yields:
            The hits of each query in their order, the best first.

        Raises:
            InputError: the archive can't be read, or isn't what was written.
            EngineError: a searcher can't be started any more.
        """
        ray = require("ray", extra="ray")
        queries = iter(queries)
        while group := list(islice(queries, _TOGETHER)):
            sent = ray.put(group)
            found = answers([each.search.remote(sent, limit) for each in self._searchers])
            yield from (merged(hits, limit) for hits in zip(*found, strict=True))

    def figures(self) -> list[SearcherFigures]:
        """What each searcher holds."""
        return answers([each.figures.remote() for each in self._searchers])


@contextmanager
def searchers(
    archive: str,
    *,
    workers: int,
    broadcast_sentences: int = BROADCAST_SENTENCES,
    actor_bytes: int = _ACTOR_BYTES,
) -> Iterator[RemoteSearch | None]:
    """Searchers of an archive, in the cluster that this process is a part of, until the end.

    Args:
        archive: an absolute path or a URI that all machines see.
        workers: that are going to ask; so many searchers there are at least, if there are shards.
        broadcast_sentences: up to how many an archive is opened by each worker itself.
        actor_bytes: about how much memory a searcher takes, if a shard doesn't take more.

    Yields:
        What is given to ``mtpipe.Archive(archive, search=...)``; None where the archive is so
        small that each worker opens it itself.

    Raises:
        InputError: there is no archive, or it can't be read, or isn't what was written.
        ConfigError: another encoder made it.
    """
    table = open_table(archive, ArchiveEncoder().stamp)
    sentences = table.sentences  # a scan of the archive
    if sentences <= broadcast_sentences:
        yield None
        return
    ray = require("ray", extra="ray")
    exact_sentences = EXACT_SENTENCES if sentences <= EXACT_SENTENCES else 0
    folder = str(Path.cwd())
    background = ray.remote(num_cpus=0)(_background).remote(archive, folder)
    answers([background])  # says what is wrong with the archive, as a dead actor can't
    actor = ray.remote(Searcher).options(
        num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy="SPREAD"
    )
    sizes = [each.sentences for each in table.shards] if isinstance(table, ShardedTable) else []
    started: list[Any] = []
    try:
        started += [
            actor.remote(archive, shards, background, exact_sentences, folder)
            for shards in divided(sizes, workers, actor_bytes)
        ]
        search = RemoteSearch(started)
        search.figures()  # all have loaded what they hold, or one says why not
        yield search
    finally:
        for each in started:
            with suppress(Exception):
                ray.kill(each)


def divided(sentences: Sequence[int], workers: int, actor_bytes: int) -> list[tuple[int, ...]]:
    """Shards divided among searchers, as evenly as they can be.

    Args:
        sentences: of each shard; none for an archive in one part.
        workers: that ask; as many searchers at least, if there are so many shards.
        actor_bytes: of memory that a searcher takes, if a shard doesn't take more.

    Returns:
        Numbers of the shards of each searcher; one searcher without any for an archive in one part.
    """
    if not sentences:
        return [()]
    needed = -(-sum(sentences) * _BYTES_A_SENTENCE // actor_bytes)
    count = min(len(sentences), max(needed, workers, 1))
    shares: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for number in sorted(range(len(sentences)), key=lambda each: (-sentences[each], each)):
        least = loads.index(min(loads))
        shares[least].append(number)
        loads[least] += sentences[number] + 1
    return [tuple(sorted(share)) for share in shares]


def _background(archive: str, folder: str) -> Background:
    """That of a search that has the whole archive loaded."""
    work_in(folder)
    return ArchiveSearch(open_table(archive, ArchiveEncoder().stamp)).background
