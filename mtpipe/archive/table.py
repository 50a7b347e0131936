"""The archive of originals: articles with their sentence vectors, in a table of LanceDB.

A folder, or object storage by URI. Every change is one commit of one table, so that whatever stops
the program leaves each article in the archive as a whole or not at all. Not for encoding: vectors
come in as values, and the archive remembers which encoder they are from. Not for searching: see
:mod:`mtpipe.archive.search`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.archive import index
from mtpipe.archive.checksums import CHECKSUM, damaged, sound_article, with_checksums
from mtpipe.archive.doubles import drop_doubles
from mtpipe.archive.place import (
    alone,
    check_place,
    damaged_place,
    has_data,
    mapped,
    no_archive,
    quoted,
)
from mtpipe.archive.rows import Entry, iso_day, schema, table_of
from mtpipe.archive.stamp import Stamp, compare_stamps, read_stamp, stamp_metadata
from mtpipe.archive.states import State, states_of
from mtpipe.errors import InputError, OutputError
from mtpipe.types import Article, Failure, Language

EXACT_SENTENCES = 200_000
"""Sentences up to which search is exact; above, an index is built."""

TABLE = "articles"
"""Name of the table in its folder."""

_ARTICLE = ["id", "sha256", "article"]
_BATCH_ROWS = 256


@dataclass(frozen=True)
class Listed:
    """An article of the archive without its text.

    Attributes:
        id: of the article.
        language: of the article.
        published: its day in ISO 8601, or empty.
        title: of the article.
        address: of the article.
        sentences: that it has.
        sha256: of its content.
    """

    id: str
    language: str
    published: str
    title: str
    address: str
    sentences: int
    sha256: str


class ArticleTable:
    """An archive of originals.

    Args:
        uri: a folder, or the URI of object storage (``s3://bucket/path``).
        stamp: of the encoder in use, which has to be the one that made the archive; without it
            any archive can be opened, but nothing added to it or searched in it.
        create: whether to make an archive where there is none, which needs the stamp.

    Raises:
        DependencyMissing: LanceDB isn't installed.
        ConfigError: another encoder or another mtpipe made the archive, or the URI is no place
            for one.
        InputError: there is no archive, or it can't be read.
        OutputError: it can't be created.
    """

    def __init__(self, uri: str, stamp: Stamp | None = None, *, create: bool = False) -> None:
        self.uri = uri
        check_place(uri, f"{TABLE}.lance", create=create)
        # It would print notes on its own inner workings to the terminal.
        os.environ.setdefault("LANCEDB_LOG", "error")
        lancedb = require("lancedb", extra="archive")
        with mapped(uri, InputError, "can't open"):
            # Zero: others may be adding, and every read is to see the newest state.
            self._database = lancedb.connect(uri, read_consistency_interval=timedelta(0))
            table = self._opened()
        if table is None:
            if has_data(uri, f"{TABLE}.lance"):
                raise damaged_place(uri)
            if not create or stamp is None:
                raise no_archive(uri)
            columns = schema(stamp.dimensions, stamp_metadata(stamp))
            with mapped(uri, OutputError, "can't create"):
                table = self._database.create_table(TABLE, schema=columns, exist_ok=True)
        self._table: Any = table
        with mapped(uri, InputError, "can't open"):
            self._columns = self._table.schema
        self.stamp = read_stamp(uri, self._columns.metadata)
        if stamp is not None:
            compare_stamps(uri, made=self.stamp, wanted=stamp)

    def __len__(self) -> int:
        with mapped(self.uri, InputError, "can't read"):
            return int(self._table.count_rows())

    @property
    def has_checksums(self) -> bool:
        """Whether its rows can be compared with what was written; earlier versions wrote none."""
        return CHECKSUM in self._columns.names

    @property
    def version(self) -> int:
        """Goes up with every change."""
        with mapped(self.uri, InputError, "can't read"):
            return int(self._table.version)

    def states(self, articles: Sequence[Article]) -> list[State]:
        """What the archive has of some articles, see :func:`mtpipe.archive.states.states_of`."""
        return states_of(articles, self.stated)

    def stated(self, where: str) -> Iterator[dict[str, Any]]:
        """Ids and digests of the rows that meet an SQL condition."""
        return self._rows(["id", "sha256"], where)

    def alone(self) -> AbstractContextManager[None]:
        """While it lasts, no other process writes to the archive; waits for those that do.

        Around :meth:`states` and :meth:`put`, so that what wasn't there isn't there twice then.
        """
        return alone(self.uri, f"{TABLE}.lance")

    def put(self, entries: Sequence[Entry], *, are_new: bool = False) -> None:
        """Add articles, or replace those of the same id, in one commit.

        Args:
            entries: of several with one id the last counts.
            are_new: whether it is known that no such id is there; they are then written faster.

        Raises:
            OutputError: they can't be written; what was there before is untouched.
        """
        if entries:
            self.put_rows(self.rows(entries), are_new=are_new)

    def rows(self, entries: Sequence[Entry]) -> Any:
        """Articles as an Arrow table for :meth:`put_rows`; of several with one id the last."""
        newest = {entry.article.id: entry for entry in entries}
        return with_checksums(table_of(list(newest.values()), self._columns), self._columns)

    def put_rows(self, rows: Any, *, are_new: bool = False) -> None:
        """As :meth:`put`, with what :meth:`rows` made; ``are_new`` if no id is there, as is known."""
        with mapped(self.uri, OutputError, "can't write"):
            if are_new:  # merging reads all ids, of every commit so far
                self._table.add(rows)
                return
            merge = self._table.merge_insert("id")
            merge.when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Remove articles.

        Returns:
            The ids that were there, in the order given.
        """
        if not ids:
            return []
        with self.alone(), mapped(self.uri, OutputError, "can't write"):
            there = {row["id"] for row in self._rows(["id"], f"id IN ({quoted(ids)})")}
            if there:
                self._table.delete(f"id IN ({quoted(there)})")
        return [each for each in ids if each in there]

    def drop_doubles(self) -> int:
        """Leave one row of each article, the first; two runs at once of earlier versions made more.

        Returns:
            How many rows are gone.

        Raises:
            OutputError: they can't be removed.
        """
        with self.alone(), mapped(self.uri, OutputError, "can't write"):
            return drop_doubles(self._table)

    def tidy(self, *, exact_sentences: int = EXACT_SENTENCES) -> None:
        """Merge small files, drop what was replaced, make an index where one is due.

        Whoever is reading at this very moment may have to read again, see :meth:`table`.

        Args:
            exact_sentences: from how many on there is an index.
        """
        with self.alone(), mapped(self.uri, OutputError, "can't write"):
            sentences = self.sentences
            if sentences > exact_sentences or self.is_indexed:
                index.tidy_indexed(self._table, sentences)
            else:
                index.optimize(self._table)

    def index_ids(self) -> None:
        """Bring the indexes of ids and digests up to date, for :meth:`states` of many more."""
        with self.alone(), mapped(self.uri, OutputError, "can't write"):
            index.build_scalar_indexes(self._table)

    @property
    def sentences(self) -> int:
        """Sentences of all its articles."""
        total = 0
        for batch in self.batches(["sentences"]):
            total += int(batch.column("sentences").to_numpy().sum())
        return total

    @property
    def is_indexed(self) -> bool:
        """Whether there is an index of the vectors."""
        with mapped(self.uri, InputError, "can't read"):
            return index.has_vector_index(self._table)

    @property
    def size_bytes(self) -> int | None:
        """Size on disk; None where the archive isn't a folder."""
        if "://" in self.uri:
            return None
        return sum(file.stat().st_size for file in Path(self.uri).rglob("*") if file.is_file())

    def get(self, ids: Sequence[str]) -> dict[str, Article]:
        """Articles by id; those that aren't there are left out.

        Raises:
            InputError: the archive is damaged.
        """
        if not ids:
            return {}
        rows = self.table(_ARTICLE, f"id IN ({quoted(ids)})").to_pylist()
        found: dict[str, Article] = {}
        for row in rows:
            try:
                found[row["id"]] = sound_article(row)
            except ValueError as exc:
                raise damaged(self.uri, [row["id"]]) from exc
        return found

    def articles(self) -> Iterator[Article | Failure]:
        """All articles, a few at a time in memory; those that are damaged as failures."""
        for row in self._rows(_ARTICLE):
            try:
                yield sound_article(row)
            except ValueError as exc:
                yield Failure(row["id"], "read", f"damaged in {self.uri}: {exc}")

    def listed(self, *, language: Language | None = None, containing: str = "") -> Iterator[Listed]:
        """Articles without their text.

        Args:
            language: only those in it.
            containing: only those with these words, in upper or lower case.
        """
        conditions = []
        if language:
            conditions.append(f"language = {quoted([language.value])}")
        if containing:
            conditions.append(f"strpos(lower(text), lower({quoted([containing])})) > 0")
        names = ["id", "language", "day", "title", "address", "sentences", "sha256"]
        for row in self._rows(names, " AND ".join(conditions) or None):
            published = iso_day(row.pop("day"))
            yield Listed(published=published, **row)

    def batches(self, columns: list[str], where: str | None = None) -> Iterator[Any]:
        """Columns of the table as Arrow record batches; ``where`` is an SQL condition."""
        with mapped(self.uri, InputError, "can't read"):
            query = self._table.search().select(columns)
            if where:
                query = query.where(where)
            yield from query.to_batches(_BATCH_ROWS)

    def table(self, columns: list[str], where: str | None = None) -> Any:
        """The same as :meth:`batches` as one Arrow table; what :meth:`tidy` takes away is retried."""
        with suppress(InputError):
            return self._read(columns, where)
        return self._read(columns, where)

    def nearest(
        self,
        vectors: NDArray[np.float32],
        limit: int,
        where: str | None = None,
        *,
        indexed_only: bool = False,
    ) -> list[str]:
        """Ids of the articles that are closest to some sentences by the database's index.

        Args:
            vectors: shape (sentences, dimensions); the sum of each one's best cosine counts.
            limit: of ids.
            where: an SQL condition.
            indexed_only: leave out what came after the index, see :meth:`recent`.
        """
        with mapped(self.uri, InputError, "can't read"):
            return index.nearest(self._table, vectors, limit, where, indexed_only=indexed_only)

    def recent(self, columns: list[str]) -> Any:
        """Columns of the rows that came after the index, as an Arrow table; None if none did."""
        with mapped(self.uri, InputError, "can't read"):
            places = index.recent_offsets(self._table)
            if not places:
                return None
            return self._table.take_offsets(places).select(columns).to_arrow()

    def sample(self, rows: int, columns: list[str]) -> Any:
        """Columns of evenly spaced rows, as an Arrow table."""
        step = max(1, len(self) // rows)
        with mapped(self.uri, InputError, "can't read"):
            offsets = list(range(0, len(self), step))
            return self._table.take_offsets(offsets).select(columns).to_arrow()

    def _read(self, columns: list[str], where: str | None) -> Any:
        with mapped(self.uri, InputError, "can't read"):
            query = self._table.search().select(columns)
            return (query.where(where) if where else query).to_arrow()

    def _opened(self) -> Any:
        """The table; None if there is none, or one whose creation was cut off."""
        try:
            return self._database.open_table(TABLE)
        except ValueError as exc:
            if "not found" in str(exc):
                return None
            raise

    def _rows(self, columns: list[str], where: str | None = None) -> Iterator[dict[str, Any]]:
        for batch in self.batches(columns, where):
            yield from batch.to_pylist()
