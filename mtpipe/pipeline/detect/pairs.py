"""Rows of candidates with their originals, as JSON lines: what batches and calibration read.

A row is ``{"id", "original": {"language", "text"}, "candidate": {"language", "text"}}``; a text
may be a list of sentences or paragraphs, and ``original`` may be null. Rows with ``pair``, ``source`` and
``candidate`` (languages ``de-en``, two lists) are read as well.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtpipe.compressed import open_bytes
from mtpipe.errors import MalformedRecord, UnsupportedDirection
from mtpipe.files import skip_rest
from mtpipe.ingest.page_dump import read_page_dump
from mtpipe.pipeline.detect.pair_rows import maker_of, sides_of
from mtpipe.sentences import cut_paragraphs, sentences_of
from mtpipe.types import Article, Block, BlockKind, Direction, Failure, Language, Place

MAX_LINE_BYTES = 20_000_000
MAX_SENTENCES = 5_000


@dataclass(frozen=True, slots=True)
class Text:
    """One side of a pair.

    Attributes:
        article: the text as one: a string is read as a page's text, with what surrounds the
            article told apart; of a list, each item is a paragraph.
        sentences: in order; never blank.
        parts: the list's items as they were given, so that those of an original and of a
            candidate can be told to correspond; of a string, its sentences.
    """

    article: Article
    sentences: tuple[str, ...]
    parts: tuple[str, ...] = ()

    @property
    def language(self) -> Language:
        """Of the text."""
        return self.article.language


@dataclass(frozen=True, slots=True)
class Pair:
    """A candidate and what it may come from.

    Attributes:
        id: of the row, or its line number.
        original: None if none is known.
        candidate: the text under suspicion.
        label: ``human`` or ``machine`` where the row says so; else empty.
        engine: what made the candidate, where the row says so.
        document: the same for all candidates of one original, where the row says so.
        test_set: that the document is from, where the row says so.
    """

    id: str
    original: Text | None
    candidate: Text
    label: str = ""
    engine: str = ""
    document: str = ""
    test_set: str = ""

    @property
    def direction(self) -> Direction | None:
        """From the original's language to the candidate's; None without one, or in one language."""
        if self.original is None or self.original.language == self.candidate.language:
            return None
        return Direction(self.original.language, self.candidate.language)


def read_pairs(path: Path) -> Iterator[Pair | Failure]:
    """Read rows; those that don't parse come out as failures.

    Args:
        path: JSON lines; may be compressed (.gz, .xz, .bz2, .zst).

    Raises:
        InputError: the file can't be read.
        MalformedRecord: its first line isn't JSON, so that it must be something else.
    """
    with open_bytes(path) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                skip_rest(stream, line)
                reason = f"has more than {MAX_LINE_BYTES:,} bytes"
                yield Failure(f"line {number}", "read", reason)
                continue
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as exc:
                if number == 1:
                    raise MalformedRecord(path, 1, str(exc)) from exc
                yield Failure(f"line {number}", "read", str(exc))
                continue
            try:
                yield parse_pair(record, default_id=str(number))
            except (ValueError, KeyError, TypeError, RecursionError, UnsupportedDirection) as exc:
                reason = f"lacks {exc}" if isinstance(exc, KeyError) else str(exc)
                yield Failure(f"line {number}", "read", reason)


def parse_pair(record: Any, *, default_id: str) -> Pair:
    """Read one row.

    Raises:
        KeyError, TypeError, ValueError: it isn't one.
        UnsupportedDirection: a language isn't one of mtpipe's.
    """
    original, candidate = sides_of(record)
    given_id = record.get("id")
    name = default_id if given_id in (None, "") else str(given_id)
    return Pair(
        name,
        _text(f"{name}#original", *original) if original else None,
        _text(name, *candidate),
        str(record.get("label", "")),
        maker_of(record),
        ":".join(str(record[key]) for key in ("set", "doc") if key in record),
        str(record.get("set", "")),
    )


def _text(name: str, language: Language, text: Any) -> Text:
    if isinstance(text, str):
        page = read_page_dump(text)
        article = Article(name, name, language, page.blocks, page.furniture, page.metadata)
        parts = sentences = sentences_of(article)
    elif isinstance(text, list) and all(isinstance(part, str) for part in text):
        parts = [joined for part in text if (joined := " ".join(part.split()))]
        sentences = cut_paragraphs(parts, language)
        blocks = (
            Block(BlockKind.PARAGRAPH, part, Place(number)) for number, part in enumerate(parts)
        )
        article = Article(name, name, language, tuple(blocks))
    else:
        raise TypeError("a text is neither a string nor a list of strings")
    if not sentences:
        raise ValueError("a text is empty")
    if len(sentences) > MAX_SENTENCES:
        raise ValueError(f"a text has more than {MAX_SENTENCES:,} sentences")
    return Text(article, tuple(sentences), tuple(parts))
