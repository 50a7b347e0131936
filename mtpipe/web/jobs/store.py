"""All jobs: what was asked for is kept before the answer is given, and found again after any end."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any
from uuid import uuid4

from mtpipe.errors import InputError, OutputError
from mtpipe.web.jobs.expiry import all_kept, due, size_of
from mtpipe.web.jobs.folder import JobFolder, not_kept
from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState, Page
from mtpipe.web.jobs.listing import page
from mtpipe.web.jobs.recovery import recover
from mtpipe.web.jobs.requests import Prepared, prepared
from mtpipe.web.jobs.rows import (
    FINISHED,
    Rows,
    files_text,
    insert,
    now,
)
from mtpipe.web.jobs.transitions import Transitions
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy

__all__ = ["MOST_UNFINISHED", "JobStore"]

MOST_UNFINISHED = 200
"""Jobs of one owner that may wait or run."""

_BUSY_S = 60.0
_log = logging.getLogger(__name__)


class JobStore(Transitions):
    """Jobs in a folder: a database, and a folder for each.

    Any number of threads may share it, but no other process.

    Args:
        settings: where it is, and how much it may keep.
    """

    def __init__(self, settings: ServeSettings) -> None:
        rows = Rows(settings.home / "jobs.sqlite")
        super().__init__(rows, settings.home / "jobs", days=settings.job_days)
        self._settings = settings
        self._room = RLock()
        """Held while room is looked for and taken."""

    def open(self) -> None:
        """Find everything that there is; what was being worked on waits again.

        Raises:
            ConfigError, OutputError: it can't be opened.
        """
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise not_kept(exc) from exc
        recover(self._rows, self._root, days=self._settings.job_days)

    def close(self) -> None:
        """Close the database's file."""
        self._rows.close()

    def add(
        self,
        kind: JobKind,
        request: Mapping[str, Any],
        uploads: Iterable[Upload] = (),
        *,
        owner: str,
        title: str = "",
    ) -> tuple[Job, bool]:
        """Keep a new job; it is on disk when this returns.

        Args:
            kind: what it does.
            request: see :mod:`mtpipe.web.jobs.requests`.
            uploads: that the request names.
            owner: whose it is.
            title: for people; by default the name of the first upload.

        Returns:
            The job, and whether it is new: the same from the same owner isn't done twice, unless
            it failed or was cancelled, or was done and depends on more than what was handed in.

        Raises:
            InputError: the request isn't one.
            OutputError: there is no room for it.
            Busy: its owner has too many unfinished jobs.
        """
        ready = prepared(
            kind,
            request,
            list(uploads),
            most_bytes=self._settings.max_upload_bytes,
            allow_fetch=self._settings.allow_fetch,
        )
        digest, may_change = ready.digest(kind, owner), ready.may_change(kind)
        with self._room:
            same, digest = self._found(digest, may_change=may_change)
            if same:
                return same, False
            self._require_few(owner)
            size = sum(upload.size_bytes for upload in ready.uploads)
            self._make_room(size)
            job = Job(
                id=uuid4().hex, kind=kind, state=JobState.QUEUED, digest=digest, owner=owner,
                title=_in_one_line(title) or ready.title, request=ready.request, created=now(),
                is_small=ready.is_small, size_bytes=size,
            )  # fmt: skip
            return self._kept(job, ready), True

    def listed(
        self,
        owner: str | None = None,
        *,
        after: str | None = None,
        limit: int = 50,
        state: JobState | None = None,
        kind: JobKind | None = None,
    ) -> Page:
        """Jobs, the newest first; see :func:`mtpipe.web.jobs.listing.page`."""
        return page(self._rows, owner, after=after, limit=limit, state=state, kind=kind)

    def counts(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        rows = self._rows.read("SELECT state, count(*) FROM jobs GROUP BY state")
        found = dict(map(tuple, rows))
        return {state: found.get(state.value, 0) for state in JobState}

    def remove(self, job_id: str) -> bool:
        """Remove a job that has come to its end, with its files; whether there was one."""
        job = self.get(job_id)
        if job is None or not job.is_final:
            return False
        # The folder first: a row without one goes at the next start, the other way round it
        # would be taken for a job that lost its row.
        self.folder(job_id).remove()
        return self._rows.change("DELETE FROM jobs WHERE id = ?", (job_id,))

    def expire(self, moment: str | None = None, *, wanted_bytes: int = 0) -> list[str]:
        """Remove what is too old, and the oldest results where all are too large.

        Args:
            moment: that counts as now.
            wanted_bytes: of room that has to be left.

        Returns:
            The ids of what was removed.
        """
        most = int(self._settings.job_gb * 1e9) - wanted_bytes
        kept = all_kept(self._rows)
        gone = due(kept, now=moment or now(), most_bytes=most, spare_newest=not wanted_bytes)
        return [job_id for job_id in gone if self.remove(job_id)]

    def resized(self, job_id: str, files: Iterable[JobFile]) -> None:
        """Take into account what was made of a finished job since."""
        self._rows.change(
            "UPDATE jobs SET files = ?, size_bytes = ? WHERE id = ?",
            (files_text(list(files)), self.folder(job_id).size_bytes, job_id),
        )

    def path(self, job: Job, name: str) -> Path:
        """Where a file among a job's results is.

        Raises:
            InputError: the job has no such file, or it isn't there yet.
        """
        if name in {file.name for file in job.files}:
            path = self.folder(job.id).result(name)
            if path.is_file() and not path.is_symlink():
                return path
        raise InputError(f"this job has no file {name[:100]!r}")

    def _found(self, digest: str, *, may_change: bool) -> tuple[Job | None, str]:
        """The job that does what is asked for, if there is one; and the digest of a new one.

        What may come to something else by now is done again. Its digest goes on from that of the
        job before, so that each job has one of its own, and one that waits is found all the same.
        """
        while (same := self._same(digest)) and same.is_final and may_change:
            digest = sha256(f"{digest}\0{same.id}".encode()).hexdigest()
        return same, digest

    def _require_few(self, owner: str) -> None:
        [(count,)] = self._rows.read(
            f"SELECT count(*) FROM jobs WHERE owner = ? AND state NOT IN ({FINISHED})",  # noqa: S608 - ours
            (owner,),
        )
        if count >= MOST_UNFINISHED:
            raise Busy(_BUSY_S)

    def _make_room(self, size_bytes: int) -> None:
        most = int(self._settings.job_gb * 1e9)
        if size_of(self._rows) + size_bytes > most:
            self.expire(wanted_bytes=size_bytes)
        if size_of(self._rows) + size_bytes > most:
            raise OutputError(
                "the server has no room for another job",
                hint="wait until others are done, or let jobs keep more: --job-gb",
            )

    def _kept(self, job: Job, ready: Prepared) -> Job:
        description = {
            "id": job.id, "kind": job.kind.value, "digest": job.digest, "owner": job.owner,
            "title": job.title, "request": job.request, "created": job.created,
            "is_small": job.is_small,
        }  # fmt: skip
        folder = JobFolder.create(self._root, description, ready.uploads, ready.files)
        job = replace(job, size_bytes=folder.size_bytes)
        try:
            insert(self._rows, job)
        except BaseException:
            folder.remove()
            raise
        return job


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:200]
