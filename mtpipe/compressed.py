"""Files that may be compressed, opened for reading."""

import bz2
import gzip
import io
import lzma
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from mtpipe.errors import InputError

__all__ = ["SUFFIXES", "open_bytes"]

_OPENERS: dict[str, Callable[[Path], Any]] = {
    ".xz": lzma.open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
}
SUFFIXES = frozenset(_OPENERS)
"""Endings of the names of compressed files."""

# Text becomes three to ten times as long, a table that repeats itself perhaps fifty times.
_MAX_RATIO, _FREE_BYTES = 200, 64 * 2**20
_BUFFER_BYTES = 1 << 16


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressing .xz, .gz and .bz2 by their ending.

    A file that becomes more than 200 times as long (and longer than 64 MiB) was made to fill
    memory or to take forever. How much of the others is held, who reads decides.

    Raises:
        InputError: it can't be opened, read or decompressed, or becomes far longer than it is.
    """
    opener = _OPENERS.get(path.suffix.lower())
    try:
        if opener is None:
            with path.open("rb") as stream:
                yield stream
            return
        with opener(path) as unpacked:
            yield cast("IO[bytes]", io.BufferedReader(_Bounded(unpacked, path), _BUFFER_BYTES))
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as exc:
        raise InputError(f"can't read {path}: {getattr(exc, 'strerror', None) or exc}") from exc


class _Bounded(io.RawIOBase):
    """What a compressed file becomes, as long as there is measure in it."""

    def __init__(self, unpacked: Any, path: Path) -> None:
        self._unpacked = unpacked
        self._path = path
        found = path.stat()
        # The length of a pipe isn't known.
        self._size_bytes = found.st_size if stat.S_ISREG(found.st_mode) else None
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
                f"{self._path}: {self._size_bytes:,} bytes become more than "
                f"{self._done_bytes // 2**20:,} MB, over {_MAX_RATIO} times as much",
                hint="if that is right, unpack it first",
            )
        return length
