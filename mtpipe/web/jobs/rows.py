"""Jobs as rows of the database, and back; one connection that threads take turns at."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

from mtpipe.web.jobs.database import mapped, opened
from mtpipe.web.jobs.job import FINAL, Job, JobFile, JobKind, JobState
from mtpipe.web.jobs.options import canonical

__all__ = ["FINISHED", "Rows", "files_text", "insert", "job_of", "json_or_none", "later", "now"]

FINISHED = ", ".join(f"'{state}'" for state in sorted(FINAL))
"""The final states, as a list in SQL."""


def now() -> str:
    """This moment in ISO 8601, in UTC; later moments sort behind earlier ones."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def later(moment: str, days: float) -> str:
    """A moment some days after another one."""
    return (datetime.fromisoformat(moment) + timedelta(days=days)).isoformat(
        timespec="microseconds"
    )


class Rows:
    """The table of jobs, opened on first use; any number of threads may share it.

    Args:
        path: of the database.

    Attributes:
        is_new: whether there was none, or a damaged one; known once it was used.
    """

    def __init__(self, path: Path) -> None:
        self.is_new = False
        self._path = path
        self._turn = RLock()
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the database, if it isn't open.

        Raises:
            ConfigError, OutputError: it can't be opened.
        """
        with self._turn:
            if self._connection is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._connection, self.is_new = opened(self._path)

    def close(self) -> None:
        """Close it; it is opened again when it is needed."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, kept as a whole or not at all.

        Raises:
            OutputError: the disk is full, or the database is damaged.
        """
        with self._turn, mapped():
            self.open()
            connection = self._connection
            assert connection is not None  # noqa: S101 - for mypy
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def change(self, statement: str, values: Sequence[Any] = ()) -> bool:
        """One statement in a transaction of its own; whether a row was changed."""
        with self.writing() as connection:
            return connection.execute(statement, values).rowcount > 0

    def read(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """The rows of a query.

        Raises:
            OutputError: the database is damaged.
        """
        with self._turn, mapped():
            self.open()
            assert self._connection is not None  # noqa: S101 - for mypy
            return self._connection.execute(query, values).fetchall()


def job_of(row: sqlite3.Row) -> Job:
    """A row of the table as a job."""
    return Job(
        id=row["id"],
        kind=JobKind(row["kind"]),
        state=JobState(row["state"]),
        digest=row["digest"],
        owner=row["owner"],
        title=row["title"],
        request=json.loads(row["request"]),
        created=row["created"],
        done=row["done"],
        total=row["total"],
        note=row["note"],
        problem=json.loads(row["problem"]) if row["problem"] else None,
        started=row["started"],
        finished=row["finished"],
        attempts=row["attempts"],
        files=tuple(JobFile(*one) for one in json.loads(row["files"])),
        expires=row["expires"],
        summary=json.loads(row["summary"]) if row["summary"] else None,
        is_small=bool(row["is_small"]),
        size_bytes=row["size_bytes"],
    )


def insert(rows: Rows, job: Job) -> None:
    """Add the row of a job.

    Raises:
        IntegrityError: there is one of the same content already.
        OutputError: the disk is full.
    """
    values = {
        "id": job.id,
        "kind": job.kind.value,
        "state": job.state.value,
        "digest": job.digest,
        "owner": job.owner,
        "title": job.title,
        "request": canonical(job.request),
        "is_small": job.is_small,
        "problem": json_or_none(job.problem),
        "summary": json_or_none(job.summary),
        "files": files_text(job.files),
        "created": job.created,
        "finished": job.finished,
        "expires": job.expires,
        "size_bytes": job.size_bytes,
    }
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    rows.change(f"INSERT INTO jobs ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608 - ours


def files_text(files: Sequence[JobFile]) -> str:
    """Files as a column has them."""
    return json.dumps([astuple(file) for file in files])


def json_or_none(value: object) -> str | None:
    """A value as a column has it."""
    return None if value is None else json.dumps(value)
