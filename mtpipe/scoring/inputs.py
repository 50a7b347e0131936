"""Files of segments to score, as users name them: which file, and which part of it.

What is in them is read by :mod:`mtpipe.scoring.segments`, WMT's XML by :mod:`mtpipe.scoring.wmt`.
"""

import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mtpipe.compressed import open_bytes, without_ending
from mtpipe.errors import InputError

MAX_BYTES = 512 * 2**20
"""Largest file, decompressed."""

MAX_XML_PARTS = 10_000_000
"""Elements and attributes of an XML file; each takes some hundred bytes of memory."""

_SHOWN_CHARS = 200
_MOST_DIGITS = 9
"""Of the number of a column or segment."""

STANDARD_INPUT = "-"


class Role(StrEnum):
    """What a file's segments are; decides which field is read where the user names none."""

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
        """The file's form by its name, unpacked: ``tsv``, ``jsonl``, ``tmx``, ``xml`` or ``text``."""
        suffix = without_ending(self.path).suffix.lower().lstrip(".")
        return suffix if suffix in ("tsv", "jsonl", "tmx", "xml") else "text"


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of one file, in order.

    Attributes:
        texts: the segments.
        labels: what else is known of each: name of the kind (``document``, ``domain``,
            ``origlang``) to one value per segment.
    """

    texts: tuple[str, ...]
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)


def read_bytes(source: Input) -> bytes:
    """The whole file, decompressed if its name ends in .gz, .xz, .bz2 or .zst.

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


def number_of(digits: str) -> int | None:
    """The number that some digits are; None for anything else, and for more than a billion."""
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None
