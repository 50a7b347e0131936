"""Server and workers are killed for real, at several moments: no job is lost, none is done twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mtpipe.web.jobs.job import Job, JobKind, JobState
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings

SERVER = """
import asyncio, sys
from pathlib import Path

from mtpipe.web.jobs.runner import JobRunner
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.processes import WorkerPool

async def run():
    settings = ServeSettings(home=Path(sys.argv[1]), model="starter", threads=1)
    pool = WorkerPool(settings)
    runner = JobRunner(settings, pool)
    await pool.start()
    await runner.start()
    while not all(job.is_final for job in (await runner.listed()).jobs):
        await asyncio.sleep(0.05)
    await runner.stop()
    await pool.stop()

asyncio.run(run())
"""
WITHIN_S = 400
SENTENCES = (
    "Die neue Brücke wurde am Montag eröffnet.",
    "Die Arbeiten dauerten drei Jahre und kosteten 24 Millionen Euro.",
    "Der Rat hat gestern getagt und nichts beschlossen.",
    "Im Frühjahr des nächsten Jahres beginnt eine zweite Phase.",
)


def submitted(settings: ServeSettings) -> list[Job]:
    """Two jobs: articles that are translated, and candidates that are examined."""
    articles = "".join(
        json.dumps({"id": f"a{n}", "text": " ".join(SENTENCES[n % 4 :] + SENTENCES[: n % 3])})
        + "\n"
        for n in range(8)
    )
    candidates = [
        {"text": f"Number {n}. The new bridge was opened on Monday. It cost 24 million euros."}
        for n in range(4)
    ]
    store = JobStore(settings)
    store.open()
    jobs = [
        store.add(
            JobKind.TRANSLATE,
            {"target": "en", "source": "de", "sources": [{"upload": "a.jsonl"}]},
            [Upload("a.jsonl", articles.encode())],
            owner="me",
        )[0],
        store.add(
            JobKind.DETECT,
            {"candidates": candidates, "original": {"text": " ".join(SENTENCES)}},
            owner="me",
        )[0],
    ]
    store.close()
    return jobs


def started(settings: ServeSettings) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SERVER, str(settings.home)])


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def read(settings: ServeSettings, job: Job) -> Job:
    """A job as it is now, read beside the server that has it."""
    store = JobStore(settings)
    found = store.get(job.id)
    store.close()
    assert found
    return found


def results(settings: ServeSettings, jobs: list[Job]) -> list[bytes]:
    """What doesn't depend on the time of day."""
    names = ("translation.jsonl", "rows.jsonl")
    return [
        (settings.home / "jobs" / job.id / "results" / name).read_bytes()
        for job, name in zip(jobs, names, strict=True)
    ]


def wait(is_so: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so() and process.poll() is None:
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are found by /proc")
def test_kills_leave_the_results_of_an_undisturbed_run(tmp_path: Path) -> None:
    whole = ServeSettings(home=tmp_path / "whole")
    expected = submitted(whole)
    assert started(whole).wait(WITHIN_S) == 0

    killed = ServeSettings(home=tmp_path / "killed")
    jobs = submitted(killed)
    folders = [killed.home / "jobs" / job.id for job in jobs]
    moments: list[tuple[str, Callable[[], bool]]] = [
        ("server", lambda: any(read(killed, job).state is JobState.RUNNING for job in jobs)),
        ("worker", (folders[0] / "lock").exists),
        ("server", lambda: any((folders[0] / "results").iterdir())),
        ("server", lambda: any(folders[1].glob("results/reports/*.html"))),
        ("server", lambda: any((folder / "outcome.json").exists() for folder in folders)),
    ]
    server = started(killed)
    for whom, moment in moments:
        if server.poll() is not None:
            server = started(killed)
        wait(moment, server)
        workers = children(server.pid)
        if whom == "server":
            server.kill()
            server.wait()
        else:
            for worker in workers:  # the server starts others
                os.kill(worker, signal.SIGKILL)
        wait_until_gone(workers)
    if server.poll() is not None:
        server = started(killed)
    assert server.wait(WITHIN_S) == 0

    finished = [read(killed, job) for job in jobs]
    assert [job.state for job in finished] == [JobState.DONE] * 2
    assert sum(job.attempts for job in finished) > len(jobs)
    assert [job.summary for job in finished] == [read(whole, job).summary for job in expected]
    assert results(killed, jobs) == results(whole, expected)
    assert len(JobStore(killed).listed().jobs) == len(jobs)


def wait_until_gone(processes: list[int]) -> None:
    """Workers end with their server."""
    deadline = time.monotonic() + 30
    while any(is_alive(process) for process in processes):
        assert time.monotonic() < deadline, "a worker outlives its server"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    """Whether it runs; a zombie, which nobody waits for here, doesn't."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
