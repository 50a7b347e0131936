"""What becomes of a job: begun, further, at its end, and tried again; each a statement of SQL."""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.jobs.job import Job, JobFile, JobState
from mtpipe.web.jobs.rows import FINISHED, Rows, files_text, job_of, json_or_none, later, now

__all__ = ["MOST_DEATHS", "Transitions"]

MOST_DEATHS = 3
"""Processes in a row that may die at a job without having got any further."""


class Transitions:
    """Jobs on their way from state to state.

    Args:
        rows: of the jobs.
        root: where their folders are.
        days: that results are kept.
    """

    def __init__(self, rows: Rows, root: Path, *, days: float) -> None:
        self._rows = rows
        self._root = root
        self._days = days

    def folder(self, job_id: str) -> JobFolder:
        """The folder of a job that is there."""
        return JobFolder(self._root / job_id)

    def get(self, job_id: str, owner: str | None = None) -> Job | None:
        """A job by its id; None if there is none, or none of that owner."""
        rows = self._rows.read("SELECT * FROM jobs WHERE id = ?", (job_id,))
        job = job_of(rows[0]) if rows else None
        return job if job and owner in (None, job.owner) else None

    def claim(self, *, small: bool | None = None) -> Job | None:
        """Begin the next job; None if none waits.

        Owners take turns: whoever has waited longest since a job of theirs was begun comes first.

        Args:
            small: only such as take a moment, or only others; None for any.
        """
        which = "" if small is None else f"AND is_small = {int(small)}"
        with self._rows.writing() as connection:
            row = connection.execute(
                "SELECT id FROM jobs AS one WHERE state = 'queued' AND is_unwanted = 0 "  # noqa: S608 - a digit
                f"{which} ORDER BY (SELECT coalesce(max(started), '') FROM jobs AS other "
                "WHERE other.owner = one.owner), number LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            [begun] = connection.execute(
                "UPDATE jobs SET state = 'running', started = ?, attempts = attempts + 1 "
                "WHERE id = ? RETURNING *",
                (now(), row["id"]),
            ).fetchall()
            return job_of(begun)

    def progress(self, job_id: str, done: int, total: int | None, note: str) -> None:
        """Write down how far a job is; whoever gets on has a fresh start with every death."""
        self._rows.change(
            "UPDATE jobs SET deaths = CASE WHEN ?1 > done THEN 0 ELSE deaths END, "
            "restarts = CASE WHEN ?1 > done THEN 0 ELSE restarts END, "
            "done = max(done, ?1), total = ?2, note = ?3 WHERE id = ?4 AND state = 'running'",
            (done, total, note[:200], job_id),
        )

    def finish(
        self,
        job_id: str,
        files: Iterable[JobFile],
        summary: Mapping[str, Any],
        *,
        done: int = 0,
    ) -> None:
        """A job was done.

        Args:
            job_id: of the job.
            files: its results.
            summary: what came of it.
            done: articles or steps, as far as they were counted.
        """
        moment = now()
        self._rows.change(
            "UPDATE jobs SET state = 'done', finished = ?1, expires = ?2, files = ?3, "
            "summary = ?4, size_bytes = ?5, note = '', done = max(done, ?6, coalesce(total, 0)), "
            "total = max(done, ?6, coalesce(total, 0)) WHERE id = ?7 AND state = 'running'",
            (
                *(moment, later(moment, self._days), files_text(list(files))),
                *(json_or_none(dict(summary)), self.folder(job_id).size_bytes, done, job_id),
            ),
        )

    def fail(self, job_id: str, problem: Mapping[str, Any], files: Iterable[JobFile] = ()) -> None:
        """A job can't be done."""
        self._end(job_id, JobState.FAILED, problem, files)

    def cancel(self, job_id: str, files: Iterable[JobFile] = (), *, at_rest: bool = False) -> bool:
        """Nobody wants a job any more.

        One that waits is cancelled at once. One that runs is marked, so that it won't be taken up
        again, and cancelled when nothing works on it any more.

        Args:
            job_id: of the job.
            files: that are finished.
            at_rest: whether nothing works on it.

        Returns:
            Whether it was running, and still is.
        """
        if self._rows.change(
            "UPDATE jobs SET is_unwanted = 1 WHERE id = ? AND state = 'running'", (job_id,)
        ):
            if not at_rest:
                return True
            self._end(job_id, JobState.CANCELLED, None, files)
        elif self._rows.change(
            "UPDATE jobs SET is_unwanted = 1 WHERE id = ? AND state = 'queued'", (job_id,)
        ):
            self._end(job_id, JobState.CANCELLED, None, files)
        return False

    def died(self, job_id: str) -> bool:
        """The process that worked on a job has died; whether it is tried again."""
        self._rows.change(
            "UPDATE jobs SET deaths = deaths + 1, is_small = 0 WHERE id = ?", (job_id,)
        )
        [row] = self._rows.read("SELECT deaths FROM jobs WHERE id = ?", (job_id,))
        if row["deaths"] < MOST_DEATHS:
            self.requeue(job_id)
            return True
        return False

    def requeue(self, job_id: str, *, small: bool | None = None) -> None:
        """Let a job that was begun wait again."""
        self._rows.change(
            "UPDATE jobs SET state = 'queued', note = '', is_small = coalesce(?, is_small) "
            "WHERE id = ? AND state = 'running'",
            (small, job_id),
        )

    def retry(self, job_id: str) -> Job | None:
        """Try a failed or cancelled job again: it goes on where it was.

        Returns:
            The job that waits now, which is another one if the same was asked for again meanwhile;
            None if there is no such job, or it wasn't one of these.
        """
        job = self.get(job_id)
        if job is None or job.state not in (JobState.FAILED, JobState.CANCELLED):
            return None
        try:
            self._rows.change(
                "UPDATE jobs SET state = 'queued', is_unwanted = 0, deaths = 0, restarts = 0, "
                "problem = NULL, finished = NULL, expires = NULL, files = '[]', note = '' "
                "WHERE id = ?",
                (job_id,),
            )
        except sqlite3.IntegrityError:
            return self._same(job.digest)
        self.folder(job_id).keep_end(None)
        return self.get(job_id)

    def _same(self, digest: str) -> Job | None:
        rows = self._rows.read(
            "SELECT * FROM jobs WHERE digest = ? AND state NOT IN ('failed', 'cancelled')",
            (digest,),
        )
        return job_of(rows[0]) if rows else None

    def _end(
        self,
        job_id: str,
        state: JobState,
        problem: Mapping[str, Any] | None,
        files: Iterable[JobFile],
    ) -> None:
        moment, folder = now(), self.folder(job_id)
        self._rows.change(
            "UPDATE jobs SET state = ?, problem = ?, finished = ?, expires = ?, files = ?, "  # noqa: S608 - ours
            f"size_bytes = ? WHERE id = ? AND state NOT IN ({FINISHED})",
            (
                *(state.value, json_or_none(problem), moment),
                *(later(moment, self._days), files_text(list(files))),
                *(folder.size_bytes, job_id),
            ),
        )
        folder.keep_end({"state": state.value, "problem": problem})
