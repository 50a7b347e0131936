"""Kill a server's jobs at ten random moments, server or workers, and compare what they leave.

Jobs of every kind are made of the demo articles, many of them of the translation. They are done
once without a disturbance and once with kills by SIGKILL; after each kill of the server another
one is started. At the end every job has to be done, its files have to be equal, no article may
be twice in a file or in the archive, and no worker may have outlived its server.

    python data/benchmarks/serve_killed.py --copies 40
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mtpipe import Archive
from mtpipe.web.jobs.job import Job, JobKind, JobState
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings

DEMO = Path(__file__).parent.parent / "demo"
SERVER = """
import asyncio, sys
from pathlib import Path
from mtpipe.web.jobs.runner import JobRunner
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.processes import WorkerPool

async def run():
    settings = ServeSettings(home=Path(sys.argv[1]), archive=sys.argv[2], model="starter")
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
COMPARED = ("translation.jsonl", "rows.jsonl", "alignment.jsonl", "score.json")
"""Files that don't say when they were made."""


def submitted(settings: ServeSettings, copies: int) -> list[Job]:
    """One job of each kind."""
    store = JobStore(settings)
    store.open()
    french, german = ((DEMO / name).read_text("utf-8") for name in ("fr.txt", "de.txt"))
    originals = [Upload(path.name, path) for path in sorted((DEMO / "archive").iterdir())]
    candidates = [Upload(path.name, path) for path in sorted((DEMO / "candidates").iterdir())]
    lines = [line for line in german.splitlines() if line]
    articles = "".join(
        json.dumps({"id": f"{number}", "text": "\n".join(f"{line} {number}" for line in lines)})
        + "\n"
        for number in range(copies)  # each a little different, so that nothing is known already
    )
    asked = [
        (JobKind.ARCHIVE_ADD, {"sources": _named(originals)}, originals),
        (
            JobKind.TRANSLATE,
            {"target": "en", "source": "de", "sources": [{"upload": "articles.jsonl"}]},
            [Upload("articles.jsonl", articles.encode())],
        ),
        (
            JobKind.DETECT,
            {"candidates": _named(candidates), "original": {"text": french}},
            candidates,
        ),
        (JobKind.ALIGN, {"source": {"text": german}, "target": {"text": french}}, []),
        (JobKind.SCORE, {"hypotheses": {"a": lines}, "references": [lines]}, []),
    ]
    jobs = [
        store.add(kind, request, uploads, owner="benchmark")[0] for kind, request, uploads in asked
    ]
    store.close()
    return jobs


def _named(uploads: list[Upload]) -> list[dict[str, str]]:
    return [{"upload": upload.name} for upload in uploads]


def start(settings: ServeSettings) -> "subprocess.Popen[bytes]":
    """A server that ends when all jobs have, with a cache of its own: nothing is known from before."""
    command = [sys.executable, "-c", SERVER, str(settings.home), str(settings.archive)]
    own = {**os.environ, "MTPIPE_HOME": str(settings.home / "user")}
    return subprocess.Popen(command, env=own)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def outlived(processes: list[int], seconds: float) -> int:
    """How many of some processes are still there after a time."""
    deadline = time.monotonic() + seconds
    while (left := sum(map(_is_alive, processes))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def left(settings: ServeSettings, jobs: list[Job]) -> dict[str, str]:
    """Everything that jobs have left, by kind and name."""
    found = {}
    for job in jobs:
        results = settings.home / "jobs" / job.id / "results"
        for name in COMPARED:
            if (results / name).exists():
                found[f"{job.kind} {name}"] = (results / name).read_text("utf-8")
    ids = sorted(one.id for one in Archive(str(settings.archive)).listed())
    return {**found, "archive": json.dumps(ids)}


def main() -> None:
    """Run it all and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--copies", type=int, default=40, help="articles to translate")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    with tempfile.TemporaryDirectory() as name:
        homes = [Path(name, kind) for kind in ("whole", "killed")]
        whole, killed = (ServeSettings(home=h, archive=str(h / "originals")) for h in homes)
        expected = submitted(whole, arguments.copies)
        started = time.monotonic()
        if start(whole).wait():
            raise SystemExit("the run without a disturbance failed")
        seconds = time.monotonic() - started
        jobs = submitted(killed, arguments.copies)
        kills = {"server": 0, "workers": 0}
        orphans = late = 0
        server = start(killed)
        while sum(kills.values()) < arguments.kills:
            try:
                server.wait(rng.uniform(0.05, 0.25) * seconds)
                late += 1  # everything was done before
                break
            except subprocess.TimeoutExpired:
                workers = children(server.pid)
            if rng.random() < 0.7:
                server.kill()
                server.wait()
                kills["server"] += 1
                orphans += outlived(workers, 10)
                server = start(killed)
            else:
                for worker in workers:
                    os.kill(worker, signal.SIGKILL)
                kills["workers"] += 1
        code = server.wait()
        store = JobStore(killed)
        finished = [store.get(job.id) for job in jobs]
        first, second = left(whole, expected), left(killed, jobs)
        print(
            json.dumps(
                {
                    "seconds_undisturbed": round(seconds, 1),
                    "kills": kills,
                    "ended_before_the_last_kill": bool(late),
                    "exit_code": code,
                    "attempts": {job.kind: job.attempts for job in finished if job},
                    "all_done": all(job and job.state is JobState.DONE for job in finished),
                    "equal": {key: second.get(key) == first[key] for key in first},
                    "workers_that_outlived_their_server": orphans,
                },
                indent=1,
            )
        )
        store.close()


if __name__ == "__main__":
    main()
