"""The folder of a job: what was uploaded, what is being made of it, and what it came to.

::

    jobs/<id>/job.json        what the job is, so that its row can be made again
              inputs/0001.html
              results/        what may be downloaded
              outcome.json    there when everything was done
              ended.json      there when it failed or was cancelled
              lock            held by the process that works on it

A folder appears as a whole, and goes as a whole: ``.new-<id>`` is one that isn't complete, and
``.gone-<id>`` one that is being removed.
"""

import errno
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from mtpipe.errors import InputError, OutputError
from mtpipe.files import open_for_oneself, replacement
from mtpipe.web.jobs.uploads import Upload

__all__ = ["JobFolder", "job_ids", "not_kept", "tidy"]

_ID = re.compile(r"[0-9a-f]{32}")
_STORED = re.compile(r"[0-9]{4,6}(\.[a-z0-9]{1,8}){0,2}")
_NEW, _GONE = ".new-", ".gone-"
_PATIENCE_S = 120.0
"""For a process whose server was killed, and that ends as soon as it notices."""


class JobFolder:
    """The files of one job.

    Args:
        path: of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(
        cls,
        root: Path,
        description: Mapping[str, Any],
        uploads: Sequence[Upload],
        files: Sequence[str],
    ) -> "JobFolder":
        """Make the folder of a new job, on disk when this returns.

        Args:
            root: where the folders of jobs are.
            description: for ``job.json``; its ``id`` is the folder's name.
            uploads: what was handed in.
            files: what each is called on disk.

        Raises:
            OutputError: it can't be written; nothing is left of it.
        """
        new, path = root / f"{_NEW}{description['id']}", root / str(description["id"])
        try:
            (new / "inputs").mkdir(parents=True)
            (new / "results").mkdir()
            for upload, name in zip(uploads, files, strict=True):
                _write(new / "inputs" / name, upload.data)
            _write(new / "job.json", _json(description))
            _to_disk(new / "inputs")
            _to_disk(new)
            new.rename(path)
            _to_disk(root)
        except OSError as exc:
            shutil.rmtree(new, ignore_errors=True)
            raise not_kept(exc) from exc
        return cls(path)

    @property
    def results(self) -> Path:
        """Where results are."""
        return self.path / "results"

    @property
    def description(self) -> dict[str, Any] | None:
        """What the job is; None where that can't be read."""
        return _read(self.path / "job.json")

    @property
    def outcome(self) -> dict[str, Any] | None:
        """Files and summary of a job that was done; None of any other."""
        return _read(self.path / "outcome.json")

    @property
    def end(self) -> dict[str, Any] | None:
        """State and problem of a job that failed or was cancelled."""
        return _read(self.path / "ended.json")

    @property
    def size_bytes(self) -> int:
        """Of everything in it."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def input(self, name: str) -> Path:
        """The path of an upload by what it is called on disk.

        Raises:
            InputError: that is no name of an upload.
        """
        if not _STORED.fullmatch(name):
            raise InputError(f"{name!r} is no file of this job")
        return self.path / "inputs" / name

    def result(self, name: str) -> Path:
        """The path of a result, which needn't be there.

        Raises:
            InputError: it would be elsewhere.
        """
        parts = name.split("/")
        if len(parts) > 2 or any(not part or part.startswith(".") for part in parts):
            raise InputError(f"{name!r} is no file of this job")
        if "\\" in name or "\0" in name:
            raise InputError(f"{name!r} is no file of this job")
        return self.results.joinpath(*parts)

    def keep_outcome(self, outcome: Mapping[str, Any]) -> None:
        """Write down that everything was done.

        Raises:
            OutputError: it can't be written.
        """
        self._keep("outcome.json", outcome)

    def keep_end(self, end: Mapping[str, Any] | None) -> None:
        """Write down how it ended without having been done; None to forget that.

        Only for the day when the database is lost, so that it may fail.
        """
        with suppress(OutputError, OSError):
            if end is None:
                (self.path / "ended.json").unlink(missing_ok=True)
            else:
                self._keep("ended.json", end)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process works on the job, and keep others waiting.

        Raises:
            OutputError: another one doesn't end.
        """
        file = self._locked()
        try:
            yield
        finally:
            file.close()

    def _locked(self) -> IO[bytes]:
        """A file that no other process has open in this way."""
        deadline = time.monotonic() + _PATIENCE_S
        lock = self.path / "lock"
        while True:
            try:
                return open_for_oneself(lock, lock)
            except OSError as exc:
                raise not_kept(exc) from exc
            except OutputError:
                if time.monotonic() > deadline:
                    raise OutputError("another process is still at this job") from None
            time.sleep(0.1)

    def remove(self) -> None:
        """Take the folder away; it is gone for everybody at once."""
        gone = self.path.with_name(f"{_GONE}{self.path.name}")
        with suppress(FileNotFoundError):
            self.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def _keep(self, name: str, content: Mapping[str, Any]) -> None:
        try:
            with replacement(self.path / name) as file:
                file.write(_json(content))
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise not_kept(exc) from exc


def job_ids(root: Path) -> set[str]:
    """The ids of all jobs that have a folder."""
    return {path.name for path in root.iterdir() if _ID.fullmatch(path.name) and path.is_dir()}


def tidy(root: Path) -> None:
    """Remove what was never completed, and what was being removed."""
    for path in root.iterdir():
        if path.name.startswith((_NEW, _GONE)):
            shutil.rmtree(path, ignore_errors=True)


def not_kept(exc: OSError) -> OutputError:
    """The error of files that can't be written, without their paths."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            "the server's disk is full; nothing that was there is lost",
            hint="free some space, then try again",
        )
    return OutputError(f"the job's files can't be written: {exc.strerror or exc}")


def _write(path: Path, content: bytes | Path) -> None:
    with path.open("wb") as file:
        if isinstance(content, Path):
            with content.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
        else:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder: Path) -> None:
    """Have the system write down which files a folder has."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
