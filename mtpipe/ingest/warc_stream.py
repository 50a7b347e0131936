"""The unpacked bytes of a WARC file, bounded, and with a memory of what a reader of records had.

Crawlers compress record by record (a gzip member each), so that damage in one needn't end a file:
what can't be unpacked is left out, and it goes on with the next member. The bytes since the last
record are kept, so that a reader which was led astray can begin again behind where that began.
"""

import io
import re
import zlib
from collections.abc import Iterator
from typing import IO, Any

from mtpipe._optional import require
from mtpipe.errors import InputError

__all__ = ["Feed", "unpacked"]

_GZIP = b"\x1f\x8b"
_ZSTD = (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18")  # a frame, and a dictionary before it
_PART_BYTES = 1 << 16
_PACKED_BYTES = 1 << 14  # of which the rest is copied for each member
_MAX_RATIO, _FREE_BYTES = 200, 64 * 2**20  # as of other compressed files
# Method, flags, time, level and system of a member (RFC 1952).
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)
_MEMBER_BYTES = 10
_HEADER_BYTES = 1 << 15  # that a member may take before it gives anything
_BEGINNING = re.compile(rb"(?<![^\n])WARC/\d\.\d\r?\n")
_BEGINNING_BYTES = 11
_BLANK_BYTES = 1 << 20


def unpacked(stream: io.BufferedReader) -> Iterator[bytes | InputError]:
    """The parts of a file, unpacked if it is compressed with gzip or zstd.

    Args:
        stream: the file; of gzip, damaged members are left out.

    Yields:
        Parts of at most 64 KiB, and what is wrong where something is left out.
    """
    beginning = stream.peek(4)[:4]
    if beginning.startswith(_GZIP):
        yield from _bounded(_members(stream))
    elif beginning in _ZSTD:
        yield from _bounded(_frames(stream))
    else:
        while part := stream.read(_PART_BYTES):
            yield part


def _bounded(parts: Iterator[tuple[int, bytes | InputError]]) -> Iterator[bytes | InputError]:
    """The parts, as long as there is measure in what becomes of the bytes read so far."""
    total_bytes = 0
    for read_bytes, part in parts:
        total_bytes += 0 if isinstance(part, InputError) else len(part)
        if total_bytes > max(_FREE_BYTES, _MAX_RATIO * read_bytes):
            yield InputError(
                f"{read_bytes:,} bytes become more than {total_bytes // 2**20:,} MB, over "
                f"{_MAX_RATIO} times as much",
                hint="if that is right, unpack it first",
            )
            return
        yield part


def _members(stream: IO[bytes]) -> Iterator[tuple[int, bytes | InputError]]:
    """Bytes read so far and what became of them, member by member."""
    packed, read_bytes, is_lost = b"", 0, False
    member: Any = None
    begun: bytes | None = None  # of a member that has given nothing yet
    while packed or (packed := stream.read(_PACKED_BYTES)):
        if member is None and is_lost:
            found = _MEMBER.search(packed)
            if found is None:
                more = stream.read(_PACKED_BYTES)
                left = packed[1 - _MEMBER_BYTES :] if more else b""  # it may lie across two parts
                read_bytes, packed = read_bytes + len(packed) - len(left), left + more
                continue
            read_bytes, packed = read_bytes + found.start(), packed[found.start() :]
        elif member is None and packed.startswith(b"\0"):  # some writers fill up with zeros
            read_bytes, packed = read_bytes + 1, packed.lstrip(b"\0")
            continue
        if member is None:
            member, begun = zlib.decompressobj(16 + zlib.MAX_WBITS), None if is_lost else b""
        try:
            part = member.decompress(packed, _PART_BYTES)
        except zlib.error as exc:
            if not is_lost:
                yield read_bytes, InputError(f"near byte {read_bytes:,}: can't be unpacked: {exc}")
            packed = (begun or b"") + packed
            read_bytes, packed = read_bytes - len(begun or b"") + 1, packed[1:]
            member, is_lost = None, True
            continue
        left = member.unused_data if member.eof else member.unconsumed_tail
        begun = None if begun is None or part or member.eof else begun + packed
        read_bytes, packed = read_bytes + len(packed) - len(left), left
        if member.eof:
            member, is_lost = None, False
        if part:
            yield read_bytes, part
        # A damaged header may say that it goes on, and take the members behind it for its own.
        packed = packed or (stream.read(_PACKED_BYTES) if begun else b"")
        if begun and (len(begun) > _HEADER_BYTES or not packed):
            read_bytes -= len(begun) - 1
            yield read_bytes, InputError(f"near byte {read_bytes:,}: a record without contents")
            packed, member, is_lost = begun[1:] + packed, None, True
    if member is not None:
        yield read_bytes, InputError("the file ends in the middle of a compressed record")


def _frames(stream: io.BufferedReader) -> Iterator[tuple[int, bytes | InputError]]:
    """The same of a file compressed with zstd; behind damage there is nothing."""
    counted = _Counted(stream)
    reader = require("fastwarc.stream_io", extra="crawls").ZstdReader(counted)
    try:
        while part := reader.read(_PART_BYTES):
            yield counted.read_bytes, part
    except OSError as exc:
        yield counted.read_bytes, InputError(f"byte {counted.read_bytes:,}: {exc}")


class _Counted:
    """A stream that knows how much of it was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.read_bytes = 0

    def read(self, size: int = -1) -> bytes:
        """As every stream."""
        part = self._stream.read(size)
        self.read_bytes += len(part)
        return part

    def tell(self) -> int:
        """As every stream."""
        return self.read_bytes


class Feed:
    """A stream for a reader of records, of which the last record is kept.

    Args:
        parts: see :func:`unpacked`.
        kept_bytes: how much of a record is kept at most.

    Attributes:
        damages: what was left out on the way, until somebody takes it.
        record_end: where the last record ends, as it states itself.
    """

    def __init__(self, parts: Iterator[bytes | InputError], kept_bytes: int) -> None:
        self._parts = parts
        self._kept = bytearray()
        self._kept_bytes = kept_bytes
        self._start = 0  # of what is kept
        self._position = 0  # of the next byte that is read
        self._again_bytes = 0
        self._blank_bytes = 0
        self.damages: list[InputError] = []
        self.record_end = 0

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, fewer at will; none at the end."""
        if size < 0:
            size = _PART_BYTES
        offset = self._position - self._start
        if offset >= len(self._kept) and not self._more():
            return b""
        offset = self._position - self._start
        part = bytes(self._kept[offset : offset + size])
        is_blank = self._position >= self.record_end and not part.strip(b"\r\n")
        self._blank_bytes = self._blank_bytes + len(part) if is_blank else 0
        if self._blank_bytes > _BLANK_BYTES:  # each line of which takes a reader its time
            self.damages.append(InputError(f"byte {self._position:,}: empty lines without end"))
            self._parts = iter(())
            return b""
        self._position += len(part)
        return part

    def tell(self) -> int:
        """The position of the next byte."""
        return self._position

    def forget(self, position: int) -> None:
        """Keep nothing that stands before."""
        cut = min(max(position - self._start, 0), self._position - self._start)
        del self._kept[:cut]
        self._start += cut

    def header_end(self, position: int) -> int:
        """Where the header ends that begins at a position which is kept."""
        found = self._kept.find(b"\r\n\r\n", position - self._start)
        return position if found < 0 else self._start + found + 4

    def is_end(self, position: int) -> bool:
        """Whether a record ends there: in an empty line, or with the file."""
        offset = position - self._start
        while offset + 4 > len(self._kept) and self._more():
            offset = position - self._start
        if not 0 <= offset <= len(self._kept):
            return False
        return b"\r\n\r\n".startswith(self._kept[offset : offset + 4])

    def begin_again(self, position: int) -> bool:
        """Go to the first record that begins at a position or later; False if there is none.

        Raises:
            InputError: that was done so often that it takes far longer than reading the file.
        """
        self.forget(position)
        before = self._position
        while not (found := _BEGINNING.search(self._kept, max(position - self._start, 0))):
            self._position = self._start + len(self._kept)
            self.forget(self._position - _BEGINNING_BYTES)
            position = self._start
            if not self._more():
                return False
        self._position = self._start + found.start()
        self._again_bytes += max(before - self._position, 0)
        if self._again_bytes > max(_FREE_BYTES, 4 * before):
            raise InputError("too damaged to be read")
        return True

    def _more(self) -> bool:
        for part in self._parts:
            if isinstance(part, InputError):
                self.damages.append(part)
                continue
            self._kept += part
            if (excess := len(self._kept) - self._kept_bytes) > 0:
                self.forget(self._start + excess)
            return True
        return False
