"""``/jobs``: what takes longer than a client waits for; made, listed, watched, and fetched from."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from mtpipe.web.api.documented import problems
from mtpipe.web.api.errors import conflict, forbidden, not_found
from mtpipe.web.api.job_bodies import read_job, request_body
from mtpipe.web.api.job_schemas import JobAnswer, JobsPage, scope_of
from mtpipe.web.api.paging import Limit, address_of, next_page
from mtpipe.web.api.schemas import field_chars
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope
from mtpipe.web.guard.headers import attachment
from mtpipe.web.jobs.job import Job, JobKind, JobState
from mtpipe.web.services import Services, provided

__all__ = ["JOBS", "OwnJob", "router"]

JOBS = "/api/v1/jobs"
"""Where jobs are."""

router = APIRouter(prefix="/jobs", tags=["jobs"])

_Services = Annotated[Services, Depends(provided)]
_Caller = Annotated[Caller, Depends(needs(Scope.JOBS))]
_JobId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="Of the job.")]


async def own_job(job_id: _JobId, services: _Services, caller: _Caller) -> Job:
    """A job of the caller's.

    Raises:
        Problem: there is none, or it is somebody else's.
    """
    job: Job | None = await services.jobs.get(job_id, caller.owner)
    if job is None:
        raise not_found("there is no such job")
    return job


OwnJob = Annotated[Job, Depends(own_job)]


@router.post(
    "",
    summary="Make a job",
    status_code=202,
    responses={
        200: {"model": JobAnswer, "description": "The same was asked for before: that job."},
        202: {
            "description": "It waits for its turn.",
            "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
        },
        **problems(413, 415),
    },
    openapi_extra={"requestBody": request_body()},
)
async def make_job(
    request: Request, response: Response, services: _Services, caller: _Caller
) -> JobAnswer:
    """Make a job, or find the one that was made of the same request and files before.

    What depends on the archive or on fetched pages is only found until it has come to its end.

    The body is JSON; or a form whose field `request` has that JSON, with files that it names.
    """
    body = await read_job(request)
    kind = JobKind(body.asked.kind)
    if not caller.may(scope_of(kind)):
        raise forbidden(scope_of(kind))
    services.limits.characters(
        caller, field_chars(body.asked) + sum(upload.size_bytes for upload in body.uploads)
    )
    asked = body.asked.stored()
    if kind is JobKind.DETECT:
        has_archive = services.settings.archive is not None
        asked["use_archive"] = asked["use_archive"] and "original" not in asked and has_archive
    job, is_new = await services.jobs.submit(
        kind, asked, body.uploads, owner=caller.owner, title=body.asked.title
    )
    answer = JobAnswer.of(job, address_of(request, JOBS))
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = answer.address
    return answer


@router.get("", summary="List jobs", responses=problems())
async def list_jobs(
    request: Request,
    services: _Services,
    caller: _Caller,
    state: Annotated[JobState | None, Query(description="Only those in this state.")] = None,
    kind: Annotated[JobKind | None, Query(description="Only those of this kind.")] = None,
    after: Annotated[
        str | None, Query(max_length=200, description="From the `next` of the page before.")
    ] = None,
    limit: Limit = 50,
) -> JobsPage:
    """List the caller's jobs, the newest first, a page at a time."""
    page = await services.jobs.listed(
        caller.owner, after=after, limit=limit, state=state, kind=kind
    )
    return JobsPage(
        jobs=[JobAnswer.of(job, address_of(request, JOBS)) for job in page.jobs],
        next=next_page(request, page.next),
    )


@router.get("/{job_id}", summary="Show a job", responses=problems(404))
async def show_job(request: Request, job: OwnJob) -> JobAnswer:
    """Show how far a job is, and what came of it."""
    return JobAnswer.of(job, address_of(request, JOBS))


@router.delete(
    "/{job_id}",
    summary="Cancel or remove a job",
    responses={
        204: {"description": "It was final, and is removed with its files."},
        **problems(404),
    },
    response_model=JobAnswer,
)
async def cancel_job(request: Request, job: OwnJob, services: _Services) -> Any:
    """Cancel a job that waits or runs; remove one that is final, with its results."""
    if job.is_final:
        await services.jobs.remove(job.id)
        return Response(status_code=204)
    cancelled = await services.jobs.cancel(job.id)
    if cancelled is None:
        raise not_found("there is no such job any more")
    return JobAnswer.of(cancelled, address_of(request, JOBS))


@router.post(
    "/{job_id}/retry",
    summary="Try a job again",
    status_code=202,
    responses=problems(404, 409),
)
async def retry_job(request: Request, job: OwnJob, services: _Services) -> JobAnswer:
    """Queue a job that failed or was cancelled again; it goes on where it was."""
    again = await services.jobs.retry(job.id) if job.state is not JobState.DONE else None
    if again is None:
        raise conflict(
            f"a job that is {job.state.value} can't be tried again",
            hint="only failed and cancelled ones can",
        )
    return JobAnswer.of(again, address_of(request, JOBS))


@router.get(
    "/{job_id}/files/{name:path}",
    summary="Fetch a result",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file, to be saved.",
            "content": {"application/octet-stream": {}},
        },
        **problems(404, 409),
    },
)
async def fetch_file(
    job: OwnJob,
    services: _Services,
    name: Annotated[str, Field(min_length=1, max_length=300, description="One of `files`.")],
) -> FileResponse:
    """Fetch a file of a job's results; some formats are made when they are first asked for."""
    file = next((each for each in job.files if each.name == name), None)
    if file is None:
        raise not_found("this job has no such file")
    path = await services.jobs.file(job, name)
    return FileResponse(path, media_type=file.media_type, headers=attachment(name))
