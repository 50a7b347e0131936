"""The pages of jobs: the list, one job with its progress or its results, and its files."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from mtpipe.errors import InputError
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope
from mtpipe.web.guard.headers import attachment, report_headers
from mtpipe.web.jobs.job import Job, JobKind, JobState
from mtpipe.web.pages.rendering import path_to, redirect, render, texts_for
from mtpipe.web.pages.results import aligned, translated
from mtpipe.web.pages.submitting import Owned
from mtpipe.web.pages.verdicts import answers, rows_of
from mtpipe.web.pages.views import JobView, file_views, finding_key, job_view
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_LIST_LIMIT = 25
_REFRESH_S = 3
_LAST = "final"
_REPORTS = frozenset({"report.html", "score.html", "alignment.html"})
"""Pages of ours that are shown as they are; everything else is a download."""
_Caller = Annotated[Caller, Depends(needs(Scope.JOBS))]


async def _own_job(job_id: str, owned: Owned, caller: _Caller) -> Job:
    """A job of the caller's.

    Raises:
        Problem: 404, there is none, or it is somebody else's.
    """
    job = await owned.jobs.get(job_id, caller.owner)
    if job is None:
        raise Problem(404, "there is no such job", kind="no-such-job")
    return job


_OwnJob = Annotated[Job, Depends(_own_job)]


@router.get("/ui/jobs")
async def jobs_page(
    request: Request,
    owned: Owned,
    caller: _Caller,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The caller's jobs, the newest first."""
    page = await owned.jobs.listed(caller.owner, after=after, limit=_LIST_LIMIT)
    views = [_view(request, job) for job in page.jobs]
    is_running = not all(view.is_final for view in views)
    return render(
        request,
        "jobs.html.j2",
        section="jobs",
        jobs=views,
        is_running=is_running,
        refresh_s=_REFRESH_S if is_running else 0,
        after=after or "",
        next=page.next,
        job_days=owned.settings.job_days,
    )


@router.get("/ui/jobs/{job_id}")
async def job_page(request: Request, owned: Owned, job: _OwnJob) -> Response:
    """How far a job is, or what came of it."""
    view = _view(request, job)
    if not view.is_final:
        return render(
            request, "job.html.j2", section="jobs", view=view, files=[], refresh_s=_REFRESH_S
        )
    texts = texts_for(request)
    root = path_to(request, "")
    return render(
        request,
        f"job_{job.kind.value}.html.j2",
        section="jobs",
        view=view,
        files=file_views(job, texts, root),
        summary=job.summary or {},
        **await _result(request, owned, job),
    )


@router.get("/ui/jobs/{job_id}/events", response_class=EventSourceResponse)
async def job_events(
    request: Request,
    owned: Owned,
    job: _OwnJob,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """A job as it goes on, for the script of its page."""
    if last_event_id == _LAST:
        return
    async with aclosing(owned.jobs.watch(job.id)) as states:
        async for state in states:
            view = _view(request, state)
            yield ServerSentEvent(
                event="job",
                data={
                    "is_final": view.is_final,
                    "percent": view.percent,
                    "heading": _heading(request, view),
                    "count": view.count_text,
                    "left": view.left_text,
                },
                id=_LAST if view.is_final else None,
            )


@router.post("/ui/jobs/{job_id}/cancel")
async def cancel_job(request: Request, owned: Owned, job: _OwnJob) -> Response:
    """Cancel a job, and show it."""
    if not job.is_final:
        await owned.jobs.cancel(job.id)
    return redirect(request, f"/ui/jobs/{job.id}")


@router.post("/ui/jobs/{job_id}/retry")
async def retry_job(request: Request, owned: Owned, job: _OwnJob) -> Response:
    """Go on with a job that failed or was cancelled."""
    again = await owned.jobs.retry(job.id)
    if again is None:
        raise Problem(409, "only failed and cancelled jobs can be tried again", kind="conflict")
    return redirect(request, f"/ui/jobs/{again.id}")


@router.post("/ui/jobs/{job_id}/remove")
async def remove_job(request: Request, owned: Owned, job: _OwnJob) -> Response:
    """Remove a job with its results, and show the others."""
    if not await owned.jobs.remove(job.id):
        raise Problem(409, "this job is still running", kind="conflict", hint="cancel it first")
    return redirect(request, "/ui/jobs")


@router.get("/ui/jobs/{job_id}/files/{name:path}")
async def job_file(
    owned: Owned, job: _OwnJob, name: str, download: Annotated[str, Query(max_length=5)] = ""
) -> Response:
    """A file of a job: a report to be shown, anything to be downloaded."""
    file = next((each for each in job.files if each.name == name), None)
    if file is None:
        raise Problem(404, "this job has no such file", kind="no-such-file")
    path = await owned.jobs.file(job, name)
    is_report = name in _REPORTS or (name.startswith("reports/") and name.endswith(".html"))
    if is_report and not download:
        return FileResponse(path, media_type="text/html", headers=report_headers())
    headers = attachment(name.rpartition("/")[2])
    return FileResponse(path, media_type=file.media_type, headers=headers)


def _view(request: Request, job: Job) -> JobView:
    return job_view(job, texts_for(request), path_to(request, ""))


def _heading(request: Request, view: JobView) -> str:
    texts = texts_for(request)
    is_running = view.state == JobState.RUNNING.value
    return texts(f"job.running.{view.kind}") if is_running else texts("job.waiting")


async def _result(request: Request, owned: Services, job: Job) -> dict[str, Any]:
    """What the template of a kind of job shows beside files and summary."""
    texts, summary = texts_for(request), job.summary or {}
    files = {file.name for file in job.files}
    base = path_to(request, f"/ui/jobs/{job.id}/files/")
    if job.kind is JobKind.DETECT:
        return {
            "finding": finding_key(summary),
            **answers(summary, texts),
            "rows": rows_of(summary, lambda name: base + quote(name) if name in files else ""),
            "report": base + "report.html" if "report.html" in files else "",
        }
    if job.kind is JobKind.TRANSLATE:
        articles, shortened = await _read(owned, job, "translation.jsonl", translated, texts)
        flagged = [p for a in articles for p in a.pairs if any(not f.solved for f in p.flags)]
        return {
            "articles": articles,
            "sentences": summary.get("sentences") or sum(len(a.pairs) for a in articles),
            "flagged": len(flagged),
            "shortened": shortened,
        }
    if job.kind is JobKind.ALIGN:
        pairs, shortened = await _read(owned, job, "alignment.jsonl", aligned)
        return {
            "pairs": pairs,
            "shortened": shortened,
            "source_language": summary.get("source_language") or "und",
            "target_language": summary.get("target_language") or "und",
        }
    if job.kind is JobKind.SCORE:
        systems = summary.get("systems") or {}
        return {
            "systems": systems,
            "columns": list(dict.fromkeys(metric for each in systems.values() for metric in each)),
            "report": base + "score.html" if "score.html" in files else "",
        }
    return {}


async def _read(owned: Services, job: Job, name: str, read: Any, *more: Any) -> Any:
    """What is shown of a file of results; nothing if there is none, as of a job that failed early."""
    if name not in {file.name for file in job.files}:
        return [], False
    try:
        path = await owned.jobs.file(job, name)
    except InputError:
        return [], False
    return await asyncio.to_thread(read, path, *more)
