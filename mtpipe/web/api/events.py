"""``GET /jobs/{id}/events``: a job as it goes on, as server-sent events.

Each event is the whole job, so that whoever connects again has missed nothing. FastAPI sends a
comment every 15 seconds in between, and ends the generator when the client has gone.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mtpipe.web.api.documented import problems
from mtpipe.web.api.errors import no_more
from mtpipe.web.api.job_schemas import JobAnswer
from mtpipe.web.api.jobs import JOBS, OwnJob
from mtpipe.web.api.paging import address_of
from mtpipe.web.services import Services, provided

__all__ = ["router"]

router = APIRouter(prefix="/jobs", tags=["jobs"])

_LAST = "final"
"""Id of the event with a final state."""


async def _not_over(
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="Sent by browsers that connect again.")
    ] = None,
) -> None:
    """Browsers connect again whenever a stream ends, unless they are told not to.

    Raises:
        Problem: they have the last event.
    """
    if last_event_id == _LAST:
        raise no_more()


@router.get(
    "/{job_id}/events",
    summary="Watch a job",
    dependencies=[Depends(_not_over)],
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "Events named `job`, each with the job as `data`; the last one has a "
            "final state and the id `final`.",
        },
        **problems(404, 410),
    },
)
async def watch_job(
    request: Request,
    job: OwnJob,
    services: Annotated[Services, Depends(provided)],
) -> AsyncIterator[ServerSentEvent]:
    """Send the job at once and after every change, until its state is final."""
    jobs = address_of(request, JOBS)
    async with aclosing(services.jobs.watch(job.id)) as states:
        async for state in states:
            yield ServerSentEvent(
                event="job",
                data=JobAnswer.of(state, jobs),
                id=_LAST if state.is_final else None,
            )
