"""Articles in records: JSON, CSV, TSV and Parquet, one article a record, read as a stream.

A record needs its wording under ``text`` (or ``body``, ``content``, ``html``, ``paragraphs``);
``id``, ``title``, ``language``, ``url``, ``date``, ``author`` and ``section`` are understood, and
every other field is kept with the metadata.
"""

import csv
import io
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import IO, Any

from mtpipe._optional import require
from mtpipe.errors import EmptyArticle, InputError, UnreadableArticle
from mtpipe.files import skip_rest
from mtpipe.ingest.decode import encoding_of
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.html import read_html
from mtpipe.ingest.json_ld import decoded
from mtpipe.ingest.page import Page, collapse
from mtpipe.ingest.parquet_limits import MAX_RATIO, plan_of, row_bytes
from mtpipe.ingest.text import read_text
from mtpipe.types import Metadata

__all__ = [
    "Record",
    "csv_records",
    "json_records",
    "jsonl_records",
    "page_of_record",
    "parquet_records",
    "text_of",
]

Record = Mapping[str, Any] | InputError
"""A record's fields, or what is wrong with it."""

_NAMES = {
    "title": ("title", "headline", "titel", "überschrift", "titre"),
    "text": (
        *("text", "body", "content", "maintext", "article", "paragraphs"),
        *("inhalt", "artikel", "texte", "contenu", "corps"),
    ),
    "language": ("language", "lang", "sprache", "langue"),
    "address": ("url", "address", "link", "adresse"),
    "published": ("published", "date", "date_published", "datum"),
    "authors": ("authors", "author", "byline", "autor", "auteur"),
    "section": ("section", "category", "ressort", "rubrik", "rubrique"),
}
_WHOLE_BYTES = 512 * 2**20  # of a Parquet file that can't be read in pieces
_UNFOLDED_BYTES = 2**30


def jsonl_records(stream: IO[bytes], *, max_bytes: int) -> Iterator[tuple[int, Record]]:
    """Line number and record of each line of JSONL; blank lines are skipped."""
    number = 0
    while line := stream.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes:
            skip_rest(stream, line)
            yield number, InputError(f"line {number}: longer than {max_bytes:,} bytes")
        elif line.strip():
            yield number, _json_record(line, number)


def json_records(data: bytes) -> Iterator[Record]:
    """The records of a JSON document: the objects of an array, or one object.

    Raises:
        InputError: it isn't JSON, or something else.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}") from exc
    if isinstance(document, dict):
        document = [document]
    if not isinstance(document, list):
        raise InputError("neither an array of objects nor an object")
    for number, record in enumerate(document, 1):
        yield record if isinstance(record, dict) else InputError(f"item {number}: not an object")


def is_header(line: bytes) -> bool:
    """Whether a line names the columns of a table with articles: one of them has the text.

    Names in lower case only, and not parted by bars: a menu is no header.
    """
    try:
        text = line.decode(encoding_of(line))
    except (UnreadableArticle, UnicodeDecodeError):
        return False
    cells = [cell.strip('"') for cell in text.rstrip("\r\n").split(_mark(text))]
    named = any(name in cells[:100] for name in (*_NAMES["text"], "html"))
    return len(cells) > 1 and _mark(text) != "|" and named


def _mark(header: str) -> str:
    """What parts the columns: what the header has most of."""
    return max(",;\t|", key=header.count)


def csv_records(
    stream: io.BufferedReader, *, delimiter: str | None = None, max_bytes: int
) -> Iterator[tuple[int, Record]]:
    """Row number and record of each row below the header.

    Args:
        stream: the file.
        delimiter: what parts the columns; by default what the header has most of.
        max_bytes: limit of a field, in characters.
    """
    text = io.TextIOWrapper(
        stream, encoding=encoding_of(stream.peek()), errors="replace", newline=""
    )
    try:
        yield from _csv_rows(text, delimiter, max_bytes)
    finally:
        text.detach()  # the stream isn't this function's to close


def _csv_rows(
    text: io.TextIOWrapper, delimiter: str | None, max_chars: int
) -> Iterator[tuple[int, Record]]:
    csv.field_size_limit(max_chars)
    header = text.readline(max_chars)
    marks = delimiter or _mark(header)
    names = [name.strip('"') for name in next(csv.reader([header], delimiter=marks), [])]
    # TSV knows no quotation marks (IANA, text/tab-separated-values): an open one would swallow rows.
    is_tsv = marks == "\t"
    rows = csv.reader(
        _bounded(text, max_chars),
        delimiter=marks,
        quoting=csv.QUOTE_NONE if is_tsv else csv.QUOTE_MINIMAL,
    )
    for number in itertools.count(2):
        try:
            row = next(rows)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as exc:
            yield number, InputError(f"row {number}: {exc}")
            return  # behind an unclosed quotation mark nothing can be trusted
        if len(row) > len(names):
            yield number, InputError(f"row {number}: {len(row)} fields under {len(names)} names")
        elif row:
            cells = map(_unquoted, row) if is_tsv else row
            yield number, dict(zip(names, cells, strict=False))


class _TooLong(Exception):
    """A line that is too long to be one of a table."""


def _bounded(text: io.TextIOWrapper, max_chars: int) -> Iterator[str]:
    """The lines of a table; without a limit, a small compressed file could fill the memory."""
    while line := text.readline(max_chars + 1):
        if len(line) > max_chars:
            raise _TooLong(f"longer than {max_chars:,} characters")
        yield line


def _unquoted(cell: str) -> str:
    """A cell without the marks that some writers put around all of it in TSV, too."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', ""):
        return cell[1:-1].replace('""', '"')
    return cell


def parquet_records(stream: IO[bytes], *, max_bytes: int) -> Iterator[tuple[int, Record]]:
    """Row number and record of each row of a Parquet file, a few at a time in memory.

    Args:
        stream: the file.
        max_bytes: limit of a record.

    Raises:
        DependencyMissing: pyarrow isn't installed.
        InputError: the file isn't Parquet, or would become far longer than it is.
    """
    parquet = require("pyarrow.parquet", extra="tables")
    errors = require("pyarrow", extra="tables").lib.ArrowException
    try:
        if not stream.seekable():  # the index stands at the end of the file
            stream = io.BytesIO(stream.read(_WHOLE_BYTES + 1))
        size_bytes = stream.seek(0, io.SEEK_END)
        if size_bytes > _WHOLE_BYTES and isinstance(stream, io.BytesIO):
            raise InputError(
                f"longer than {_WHOLE_BYTES:,} bytes, and read as a whole from a pipe or a "
                "compressed file",
                hint="save it as it is, and name the file",
            )
        plan = plan_of(stream, size_bytes)
        left_bytes = max(_UNFOLDED_BYTES, MAX_RATIO * size_bytes)
        number = 0
        file = parquet.ParquetFile(stream, read_dictionary=plan.dictionaries)
        # Group by group, since each has dictionaries of its own.
        batches = itertools.chain.from_iterable(
            file.iter_batches(batch_size=plan.batch_rows, row_groups=[group])
            for group in range(plan.groups)
        )
        for batch in batches:
            for row, length in enumerate(row_bytes(batch).tolist()):
                number += 1
                if length > max_bytes:
                    yield number, InputError(f"row {number}: longer than {max_bytes:,} bytes")
                    continue
                left_bytes -= length
                if left_bytes < 0:
                    raise InputError(
                        f"{size_bytes:,} bytes become more than {MAX_RATIO} times that"
                    )
                try:
                    [record] = batch.slice(row, 1).to_pylist()
                # Text that is no UTF-8, times and time zones that Python hasn't got.
                except (ValueError, OverflowError, KeyError) as exc:
                    record = InputError(f"row {number}: {exc}")
                yield number, record
    # Of damaged names and numbers, the latter three.
    except (errors, OSError, KeyError, IndexError, ValueError) as exc:
        raise InputError(f"not a Parquet file that can be read: {exc}") from exc


def page_of_record(record: Mapping[str, Any], *, rules: FurnitureRules = BUILT_IN) -> Page:
    """The page that a record holds.

    Args:
        record: its fields.
        rules: what is furniture.

    Raises:
        EmptyArticle: it has no field with text.
        InputError: its text is an object of an unknown form.
    """
    fields = {str(name).strip().lower(): value for name, value in record.items() if value}
    known = {
        field: next((fields.pop(name) for name in names if name in fields), None)
        for field, names in _NAMES.items()
    }
    html = fields.pop("html", None)
    fields.pop("id", None)
    authors = known["authors"]
    language = text_of(known["language"])
    metadata = Metadata(
        address=text_of(known["address"]),
        section=text_of(known["section"]),
        authors=tuple(
            map(text_of, authors if isinstance(authors, list) else [authors] * bool(authors))
        ),
        published=text_of(known["published"]),
        declared_languages=(("record", language),) if language else (),
        extra=tuple((name, text_of(value)) for name, value in fields.items()),
    )
    title = _title(known["title"])
    if isinstance(known["text"], Mapping):
        html = html or _rendered(known["text"])
    elif known["text"]:
        return read_text(
            _paragraphs(known["text"]),
            title=title,
            metadata=metadata,
            rules=rules,
        )
    if html:
        page = read_html(
            text_of(html),
            address=metadata.address,
            title=title,
            rules=rules,
        )
        return replace(page, metadata=_merged(metadata, page.metadata))
    raise EmptyArticle(
        "the record has no text",
        hint=f"name the field one of {', '.join(_NAMES['text'][:6])}, html",
    )


def _merged(stated: Metadata, read: Metadata) -> Metadata:
    """What a record states, before what its page says."""
    return replace(
        read,
        **{
            name: getattr(stated, name)
            for name in ("address", "section", "authors", "published")
            if getattr(stated, name)
        },
        declared_languages=stated.declared_languages + read.declared_languages,
        extra=stated.extra + read.extra,
    )


def _json_record(line: bytes, number: int) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as exc:
        return InputError(f"line {number}: not JSON: {exc}")
    if not isinstance(record, dict):
        return InputError(f"line {number}: not a JSON object")
    return record


def _paragraphs(value: object) -> str:
    """One text out of a text, or of a list of texts or of objects with a ``text``."""
    if not isinstance(value, list):
        return str(value)
    parts = (part.get("text") if isinstance(part, dict) else part for part in value)
    return "\n\n".join(collapse(str(part)) for part in parts if part is not None)


def _rendered(value: Mapping[str, Any]) -> str:
    """The HTML of an object that stands for a text, as in WordPress's REST interface.

    Raises:
        InputError: it is another object.
    """
    html = value.get("rendered")
    if not isinstance(html, str):
        raise InputError(
            "the record's text is an object, not a text",
            hint="give the text in a field text, or HTML in a field html",
        )
    return html


def _title(value: object) -> str:
    """A title as text; WordPress's is HTML."""
    if isinstance(value, Mapping) and isinstance(html := value.get("rendered"), str):
        return decoded(html)
    return text_of(value)


def text_of(value: object) -> str:
    """A field as text; lone surrogates, which no file can hold, are replaced."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace").decode("utf-8")
