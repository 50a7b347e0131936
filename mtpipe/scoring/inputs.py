"""Segments to score, from whatever file they come in: lines, TSV, JSON lines, TMX.

What is read is what ``sacrebleu`` reads of the same text: UTF-8, lines ended by a line feed alone,
white space at their ends left out, nothing else changed. So unlike articles, text that isn't UTF-8
is an error here: guessing would change the figures. WMT's XML is read by :mod:`mtpipe.scoring.wmt`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from mtpipe.cells import TSV_HEADER, verbatim
from mtpipe.compressed import open_bytes
from mtpipe.errors import InputError, MalformedRecord
from mtpipe.lines import MAX_LINES, too_many_lines

MAX_BYTES = 512 * 2**20
"""Largest file, decompressed."""

MAX_XML_PARTS = 10_000_000
"""Elements and attributes of an XML file; each takes some hundred bytes of memory."""

_XML_CHUNK_BYTES = 1 << 16
_SHOWN_CHARS = 200
_MOST_DIGITS = 9
"""Of the number of a column or segment."""

STANDARD_INPUT = "-"


class Role(StrEnum):
    """What a file's segments are; decides which field is looked at if none is named."""

    SOURCE = "source"
    REFERENCE = "reference"
    HYPOTHESIS = "hypothesis"


def shortened(text: str) -> str:
    """A text that may be of any length, for messages."""
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


def _is_there(path: Path) -> bool:
    """Whether there is such a file; there is none whose name the system doesn't even take."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class Input:
    """A file and which part of it is meant.

    Attributes:
        path: of the file; ``-`` for standard input.
        part: a TSV column (number from 1, or the name in the first line), a field of JSON lines, a
            language of a TMX file, a system or translator of WMT XML; None for the obvious one.
        name: what its segments are called in results.
    """

    path: Path
    part: str | None
    name: str

    @classmethod
    def parse(cls, text: str) -> "Input":
        """Read ``[NAME=]FILE[:PART]``; an existing file's name may have both signs in it.

        Raises:
            InputError: there is no such file.
        """
        name, rest = "", text
        if "=" in text and not _is_there(Path(text)):
            name, rest = text.split("=", 1)
        path, part = Path(rest), None
        if rest != STANDARD_INPUT and not _is_there(path) and ":" in rest:
            stem, _, part = rest.rpartition(":")
            path = Path(stem)
        if rest != STANDARD_INPUT and not _is_there(path):
            raise InputError(f"there is no file {shortened(str(path))}")
        if not name:
            name = "standard input" if rest == STANDARD_INPUT else path.name
            name = f"{name}:{part}" if part else name
        return cls(path, part, name)

    def __str__(self) -> str:
        shown = "standard input" if str(self.path) == STANDARD_INPUT else str(self.path)
        return f"{shown}:{self.part}" if self.part else shown

    @property
    def form(self) -> str:
        """The file's form by its name: ``tsv``, ``jsonl``, ``tmx``, ``xml`` or ``text``."""
        suffix = Path(self.path.name.removesuffix(".gz")).suffix.lower().lstrip(".")
        return suffix if suffix in ("tsv", "jsonl", "tmx", "xml") else "text"


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of one file, in order.

    Attributes:
        texts: the segments.
        labels: what else is known of each: name of the kind (``document``, ``domain``,
            ``origlang``) to one value a segment.
    """

    texts: tuple[str, ...]
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)


def read_segments(source: Input, role: Role) -> Segments:
    """Read the segments of a file other than WMT XML.

    Raises:
        InputError: it can't be read, is empty, or doesn't have the part.
        MalformedRecord: a line isn't UTF-8, or isn't what its format asks for.
    """
    data = read_bytes(source)
    if source.form == "tmx":
        segments = Segments(tuple(_tmx(source, data, role)))
    else:
        lines = list(_lines(source, data))
        if source.form == "tsv":
            segments = Segments(tuple(_column(source, lines)))
        elif source.form == "jsonl":
            segments = _jsonl(source, lines, role)
        elif source.part is not None:
            raise InputError(
                f"{source.path} is plain text, which has no {shortened(source.part)!r}",
                hint="columns are looked for in files that end in .tsv",
            )
        else:
            segments = Segments(tuple(lines))
    if not segments.texts:
        raise InputError(f"{source} has no segments")
    return segments


def read_bytes(source: Input) -> bytes:
    """The whole file, decompressed if its name ends in .gz, .xz or .bz2.

    Raises:
        InputError: it can't be read, is no text, or is larger than :data:`MAX_BYTES`.
    """
    if str(source.path) == STANDARD_INPUT:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    elif source.path.is_dir():
        raise InputError(
            f"{source.path} is a folder, not a file", hint=f"ls {source.path}, and name one"
        )
    else:
        with open_bytes(source.path) as file:
            data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{source} is larger than {MAX_BYTES // 2**20} MB", hint="score it in parts"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{source} is UTF-16, not UTF-8", hint="iconv -f utf-16 -t utf-8 FILE")
    if b"\0" in data[:8192]:
        raise InputError(f"{source} isn't text: it has binary zeros")
    return data.removeprefix(b"\xef\xbb\xbf")


def _lines(source: Input, data: bytes) -> Iterator[str]:
    if data.count(b"\n") > MAX_LINES:
        raise too_many_lines(str(source))
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8").rstrip()
        except UnicodeDecodeError as exc:
            raise MalformedRecord(
                source.path,
                number,
                "isn't UTF-8; convert it first, e.g. iconv -f windows-1252 -t utf-8 FILE",
            ) from exc


def _column(source: Input, lines: list[str]) -> Iterator[str]:
    header = lines[0].split("\t") if lines else []
    if source.part is None:
        if len(header) > 1:
            raise InputError(
                f"{source.path} has {len(header)} columns",
                hint=f"say which, by number or by its name in the first line: {source.path}:2",
            )
        yield from lines
        return
    number = number_of(source.part)
    if number is not None:
        column, start = number - 1, 0
    elif source.part in header:
        column, start = header.index(source.part), 1
    else:
        raise InputError(
            f"{source.path} has no column {shortened(source.part)!r}",
            hint=f"its first line is: {' | '.join(header)[:200]}",
        )
    is_ours = lines[0] == TSV_HEADER if lines else False  # others' apostrophes are text
    for number, line in enumerate(lines[start:], start + 1):
        cells = line.split("\t")
        if not 0 <= column < len(cells):
            raise MalformedRecord(
                source.path, number, f"has {len(cells)} columns, so none is number {column + 1}"
            )
        cell = verbatim(cells[column]) if is_ours else cells[column]
        yield cell.rstrip()


_FIELDS = {
    Role.SOURCE: ("source", "src", "text"),
    Role.REFERENCE: ("reference", "ref", "target", "tgt", "text"),
    Role.HYPOTHESIS: ("hypothesis", "translation", "mt", "target", "tgt", "text"),
}
_LABELS = {
    "document": ("document", "document_id", "doc", "doc_id", "docid"),
    "domain": ("domain",),
    "origlang": ("origlang", "orig_lang"),
}


def _jsonl(source: Input, lines: Sequence[str], role: Role) -> Segments:
    """A segment an object; or the sentences of the articles that ``mtpipe translate`` wrote."""
    texts: list[str] = []
    labels: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise MalformedRecord(source.path, number, f"isn't JSON: {exc}") from exc
        if not isinstance(record, dict):
            raise MalformedRecord(source.path, number, "isn't a JSON object")
        if isinstance(paragraphs := record.get("paragraphs"), list):
            sentences = list(_sentences(paragraphs, source.part or _SENTENCE_FIELD[role]))
            texts += sentences
            labels.setdefault("document", []).extend(
                [str(record.get("id", number))] * len(sentences)
            )
            continue
        names = (source.part,) if source.part else _FIELDS[role]
        text = next((record[name] for name in names if isinstance(record.get(name), str)), None)
        if text is None:
            raise MalformedRecord(
                source.path,
                number,
                f"has no text under {' or '.join(map(repr, names))}; its fields are "
                f"{', '.join(map(repr, list(record)[:12]))}: name one, as in {source.path}:FIELD",
            )
        texts.append(_one_line(text))
        for label, spellings in _LABELS.items():
            value = next((record[name] for name in spellings if name in record), None)
            if value is not None:
                labels.setdefault(label, []).append(str(value))
    # A label counts if every segment has it.
    return Segments(
        tuple(texts),
        {name: tuple(values) for name, values in labels.items() if len(values) == len(texts)},
    )


_SENTENCE_FIELD = {Role.SOURCE: "source", Role.REFERENCE: "target", Role.HYPOTHESIS: "target"}


def _sentences(paragraphs: list[Any], name: str) -> Iterator[str]:
    for paragraph in paragraphs:
        for sentence in paragraph.get("sentences", ()) if isinstance(paragraph, dict) else ():
            if isinstance(sentence, dict) and isinstance(text := sentence.get(name), str):
                yield _one_line(text)


# Elements within a segment that hold a word processor's codes, not text.
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
_MAX_DEPTH = 100
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def parse_xml(source: Input, data: bytes) -> Element:
    """The root of a document without entities of its own, which could grow without limit.

    Raises:
        MalformedRecord: it isn't well-formed or isn't safe.
    """
    try:
        parser = DefusedXMLParser(target=_Tree(source))
        for start in range(0, len(data), _XML_CHUNK_BYTES):
            parser.feed(data[start : start + _XML_CHUNK_BYTES])
        root: Element = parser.close()
    except ParseError as exc:
        raise MalformedRecord(
            source.path, exc.position[0], f"isn't well-formed XML: {exc}"
        ) from exc
    except LookupError as exc:
        raise MalformedRecord(
            source.path, 1, f"names an encoding that nobody knows: {exc}"
        ) from exc
    except (DefusedXmlException, ValueError) as exc:
        raise MalformedRecord(source.path, 1, f"isn't safe to parse: {exc}") from exc
    return root


class _Tree(TreeBuilder):
    """A tree of limited size: a few bytes of a compressed file make an element."""

    def __init__(self, source: Input) -> None:
        super().__init__()
        self._source = source
        self._parts = 0

    def start(self, tag: Any, attrs: Any) -> Element:
        """As its base; raises InputError where there are too many."""
        self._parts += 1 + len(attrs)
        if self._parts > MAX_XML_PARTS:
            raise InputError(
                f"{self._source} has more than {MAX_XML_PARTS:,} elements and attributes",
                hint="score it in parts",
            )
        return super().start(tag, attrs)


def number_of(digits: str) -> int | None:
    """The number that some digits are; None for anything else, and for more than a billion."""
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None


def _tmx(source: Input, data: bytes, role: Role) -> Iterator[str]:
    root = parse_xml(source, data)
    header = root.find("header")
    source_language = _code(header.get("srclang", "") if header is not None else "")
    units = [
        {
            _code(variant.get(_LANGUAGE) or variant.get("lang") or ""): _one_line(_text(segment))
            for variant in unit.iter("tuv")
            for segment in variant.iter("seg")
        }
        for unit in root.iter("tu")
    ]
    languages = sorted({language for unit in units for language in unit})
    others = [language for language in languages if language != source_language]
    if source.part:
        wanted = _code(source.part)
    elif role is Role.SOURCE and source_language in languages:
        wanted = source_language
    elif role is not Role.SOURCE and len(others) == 1:
        wanted = others[0]
    else:
        wanted = ""
    if wanted not in languages:
        raise InputError(
            f"{source.path} has segments in {', '.join(languages) or 'no language'}",
            hint=f"say which are meant, as in {source.path}:{languages[-1] if languages else 'de'}",
        )
    # A unit that lacks the language is an empty segment, so that both sides stay in step.
    return iter([unit.get(wanted, "") for unit in units])


def _code(language: str) -> str:
    return language.lower().replace("_", "-").split("-")[0]


def _text(element: Element, depth: int = 0) -> str:
    if depth > _MAX_DEPTH:
        return ""
    parts = [element.text or ""]
    for child in element:
        if child.tag not in _CODES:
            parts.append(_text(child, depth + 1))
        parts.append(child.tail or "")
    return "".join(parts)


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()).rstrip()
