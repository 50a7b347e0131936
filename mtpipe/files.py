"""Files that are read and written: which are the same, and results that aren't finished yet.

Not for what is in them: see :mod:`mtpipe.lines` and :mod:`mtpipe.records`.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mtpipe.errors import InputError, OutputError

__all__ = [
    "locked_folder",
    "open_for_oneself",
    "part_of",
    "permitted",
    "refuse_same",
    "replacement",
    "skip_rest",
    "unfinished",
    "whole_lines",
]

_PART_BYTES = 1 << 20


def part_of(path: Path) -> Path:
    """Where the content of a file is until it is finished."""
    return path.with_name(f"{path.name}.part")


@contextmanager
def permitted(path: Path) -> Iterator[None]:
    """Looking at what is to be written: where that isn't allowed, neither is writing.

    Raises:
        OutputError: it isn't.
    """
    try:
        yield
    except PermissionError as exc:
        raise OutputError(f"can't write {path}: {exc.strerror}") from exc


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
def replacement(path: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the place of ``path`` when it is finished, and is gone otherwise.

    A symbolic link stays one: the file that it leads to is replaced. What is no regular file (a
    device, a pipe) is written to as it is, and a file that one may not write stays as it is.

    Raises:
        OSError: it can't be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb", buffering=0) as file:
            yield file
        return
    place = _place(path)
    with tempfile.NamedTemporaryFile(
        "wb", dir=place.parent, prefix=f".{place.name}.", delete=False
    ) as file:
        new = Path(file.name)
        try:
            yield file
            file.flush()
            if not place.exists():
                # A temporary file is for its owner only; a result is not.
                os.umask(mask := os.umask(0))
                new.chmod(0o666 & ~mask)
            _put(new, place)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


@contextmanager
def unfinished(path: Path) -> Iterator[IO[bytes]]:
    """As :func:`replacement`, but what is unfinished is a neighbour NAME.part that stays.

    For output that is worth something in parts. The neighbour stays unless it is empty.

    Raises:
        OSError: it can't be written.
        OutputError: another process is writing it.
    """
    # Unbuffered: what couldn't be written must not come up again when it is closed.
    if path.exists() and not path.is_file():
        with path.open("wb", buffering=0) as file:
            yield file
        return
    place = _place(path)
    part = part_of(place)
    with open_for_oneself(part, path) as file:
        try:
            file.truncate(0)
            yield file
            _put(part, place)
        except BaseException:
            if part.is_file() and not part.stat().st_size:
                part.unlink()
            raise


def open_for_oneself(path: Path, name: Path) -> IO[bytes]:
    """Open a file to read and to append to, which no other process does until it is closed.

    Unbuffered: a record is on its way before the next one is begun.

    Args:
        path: of the file, created if it isn't there.
        name: what it is called in messages.

    Raises:
        OutputError: another process has it.
        OSError: it can't be opened.
    """
    while True:
        file = path.open("a+b", buffering=0)
        try:
            _keep_for_oneself(file, name)
            # Whoever had it may have put another file in its place, or taken it away, when it ended.
            if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _keep_for_oneself(file: IO[bytes], path: Path) -> None:
    """Lock a file until it is closed."""
    from filelock import lock_descriptor  # noqa: PLC0415 - not on the way to --help

    try:
        is_ours = lock_descriptor(file.fileno(), blocking=False)
    except OSError:
        return  # a file system without locks
    if not is_ours:
        raise OutputError(
            f"another run is writing to {path}; nothing was changed",
            hint="wait for it to end, or give another name with -o",
        )


@contextmanager
def locked_folder(path: Path, *, waits: bool = False) -> Iterator[bool]:
    """Lock a folder while it lasts, unless another process has: itself, so that nothing is left behind.

    Where folders can't be locked everybody gets the lock.

    Args:
        path: of the folder.
        waits: for whoever has it.

    Yields:
        Whether it is locked for this process.
    """
    from filelock import lock_descriptor  # noqa: PLC0415 - not on the way to --help

    descriptor, is_ours = None, True
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        is_ours = lock_descriptor(descriptor, blocking=waits)
    try:
        yield is_ours
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _place(path: Path) -> Path:
    """Where a file is, and may be written if it is there."""
    place = path.resolve() if path.is_symlink() else path
    if place.is_file() and not os.access(place, os.W_OK):
        raise PermissionError(13, os.strerror(13), str(path))
    return place


def _put(new: Path, place: Path) -> None:
    """Put a finished file where it belongs, with the mode of the one that is there."""
    if place.exists():
        shutil.copymode(place, new)
    new.replace(place)


def skip_rest(stream: IO[bytes], line: bytes) -> None:
    """Read on to the end of a line that is too long to be held.

    Args:
        stream: from which the line is.
        line: its beginning, as far as it was read.
    """
    while line and not line.endswith(b"\n"):
        line = stream.readline(_PART_BYTES)


def whole_lines(path: Path) -> int:
    """Lines of a file with their ends; 0 if there is no such file."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(_PART_BYTES), b""))


def _identity(source: Path | int) -> tuple[int, int] | None:
    """Device and number of a regular file; None for anything else."""
    try:
        found = os.fstat(source) if isinstance(source, int) else source.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
