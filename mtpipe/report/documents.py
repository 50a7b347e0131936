"""Translated articles as documents: an opening, one piece an article, an ending.

For people: plain text and HTML, with links and emphasis where they could be matched. For translators' tools: TSV, TMX 1.4 and XLIFF 1.2 (which, unlike
2.0, lets every article have its own source language). Everything is escaped; what a format can't
hold (control characters, tabs and line breaks in TSV) becomes a space or is left out. What a
spreadsheet would run as a formula has an apostrophe in front in TSV, see :mod:`mtpipe.cells`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mtpipe import tmx
from mtpipe.cells import TSV_HEADER
from mtpipe.records import to_line
from mtpipe.report.jsonl import translation_record
from mtpipe.report.spans import nested
from mtpipe.report.structure import structured
from mtpipe.report.tsv import tsv_line
from mtpipe.tmx import attribute, characters
from mtpipe.types import (
    BlockKind,
    Markup,
    Span,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)
from mtpipe.types.choices import DocumentFormat


@dataclass(frozen=True, slots=True)
class Document:
    """How a document is put together.

    Attributes:
        opening: what it begins with.
        article: what stands in it for an article.
        ending: what it ends with.
    """

    opening: str
    article: Callable[[Translation], str]
    ending: str


def document(form: DocumentFormat) -> Document:
    """The document of a format."""
    return _DOCUMENTS[form]


def _jsonl(translation: Translation) -> str:
    return to_line(translation_record(translation))


def _text(translation: Translation) -> str:
    """Paragraphs with empty lines between them; two of them, and a rule, between articles."""
    return "\n\n".join(block.text for block in translation.blocks) + "\n\n* * *\n\n"


_ELEMENTS = {
    BlockKind.TITLE: "h1",
    BlockKind.HEADING: "h2",
    BlockKind.QUOTE: "blockquote",
    BlockKind.CAPTION: "figcaption",
    BlockKind.CODE: "pre",
}


def _html(translation: Translation) -> str:
    language = translation.direction.target.value
    parts = [f'<article lang="{language}" id={attribute(translation.article.id)}>\n']
    parts += structured(translation.blocks, _element, _content)
    parts.append(
        f"<footer><small>{characters(translation.article.source)}<br>"
        f"{characters(translation.signature)}</small></footer>\n</article>\n"
    )
    return "".join(parts)


def _element(block: TranslatedBlock) -> str:
    name = _ELEMENTS.get(block.block.kind, "p")
    kept = block.block.language if not block.segments else None
    language = f" lang={attribute(kept)}" if kept else ""
    element = f"<{name}{language}>{_content(block)}</{name}>"
    return f"<figure>{element}</figure>" if block.block.kind is BlockKind.CAPTION else element


def _content(block: TranslatedBlock) -> str:
    return _marked_up(block.text, block.markup)


def _marked_up(text: str, spans: Sequence[Span]) -> str:
    """Text with elements around its spans; nothing but them is markup."""
    parts: list[str] = []
    open_spans: list[Span] = []
    position = 0

    def write_until(end: int) -> None:
        nonlocal position
        parts.append(characters(text[position:end]))
        position = max(position, end)

    def close_until(start: int) -> None:
        while open_spans and open_spans[-1].end <= start:
            span = open_spans.pop()
            write_until(span.end)
            parts.append(f"</{span.markup.value}>")

    for span in nested(spans, len(text)):
        close_until(span.start)
        write_until(span.start)
        parts.append(_start_tag(span))
        open_spans.append(span)
    close_until(len(text))
    write_until(len(text))
    return "".join(parts)


def _start_tag(span: Span) -> str:
    if span.markup is Markup.LINK:
        return f'<a href={attribute(span.address)} rel="noopener noreferrer">'
    kept = ' translate="no"' if span.markup in (Markup.CODE, Markup.KEPT) else ""
    return f"<{span.markup.value}{kept}>"


def _tsv(translation: Translation) -> str:
    article, direction = translation.article, translation.direction
    lines = []
    for number, language, translated in _numbered(translation):
        hypothesis = translated.hypothesis
        cells = (
            article.id,
            str(number),
            f"{language}-{direction.target.value}",
            translated.segment.text,
            hypothesis.text,
            f"{hypothesis.score:.4f}",
            ", ".join(flag.problem.value for flag in hypothesis.flags),
        )
        lines.append(f"{tsv_line(cells)}\n")
    return "".join(lines)


def _tmx(translation: Translation) -> str:
    target = translation.direction.target.value
    return "".join(
        tmx.unit(
            [(language, translated.segment.text), (target, translated.hypothesis.text)],
            name=f"{translation.article.id}#{number}",
        )
        for number, language, translated in _numbered(translation)
    )


def _xliff(translation: Translation) -> str:
    direction = translation.direction
    units = [
        f'<trans-unit id="{number}">'
        f"<source xml:lang={attribute(language)}>{characters(translated.segment.text)}</source>"
        f'<target xml:lang="{direction.target.value}">{characters(translated.hypothesis.text)}'
        "</target></trans-unit>\n"
        for number, language, translated in _numbered(translation)
    ]
    return (
        f'<file original={attribute(translation.article.id)} datatype="plaintext" '
        f'source-language="{direction.source.value}" target-language="{direction.target.value}">'
        f"<header><note>{characters(translation.signature)}</note></header>\n<body>\n"
        f"{''.join(units)}</body></file>\n"
    )


def _numbered(translation: Translation) -> Iterator[tuple[int, str, TranslatedSegment]]:
    """Number, source language and translation of each segment."""
    segments = (
        (block.block.language or translation.direction.source.value, segment)
        for block in translation.blocks
        for segment in block.segments
    )
    for number, (language, segment) in enumerate(segments, 1):
        yield number, language, segment


_DOCUMENTS = {
    DocumentFormat.JSONL: Document("", _jsonl, ""),
    DocumentFormat.TEXT: Document("", _text, ""),
    DocumentFormat.HTML: Document(
        '<!doctype html>\n<html>\n<head><meta charset="utf-8">'
        "<title>Translated articles</title></head>\n<body>\n",
        _html,
        "</body>\n</html>\n",
    ),
    DocumentFormat.TSV: Document(TSV_HEADER + "\n", _tsv, ""),
    DocumentFormat.TMX: Document(tmx.opening(), _tmx, tmx.ENDING),
    DocumentFormat.XLIFF: Document(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n',
        _xliff,
        "</xliff>\n",
    ),
}
