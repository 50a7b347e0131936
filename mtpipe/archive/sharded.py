"""An archive in parts, each an ordinary archive: several may be written to and searched at once.

A folder (or prefix in object storage) with ``shards.json`` and ``shard-00000``, ``shard-00001``,
...; the digest of an article's id says which shard it is in, so that replacing and removing need
no search. Not for searching: see :mod:`mtpipe.archive.search`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtpipe.archive.parts import (
    MOST_SHARDS,
    check_new_place,
    read_count,
    require_count,
    shard_name,
    shard_of,
    shard_uri,
    write_count,
)
from mtpipe.archive.place import damaged_place, no_archive
from mtpipe.archive.rows import Entry
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.states import State, states_of
from mtpipe.archive.table import EXACT_SENTENCES, TABLE, ArticleTable, Listed
from mtpipe.errors import ConfigError, InputError
from mtpipe.types import Article, Failure, Language

__all__ = ["AnyTable", "ShardedTable", "open_table", "shard_of", "side_by_side"]

_THREADS = 16  # that ask shards at once, mostly waiting for files
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class ShardedTable:
    """An archive in parts, with the methods of :class:`mtpipe.archive.table.ArticleTable`.

    Each shard has commits of its own: what stops the program leaves each article in the archive as
    a whole or not at all, but of one call of :meth:`put` some shards may have theirs, others not.

    Args:
        uri: of the whole.
        shards: open, by their numbers.
        count: how many there are in all; methods see those that are open.
    """

    def __init__(self, uri: str, shards: Mapping[int, ArticleTable], count: int) -> None:
        self.uri = uri
        self.count = count
        self.stamp = next(iter(shards.values())).stamp
        self._shards = dict(sorted(shards.items()))

    @classmethod
    def opened(
        cls, uri: str, stamp: Stamp | None, count: int, *, numbers: Sequence[int] | None = None
    ) -> "ShardedTable":
        """Open shards of an archive that has so many.

        Args:
            uri: of the whole.
            stamp: see :class:`mtpipe.archive.table.ArticleTable`.
            count: of shards in all.
            numbers: of those to open; all by default.

        Raises:
            InputError: one is missing or can't be read.
            ConfigError: another encoder made one.
        """
        wanted = list(range(count)) if numbers is None else list(numbers)

        def shard(number: int) -> ArticleTable:
            place = shard_uri(uri, number)
            if "://" not in uri and not Path(place).is_dir():
                raise damaged_place(uri, f"{shard_name(number)} is missing")
            return ArticleTable(place, stamp)

        shards = dict(zip(wanted, side_by_side(shard, wanted), strict=True))
        if len({(each.stamp.encoder_sha256, each.stamp.format) for each in shards.values()}) > 1:
            raise damaged_place(uri, "its shards were made with different encoders")
        return cls(uri, shards, count)

    def part(self, numbers: Sequence[int]) -> "ShardedTable":
        """Some of its shards, as a table that is to be read."""
        return ShardedTable(self.uri, {each: self._shards[each] for each in numbers}, self.count)

    def shard(self, number: int) -> ArticleTable:
        """One shard, an archive of its own."""
        return self._shards[number]

    @property
    def shards(self) -> tuple[ArticleTable, ...]:
        """Those that are open, in the order of their numbers."""
        return tuple(self._shards.values())

    def __len__(self) -> int:
        return sum(self._all(len))

    @property
    def has_checksums(self) -> bool:
        """Whether the rows of all can be compared with what was written."""
        return all(each.has_checksums for each in self.shards)

    @property
    def version(self) -> int:
        """Goes up with every change."""
        return sum(self._all(lambda each: each.version))

    @property
    def sentences(self) -> int:
        """Sentences of all its articles."""
        return sum(self._all(lambda each: each.sentences))

    @property
    def is_indexed(self) -> bool:
        """Whether there is an index of the vectors, in any shard."""
        return any(self._all(lambda each: each.is_indexed))

    @property
    def size_bytes(self) -> int | None:
        """Size on disk; None where the archive isn't a folder."""
        sizes = [each.size_bytes for each in self.shards]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def states(self, articles: Sequence[Article]) -> list[State]:
        """What the archive has of some articles; content under another id counts in any shard."""

        def rows(where: str) -> list[dict[str, Any]]:
            return list(chain.from_iterable(self._all(lambda each: each.stated(where))))

        return states_of(articles, rows)

    def alone(self) -> AbstractContextManager[None]:
        """While it lasts, no other process writes to any of its shards."""
        return self._alone()

    def put(self, entries: Sequence[Entry], *, are_new: bool = False) -> None:
        """Add articles, or replace those of the same id, in one commit a shard.

        Args:
            entries: of several with one id the last counts.
            are_new: whether it is known that no such id is there; they are then written faster.

        Raises:
            OutputError: some can't be written; what was there before is untouched.
        """
        parts: dict[int, list[Entry]] = {}
        for entry in entries:
            parts.setdefault(shard_of(entry.article.id, self.count), []).append(entry)
        side_by_side(lambda n: self._shards[n].put(parts[n], are_new=are_new), sorted(parts))

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Remove articles.

        Returns:
            The ids that were there, in the order given.
        """
        parts = self._by_shard(ids)
        removed = side_by_side(lambda n: self._shards[n].remove(parts[n]), sorted(parts))
        there = set(chain.from_iterable(removed))
        return [each for each in ids if each in there]

    def drop_doubles(self) -> int:
        """Leave one row of each article in each shard.

        Returns:
            How many rows are gone.
        """
        return sum(self._all(lambda each: each.drop_doubles()))

    def tidy(self, *, exact_sentences: int = EXACT_SENTENCES) -> None:
        """Merge small files, drop what was replaced, bring the indexes up to date.

        Args:
            exact_sentences: of all shards together, from how many on there is an index.
        """
        is_large = self.sentences > exact_sentences
        for shard in self.shards:  # one by one: an index takes all cores anyway, and memory
            shard.tidy(exact_sentences=0 if is_large else exact_sentences)

    def index_ids(self) -> None:
        """Bring the indexes of ids and digests up to date, for :meth:`states` of many more."""
        for shard in self.shards:
            shard.index_ids()

    def get(self, ids: Sequence[str]) -> dict[str, Article]:
        """Articles by id; those that aren't there are left out.

        Raises:
            InputError: the archive is damaged.
        """
        parts = self._by_shard(ids)
        found: dict[str, Article] = {}
        for some in side_by_side(lambda n: self._shards[n].get(parts[n]), sorted(parts)):
            found |= some
        return found

    def articles(self) -> Iterator[Article | Failure]:
        """All articles, a few at a time in memory; those that are damaged as failures."""
        return chain.from_iterable(each.articles() for each in self.shards)

    def listed(self, *, language: Language | None = None, containing: str = "") -> Iterator[Listed]:
        """Articles without their text, see :meth:`mtpipe.archive.table.ArticleTable.listed`."""
        return chain.from_iterable(
            each.listed(language=language, containing=containing) for each in self.shards
        )

    def batches(self, columns: list[str], where: str | None = None) -> Iterator[Any]:
        """Columns of all shards as Arrow record batches; ``where`` is an SQL condition."""
        return chain.from_iterable(each.batches(columns, where) for each in self.shards)

    def table(self, columns: list[str], where: str | None = None) -> Any:
        """The same as :meth:`batches` as one Arrow table."""
        import pyarrow as pa  # noqa: PLC0415 - comes with the extra

        return pa.concat_tables(self._all(lambda each: each.table(columns, where)))

    def sample(self, rows: int, columns: list[str]) -> Any:
        """Columns of evenly spaced rows, as an Arrow table."""
        import pyarrow as pa  # noqa: PLC0415 - comes with the extra

        step = max(1, len(self) // rows)
        return pa.concat_tables(
            self._all(lambda each: each.sample(max(1, len(each) // step), columns))
        )

    def nearest(
        self,
        vectors: NDArray[np.float32],
        limit: int,
        where: str | None = None,
        *,
        indexed_only: bool = False,
    ) -> list[str]:
        """Ids of the articles that are closest to some sentences, so many of each shard."""
        ask = partial(ArticleTable.nearest, indexed_only=indexed_only)
        return list(chain.from_iterable(self._all(lambda each: ask(each, vectors, limit, where))))

    def _all(self, ask: Callable[[ArticleTable], _Result]) -> list[_Result]:
        return side_by_side(ask, self.shards)

    def _by_shard(self, ids: Sequence[str]) -> dict[int, list[str]]:
        parts: dict[int, list[str]] = {}
        for each in ids:
            number = shard_of(each, self.count)
            if number in self._shards:
                parts.setdefault(number, []).append(each)
        return parts

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with ExitStack() as stack:
            for shard in self.shards:  # always in this order, so that nobody waits in a circle
                stack.enter_context(shard.alone())
            yield


AnyTable = ArticleTable | ShardedTable
"""An archive, in one part or in several."""


def open_table(
    uri: str, stamp: Stamp | None = None, *, create: bool = False, shards: int | None = None
) -> AnyTable:
    """Open an archive, whether it is in one part or in several.

    Args:
        uri: a folder, or the URI of object storage.
        stamp: see :class:`mtpipe.archive.table.ArticleTable`.
        create: whether to make an archive where there is none, which needs the stamp.
        shards: of an archive that is made; that one which is there has to have as many. By default
            one table without shards is made, and what is there may be anything.

    Raises:
        DependencyMissing: LanceDB isn't installed.
        ConfigError: another encoder or another mtpipe made the archive, it has another number of
            shards, or the URI is no place for one.
        InputError: there is no archive, or it can't be read.
        OutputError: it can't be created.
    """
    if shards is not None and not 1 <= shards <= MOST_SHARDS:
        raise ConfigError(f"{shards} shards: an archive has 1 to {MOST_SHARDS:,}")
    has = read_count(uri)
    if has is not None:
        require_count(uri, has=has, wanted=has if shards is None else shards)
        return ShardedTable.opened(uri, stamp, has)
    if shards is None:
        return ArticleTable(uri, stamp, create=create)
    if "://" in uri or (Path(uri) / f"{TABLE}.lance").is_dir():
        with suppress(InputError):
            ArticleTable(uri)
            require_count(uri, has=None, wanted=shards)
    if not create or stamp is None:
        raise no_archive(uri)
    check_new_place(uri)
    tables = {
        number: ArticleTable(shard_uri(uri, number), stamp, create=True) for number in range(shards)
    }
    write_count(uri, shards)
    return ShardedTable(uri, tables, shards)


def side_by_side(do: Callable[[_Item], _Result], items: Sequence[_Item]) -> list[_Result]:
    """Results in the order of the items; what one raises is raised once all have ended."""
    if len(items) < 2:
        return [do(each) for each in items]
    with ThreadPoolExecutor(min(len(items), _THREADS)) as pool:
        return list(pool.map(do, items))
