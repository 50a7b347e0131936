"""How large the body of a request may be, and how slowly it may come.

What a request says of its length is believed only where it is too much; what comes is counted. A
body must keep up with a pace, too, so that nobody holds the server by sending a byte now and then.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mtpipe.web.guard.access import key_in_header
from mtpipe.web.guard.binding import asks_for_keys
from mtpipe.web.paths import BODY_KEY_PATHS, route_path
from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings

__all__ = ["Bodies"]

_BYTES_PER_S = 16_000
"""The slowest that counts as somebody with a bad line; the seconds of the settings come on top."""
_LEAST_HELD_BYTES = 200_000_000
_DRAIN_BYTES = 64_000_000
_DRAIN_S = 2.0
_CLOSE = (b"connection", b"close")


class Bodies:
    """ASGI middleware: refuses bodies that are too large (413) or too slow (408).

    Args:
        app: what is guarded.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._settings = settings
        self._asks = asks_for_keys(settings)
        self._held = _Held(max(_LEAST_HELD_BYTES, 4 * settings.max_upload_bytes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with a body that is watched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        body = _Body(connection, receive, send, self._limit(connection), self._settings, self._held)
        try:
            await self._app(scope, body.receive, body.send)
        finally:
            self._held.bytes -= body.bytes

    def _limit(self, connection: HTTPConnection) -> int:
        """Files may be larger than other bodies.

        But not where the key is in the body as well, so that a stranger's files would be kept until
        it is seen.
        """
        is_form = connection.headers.get("content-type", "").lower().startswith("multipart/")
        is_stranger = (
            self._asks
            and not key_in_header(connection)
            and route_path(connection.scope) in BODY_KEY_PATHS
        )
        if is_form and not is_stranger:
            return self._settings.max_upload_bytes
        return self._settings.max_request_bytes


@dataclass(slots=True)
class _Held:
    """Bytes of bodies that are with requests at this moment, and how many there may be."""

    most: int
    bytes: int = 0


class _Body:
    """The body of one request.

    Args:
        connection: with the headers.
        receive: gets the next part.
        send: sends the answer.
        limit: bytes that it may have.
        settings: say how long it may take.
        held: bytes of all bodies.
    """

    def __init__(
        self,
        connection: HTTPConnection,
        receive: Receive,
        send: Send,
        limit: int,
        settings: ServeSettings,
        held: _Held,
    ) -> None:
        headers = connection.headers
        length = headers.get("content-length", "")
        self._is_whole = not headers.get("transfer-encoding") and length in ("", "0")
        self._is_announced_too_large = length.isdecimal() and int(length[:20]) > limit
        self._is_held_back = headers.get("expect", "").lower() == "100-continue"
        self._receive, self._send = receive, send
        self._limit, self._patience_s = limit, settings.body_seconds
        self._waited_s = 0.0
        self._held = held
        self.bytes = 0

    async def receive(self) -> Message:
        """The next part, in time and within the limit.

        Raises:
            Problem: 413, it is too large; 408, too slow; 503, there are too many others.
        """
        if self._is_whole:
            return await self._receive()  # what comes now is that the client has gone
        if self._is_announced_too_large:
            raise self._too_large()
        self._is_held_back = False
        # Only what is waited for the client counts, not what we do with what came.
        began, may_s = time.monotonic(), self._patience_s + self.bytes / _BYTES_PER_S
        try:
            async with asyncio.timeout(may_s - self._waited_s):
                message = await self._receive()
        except TimeoutError:
            self._is_held_back = True
            raise Problem(
                408, "the body of the request comes too slowly", kind="slow-body"
            ) from None
        self._waited_s += time.monotonic() - began
        self._note(message)
        if self.bytes > self._limit:
            raise self._too_large()
        if self._held.bytes > self._held.most:
            raise Problem(
                503,
                "too many requests with long bodies at once",
                kind="busy",
                hint="try again in 5 s",
                headers={"Retry-After": "5"},
            )
        return message

    async def send(self, message: Message) -> None:
        """The answer; a connection with the rest of a body on the way can't be used again."""
        if message["type"] == "http.response.start":
            await self._drain()
            if not self._is_whole:
                message["headers"] = [*message.get("headers", ()), _CLOSE]
        await self._send(message)

    async def _drain(self) -> None:
        """Throw the rest away, for a moment: who is still sending doesn't see the answer."""
        left = _DRAIN_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                while left > 0 and not self._is_whole and not self._is_held_back:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    self._is_whole = not message.get("more_body", False)

    def _note(self, message: Message) -> None:
        size = len(message.get("body", b""))
        self.bytes += size
        self._held.bytes += size
        self._is_whole = not message.get("more_body", False)

    def _too_large(self) -> Problem:
        return Problem(
            413,
            f"the body of the request has more than {self._limit} bytes",
            kind="body-too-large",
            hint="give less at once; large files need the key in a header",
        )
