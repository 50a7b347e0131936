"""Writers: one actor a shard of an archive, the only one that writes to it.

Object stores know no locks, and of two that commit to a table at once one has to begin anew; with
one writer a table nothing of that matters. A writer that dies is started again by Ray, and what it
was asked is asked again: every order may be repeated. Not for what is written: workers make rows,
see :mod:`mtpipe.scale.indexing`.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mtpipe._optional import require
from mtpipe.archive.parts import shard_of, shard_uri
from mtpipe.archive.sharded import side_by_side
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.table import ArticleTable
from mtpipe.errors import OutputError
from mtpipe.memory import peak_bytes
from mtpipe.scale.actors import answers
from mtpipe.scale.claims import Claim, Claims
from mtpipe.scale.plans import read_plans
from mtpipe.scale.source import work_in
from mtpipe.storage import Place

__all__ = ["CLAIMS", "Part", "Target", "Writer", "home_of", "started_writers", "stated"]

CLAIMS = "claims"
"""Concurrency group of the orders that don't wait until something is written."""

_NAMESPACE = "mtpipe"
_OTHERS_END_S = 30  # until a driver that was killed is known to be gone, and its actors with it


@dataclass(frozen=True, slots=True)
class Target:
    """An archive that is written to.

    Attributes:
        uri: of the archive, an absolute path or a URI.
        count: of its shards; None if it is in one part.
        stamp: of its encoder.
        run: name of this run.
        folder: that relative paths start from.
    """

    uri: str
    count: int | None
    stamp: Stamp
    run: str
    folder: str

    @property
    def writers(self) -> int:
        """How many there are."""
        return self.count or 1

    @property
    def notes(self) -> Place:
        """Where the run keeps what it knows."""
        return Place.of(self.uri) / "index-run"

    def table(self, number: int) -> ArticleTable:
        """A part of the archive."""
        uri = self.uri if self.count is None else shard_uri(self.uri, number)
        return ArticleTable(uri, self.stamp)


@dataclass(frozen=True, slots=True)
class Part:
    """What a shard of an archive has, and what writing it took.

    Attributes:
        number: of the shard, from 0.
        articles: in it.
        sentences: in it.
        size_bytes: on disk; None in object storage.
        write_s: seconds of writing.
        tidy_s: seconds of merging files and building the index.
        is_indexed: whether there is an index.
        peak_bytes: the most memory that its writer held.
    """

    number: int
    articles: int
    sentences: int
    size_bytes: int | None
    write_s: float
    tidy_s: float
    is_indexed: bool
    peak_bytes: int = 0


def home_of(key: str, target: Target) -> int:
    """The writer that an id belongs to, or that decides about a content."""
    return shard_of(key, target.writers)


def stated(tables: Sequence[ArticleTable], where: str) -> Iterator[dict[str, Any]]:
    """Ids and digests of the rows of all parts that meet an SQL condition."""
    for rows in side_by_side(lambda table: list(table.stated(where)), tables):
        yield from rows


def _ids(table: ArticleTable) -> Iterator[list[str]]:
    return (batch.column("id").to_pylist() for batch in table.batches(["id"]))


class Writer:
    """Writes one part of an archive; orders come one after the other.

    Args:
        target: the archive.
        number: of the part.
    """

    def __init__(self, target: Target, number: int) -> None:
        work_in(target.folder)
        self._target = target
        self._number = number
        self._table = target.table(number)
        self._claims = Claims()
        self._there: set[str] = set()
        self._version = -1
        self._write_s = self._tidy_s = 0.0
        for plan in read_plans(target.notes, target.run):  # there are if it is started again
            self._claims.recall(self._own(plan.ids(), "id"), self._own(plan.contents(), "sha256"))

    def ids(self, claims: Sequence[Claim]) -> list[Claim | None]:
        """See :meth:`mtpipe.scale.claims.Claims.ids`."""
        return self._claims.ids(claims)

    def contents(self, claims: Sequence[Claim]) -> list[str]:
        """See :meth:`mtpipe.scale.claims.Claims.contents`."""
        return self._claims.contents(claims)

    def confirm(self, claims: Sequence[Claim]) -> bool:
        """See :meth:`mtpipe.scale.claims.Claims.confirm`."""
        return self._claims.confirm(claims)

    def recall(self, ids: Sequence[Claim], contents: Sequence[Claim]) -> None:
        """See :meth:`mtpipe.scale.claims.Claims.recall`."""
        self._claims.recall(ids, contents)

    def put(self, shard: str, rows: Any) -> None:
        """Write rows of an input shard, an Arrow table, in a commit.

        Raises:
            OutputError: they can't be written.
        """
        started = time.monotonic()
        ids = rows.column("id").to_pylist()
        own = [self._claims.has_id(shard, each) for each in ids]
        with self._table.alone():
            if self._version != self._table.version:  # at first, and if others wrote meanwhile
                self._there = set(chain.from_iterable(_ids(self._table)))
            is_new = [mine and each not in self._there for each, mine in zip(ids, own, strict=True)]
            is_old = [mine and not new for mine, new in zip(own, is_new, strict=True)]
            if any(is_old):
                self._table.put_rows(rows.filter(is_old))
            if any(is_new):
                self._table.put_rows(rows.filter(is_new), are_new=True)
            self._there.update(each for each, mine in zip(ids, own, strict=True) if mine)
            self._version = self._table.version
        self._write_s += time.monotonic() - started

    def displaced(self) -> list[tuple[str, str]]:
        """See :attr:`mtpipe.scale.claims.Claims.displaced`."""
        return self._claims.displaced

    def overtaken(self) -> list[Claim]:
        """See :attr:`mtpipe.scale.claims.Claims.overtaken`."""
        return self._claims.overtaken

    def remove(self, ids: Sequence[str]) -> None:
        """Remove articles that others of the same content come before."""
        self._table.remove(ids)

    def sentences(self) -> int:
        """Sentences of the part."""
        return self._table.sentences

    def tidy(self, exact_sentences: int) -> Part:
        """Merge files and build the index, as the last order.

        Args:
            exact_sentences: from how many on there is an index.
        """
        started = time.monotonic()
        self._table.tidy(exact_sentences=exact_sentences)
        self._tidy_s += time.monotonic() - started
        return self.part()

    def part(self) -> Part:
        """What the part has now."""
        table = self._table
        return Part(
            self._number,
            len(table),
            table.sentences,
            table.size_bytes,
            round(self._write_s, 3),
            round(self._tidy_s, 3),
            table.is_indexed,
            peak_bytes(),
        )

    def process(self) -> int:
        """Id of its process."""
        return os.getpid()

    def _own(self, claims: Any, key: str) -> list[Claim]:
        return [
            each for each in claims if home_of(getattr(each, key), self._target) == self._number
        ]


@contextmanager
def started_writers(target: Target) -> Iterator[list[Any]]:
    """One writer for each part of an archive, and none other in this cluster.

    Yields:
        Handles of the actors, by the numbers of their parts.

    Raises:
        OutputError: another run is writing to the archive.
    """
    ray = require("ray", extra="ray")
    actor = ray.remote(concurrency_groups={CLAIMS: 1})(Writer)
    digest = hashlib.sha256(target.uri.encode("utf-8", "replace")).hexdigest()[:16]
    writers: list[Any] = []
    try:
        for number in range(target.writers):
            options = actor.options(
                name=f"archive-writer-{digest}-{number}",
                namespace=_NAMESPACE,
                num_cpus=0,
                max_restarts=-1,
                max_task_retries=-1,
                scheduling_strategy="SPREAD",
            )
            writers.append(_started(options, target, number))
        answers([writer.process.remote() for writer in writers])
        yield writers
    finally:
        for writer in writers:
            with suppress(Exception):
                ray.kill(writer)


def _started(options: Any, target: Target, number: int) -> Any:
    """An actor of its name; waits for one of a driver that is gone."""
    last = time.monotonic() + _OTHERS_END_S
    while True:
        try:
            return options.remote(target, number)
        except ValueError as exc:  # there is one of that name
            if time.monotonic() > last:
                raise OutputError(f"another run is writing to {target.uri}") from exc
            time.sleep(0.5)
