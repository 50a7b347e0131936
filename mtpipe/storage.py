"""Files and folders by path or address, on this machine or in an object store (S3, GCS).

An address is ``s3://bucket/key`` or ``gs://bucket/key``; :mod:`mtpipe.object_stores` says where settings come
from. Not for files that are only ever local: see :mod:`mtpipe.files`.
"""

import io
import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from mtpipe._optional import require
from mtpipe.errors import InputError, OutputError
from mtpipe.files import replacement
from mtpipe.object_stores import (
    RemoteFile,
    address_of,
    is_pattern,
    is_remote,
    pattern_of,
    reason_of,
    store_of,
)

__all__ = ["READ_AHEAD_BYTES", "Place"]

READ_AHEAD_BYTES = 8 * 2**20
"""How much of a remote file is asked for at once: each request takes some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder, which needn't be there.

    Plain data, which can be pickled; threads may share it.

    Attributes:
        name: its path or address; :meth:`of` leads back to the place.
    """

    name: str

    @classmethod
    def of(cls, name: "str | Path | Place") -> "Place":
        """The place of a path or an address.

        Raises:
            InputError: it's no address of an object store, or has credentials in it.
        """
        if isinstance(name, Place):
            return name
        text = str(name)
        if "\0" in text:
            raise InputError(f"{text!r} isn't the name of a file")
        return cls(address_of(text) if is_remote(text) else text)

    @classmethod
    def matching(cls, pattern: str) -> "Iterator[Place]":
        """The files that an address with ``*``, ``?``, ``[...]`` or ``**`` stands for, sorted.

        Raises:
            InputError: the place can't be listed.
        """
        parts = cls.of(pattern).name.split("/")
        first = next((at for at, part in enumerate(parts) if is_pattern(part)), len(parts) - 1)
        wanted = pattern_of(parts[first:])
        folder = "/".join(parts[:first])
        is_deep = first < len(parts) - 1 or "**" in parts
        for place in cls(folder)._listed(is_deep=is_deep, hidden=True):  # noqa: SLF001 - its own
            if wanted.fullmatch(place.name[len(folder) :]):
                yield place

    def __truediv__(self, part: str) -> "Place":
        """The place of a file or folder in this one, by a relative path that leads nowhere else."""
        if part.startswith("/") or ".." in part.split("/"):
            raise ValueError(f"not a path within a folder: {part!r}")
        return Place(f"{self.name}/{part}" if self.is_remote else str(Path(self.name, part)))

    @property
    def is_remote(self) -> bool:
        """Whether it is in an object store."""
        return is_remote(self.name)

    @property
    def file_name(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2] if self.is_remote else Path(self.name).name

    @property
    def size(self) -> int | None:
        """Length of a file in bytes; None if there is none."""
        if self.is_remote:
            found = self._info()
            return int(found.size) if found.is_file else None
        path = Path(self.name)
        with self._reading():
            return path.stat().st_size if path.is_file() else None

    def exists(self) -> bool:
        """Whether there is a file or folder.

        Raises:
            InputError: the store doesn't say, e.g. since it isn't reached; likewise all below.
        """
        if not self.is_remote:
            return Path(self.name).exists()
        return bool(self._info().type != require("pyarrow.fs", extra="tables").FileType.NotFound)

    def is_folder(self) -> bool:
        """Whether there is a folder; in an object store, whether anything is below this name."""
        if not self.is_remote:
            return Path(self.name).is_dir()
        return bool(self._info().type == require("pyarrow.fs", extra="tables").FileType.Directory)

    def files(self, suffix: str = "") -> "Iterator[Place]":
        """The files below it, at any depth, sorted by name; hidden ones are left out.

        Args:
            suffix: of their names; by default any.
        """
        for place in self._listed():
            if place.name.endswith(suffix):
                yield place

    def open(self, *, read_ahead_bytes: int = READ_AHEAD_BYTES) -> BinaryIO:
        """The file for reading, as it is stored; it can be sought in.

        Args:
            read_ahead_bytes: how much of a remote file is asked for at once.

        Raises:
            InputError: it can't be opened; if remote, it is raised while reading as well.
        """
        with self._reading():
            if not self.is_remote:
                return Path(self.name).open("rb")
            files, path = self._files()
            return io.BufferedReader(
                RemoteFile(self.name, files.open_input_file(path)), read_ahead_bytes
            )

    def read(self) -> bytes:
        """All of the file."""
        with self.open() as file, self._reading():
            return file.read()

    def write(self, data: bytes) -> None:
        """Make it a file with this content; nobody ever sees a part of it.

        Raises:
            OutputError: it can't be written.
        """
        if self.is_remote:
            self._put(data)
            return
        with self.replacement() as file:
            file.write(data)

    @contextmanager
    def replacement(self) -> Iterator[BinaryIO]:
        """A new file that takes the place of this one when it is finished, and is gone otherwise.

        Folders above it are made. What goes to an object store waits in a temporary file.

        Raises:
            OutputError: it can't be written.
        """
        with self._writing():
            if not self.is_remote:
                Path(self.name).parent.mkdir(parents=True, exist_ok=True)
                with replacement(Path(self.name)) as file:
                    yield cast("BinaryIO", file)
                return
            with tempfile.TemporaryFile() as spool:
                yield cast("BinaryIO", spool)
                spool.flush()
                if not spool.seek(0, io.SEEK_END):
                    self._put(b"")
                    return
                with mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    self._put(content)

    def delete(self) -> None:
        """Take the file away; it needn't be there.

        Raises:
            OutputError: it can't be done, or is a folder.
        """
        with self._writing():
            if not self.is_remote:
                Path(self.name).unlink(missing_ok=True)
                return
            files, path = self._files()
            if self._info().is_file:
                files.delete_file(path)

    def _put(self, data: bytes | mmap.mmap) -> None:
        """One call: a store that was given a part would keep it when the stream is closed."""
        files, path = self._files()
        try:
            stream = files.open_output_stream(path, compression=None)  # not by its ending
            stream.write(data)
            stream.close()
        except FileNotFoundError as exc:
            raise OutputError(f"can't write {self.name}: no such bucket") from exc
        except (OSError, ValueError) as exc:
            raise OutputError(f"can't write {self.name}: {reason_of(exc)}") from exc

    def _listed(self, *, is_deep: bool = True, hidden: bool = False) -> "Iterator[Place]":
        """Files below it, sorted."""
        if self.is_remote:
            files, path = self._files()
            with self._reading():
                selector = require("pyarrow.fs", extra="tables").FileSelector(
                    path, allow_not_found=True, recursive=is_deep
                )
                found = files.get_file_info(selector)
            scheme = self.name.partition("://")[0]
            names = [f"{scheme}://{info.path}" for info in found if info.is_file]
        else:
            names = [
                str(Path(folder, name)) for folder, _, ours in os.walk(self.name) for name in ours
            ]
        for name in sorted(names):
            below = name[len(self.name) :]
            if hidden or "/." not in f"/{below.lstrip('/')}":
                yield Place(name)

    def _info(self) -> Any:
        files, path = self._files()
        with self._reading():
            return files.get_file_info(path)

    def _files(self) -> tuple[Any, str]:
        """The store's file system, and the path in it.

        Raises:
            DependencyMissing: pyarrow isn't installed.
        """
        with self._reading():
            return store_of(self.name)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as exc:
            raise InputError(f"can't read {self.name}: {reason_of(exc)}") from exc

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise OutputError(f"can't write {self.name}: {reason_of(exc)}") from exc
