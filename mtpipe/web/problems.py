"""Errors as answers: problem details of RFC 9457, an HTML page, or LibreTranslate's own form.

Every refusal of the server goes through here, so that none of them shows what only the log is to
say: the texts of exceptions that nobody foresaw, folders of this machine, what a request contained.
"""

import html
import json
import logging
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.errors import (
    ConfigError,
    DependencyMissing,
    EngineError,
    InputError,
    MalformedRecord,
    ModelNotFound,
    MtpipeError,
    OutOfMemory,
    OutputError,
    UnsupportedDirection,
)
from mtpipe.web.paths import Room, asked_address, room_of, root_path, route_path
from mtpipe.web.workers.errors import Busy, TimedOut

__all__ = ["AsProblems", "PageOfProblem", "Problem", "as_problem", "install", "response"]

PageOfProblem = Callable[[Request, dict[str, Any]], Response]
"""``app.state.problem_page``: makes the page that people see instead of a problem as JSON."""
MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 20
_MOST_CHARS = 200
_MOST_DETAIL_CHARS = 2_000
_STATUS: dict[type[MtpipeError], int] = {
    InputError: 422,
    ConfigError: 422,  # options of a request that contradict each other
    ModelNotFound: 422,
    UnsupportedDirection: 422,
    DependencyMissing: 501,
    Busy: 503,
    OutOfMemory: 503,
    TimedOut: 504,
    EngineError: 500,
    OutputError: 507,
    MtpipeError: 500,
}
_FOLDERS = re.compile(
    r"""(?<![^\s"'(=:,])(?!/(?:api|ui)/)(?:~|[A-Za-z]:)?(?:[/\\][\w.@+-]+)*[/\\](?=[\w.@+-])"""
)
"""All of a path from the root but its last part; no address, no ``and/or``, no path of ours."""
_log = logging.getLogger(__name__)


class Problem(HTTPException):
    """A refusal, wherever it is raised: in a route, a dependency or a guard.

    Args:
        status: of HTTP.
        detail: what is wrong, one sentence without a closing full stop.
        kind: what programs tell it by, such as ``no-such-job``; by default the status's phrase.
        hint: what repairs it.
        headers: further headers of the answer.
        members: further members of the problem.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.kind = kind
        self.hint = hint
        self.members = members


def as_problem(exc: Exception) -> dict[str, Any]:
    """The members of a problem: type, title, status, detail and hint.

    Args:
        exc: any exception. What isn't meant for people comes out as an internal error with an
            ``id``, under which the log has the rest.
    """
    if isinstance(exc, RequestValidationError):
        errors = _validation_errors(exc.errors())
        detail = "; ".join(f"{error['where']}: {error['message']}" for error in errors[:3])
        return _members(422, "invalid-request", detail, None) | {"errors": errors}
    if isinstance(exc, Problem):
        return _members(exc.status_code, exc.kind, exc.detail, exc.hint) | exc.members
    if isinstance(exc, HTTPException):
        return _members(exc.status_code, "", str(exc.detail), None)
    if isinstance(exc, MtpipeError):
        return _of_mtpipe(exc)
    number = uuid.uuid4().hex
    _log.error("error %s", number, exc_info=exc)
    hint = "the server's log has it under this id"
    return _members(500, "internal-error", f"an internal error, {number}", hint) | {"id": number}


def response(request: Request, exc: Exception) -> Response:
    """The answer to a request that failed, in the form that its path asks for."""
    problem = as_problem(exc) | {"instance": route_path(request.scope)[:_MOST_CHARS]}
    status = int(problem["status"])
    headers = {str(k): str(v) for k, v in (getattr(exc, "headers", None) or {}).items()}
    if (seconds := _retry_after(exc)) is not None:
        headers.setdefault("Retry-After", str(seconds))
    room = room_of(request.scope)
    if room is Room.LIBRETRANSLATE:
        return _libretranslate(problem, headers)
    if room is Room.PAGES and status == 401 and request.method in ("GET", "HEAD"):
        return _to_sign_in(request)
    if room is Room.PAGES or (room is Room.OTHER and _is_for_people(request)):
        page = cast("PageOfProblem", getattr(request.app.state, "problem_page", _plain_page))
        answer = page(request, problem)
        answer.status_code = status
    else:
        answer = Response(_json(problem), status, media_type=MEDIA_TYPE)
    answer.headers.update(headers)
    return answer


def install(app: FastAPI) -> None:
    """Have everything that routes and dependencies raise answered as a problem."""

    async def answer(request: Request, exc: Exception) -> Response:
        return response(request, exc)

    for kind in (HTTPException, RequestValidationError, MtpipeError):
        app.add_exception_handler(kind, answer)


class AsProblems:
    """ASGI middleware, outside the others: what they raise, and what nobody foresaw."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer what is raised."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as exc:
            if has_begun:
                raise  # the server ends the connection, so that nobody takes a part for the whole
            await response(Request(scope), exc)(scope, receive, send)


def _of_mtpipe(exc: MtpipeError) -> dict[str, Any]:
    status = getattr(type(exc), "status", None) or next(
        _STATUS[kind] for kind in type(exc).__mro__ if kind in _STATUS
    )
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(exc).__name__).lower()
    hint = _without_folders(exc.hint) if exc.hint else None
    if status >= 500 and status not in (503, 504):
        _log.warning("%s", exc)
    problem = _members(status, kind, _without_folders(exc.message), hint)
    return problem | ({"line": exc.line} if isinstance(exc, MalformedRecord) else {})


def _members(status: int, kind: str, detail: str, hint: str | None) -> dict[str, Any]:
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = kind.replace("-", " ").capitalize() or "Error"
    kind = kind or title.lower().replace(" ", "-")
    problem: dict[str, Any] = {
        "type": f"urn:mtpipe:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail[:_MOST_DETAIL_CHARS],  # messages may quote a request
    }
    return problem | ({"hint": hint[:_MOST_DETAIL_CHARS]} if hint else {})


def _validation_errors(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Where and what, without what was given: that may be a secret, or no text at all."""
    return [
        {
            "where": ".".join(str(part) for part in error["loc"])[:_MOST_CHARS],
            "message": str(error["msg"])[:_MOST_CHARS],
        }
        for error in errors[:_MOST_ERRORS]
    ]


def _without_folders(text: str) -> str:
    """Names of files only: where the server keeps them is its own business."""
    return _FOLDERS.sub("", text)


def _retry_after(exc: Exception) -> int | None:
    if isinstance(exc, Busy):
        return max(1, round(exc.retry_after_s))
    return 10 if isinstance(exc, OutOfMemory) else None


def _json(content: object) -> bytes:
    # In ASCII, so that half a surrogate pair, which a request may contain, can be written.
    return json.dumps(content, default=str).encode("ascii")


def _libretranslate(problem: dict[str, Any], headers: dict[str, str]) -> Response:
    """As LibreTranslate's clients expect it, which know neither 422 nor 401."""
    status = {401: 403, 422: 400}.get(problem["status"], problem["status"])
    hint = f" ({problem['hint']})" if "hint" in problem else ""
    body = _json({"error": f"{problem['detail']}{hint}"})
    return Response(body, status, headers, media_type="application/json")


def _is_for_people(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return "text/html" in accept and "json" not in accept


def _to_sign_in(request: Request) -> Response:
    wanted = quote(asked_address(request.scope), safe="")
    return RedirectResponse(f"{root_path(request.scope)}/ui/sign-in?next={wanted}", 303)


def _plain_page(_: Request, problem: dict[str, Any]) -> Response:
    """What people see where the pages have nothing better."""
    title, detail, hint = (
        html.escape(str(problem.get(k, ""))) for k in ("title", "detail", "hint")
    )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{detail}</p><p>{hint}</p></html>"
    )
