"""A problem as a page: what happened in plain words, and what to do."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mtpipe.web.pages.rendering import path_to, render, texts_for
from mtpipe.web.paths import asked_address

__all__ = ["problem_page"]

_MOST_CHARS = 1_000
_WAIT = re.compile(r"try again in (\d{1,6}) s")
"""How the hints of whatever is busy say when it won't be."""


def problem_page(request: Request, problem: dict[str, Any]) -> Response:
    """The page that people see instead of a problem as JSON.

    Args:
        request: that failed.
        problem: see :mod:`mtpipe.web.problems`.
    """
    texts, status = texts_for(request), int(problem["status"])
    named = status if texts.has(f"problem.{status}.title") else _nearest(status)
    is_page = request.method == "GET" and status not in (401, 404)
    # What our own programmers wrote for programmers adds nothing where the page says it all.
    detail = "" if named in (401, 404, 405, 429) else str(problem.get("detail", ""))[:_MOST_CHARS]
    hint = str(problem.get("hint") or "")[:_MOST_CHARS]
    wait = _WAIT.search(hint)
    again = asked_address(request.scope)
    if status < 500 and status not in (408, 429):
        again = again.partition("?")[0]  # what is wrong with a query would be wrong again
    return render(
        request,
        "problem.html.j2",
        status=status,
        code=status,
        title=texts(f"problem.{named}.title"),
        advice=texts(f"problem.{named}.advice"),
        wait=texts("problem.wait", span=texts.span(int(wait[1]))) if wait else "",
        detail=detail,
        hint=hint if detail and not wait else "",
        retry=path_to(request, again) if is_page else "",
    )


def _nearest(status: int) -> int:
    """Statuses that have no words of their own speak with others'."""
    if status in (501, 507):
        return 503
    return 500 if status >= 500 else 400
