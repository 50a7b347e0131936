"""A line in the log and a number in the metrics for every request, refused ones included.

The line has no query, no header and nothing of a body, since those hold keys and texts; and what a
client chose is written so that it can't look like another line.
"""

import logging
import time
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.web.guard.limits import address_of
from mtpipe.web.paths import Room, room_of
from mtpipe.web.services import Services

__all__ = ["Record", "printable"]

_API = "/api/v1"
_MOST_CHARS = 200
_log = logging.getLogger("mtpipe.web.requests")


def printable(text: str) -> str:
    """A text for one line of a log: control characters and spaces are spelt out, the rest cut."""
    shown = text[:_MOST_CHARS]
    spelt = (
        c if c.isprintable() and c != " " else ascii(c)[1:-1] if c != " " else "%20" for c in shown
    )
    return "".join(spelt) + ("..." if len(text) > _MOST_CHARS else "")


class Record:
    """ASGI middleware, outside all others.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and write down what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 499  # nobody waited for the answer

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - began
            _write(scope, status, seconds)


def _write(scope: Scope, status: int, seconds: float) -> None:
    owned = cast("Services", scope["app"].state.services)
    owned.metrics.request(scope["method"], _template(scope), status, seconds)
    caller = scope.get("state", {}).get("caller")
    _log.info(
        "%s %s %s %s %d %.0f ms",
        address_of(scope),
        printable(caller.name) if caller else "-",
        printable(scope["method"]),
        printable(scope["path"]),
        status,
        seconds * 1000,
    )


def _template(scope: Scope) -> str | None:
    """The path of the route that a request came to, with names for what differs."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path and room_of(scope) is Room.API and not path.startswith(_API):
        return _API + path  # FastAPI leaves away what an including router puts before it
    return path
