"""Files that may be compressed, opened for reading."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from mtpipe.errors import InputError

__all__ = ["SUFFIXES", "open_bytes"]

_OPENERS: dict[str, Callable[[Path], Any]] = {
    ".xz": lzma.open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
}
SUFFIXES = frozenset(_OPENERS)
"""Endings of the names of compressed files."""


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressing .xz, .gz and .bz2 by their ending.

    Nothing limits how much comes out of a small file; who reads does.

    Raises:
        InputError: it can't be opened, read or decompressed.
    """
    try:
        with _OPENERS.get(path.suffix.lower(), Path.open)(path, "rb") as stream:
            yield stream
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as exc:
        raise InputError(f"can't read {path}: {getattr(exc, 'strerror', None) or exc}") from exc
