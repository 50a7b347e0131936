"""The cheap half of reading: inputs to what articles are made of, not yet looked into.

Lines, rows, records of crawls and pages come out as they were read, one at a time, as plain values
that another process can take. What is in them is :mod:`mtpipe.ingest.reader`'s to say.
"""

import hashlib
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from mtpipe._optional import require
from mtpipe.compressed import ZSTD, open_bytes, unpacked
from mtpipe.errors import InputError, UnreadableArticle
from mtpipe.ingest.addresses import fetch, is_address
from mtpipe.ingest.feeds import feed_records
from mtpipe.ingest.inputs import STANDARD_INPUT, Format, Source, expand, format_of, sniff
from mtpipe.ingest.tables import (
    Record,
    csv_records,
    json_records,
    jsonl_records,
    parquet_records,
    text_of,
)
from mtpipe.ingest.warc import crawled_pages
from mtpipe.object_stores import is_remote
from mtpipe.storage import READ_AHEAD_BYTES, Place
from mtpipe.types import Failure

__all__ = ["MAX_BYTES", "Raw", "RawPage", "raw_items", "raw_sha256"]

MAX_BYTES = 10_000_000
"""The longest page, or record of a table, that is read by default."""

_BUFFER_BYTES = 1 << 16  # also what formats and encodings are told by
_PARQUET_READ_AHEAD_BYTES = 1 << 20
_MOST_LEVELS = 100  # of lists in lists; pickling takes two levels of recursion for each
_TABLES = frozenset({Format.JSONL, Format.CSV, Format.TSV, Format.PARQUET})
_DOCUMENTS = frozenset({Format.JSON, Format.FEED})
"""Hold several articles as well, and are read as a whole."""
_NEEDS = {Format.PARQUET: ("pyarrow.parquet", "tables"), Format.WARC: ("fastwarc", "crawls")}
"""Formats that an extra reads, and its module."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as it came.

    Attributes:
        data: its bytes.
        format: HTML, Markdown or text; None where the bytes must tell.
        charset: as the server declares it; None if it doesn't.
        address: where it is; empty where that isn't known.
    """

    data: bytes
    format: Format | None = None
    charset: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """One article to be, as it was read: plain data, which can be pickled.

    Attributes:
        source: label of the input.
        id: what it is called unless it says so itself: the label, the label with ``#`` and the
            number of the row or record, or the address of a crawl's page.
        content: a page, the fields of a table's row, or what was wrong.
    """

    source: str
    id: str
    content: RawPage | Record | Failure


def raw_items(
    inputs: str | Path | Iterable[str | Path | Source | Failure],
    *,
    input_format: Format | None = None,
    max_bytes: int = MAX_BYTES,
    allow_private: bool = False,
    stdin: IO[bytes] | None = None,
) -> Iterator[Raw]:
    """Read what articles are made of, an item at a time in memory.

    Args:
        inputs: see :func:`~mtpipe.ingest.reader.read_articles`; likewise the other arguments.
        input_format: of all the inputs; by default by suffix, else by content.
        max_bytes: the longest page or record to read.
        allow_private: fetch addresses of internal hosts too.
        stdin: standard input, for tests.

    Yields:
        Items in the order of the inputs; what can't be read holds a failure of stage ``read``.

    Raises:
        DependencyMissing: see :func:`~mtpipe.ingest.reader.read_articles`.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    sources = [str(one) if isinstance(one, Path) else one for one in given]
    _require_extras(one.name if isinstance(one, Source) else str(one) for one in sources)
    reader = _Reader(input_format, max_bytes, allow_private, stdin)
    for source in expand(sources):
        if isinstance(source, Source):
            yield from reader.read(source)
        else:
            yield Raw(source.article_id, source.article_id, source)


def raw_sha256(items: Iterable[Raw]) -> str:
    """Digest of everything in some items, the same in each process: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for item in items:
        content, data = item.content, b""
        described: Sequence[object]
        if isinstance(content, RawPage):
            data = content.data
            described = ("page", content.format, content.charset, content.address)
        elif isinstance(content, Failure):
            described = ("failure", content.article_id, content.stage, content.error)
        elif isinstance(content, InputError):
            described = ("error", str(content))
        else:
            described = ("record", content)
        # Each part is told where it ends: one item's end can't be another's beginning.
        head = json.dumps((item.source, item.id, len(data), described), default=repr).encode()
        digest.update(b"%d:" % len(head) + head)
        digest.update(data)
    return digest.hexdigest()


def _require_extras(names: Iterable[str]) -> None:
    """See that what reads some inputs is there, as far as their names tell.

    Raises:
        DependencyMissing: it isn't.
    """
    for name in names:
        form = format_of(Path(name))
        if form in _NEEDS:
            module, extra = _NEEDS[form]
            require(module, extra=extra)
        elif name.lower().endswith(ZSTD):
            require("pyarrow", extra="tables")
        if is_remote(name):
            require("pyarrow.fs", extra="tables")


@dataclass(frozen=True, slots=True)
class _Reader:
    """What is the same for all the sources of a run."""

    format: Format | None
    max_bytes: int
    allow_private: bool
    stdin: IO[bytes] | None

    def read(self, source: Source) -> Iterator[Raw]:
        """The items of one source."""
        label = source.label
        try:
            if is_address(source.name):
                yield Raw(label, label, self._fetched(source))
                return
            with self._opened(source) as stream:
                form = self.format or source.format or sniff(stream.peek(1 << 12))
                if form in _TABLES:
                    yield from _numbered(label, self._rows(form, stream))
                    return
                if form is Format.WARC:
                    yield from self._crawled(label, stream)
                    return
                data = self._limited(stream.read(self.max_bytes + 1))
                if form in _DOCUMENTS:
                    records = feed_records(data) if form is Format.FEED else json_records(data)
                    yield from _numbered(label, enumerate(records, 1))
                else:
                    yield Raw(label, label, RawPage(data, form))
        except (InputError, OSError) as exc:
            yield Raw(label, label, Failure(label, "read", _reason(exc)))

    def _fetched(self, source: Source) -> RawPage:
        fetched = fetch(source.name, max_bytes=self.max_bytes, allow_private=self.allow_private)
        form = self.format or sniff(fetched.data)
        if fetched.media_type in ("text/html", "application/xhtml+xml"):
            form = Format.HTML
        if form in _TABLES | _DOCUMENTS | {Format.WARC}:
            raise UnreadableArticle(
                "a table, a feed or a crawl, not a page", hint="save it and read the file"
            )
        return RawPage(fetched.data, form, fetched.charset, fetched.address)

    def _crawled(self, label: str, stream: io.BufferedReader) -> Iterator[Raw]:
        found = crawled_pages(stream, max_bytes=self.max_bytes, label=label)
        for number, (address, page) in enumerate(found, 1):
            item_id = address or f"{label}#{number}"
            if isinstance(page, InputError):
                yield Raw(label, item_id, Failure(item_id, "read", str(page)))
            else:
                content = RawPage(page.data, page.format, page.charset, address)
                yield Raw(label, item_id, content)

    def _rows(self, form: Format, stream: io.BufferedReader) -> Iterator[tuple[int, Record]]:
        if form is Format.JSONL:
            return jsonl_records(stream, max_bytes=self.max_bytes)
        if form is Format.PARQUET:
            return parquet_records(stream, max_bytes=self.max_bytes)
        delimiter = "\t" if form is Format.TSV else None
        return csv_records(stream, delimiter=delimiter, max_bytes=self.max_bytes)

    def _limited(self, data: bytes) -> bytes:
        if len(data) > self.max_bytes:
            raise InputError(
                f"longer than {self.max_bytes:,} bytes",
                hint="many articles in one file are read as JSON lines",
            )
        return data

    @contextmanager
    def _opened(self, source: Source) -> Iterator[io.BufferedReader]:
        if source.name == STANDARD_INPUT:
            stream = self.stdin or sys.stdin.buffer
            if not isinstance(stream, io.BufferedReader):
                stream = io.BufferedReader(cast("io.RawIOBase", stream))
            yield stream
            return
        form = self.format or source.format
        # Crawls are unpacked elsewhere, member by member.
        is_packed = form is Format.WARC and source.name.lower().endswith((".gz", ZSTD))
        with self._stored(source, form, is_packed=is_packed) as file:
            yield io.BufferedReader(cast("io.RawIOBase", file), _BUFFER_BYTES)

    @contextmanager
    def _stored(
        self, source: Source, form: Format | None, *, is_packed: bool
    ) -> Iterator[IO[bytes]]:
        """A file here or elsewhere, unpacked unless ``is_packed`` says that it stays so."""
        if not is_remote(source.name):
            path = Path(source.name)
            with path.open("rb") if is_packed else open_bytes(path) as file:
                yield file
            return
        place = Place.of(source.name)
        # Of a Parquet file, a little here and there is read first.
        ahead = _PARQUET_READ_AHEAD_BYTES if form is Format.PARQUET else READ_AHEAD_BYTES
        with place.open(read_ahead_bytes=ahead) as stored:
            if is_packed:
                yield stored
                return
            with unpacked(stored, place.name, place.size) as file:
                yield file


def _numbered(label: str, records: Iterable[tuple[int, Record]]) -> Iterator[Raw]:
    """Items of numbered records."""
    for number, record in records:
        item_id = f"{label}#{number}"
        if isinstance(record, InputError):
            yield Raw(label, item_id, Failure(item_id, "read", str(record)))
        else:
            yield Raw(label, item_id, _shallow(record))


def _shallow(record: Mapping[str, Any]) -> Record:
    """A record that can be pickled, which what is nested deeply can't: that becomes its text."""
    try:
        deep = {name: text_of(value) for name, value in record.items() if _is_deep(value)}
    except RecursionError:
        return InputError("nested too deeply")
    return {**record, **deep} if deep else record


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(_MOST_LEVELS):
        level = [
            child
            for one in level
            if isinstance(one, list | tuple | dict)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _reason(exc: InputError | OSError) -> str:
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
