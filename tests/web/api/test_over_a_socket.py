"""What only a real connection shows."""

import asyncio
import json
import socket
import threading
from typing import Any

import uvicorn
from fastapi import FastAPI

from tests.web.fakes import FakePool


def test_work_ends_when_the_connection_is_closed(app: FastAPI, pool: FakePool) -> None:
    begun, ended = threading.Event(), threading.Event()

    async def endless(_: dict[str, Any]) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    pool.answers["detect"] = endless
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving.start()
    try:
        body = json.dumps({"candidate": {"text": "a"}}).encode()
        head = (
            "POST /api/v1/detect HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(listening.getsockname()) as client:
            client.sendall(head.encode() + body)
            assert begun.wait(10)
            assert not ended.is_set()
        assert ended.wait(10)
    finally:
        server.should_exit = True
        serving.join(10)
        listening.close()
    assert not serving.is_alive()
