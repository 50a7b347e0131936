"""Files that are read and written: which are the same, and results that aren't finished yet.

Not for what is in them: see :mod:`mtpipe.lines` and :mod:`mtpipe.records`.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mtpipe.errors import InputError

__all__ = ["part_of", "refuse_same", "unfinished", "whole_lines"]


def part_of(path: Path) -> Path:
    """Where the content of a file is until it is finished."""
    return path.with_name(f"{path.name}.part")


def refuse_same(inputs: Iterable[Path | int], outputs: Iterable[Path]) -> None:
    """Make sure that nothing is written over what is read.

    Args:
        inputs: paths or file descriptors; those that can't be read count for nothing.
        outputs: paths, which needn't exist.

    Raises:
        InputError: one of the inputs is one of the outputs, under whatever name.
    """
    places = {found: path for path in outputs if (found := _identity(path))}
    if not places:
        return
    for source in inputs:
        if output := places.get(_identity(source) or (0, 0)):
            raise InputError(
                f"{output} is read and can't be written at the same time",
                hint="give the output another name with -o",
            )


@contextmanager
def unfinished(path: Path) -> Iterator[IO[bytes]]:
    """A stream to a file's neighbour NAME.part, which takes the file's place at the end.

    Where something goes wrong, the file is as it was, and the neighbour stays unless it is empty.
    What is no regular file (a device, a pipe) is written as such.

    Raises:
        OSError: it can't be written.
    """
    place = path.resolve() if path.is_symlink() else path
    # Unbuffered: what couldn't be written must not come up again when it is closed.
    if place.exists() and not place.is_file():
        with place.open("wb", buffering=0) as file:
            yield file
        return
    if place.exists() and not os.access(place, os.W_OK):
        raise PermissionError(13, os.strerror(13), str(path))
    part = part_of(place)
    try:
        with part.open("wb", buffering=0) as file:
            yield file
        if place.exists():
            shutil.copymode(place, part)
        part.replace(place)
    except BaseException:
        if part.is_file() and not part.stat().st_size:
            part.unlink()
        raise


def whole_lines(path: Path) -> int:
    """Lines of a file with their ends; 0 if there is no such file."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _identity(source: Path | int) -> tuple[int, int] | None:
    """Device and number of a regular file; None for anything else."""
    try:
        found = os.fstat(source) if isinstance(source, int) else source.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
