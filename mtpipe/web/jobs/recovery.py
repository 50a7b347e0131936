"""What there is after the server's end, however it came: rows and folders brought together.

A folder says everything that a row has to say of a job to be done, so that rows are made again
where they are missing: the server was killed between the two, or the database was damaged.
"""

import logging
import sqlite3
from pathlib import Path
from typing import Any

from mtpipe.web.jobs.folder import JobFolder, job_ids, tidy
from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState
from mtpipe.web.jobs.rows import FINISHED, Rows, insert, json_or_none, later, now

__all__ = ["MOST_RESTARTS", "recover"]

MOST_RESTARTS = 10
"""Ends of the server in a row that a job may see without getting any further.

More than deaths of the process that works on it: what ends a server is seldom the job."""

_log = logging.getLogger(__name__)


def recover(rows: Rows, root: Path, *, days: float) -> int:
    """Bring rows and folders together; what was being worked on waits again.

    Args:
        rows: of the jobs.
        root: where their folders are.
        days: that results are kept.

    Returns:
        How many jobs that were being worked on wait again.
    """
    tidy(root)
    known = {row["id"]: row["state"] for row in rows.read("SELECT id, state FROM jobs")}
    there = job_ids(root)
    lost = [JobFolder(root / job_id) for job_id in there - known.keys()]
    for folder in sorted(lost, key=_age):
        _adopt(rows, folder, days)
    for job_id in known.keys() - there:
        _without_folder(rows, job_id)
    return _waiting_again(rows, root, days)


def _waiting_again(rows: Rows, root: Path, days: float) -> int:
    """Everything that was begun waits again, unless nobody wants it or it never gets on."""
    rows.change("UPDATE jobs SET restarts = restarts + 1 WHERE state = 'running'")
    moment = now()
    ends = (
        ("state IN ('queued', 'running') AND is_unwanted = 1", JobState.CANCELLED, None),
        (f"state = 'running' AND restarts >= {MOST_RESTARTS}", JobState.FAILED, _RESTARTS),
    )
    for which, state, problem in ends:
        for row in rows.read(f"SELECT id FROM jobs WHERE {which}"):  # noqa: S608 - ours
            rows.change(
                "UPDATE jobs SET state = ?, problem = ?, finished = ?, expires = ? WHERE id = ?",
                (state.value, json_or_none(problem), moment, later(moment, days), row["id"]),
            )
            JobFolder(root / row["id"]).keep_end({"state": state.value, "problem": problem})
    [(count,)] = rows.read("SELECT count(*) FROM jobs WHERE state = 'running'")
    rows.change("UPDATE jobs SET state = 'queued', note = '' WHERE state = 'running'")
    return int(count)


def _age(folder: JobFolder) -> tuple[str, str]:
    """What folders are sorted by: jobs are worked on and listed in the order of their rows."""
    return str((folder.description or {}).get("created", "")), folder.path.name


def _adopt(rows: Rows, folder: JobFolder, days: float) -> None:
    """Make the row of a job that has only its folder."""
    said = folder.description
    try:
        if said is None or said["id"] != folder.path.name:
            raise ValueError("its job.json can't be read")
        state, more = _ended(folder)
        is_final, moment = state is not JobState.QUEUED, now()
        job = Job(
            id=said["id"], kind=JobKind(said["kind"]), state=state, digest=said["digest"],
            owner=said["owner"], title=said["title"], request=said["request"],
            created=said["created"], is_small=bool(said["is_small"]),
            size_bytes=folder.size_bytes, finished=moment if is_final else None,
            expires=later(moment, days) if is_final else None, **more,
        )  # fmt: skip
        insert(rows, job)
    except (ValueError, KeyError, TypeError, sqlite3.Error) as exc:
        # Two of the same content, one of which had failed; or somebody changed the files.
        _log.warning("the folder of a job isn't used: %s: %s", folder.path, exc)


def _ended(folder: JobFolder) -> tuple[JobState, dict[str, Any]]:
    """The state of a job by what its folder says, and what came of it."""
    if outcome := folder.outcome:
        files = tuple(JobFile(*file) for file in outcome["files"])
        return JobState.DONE, {"summary": outcome["summary"], "files": files}
    if end := folder.end:
        return JobState(end["state"]), {"problem": end["problem"]}
    return JobState.QUEUED, {}


def _without_folder(rows: Rows, job_id: str) -> None:
    """A job that was being removed goes; one that was to be done says what it lacks."""
    rows.change(f"DELETE FROM jobs WHERE id = ? AND state IN ({FINISHED})", (job_id,))  # noqa: S608 - ours
    moment = now()
    rows.change(
        "UPDATE jobs SET state = 'failed', problem = ?, finished = ?, expires = ? WHERE id = ?",
        (json_or_none(_LOST), moment, moment, job_id),
    )


_LOST = {
    "title": "The job failed",
    "detail": "the files of this job are gone",
    "hint": "hand them in again",
    "error": "OutputError",
}
_RESTARTS = {
    "title": "The job failed",
    "detail": f"the server ended {MOST_RESTARTS} times while it was at this job",
    "hint": "try it with less at once",
    "error": "WorkerDied",
}
