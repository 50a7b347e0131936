"""From a form to a job, or back to the form with what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from mtpipe.errors import InputError, ModelError
from mtpipe.web.guard.callers import Caller
from mtpipe.web.jobs.job import JobKind
from mtpipe.web.pages.given import Given, NotGiven
from mtpipe.web.pages.rendering import redirect, texts_for
from mtpipe.web.pages.texts import Texts
from mtpipe.web.services import Services, services

__all__ = ["Owned", "problem_text", "submitted", "title_of"]

Owned = Annotated[Services, Depends(services)]
"""The dependency."""


def problem_text(request: Request, problem: NotGiven) -> str:
    """What is wrong with a field, in the reader's language."""
    texts = texts_for(request)
    values = {k: texts.number(v) if isinstance(v, int) else v for k, v in problem.values.items()}
    return texts(problem.key, **values)


def title_of(given: Given, texts: Texts) -> str:
    """What a job with these is called."""
    first = given.titles[0] or texts("job.untitled")
    more = len(given.titles) - 1
    return texts("job.more_titles", title=first, count=more) if more else first


async def submitted(
    request: Request,
    owned: Services,
    caller: Caller,
    kind: JobKind,
    asked: Mapping[str, Any],
    given: Sequence[Given],
    again: Callable[[str], Response],
) -> Response:
    """Start a job and go on to its page.

    Args:
        request: of the form.
        owned: by the server.
        caller: whose job it will be.
        kind: of job.
        asked: the job's request.
        given: everything that was given; the first has the job's title.
        again: shows the form again, with what is wrong.

    Raises:
        Problem: 429, the caller has used up the characters of a day.
        MtpipeError: too many jobs wait, or the disk is full.
    """
    owned.limits.characters(caller, sum(each.size for each in given))
    uploads = [upload for each in given for upload in each.uploads]
    title = title_of(given[0], texts_for(request))
    try:
        job, _ = await owned.jobs.submit(kind, asked, uploads, owner=caller.owner, title=title)
    except (InputError, ModelError) as exc:
        return again(texts_for(request)("given.refused", reason=exc.message))
    return redirect(request, f"/ui/jobs/{job.id}")
