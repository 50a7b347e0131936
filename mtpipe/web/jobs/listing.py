"""Jobs page by page, the newest first; without their files, of which there may be very many."""

from dataclasses import fields
from typing import Any

from mtpipe.errors import InputError
from mtpipe.web.jobs.job import Job, JobKind, JobState, Page
from mtpipe.web.jobs.rows import Rows, job_of

__all__ = ["page"]

_MOST = 200
_COLUMNS = ", ".join("'[]' AS files" if one.name == "files" else one.name for one in fields(Job))


def page(
    rows: Rows,
    owner: str | None = None,
    *,
    after: str | None = None,
    limit: int = 50,
    state: JobState | None = None,
    kind: JobKind | None = None,
) -> Page:
    """Some jobs, all but their files.

    Args:
        rows: of all jobs.
        owner: whose; None for everybody's.
        after: the page's ``next`` that this one follows.
        limit: of jobs on a page, 200 at most.
        state: only those.
        kind: only those.

    Raises:
        InputError: ``after`` is no page's ``next``.
    """
    wanted: list[tuple[str, Any]] = [("1 = ?", 1)]
    wanted += [("owner = ?", owner)] if owner is not None else []
    wanted += [("state = ?", state.value)] if state else []
    wanted += [("kind = ?", kind.value)] if kind else []
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise InputError("there is no such page of jobs")
        wanted.append(("number < ?", int(after)))
    limit = max(1, min(limit, _MOST))
    found = rows.read(
        f"SELECT number, {_COLUMNS} FROM jobs WHERE {' AND '.join(text for text, _ in wanted)} "  # noqa: S608 - ours
        "ORDER BY number DESC LIMIT ?",
        [*(value for _, value in wanted), limit + 1],
    )
    following = str(found[limit - 1]["number"]) if len(found) > limit else None
    return Page(tuple(map(job_of, found[:limit])), following)
