import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.jobs.job import Job, JobState
from tests.web.api.fake_jobs import DONE, RUNNING, FakeJobs, job
from tests.web.api.raw import RawClient

EVENTS = f"/api/v1/jobs/{RUNNING}/events"


def events_of(text: str) -> list[dict[str, str]]:
    """Fields of each event."""
    return [
        dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        for block in text.split("\n\n")
        if block.strip()
    ]


def test_every_change_is_a_whole_job_and_the_last_one_ends_it(
    client: TestClient, jobs: FakeJobs
) -> None:
    jobs.states[RUNNING] = [
        job(RUNNING, JobState.QUEUED),
        job(RUNNING, JobState.RUNNING, done=1, total=2, note="a\nb"),
        job(RUNNING, JobState.DONE, done=2, total=2),
    ]
    answer = client.get(EVENTS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    events = events_of(answer.text)
    assert [event["event"] for event in events] == ["job"] * 3
    assert ["id" in event for event in events] == [False, False, True]
    data = [json.loads(event["data"]) for event in events]
    assert [each["state"] for each in data] == ["queued", "running", "done"]
    assert (data[1]["done"], data[1]["total"], data[1]["note"]) == (1, 2, "a\nb")
    assert data[2] == {**client.get(f"/api/v1/jobs/{RUNNING}").json(), "state": "done", "done": 2}
    assert jobs.closed == 1


def test_who_connects_again_gets_the_state_unless_it_was_the_last(client: TestClient) -> None:
    path = f"/api/v1/jobs/{DONE}/events"
    [event] = events_of(client.get(path, headers={"last-event-id": "other"}).text)
    assert event["id"] == "final"
    again = client.get(path, headers={"last-event-id": "final"})
    assert (again.status_code, again.json()["type"]) == (410, "urn:mtpipe:problem:stream-over")


def test_silence_is_filled(
    client: TestClient, jobs: FakeJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(_: str) -> AsyncIterator[Job]:
        yield job(RUNNING, JobState.RUNNING)
        await asyncio.sleep(0.3)
        yield job(RUNNING, JobState.DONE)

    monkeypatch.setattr(jobs, "watch", slow)
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.1)
    assert ": ping" in client.get(EVENTS).text


def test_watching_ends_when_the_client_goes(app: FastAPI, jobs: FakeJobs) -> None:
    async def check() -> None:
        ended = asyncio.Event()

        async def endless(_: str) -> AsyncIterator[Job]:
            try:
                while True:
                    yield job(RUNNING, JobState.RUNNING)
                    await asyncio.sleep(0.01)
            finally:
                ended.set()

        jobs.watch = endless  # type: ignore[method-assign]
        client = RawClient(app, "GET", EVENTS)
        await client.got_some.wait()
        assert not ended.is_set()
        client.has_left.set()
        await ended.wait()
        await client.serving

    asyncio.run(asyncio.wait_for(check(), 10))
