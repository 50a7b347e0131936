"""A job, as it is shown to those who ask: what, whose, how far, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mtpipe.errors import MtpipeError

__all__ = ["FINAL", "Job", "JobFile", "JobKind", "JobState", "Page", "problem_of"]


class JobKind(StrEnum):
    """What a job does."""

    TRANSLATE = "translate"
    DETECT = "detect"
    ALIGN = "align"
    SCORE = "score"
    ARCHIVE_ADD = "archive_add"


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})
"""States that a job stays in, unless somebody wants it tried again."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A file among a job's results.

    Attributes:
        name: by which it is asked for; may have one folder in front.
        media_type: of its content.
        size_bytes: None for a file that is made when it is first asked for.
    """

    name: str
    media_type: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job at one moment.

    Attributes:
        id: 32 hexadecimal digits.
        kind: what it does.
        state: how far it is.
        digest: of kind, request, uploads and owner.
        owner: whose it is.
        title: for people.
        request: what was asked for; uploads by their names.
        done: articles, or steps, that nothing is left to do for.
        total: of how many; None where it takes reading to know.
        note: what it is at, for people.
        problem: why it failed: ``title``, ``detail``, ``hint`` and ``error``.
        created: when it was asked for, in ISO 8601, UTC.
        started: when it was last begun.
        finished: when it came to its end.
        attempts: how often it was begun.
        files: results; of a cancelled or failed job, what was finished.
        expires: when it will be removed at the latest.
        summary: what came of it, for pages: counts, a finding, failures.
        is_small: whether it is done among the short requests.
        size_bytes: of all its files on disk.
    """

    id: str
    kind: JobKind
    state: JobState
    digest: str
    owner: str
    title: str
    request: dict[str, Any]
    created: str
    done: int = 0
    total: int | None = None
    note: str = ""
    problem: dict[str, Any] | None = None
    started: str | None = None
    finished: str | None = None
    attempts: int = 0
    files: tuple[JobFile, ...] = field(default=())
    expires: str | None = None
    summary: dict[str, Any] | None = None
    is_small: bool = False
    size_bytes: int = 0

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to it any more by itself."""
        return self.state in FINAL


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, the newest first.

    Attributes:
        jobs: of this page, without their files.
        next: gives the following page; None if there is none.
    """

    jobs: tuple[Job, ...]
    next: str | None


def problem_of(error: MtpipeError) -> dict[str, Any]:
    """What is kept of an error that ended a job."""
    return {
        "title": "The job failed",
        "detail": error.message,
        "hint": error.hint,
        "error": type(error).__name__,
    }
