"""Articles as rows of the archive's table, and back; inline markup is lost unless it is asked for.

One row is one article with all its sentence vectors, so that an article is in the archive as a
whole or not at all. Not for reading pages: see :mod:`mtpipe.ingest`.
"""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mtpipe.archive.keys import key_hashes
from mtpipe.types import Article, Block, BlockKind, Language, Markup, Metadata, Place, Span

if TYPE_CHECKING:
    import pyarrow as pa

UNDATED = -1
"""The day of an article that states none."""


@dataclass(frozen=True)
class Entry:
    """An article on its way into the archive.

    Attributes:
        article: as read.
        sentences: of its body, in order.
        vectors: of the sentences, of unit length, shape (sentences, dimensions).
    """

    article: Article
    sentences: Sequence[str]
    vectors: NDArray[np.float32]


_FOLDED = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u202f\u2009", " "),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
    }
)


def content_sha256(article: Article, *, exact: bool = False) -> str:
    """Hex digest of everything that was read of an article, save for where it was read.

    Whatever a system makes of accents, apostrophes and spaces, it is the same article.

    Args:
        article: as read.
        exact: tell such characters apart, as earlier versions did.
    """
    record = article_record(article)
    del record["id"], record["source"]
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    if not exact:
        line = unicodedata.normalize("NFC", line).translate(_FOLDED)
    return hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()


def published_day(text: str) -> int:
    """The day of a date or time in ISO 8601, counted from 1 January of year 1; or ``UNDATED``.

    >>> published_day("2024-03-01T07:04:00Z") - published_day("2024-02-29")
    1
    """
    try:
        return date.fromisoformat(text.strip()[:10]).toordinal()
    except ValueError:
        return UNDATED


def iso_day(day: int) -> str:
    """The day that :func:`published_day` counted, in ISO 8601; empty if there was none."""
    try:
        return "" if day == UNDATED else date.fromordinal(day).isoformat()
    except (ValueError, OverflowError):  # of an archive that another program wrote
        return ""


def article_record(article: Article, *, spans: bool = False) -> dict[str, Any]:
    """An article as a record; what is empty is left out.

    Args:
        article: as read.
        spans: keep inline markup as well, which nobody needs of an original.
    """
    return {
        "id": article.id,
        "source": article.source,
        "language": article.language.value,
        "blocks": [_block_record(block, spans=spans) for block in article.blocks],
        "furniture": [_block_record(block, spans=spans) for block in article.furniture],
        "metadata": {name: value for name, value in asdict(article.metadata).items() if value},
    }


def article_of(record: dict[str, Any]) -> Article:
    """The article that :func:`article_record` made a record of.

    Raises:
        KeyError, TypeError, ValueError: it is no such record.
    """
    stated = {name: _tuples(value) for name, value in record["metadata"].items()}
    empty = Metadata()
    if any(type(value) is not type(getattr(empty, name, None)) for name, value in stated.items()):
        raise TypeError("metadata of another kind")
    return Article(
        id=_text(record["id"]),
        source=_text(record["source"]),
        language=Language(record["language"]),
        blocks=tuple(map(_block_of, record["blocks"])),
        furniture=tuple(map(_block_of, record["furniture"])),
        metadata=Metadata(**stated),
    )


def schema(dimensions: int, stamp: dict[bytes, bytes]) -> "pa.Schema":
    """The table's columns; ``stamp`` is kept with them."""
    import pyarrow as pa  # noqa: PLC0415 - comes with the extra

    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("sha256", pa.string(), nullable=False),
            pa.field("language", pa.string(), nullable=False),
            pa.field("day", pa.int32(), nullable=False),
            pa.field("title", pa.string(), nullable=False),
            pa.field("address", pa.string(), nullable=False),
            pa.field("sentences", pa.int32(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("article", pa.string(), nullable=False),
            pa.field("keys", pa.list_(pa.int32()), nullable=False),
            pa.field("vectors", pa.list_(pa.list_(pa.float16(), dimensions)), nullable=False),
            pa.field("checksum", pa.string(), nullable=False),
        ],
        metadata=stamp,
    )


def table_of(entries: Sequence[Entry], columns: "pa.Schema") -> "pa.Table":
    """Rows of some articles, without checksums."""
    import pyarrow as pa  # noqa: PLC0415 - comes with the extra

    articles = [entry.article for entry in entries]
    texts = [_valid(article.compared_text) for article in articles]
    vectors = np.concatenate([entry.vectors for entry in entries]).astype(np.float16)
    ends = np.cumsum([0, *(len(entry.vectors) for entry in entries)]).astype(np.int32)
    kind = columns.field("vectors").type.value_type
    data = {
        "id": [_valid(article.id) for article in articles],
        "sha256": [content_sha256(article) for article in articles],
        "language": [article.language.value for article in articles],
        "day": [published_day(article.metadata.published) for article in articles],
        "title": [_valid(article.title) for article in articles],
        "address": [_valid(article.metadata.address) for article in articles],
        "sentences": [len(entry.vectors) for entry in entries],
        "text": texts,
        "article": [
            _valid(json.dumps(article_record(article), ensure_ascii=False, separators=(",", ":")))
            for article in articles
        ],
        "keys": [key_hashes(text).view(np.int32) for text in texts],
        "vectors": pa.ListArray.from_arrays(
            pa.array(ends),
            pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), kind.list_size),
        ),
    }
    return pa.table(data, schema=pa.schema([columns.field(name) for name in data]))


def lists_of(column: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """A list column of a record batch as one array and where each row's part of it begins.

    Returns:
        The values, shape (sum of the lengths,) or, for vectors, (sum of the lengths, dimensions);
        the beginnings, shape (rows + 1,).
    """
    starts = column.offsets.to_numpy().astype(np.int64)
    values = column.values[starts[0] : starts[-1]]
    if hasattr(values, "flatten") and values.type.num_fields:
        width = values.type.list_size
        return values.flatten().to_numpy().reshape(-1, width), starts - starts[0]
    return values.to_numpy(), starts - starts[0]


def _block_record(block: Block, *, spans: bool) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": block.kind.value, "text": block.text}
    record["place"] = [block.place.index, block.place.line, block.place.path]
    if block.language:
        record["language"] = block.language
    if spans and block.spans:
        record["spans"] = [
            [span.start, span.end, span.markup.value, span.address] for span in block.spans
        ]
    return record


def _block_of(record: dict[str, Any]) -> Block:
    index, line, path = record["place"]
    return Block(
        BlockKind(record["kind"]),
        _text(record["text"]),
        Place(index, line, path),
        record.get("language"),
        tuple(
            Span(int(start), int(end), Markup(markup), _text(address))
            for start, end, markup, address in record.get("spans", ())
        ),
    )


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that they were, of texts alone."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _valid(text: str) -> str:
    """Without lone surrogates, which Arrow can't hold."""
    return text.encode("utf-8", "replace").decode()
