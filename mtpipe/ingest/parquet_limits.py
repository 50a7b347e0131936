"""What a Parquet file unfolds to: known from its index and page headers, before values are read.

A value that comes again takes next to nothing in such a file (a dictionary, runs, shared
beginnings), so that a few hundred bytes can hold more than any memory. Honest tables of articles
become five or ten times as long. https://github.com/apache/parquet-format
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.errors import InputError
from mtpipe.ingest.thrift import read_struct

__all__ = ["MAX_RATIO", "Plan", "plan_of", "row_bytes"]

MAX_RATIO = 200
"""How many times as long as the file what is in it may be."""

_FREE_BYTES = 64 * 2**20
_FREE_VALUES = 1_000_000
_BATCH_BYTES = 256 * 2**20
_BATCH_ROWS = 64
_INDEX_BYTES = 8 * 2**20
_HEADER_BYTES = 1 << 14
_FREE_PAGES, _PAGE_BYTES = 1_000, 64  # columns may claim the same pages, so that reading never ends
_HINT = "if it is what it should be, write it anew without compression"

_BYTE_ARRAY, _FIXED = 6, 7  # physical types
_DICTIONARY_PAGE = 2
_DICTIONARY_ENCODINGS = frozenset({2, 8})
_DELTA_BYTE_ARRAY = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read a file so that it fits into memory.

    Attributes:
        groups: how many row groups there are.
        batch_rows: how many rows to read at once.
        dictionaries: paths of the columns of text that are to be read without repeating what is
            the same.
    """

    groups: int
    batch_rows: int
    dictionaries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """What one row group has of a column.

    Attributes:
        path: of the column.
        kind: its physical type.
        width: of a value of fixed length; else 0.
        values: how many there are, those of lists included.
        page_bytes: the longest page, unpacked.
        total_bytes: all of them.
        encodings: of the pages.
    """

    path: str
    kind: int
    width: int
    values: int
    page_bytes: int
    total_bytes: int
    encodings: frozenset[int]

    @property
    def value_bytes(self) -> int:
        """How long a value may be that takes next to nothing; 0 where there is none such."""
        if self.kind == _BYTE_ARRAY and _DELTA_BYTE_ARRAY in self.encodings:
            return self.page_bytes
        return self.width if self.kind == _FIXED and self.has_dictionary else 0

    @property
    def has_dictionary(self) -> bool:
        return not _DICTIONARY_ENCODINGS.isdisjoint(self.encodings)


def plan_of(stream: IO[bytes], size_bytes: int) -> Plan:
    """How to read a Parquet file.

    Args:
        stream: the file; can be sought in.
        size_bytes: of the file.

    Raises:
        InputError: it isn't Parquet, or has far more rows or values, or becomes far longer, than
            its size allows.
    """
    try:
        index = _index(stream, size_bytes)
        pages = _Pages(stream, _FREE_PAGES + size_bytes // _PAGE_BYTES)
        leaves = [element for element in index[2][1:] if not element.get(5)]
        groups = [
            (group[3], [_column(pages, chunk[3], leaf) for chunk, leaf in _paired(group, leaves)])
            for group in index[4]
        ]
        _require_bounded(index[3], groups, size_bytes)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as exc:
        raise InputError(f"not a Parquet file that can be read: {exc}") from exc
    columns = [column for _, columns in groups for column in columns]
    longest = max((column.value_bytes for column in columns), default=0)
    texts = (column for column in columns if column.kind == _BYTE_ARRAY)
    return Plan(
        groups=len(groups),
        batch_rows=max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(longest, 1))),
        dictionaries=tuple(sorted({column.path for column in texts if column.has_dictionary})),
    )


def _index(stream: IO[bytes], size_bytes: int) -> dict[int, Any]:
    stream.seek(max(size_bytes - 8, 0))
    end = stream.read(8)
    length = int.from_bytes(end[:4], "little")
    if end[4:] != b"PAR1" or length > size_bytes - 8:
        raise ValueError("its end is missing")
    if length > _INDEX_BYTES:
        raise ValueError(f"its index is longer than {_INDEX_BYTES:,} bytes")
    stream.seek(size_bytes - 8 - length)
    return read_struct(stream.read(length))[0]


def _paired(group: dict[int, Any], leaves: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(group[1], leaves, strict=True)


def _column(reader: "_Pages", chunk: dict[int, Any], leaf: dict[int, Any]) -> _Column:
    """A column by the headers of its pages, which is what a reader goes by."""
    pages = list(reader.of(chunk))
    return _Column(
        path=".".join(part.decode() for part in chunk[3]),
        kind=chunk[1],
        width=leaf.get(2, 0),
        values=sum(values for _, values, _ in pages),
        page_bytes=max((size for size, _, _ in pages), default=0),
        total_bytes=sum(size for size, _, _ in pages),
        encodings=frozenset(encoding for _, _, encoding in pages),
    )


class _Pages:
    """The headers of a file's pages, of which there can't be any number."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self._left = most

    def of(self, chunk: dict[int, Any]) -> Iterator[tuple[int, int, int]]:
        """Unpacked size, number of values (none of a dictionary) and encoding of each page."""
        dictionary = chunk.get(11, 0)
        position = dictionary if 0 < dictionary < chunk[9] else chunk[9]
        end = position + chunk[7]
        while position < end:
            self._left -= 1
            self._stream.seek(position)
            header, length = read_struct(self._stream.read(min(_HEADER_BYTES, end - position)))
            if header[2] < 0 or header[3] < 0 or self._left < 0:
                raise ValueError("pages that can't be")
            # The number of the encoding is another field's in pages of the second version.
            stated = header.get(8) or header.get(5) or {}
            encoding = stated.get(4 if 8 in header else 2, -1)
            values = 0 if header[1] == _DICTIONARY_PAGE else stated.get(1, 0)
            yield header[2], values, encoding
            position += length + header[3]


def _require_bounded(rows: int, groups: list[tuple[int, list[_Column]]], size_bytes: int) -> None:
    if rows > max(_FREE_VALUES, size_bytes):
        raise InputError(f"{rows:,} rows in {size_bytes:,} bytes", hint=_HINT)
    for group_rows, columns in groups:
        unfolded = 0
        for column in columns:
            is_list = column.values > group_rows  # they may all be in one row
            if is_list and column.values > max(_FREE_VALUES, column.total_bytes):
                raise InputError(f"{column.values:,} values in {size_bytes:,} bytes", hint=_HINT)
            unfolded += max(column.total_bytes, is_list * column.values * column.value_bytes)
        if unfolded > max(_FREE_BYTES, MAX_RATIO * size_bytes):
            raise InputError(f"{size_bytes:,} bytes would become {unfolded:,}", hint=_HINT)


_OBJECT_BYTES = 8


def row_bytes(batch: Any) -> NDArray[np.int64]:
    """How long each row of a record batch would be in Python, about; shape (rows,)."""
    total = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        total += _value_bytes(column)
    return total


def _value_bytes(array: Any) -> Any:
    """The same for each value of an array; shape (values,)."""
    arrow = require("pyarrow", extra="tables")
    compute = require("pyarrow.compute", extra="tables")
    kinds, kind = arrow.types, array.type
    if kinds.is_dictionary(kind):
        lengths = np.append(_value_bytes(array.dictionary), 0)  # the last one is of nulls
        return lengths[array.indices.fill_null(len(lengths) - 1).to_numpy(zero_copy_only=False)]
    if kinds.is_map(kind):
        array = array.cast(arrow.list_(arrow.struct([kind.key_field, kind.item_field])))
        kind = array.type
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        counts = compute.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False)
        ends = np.cumsum(counts, dtype=np.int64)
        sums = np.concatenate([[0], np.cumsum(_value_bytes(array.flatten()), dtype=np.int64)])
        return sums[ends] - sums[ends - counts]
    if kinds.is_struct(kind):
        fields = (_value_bytes(field) for field in array.flatten())
        return sum(fields, np.zeros(len(array), np.int64))
    texts = (kinds.is_string, kinds.is_binary, kinds.is_large_string, kinds.is_large_binary)
    if any(is_kind(kind) for is_kind in texts):
        lengths = compute.binary_length(array).fill_null(0).to_numpy(zero_copy_only=False)
        return lengths.astype(np.int64) + _OBJECT_BYTES
    return np.full(len(array), _OBJECT_BYTES, np.int64)
