"""What the user points at, to single sources: files, folders, globs, addresses, standard input.

Files, folders and globs may be in an object store (``s3://``, ``gs://``) as well.
"""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mtpipe.compressed import without_ending
from mtpipe.errors import InputError, UnreadableArticle
from mtpipe.ingest.addresses import is_address
from mtpipe.ingest.feeds import is_feed
from mtpipe.ingest.tables import is_header
from mtpipe.object_stores import is_pattern, is_remote, without_credentials
from mtpipe.storage import Place
from mtpipe.types import Failure

__all__ = [
    "FORMATS",
    "STANDARD_INPUT",
    "Format",
    "Source",
    "expand",
    "format_of",
    "refuse_other_kinds",
    "sniff",
]

STANDARD_INPUT = "-"


class Format(StrEnum):
    """The formats that articles are read from."""

    HTML = "html"
    TEXT = "text"
    MARKDOWN = "markdown"
    JSONL = "jsonl"
    JSON = "json"
    FEED = "feed"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    WARC = "warc"


FORMATS = {
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".parquet": Format.PARQUET,
    ".warc": Format.WARC,
    ".rss": Format.FEED,
    ".atom": Format.FEED,
}
"""Of a file, by the suffix of its name."""
_OTHER_KINDS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"%PDF"), "a PDF", "pdftotext FILE, then give the text"),
    (re.compile(rb"PK\x03\x04"), "a zip archive or an office document", "save it as text or HTML"),
    (re.compile(rb"\x1f\x8b"), "compressed", "gunzip it, or let its name end in .gz"),
    (re.compile(rb"\xfd7zXZ"), "compressed", "unxz it, or let its name end in .xz"),
    (re.compile(rb"BZh[1-9]1AY"), "compressed", "bunzip2 it, or let its name end in .bz2"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "compressed", "unzstd it, or let its name end in .zst"),
    (re.compile(rb"\{\\rtf"), "RTF", "save it as text or HTML"),
    (
        re.compile(rb"(?:\xef\xbb\xbf)?(?:WEBVTT|\d+\r?\n\d\d:\d\d:\d\d[,.]\d{3} --> )"),
        "subtitles",
        "take the lines of speech out, and translate them with --lines",
    ),
)
"""How files begin that are no articles, what they are, and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file, address or stream.

    Attributes:
        name: path or address as given, ``s3://`` and ``gs://`` too; ``-`` for standard input.
        format: by its suffix; None where the content must tell.
    """

    name: str
    format: Format | None = None

    @property
    def label(self) -> str:
        """The name in characters that any file can hold, without anybody's credentials."""
        name = without_credentials(self.name)
        return os.fsencode(name).decode("utf-8", "backslashreplace")


def expand(inputs: Iterable[str | Source | Failure]) -> Iterator[Source | Failure]:
    """Each source once, in the order of the inputs; folders and globs in alphabetical order.

    Folders are searched to any depth for files with a known suffix; hidden ones are left out. A
    file that is named takes part whatever its suffix is. An input that leads to nothing is a
    failure. What was expanded before stays as it is, so that a folder needn't be searched twice.
    """
    seen: set[str] = set()
    for given in inputs:
        if isinstance(given, Failure):
            yield given
            continue
        try:
            for source in [given] if isinstance(given, Source) else _sources(given):
                if source.name not in seen:
                    seen.add(source.name)
                    yield source
        except (InputError, OSError, ValueError) as exc:
            yield Failure(Source(str(given)).label, "read", str(exc))


def sniff(beginning: bytes) -> Format:
    """The format of a text by how it begins."""
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:2048].lower()
    if is_feed(beginning):
        return Format.FEED
    if start.startswith(b"<") and any(
        mark in start for mark in (b"<!doctype html", b"<html", b"<head", b"<body", b"<p", b"<div")
    ):
        return Format.HTML
    if start.startswith(b"par1"):
        return Format.PARQUET
    if start.startswith(b"warc/"):
        return Format.WARC
    if re.match(rb"\[\s*(?:\{|\])|\{\s*\n", start):
        return Format.JSON
    if start.startswith(b'{"'):
        return Format.JSONL
    return Format.CSV if is_header(start.partition(b"\n")[0]) else Format.TEXT


def refuse_other_kinds(beginning: bytes) -> None:
    """See that a file isn't one that would be read as prose and isn't any.

    Raises:
        UnreadableArticle: it is; with what to do.
    """
    for magic, kind, hint in _OTHER_KINDS:
        if magic.match(beginning):
            raise UnreadableArticle(f"{kind}, not an article", hint=hint)


def format_of(path: Path) -> Format | None:
    """The format that a name's suffix tells, that before .gz for a compressed file."""
    if path.name.lower().endswith(".warc.zst"):
        return Format.WARC
    return FORMATS.get(without_ending(path).suffix.lower())


def _sources(given: str) -> Iterator[Source]:
    if given == STANDARD_INPUT or is_address(given):
        yield Source(given)
        return
    if is_remote(given):
        yield from _remote(given)
        return
    path = Path(given)
    if path.is_dir():
        yield from _some(Source(str(file), format_of(file)) for file in _files(path))
    elif path.exists():
        yield Source(str(path), format_of(path))
    elif glob.has_magic(given):
        names = glob.iglob(given, recursive=True)  # noqa: PTH207 - absolute patterns as well
        matches = sorted(name for name in names if Path(name).is_file())
        if not matches:
            raise InputError("no file matches this pattern")
        for match in map(Path, matches):
            yield Source(str(match), format_of(match))
    else:
        raise InputError("no such file or folder")


def _remote(given: str) -> Iterator[Source]:
    """The same in an object store."""
    place = Place.of(given)
    if place.is_folder():
        files = (Source(file.name, format_of(Path(file.name))) for file in place.files())
        yield from _some(source for source in files if source.format)
    elif place.exists():
        yield Source(place.name, format_of(Path(place.name)))
    elif is_pattern(given):
        names = [match.name for match in Place.matching(given)]
        if not names:
            raise InputError("no file matches this pattern")
        for name in names:
            yield Source(name, format_of(Path(name)))
    else:
        raise InputError("no such file or folder")


def _some(found: Iterable[Source]) -> Iterator[Source]:
    """The sources that a folder has.

    Raises:
        InputError: there are none.
    """
    sources = list(found)
    if not sources:
        known = ", ".join(FORMATS)
        raise InputError("no article in this folder", hint=f"it looks for {known}")
    yield from sources


def _files(folder: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(directory, name)
            if not name.startswith(".") and format_of(file):
                yield file
