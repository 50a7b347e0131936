"""JSON Lines on disk that survive whatever stops the program, and go on where it stopped.

A record is written with one call, so that a killed program leaves whole records and at most one
torn line at the end, which is cut off when the file is next opened. Not for the meaning of the
records: an id and a version are all that is read of them.
"""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from mtpipe.errors import MalformedRecord, OutputError
from mtpipe.files import open_for_oneself, replacement

__all__ = ["Record", "ResumableFile", "first_record", "to_line", "write_records"]

_BEGINNING = b'{"id": "'
"""How a record begins, as far as it got where a first record was cut off."""

Record = dict[str, Any]


def to_line(record: Record, *, default: Callable[[Any], Any] | None = None) -> str:
    """A record as one line of JSON, line end included.

    Args:
        record: to be written.
        default: what to put in the place of an object that JSON has no form for.
    """
    text = json.dumps(record, ensure_ascii=False, separators=(", ", ": "), default=default)
    return text + "\n"


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write a small file as a whole: it is there with all its records, or as it was before.

    Raises:
        OutputError: the folder can't be written.
    """
    try:
        with replacement(path) as file:
            file.writelines(to_line(record).encode("utf-8", "replace") for record in records)
    except OSError as exc:
        raise _not_written(path, exc) from exc


def first_record(path: Path, *, most_bytes: int = -1) -> object:
    """What the first line of a file says in JSON; None if that is nothing."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        if file.peek(1)[:1] != b"{":
            return None
        try:
            return cast("object", json.loads(file.readline(most_bytes)))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a record stands in the file, in bytes, and which version of the item it is."""

    version: str
    start: int
    end: int


class ResumableFile:
    """A file with one record an item, the newest version of each; appended to, and resumed.

    A newer version of an item replaces the older one when the file is closed; until then, or if
    it never is, the later record counts. A device or a pipe is only written to.

    Args:
        path: created if it doesn't exist.
        identify: a record's id and version; KeyError or TypeError if it has none.

    While it is open, no other process can write to it.

    Raises:
        MalformedRecord: the file has something else in it, which isn't overwritten.
        OutputError: it can't be opened for writing, or another process has it open.
    """

    def __init__(self, path: Path, identify: Callable[[Record], tuple[str, str]]) -> None:
        self._path = path
        self._identify = identify
        self._entries: dict[str, _Entry] = {}
        self._superseded = False
        self._end = 0
        try:
            self._is_kept = path.is_file() or not path.exists()
            self._file = (
                open_for_oneself(path, path) if self._is_kept else path.open("wb", buffering=0)
            )
        except OSError as exc:
            raise _not_written(path, exc) from exc
        try:
            if self._is_kept:
                self._end = self._read()
                self._file.truncate(self._end)
                self._complete()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._entries)

    def has(self, item: str, version: str) -> bool:
        """Whether the file has this version of an item."""
        entry = self._entries.get(item)
        return entry is not None and entry.version == version

    def read(self, item: str, version: str) -> Record | None:
        """The record of this version of an item; None if the file hasn't got it.

        Raises:
            OutputError: the file can't be read any more.
        """
        if not self.has(item, version):
            return None
        entry = self._entries[item]
        try:
            with self._path.open("rb") as file:
                file.seek(entry.start)
                record: Record = json.loads(file.read(entry.end - entry.start))
        except (OSError, ValueError) as exc:
            raise OutputError(f"can't read {self._path} any more: {exc}") from exc
        return record

    def write(self, record: Record) -> None:
        """Append a record.

        Raises:
            OutputError: the disk is full or the like; what was written before is safe.
        """
        item, version = self._identify(record)
        data = memoryview(to_line(record).encode("utf-8", "replace"))
        start, self._end = self._end, self._end + len(data)
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as exc:
            self._end = start
            with suppress(OSError):
                self._file.truncate(start)
            raise _not_written(self._path, exc) from exc
        if self._is_kept:
            self._add(item, _Entry(version, start, self._end))

    def close(self) -> None:
        """Drop superseded records, if there are any, and close the file."""
        if self._file.closed:
            return
        try:
            if self._superseded:
                self._compact()
        except OSError as exc:
            raise _not_written(self._path, exc) from exc
        finally:
            self._file.close()

    def _add(self, item: str, entry: _Entry) -> None:
        # Taken out first, so that the dictionary stays in the order of the file.
        self._superseded |= self._entries.pop(item, None) is not None
        self._entries[item] = entry

    def _read(self) -> int:
        """Index the file; returns the offset behind its last whole record.

        A line that was cut off is left out, if it is one of ours: if it begins as records do, and
        is no JSON yet. Whatever else stands there is somebody's.
        """
        end = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                record = None
                try:
                    record = json.loads(line)
                    item, version = self._identify(record)
                except (ValueError, KeyError, TypeError) as exc:
                    is_cut_off = record is None and not line.endswith(b"\n") and _is_beginning(line)
                    if is_cut_off:
                        return end
                    raise MalformedRecord(
                        self._path, number, "not a row of such an output; nothing was overwritten"
                    ) from exc
                self._add(item, _Entry(version, end, end + len(line)))
                end += len(line)
        return end

    def _complete(self) -> None:
        """End the last line, where all but its end was written."""
        if self._end and os.pread(self._file.fileno(), 1, self._end - 1) != b"\n":
            self._end += self._file.write(b"\n") or 0
            item, last = next(reversed(self._entries.items()))
            self._entries[item] = _Entry(last.version, last.start, self._end)

    def _compact(self) -> None:
        with self._path.open("rb") as source, replacement(self._path) as target:
            for entry in self._entries.values():
                source.seek(entry.start)
                target.write(source.read(entry.end - entry.start))


def _is_beginning(line: bytes) -> bool:
    return line.startswith(_BEGINNING) or _BEGINNING.startswith(line)


def _not_written(path: Path, exc: OSError) -> OutputError:
    return OutputError(f"can't write {path}: {exc.strerror}")
