"""A client that may leave while it is being answered, which test clients can't."""

import asyncio
import json
from typing import Any

from fastapi import FastAPI


class RawClient:
    """One request over ASGI.

    Args:
        app: that answers.
        method: of HTTP.
        path: of the request.
        body: to be sent as JSON; None for none.
    """

    def __init__(self, app: FastAPI, method: str, path: str, body: object = None) -> None:
        self._content = b"" if body is None else json.dumps(body).encode()
        self.has_left = asyncio.Event()
        self.got_some = asyncio.Event()
        self.status = 0
        self._is_sent = False
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [
                (b"host", b"localhost:8000"),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(self._content)).encode()),
            ],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8000),
        }
        self.serving = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._is_sent:
            self._is_sent = True
            return {"type": "http.request", "body": self._content, "more_body": False}
        await self.has_left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        if message.get("body"):
            self.got_some.set()
