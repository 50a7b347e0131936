"""Text as one segment a line: reading whatever bytes come, writing results as they are done.

Not for articles: those have paragraphs, see :mod:`mtpipe.ingest`.
"""

import errno
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, BinaryIO

from mtpipe.errors import InputError, MalformedRecord, OutputError, UnreadableArticle

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is no text, or has lost its line ends."""

MAX_LINES = 5_000_000
"""Lines that are held at once, where all of them have to be."""


class LineFlag(StrEnum):
    """What is doubtful about a line."""

    NOT_UTF8 = "isn't UTF-8, read as Windows-1252"
    CONTROL_CHARACTERS = "has control characters, which were left out"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input.

    Attributes:
        number: from 1.
        text: without its line end; no control characters but tabs, and what HTML's character
            references stand for in their place.
        flag: what is doubtful about it, or None.
    """

    number: int
    text: str
    flag: LineFlag | None = None


_CONTROL: dict[int, str | None] = dict.fromkeys([*range(0x09), *range(0x0A, 0x20), 0x7F])
# Some part words: without a space in their place, those would be glued together.
_CONTROL.update(
    dict.fromkeys((0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x85, 0x2028, 0x2029), " ")
)
_REFERENCE = re.compile(r"&(?:[A-Za-z]{2,8}\d{0,2}|#\d{2,7}|#[xX][0-9A-Fa-f]{2,6});")


def read_lines(
    stream: IO[bytes], *, name: str = "standard input", most: int | None = None
) -> Iterator[Line]:
    """Yield the lines of a stream; only a line feed (with or without CR) ends one.

    Args:
        stream: bytes, supposed to be UTF-8, with or without a byte-order mark.
        name: of the stream, for messages.
        most: how many there may be; by default any number.

    Raises:
        UnreadableArticle: the first line shows that this is no text.
        MalformedRecord: a line is longer than :data:`MAX_LINE_BYTES`.
        InputError: there are more lines.
    """
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if most is not None and number > most:
            raise too_many_lines(name, most)
        if len(raw) > MAX_LINE_BYTES:
            raise MalformedRecord(
                name, number, f"the line is longer than {MAX_LINE_BYTES // 2**20} MB"
            )
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise UnreadableArticle(
                    f"{name} is UTF-16, not UTF-8", hint="iconv -f utf-16 -t utf-8 FILE"
                )
            if b"\0" in raw:
                raise UnreadableArticle(f"{name} isn't text: it has binary zeros")
        yield _decode(number, raw.removesuffix(b"\n").rstrip(b"\r"))


def too_many_lines(name: str, most: int = MAX_LINES) -> InputError:
    """The error of a file with more lines than can be held."""
    return InputError(f"{name} has more than {most:,} lines", hint="take it in parts")


def _decode(number: int, raw: bytes) -> Line:
    flag = None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        # The one encoding that German, English and French text is still found in.
        text, flag = raw.decode("cp1252", errors="replace"), LineFlag.NOT_UTF8
    if not text.isprintable():
        clean = text.translate(_CONTROL)
        if clean != text:
            text, flag = clean, flag or LineFlag.CONTROL_CHARACTERS
    if "&" in text and _REFERENCE.search(text):
        text = _REFERENCE.sub(lambda match: html.unescape(match[0]), text).translate(_CONTROL)
    return Line(number, text, flag)


class LineWriter:
    """Writes lines as UTF-8, whatever the locale says.

    Args:
        stream: where to.

    Attributes:
        written: lines handed to the system so far.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.written = 0

    def write(self, lines: list[str]) -> None:
        """Write and flush some lines.

        Raises:
            OutputError: the disk is full, the reader has gone, or the like; says how many lines
                are safe.
        """
        data = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        done = 0
        try:
            while done < len(data):  # an unbuffered file takes what there is room for
                done += self._stream.write(memoryview(data)[done:]) or 0
            self._stream.flush()
        except OSError as exc:
            if isinstance(self._stream, io.RawIOBase):  # else it may be in a buffer still
                self.written += data.count(b"\n", 0, done)
            hint = "free some space" if exc.errno == errno.ENOSPC else None
            raise OutputError(
                f"can't write the output: {exc.strerror}; {self.written} lines were written before",
                hint=f"{hint}, then go on with: tail -n +{self.written + 1} INPUT"
                if hint
                else None,
            ) from exc
        self.written += len(lines)
