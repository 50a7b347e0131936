import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.settings import ServeSettings
from tests.web.api.raw import RawClient
from tests.web.fakes import FakePool

TEXT = {"text": "a", "language": "de"}
SLOW = [
    pytest.param("/api/v1/detect", {"candidate": TEXT}, "detect", id="detect"),
    pytest.param("/api/v1/align", {"source": TEXT, "target": TEXT}, "align", id="align"),
    pytest.param(
        "/api/v1/translate",
        {"texts": ["a"], "source": "de", "target": "en"},
        "translate_segments",
        id="texts",
    ),
    pytest.param(
        "/api/v1/translate/article",
        {"article": TEXT, "target": "en"},
        "translate_articles",
        id="article",
    ),
]


@pytest.mark.parametrize(("path", "body", "task"), SLOW)
def test_work_ends_when_the_client_goes(
    app: FastAPI, pool: FakePool, path: str, body: object, task: str
) -> None:
    async def check() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def endless(_: dict[str, Any]) -> None:
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

        pool.answers[task] = endless
        others = asyncio.all_tasks()
        client = RawClient(app, "POST", path, body)
        await begun.wait()
        assert not ended.is_set()
        client.has_left.set()
        await ended.wait()
        await client.serving
        assert client.status in (0, 499)
        assert asyncio.all_tasks() == others  # nothing is left behind

    asyncio.run(asyncio.wait_for(check(), 10))


class TestWithoutPatience:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> ServeSettings:
        return ServeSettings(home=tmp_path / "serve", request_seconds=0)

    @pytest.mark.parametrize(("path", "body", "task"), SLOW)
    def test_what_takes_too_long_is_told_of_jobs(
        self, client: TestClient, pool: FakePool, path: str, body: object, task: str
    ) -> None:
        async def endless(_: dict[str, Any]) -> None:
            await asyncio.sleep(60)

        pool.answers[task] = endless
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()["type"]) == (504, "urn:mtpipe:problem:timed-out")
        assert "job" in answer.json()["hint"]


def test_time_goes_with_the_order(client: TestClient, pool: FakePool) -> None:
    client.get("/api/v1/models")
    assert pool.calls[0].timeout_s == 60
