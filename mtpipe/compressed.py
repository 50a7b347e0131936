"""Files that may be compressed, opened for reading."""

import bz2
import gzip
import io
import lzma
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import IO, Any, cast

from mtpipe._optional import require
from mtpipe.errors import InputError

__all__ = ["SUFFIXES", "ZSTD", "open_bytes", "unpacked", "without_ending"]

_OPENERS: dict[str, Callable[[IO[bytes]], Any]] = {
    ".xz": lzma.open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".zst": lambda stream: require("pyarrow", extra="tables").CompressedInputStream(stream, "zstd"),
}
SUFFIXES = frozenset(_OPENERS)
"""Endings of the names of compressed files."""

ZSTD = ".zst"
"""The one that an extra reads."""

# Text becomes three to ten times as long, a table that repeats itself perhaps fifty times.
_MAX_RATIO, _FREE_BYTES = 200, 64 * 2**20
_BUFFER_BYTES = 1 << 16


def without_ending(path: Path) -> Path:
    """What a file would be called unpacked: ``news.tsv`` for ``news.tsv.gz`` and for itself."""
    return path.with_suffix("") if path.suffix.lower() in SUFFIXES else path


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressing .xz, .gz, .bz2 and .zst by their ending.

    Raises:
        InputError: it can't be opened, or see :func:`unpacked`.
        DependencyMissing: a .zst file without pyarrow.
    """
    try:
        file = path.open("rb")
    except OSError as exc:
        raise InputError(f"can't read {path}: {exc.strerror or exc}") from exc
    with file:
        found = os.fstat(file.fileno())
        # The length of a pipe isn't known.
        size_bytes = found.st_size if stat.S_ISREG(found.st_mode) else None
        with unpacked(file, str(path), size_bytes) as stream:
            yield stream


@contextmanager
def unpacked(stream: IO[bytes], name: str, size_bytes: int | None) -> Iterator[IO[bytes]]:
    """What a stream becomes, by the ending of its name; itself if that is another one.

    What becomes more than 200 times as long (and longer than 64 MiB) was made to fill memory or
    to take forever. How much of the others is held, who reads decides.

    Args:
        stream: as it is stored.
        name: of the file, for messages as well.
        size_bytes: of the stream; None if it isn't known, and then there is no limit.

    Raises:
        InputError: it can't be read or decompressed, or becomes far longer than it is.
        DependencyMissing: a .zst file without pyarrow.
    """
    opener = _OPENERS.get(PurePath(name).suffix.lower())
    try:
        if opener is None:
            yield stream
            return
        with opener(stream) as whole:
            bounded = _Bounded(whole, name, size_bytes)
            yield cast("IO[bytes]", io.BufferedReader(bounded, _BUFFER_BYTES))
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as exc:
        raise InputError(f"can't read {name}: {getattr(exc, 'strerror', None) or exc}") from exc


class _Bounded(io.RawIOBase):
    """What a compressed file becomes, as long as there is measure in it."""

    def __init__(self, whole: Any, name: str, size_bytes: int | None) -> None:
        self._unpacked = whole
        self._name = name
        self._size_bytes = size_bytes
        self._done_bytes = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As every stream; raises InputError where the limit is passed."""
        # In pieces, since the limit is looked at after each.
        length = int(self._unpacked.readinto(memoryview(buffer)[:_BUFFER_BYTES]))
        self._done_bytes += length
        if self._size_bytes is not None and self._done_bytes > max(
            _FREE_BYTES, _MAX_RATIO * self._size_bytes
        ):
            raise InputError(
                f"{self._name}: {self._size_bytes:,} bytes become more than "
                f"{self._done_bytes // 2**20:,} MB, over {_MAX_RATIO} times as much",
                hint="if that is right, unpack it first",
            )
        return length
