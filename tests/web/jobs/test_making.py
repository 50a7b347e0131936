"""Files that are made when somebody wants them, and for whom they take too long."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mtpipe.web.jobs.job import Job, JobFile, JobKind
from mtpipe.web.jobs.making import FileMaker
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.workers.errors import Busy
from mtpipe.web.workers.pool import Lane
from tests.web.fakes import FakePool


@pytest.fixture
def job(store: JobStore) -> Job:
    """A long one that is done, and offers a document."""
    request = {"target": "de", "sources": [{"text": "x" * 30_000}]}
    job, _ = store.add(JobKind.TRANSLATE, request, owner="me")
    store.claim()
    line = store.folder(job.id).result("translation.jsonl")
    line.write_text(json.dumps({"id": "a"}), encoding="utf-8")
    offered = JobFile("translation.txt", "text/plain", None)
    store.finish(job.id, [JobFile(line.name, "", line.stat().st_size), offered], {})
    found = store.get(job.id)
    assert found
    return found


def test_nobody_waits_for_ever_and_it_is_made_all_the_same(
    store: JobStore, pool: FakePool, job: Job
) -> None:
    async def test() -> None:
        turn = asyncio.Event()

        async def make(arguments: dict[str, Any]) -> str:
            await turn.wait()  # until the long job that runs has come to its end
            path = Path(arguments["folder"]) / "results" / str(arguments["name"])
            path.write_text("Hallo.", encoding="utf-8")
            return path.name

        pool.answers["job_document"] = make
        maker = FileMaker(store, pool, patience_s=0.05)
        waiting = [maker.file(job, "translation.txt") for _ in range(2)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in found] == [Busy, Busy]
        turn.set()
        maker._patience_s = 20
        path = await maker.file(job, "translation.txt")
        assert path.read_text(encoding="utf-8") == "Hallo."
        assert await maker.file(job, "translation.txt") == path

    asyncio.run(test())
    assert [(call.task, call.lane) for call in pool.calls] == [("job_document", Lane.LONG)]
