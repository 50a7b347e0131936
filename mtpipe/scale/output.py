"""Rows of a shard as a file: always the same bytes for the same rows, whatever worker writes them.

Nothing in the files tells when or where they were written. Not for where they are put:
:mod:`mtpipe.storage`; nor for what is known of them: :mod:`mtpipe.scale.manifest`.
"""

import gzip
import io
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from mtpipe._optional import require
from mtpipe.records import Record, to_line

__all__ = ["FOLDER", "Form", "encoded"]

FOLDER = "rows"
"""Below the output of a run."""


class Form(StrEnum):
    """How rows are written; the value is how the names of the files end."""

    JSONL = "jsonl"
    JSONL_GZ = "jsonl.gz"
    JSONL_ZST = "jsonl.zst"
    PARQUET = "parquet"


_ZSTD_LEVEL = 3
_GZIP_LEVEL = 6


def encoded(rows: Sequence[Record], form: Form, schema: Any = None) -> bytes:
    """Rows as the content of a file.

    Args:
        rows: any number of them.
        form: of the file.
        schema: for Parquet, as ``pyarrow.Schema``; has every field that the rows have.

    Raises:
        DependencyMissing: pyarrow isn't installed.
        ValueError: a row doesn't fit the schema.
    """
    if form is Form.PARQUET:
        return _parquet(rows, schema)
    text = "".join(map(to_line, rows)).encode("utf-8", "replace")
    if form is Form.JSONL_GZ:
        return gzip.compress(text, _GZIP_LEVEL, mtime=0)
    if form is Form.JSONL_ZST:
        codec = require("pyarrow", extra="ray").Codec("zstd", compression_level=_ZSTD_LEVEL)
        return bytes(codec.compress(text, asbytes=True))
    return text


def _parquet(rows: Sequence[Record], schema: Any) -> bytes:
    pyarrow = require("pyarrow", extra="ray")
    parquet = require("pyarrow.parquet", extra="ray")
    for row in rows:
        _refuse_unknown(row, schema, "")
    try:
        table = pyarrow.Table.from_pylist(list(rows), schema=schema)
    except (pyarrow.ArrowException, TypeError) as exc:
        raise ValueError(f"rows that don't fit their schema: {exc}") from exc
    stream = io.BytesIO()
    parquet.write_table(table, stream, compression="zstd")
    return stream.getvalue()


def _refuse_unknown(value: Any, schema: Any, path: str) -> None:
    """See that Arrow, which drops what a schema doesn't name, drops nothing.

    Args:
        value: of a row, or a part of it.
        schema: or struct type.
        path: of the part, for the message.

    Raises:
        ValueError: the schema doesn't name a field.
    """
    types = require("pyarrow", extra="ray").types
    for name, part in value.items():
        if name not in schema.names:
            raise ValueError(f"the schema has no field {path}{name}")
        inner = schema.field(name).type
        parts = [part]
        while types.is_list(inner) or types.is_large_list(inner):
            inner = inner.value_type
            parts = [each for one in parts if one is not None for each in one]
        if types.is_struct(inner):
            for each in parts:
                if each is not None:
                    _refuse_unknown(each, inner, f"{path}{name}.")
