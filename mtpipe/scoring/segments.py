"""Segments to score, from whatever file they come in: lines, TSV, JSON lines, TMX.

What is read is what ``sacrebleu`` reads of the same text: UTF-8, lines ended by a line feed alone,
white space at their ends left out, nothing else changed. So unlike articles, text that isn't UTF-8
is an error here: guessing would change the figures. WMT's XML is read by :mod:`mtpipe.scoring.wmt`.
"""

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from mtpipe import tmx
from mtpipe.cells import TSV_HEADER, verbatim
from mtpipe.errors import InputError, MalformedRecord
from mtpipe.lines import MAX_LINES, too_many_lines
from mtpipe.scoring import inputs
from mtpipe.scoring.inputs import Input, Role, Segments, number_of, read_bytes, shortened


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
    is_ours = bool(lines) and lines[0] == TSV_HEADER  # others' apostrophes are text
    number = number_of(source.part)
    if number is not None:
        column, start = number - 1, int(is_ours)
    elif source.part in header:
        column, start = header.index(source.part), 1
    else:
        raise InputError(
            f"{source.path} has no column {shortened(source.part)!r}",
            hint=f"its first line is: {' | '.join(header)[:200]}",
        )
    for number, line in enumerate(lines[start:], start + 1):
        cells = line.split("\t")
        if not 0 <= column < len(cells):
            raise MalformedRecord(
                source.path, number, f"has {len(cells)} columns, so none is number {column + 1}"
            )
        cell = verbatim(cells[column]) if is_ours else cells[column]
        yield cell.rstrip()


SOURCE_FIELDS = ("source", "src")
"""Fields of JSON lines that sources stand in and nothing else."""
_FIELDS = {
    Role.SOURCE: (*SOURCE_FIELDS, "text"),
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


def _tmx(source: Input, data: bytes, role: Role) -> Iterator[str]:
    read = tmx.read_units(BytesIO(data), source.path, most_parts=inputs.MAX_XML_PARTS)
    source_language = ""
    units = []
    for unit in read:
        source_language = unit.source_language
        units.append({language: _one_line(text) for language, text in unit.texts.items()})
    languages = sorted({language for unit in units for language in unit})
    others = [language for language in languages if language != source_language]
    if source.part:
        wanted = tmx.primary_language(source.part)
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


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()).rstrip()
