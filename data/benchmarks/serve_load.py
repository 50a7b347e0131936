"""Many different clients of ``mtpipe serve`` at once, for minutes; then see that all is well.

Clients translate, examine pages, align, look at pages, make jobs and fetch what comes of them, and
use LibreTranslate's operations. Some leave before they have their answer, some cancel their jobs,
some send what can't be right. Exit code 1 if

* an answer is 5xx, other than 503 that says when to try again;
* what can't be right is answered with anything but 4xx, or what is right with anything but 2xx;
* a job is lost: it is no longer there, isn't final in the end, failed, or lacks its results;
* memory of all processes, or the number of open files, grows after the first minute.

    python data/benchmarks/serve_load.py --minutes 5
"""

import argparse
import itertools
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

from served import Answer, Client, Served, percentile, serve

import mtpipe

DEMO = Path(__file__).parents[2] / "data" / "demo"
API = "/api/v1"
WARM_UP_SECONDS = 60.0
SAMPLE_SECONDS = 5.0
JOBS_SECONDS = 180.0
"""For what is left of the jobs when nobody asks for anything else."""
MOST_MIB = 64
"""Growth of less than that isn't told from what allocators keep."""
MOST_FILES = 20


@dataclass(slots=True)
class Log:
    """What one process of clients has seen; plain data.

    Attributes:
        seconds: of the answers to each kind of request.
        outcomes: how often each kind came to what.
        wrong: what shouldn't have been.
        jobs: id of every job that was accepted; whether it was cancelled by its client.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    jobs: dict[str, bool] = field(default_factory=dict)

    def note(self, kind: str, answer: Answer, *, is_bad: bool = False) -> bool:
        """Count an answer; whether it is what was asked for.

        Args:
            kind: of request.
            answer: to it.
            is_bad: whether it has to be refused.
        """
        status = answer.status
        self.seconds[kind].append(answer.seconds)
        if status == 503 and "retry-after" in answer.headers:
            self.outcomes[kind, "busy"] += 1
            time.sleep(min(2.0, float(answer.headers["retry-after"])))
            return False
        expected = range(400, 500) if is_bad else range(200, 400)
        self.outcomes[kind, "answered" if status in expected else "wrong"] += 1
        if status not in expected:
            self.wrong.append(f"{kind}: {status} {answer.body[:200]!r}")
        return status in expected and not is_bad


class Somebody:
    """One client: what it does next is drawn.

    Args:
        address: of the server.
        log: shared by the clients of a process.
        seed: of what is drawn.
    """

    def __init__(self, address: str, log: Log, seed: int) -> None:
        self._address = address
        self._client = Client(address)
        self._log = log
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._german, self._french = (
            (DEMO / name).read_text(encoding="utf-8") for name in ("de.txt", "fr.txt")
        )
        self._sentences = [line for line in self._german.splitlines() if line.strip()]
        self._pages = [
            path.read_text(encoding="utf-8") for path in sorted((DEMO / "candidates").iterdir())
        ]
        self._ways: list[tuple[int, Callable[[], None]]] = [
            (30, self.translate),
            (20, self.libretranslate),
            (8, self.detect),
            (8, self.align),
            (20, self.look),
            (6, self.job),
            (6, self.leave),
            (10, self.send_nonsense),
        ]

    def go_on(self, is_over: Callable[[], bool]) -> None:
        """Ask for one thing after the other."""
        weights = [weight for weight, _ in self._ways]
        while not is_over():
            _, way = self._chance.choices(self._ways, weights)[0]
            try:
                way()
            except OSError as exc:
                self._log.outcomes[way.__name__, "wrong"] += 1
                self._log.wrong.append(f"{way.__name__}: {exc!r}")
                self._client.close()
            time.sleep(self._chance.expovariate(4))

    def translate(self) -> None:
        """A few sentences, no two requests alike."""
        answer = self._client.post(f"{API}/translate", self._texts())
        if self._log.note("translate", answer):
            found = _data(answer)["translations"]
            if not all(each["target"].strip() for each in found):
                self._log.wrong.append("translate: an empty translation")

    def libretranslate(self) -> None:
        """One of its operations."""
        text = self._sentence()
        kind = self._chance.choice(["text", "html", "several", "detect", "languages"])
        if kind == "languages":
            answer = self._client.get("/languages")
        elif kind == "detect":
            answer = self._client.post("/detect", {"q": text})
        else:
            q: object = [text, self._sentence()] if kind == "several" else text
            if kind == "html":
                q = f"<p>{text} <b>{self._sentence()}</b></p>"
            form = "html" if kind == "html" else "text"
            answer = self._client.post(
                "/translate", {"q": q, "source": "auto", "target": "en", "format": form}
            )
        self._log.note("libretranslate", answer)

    def detect(self) -> None:
        """A page, against the archive."""
        given: dict[str, object] = {"candidate": self._candidate()}
        given["report"] = self._chance.random() < 0.3
        answer = self._client.post(f"{API}/detect", given)
        if self._log.note("detect", answer) and not _data(answer)["verdict"]:
            self._log.wrong.append("detect: no verdict")

    def align(self) -> None:
        """Two versions of a text."""
        given = {"source": {"text": self._german}, "target": {"text": self._french}}
        self._log.note("align", self._client.post(f"{API}/align", given))

    def look(self) -> None:
        """At a page."""
        path = self._chance.choice(
            [
                "detect",
                "translate",
                "align",
                "score",
                "archive",
                "models",
                "jobs",
                "static/page.css",
            ]
        )
        # Two of them show what only a worker can tell.
        kind = "lists" if path in ("archive", "models") else "pages"
        self._log.note(kind, self._client.get(f"/ui/{path}"))

    def job(self) -> None:
        """Make a job; wait for it, cancel it, or let it be."""
        number = self._chance.random()
        given: dict[str, object]
        if number < 0.5:
            given = {"kind": "translate", "target": "en", "sources": [{"text": self._text()}]}
        elif number < 0.8:
            given = {"kind": "detect", "candidates": [self._candidate(), self._candidate()]}
        else:
            given = {
                "kind": "align",
                "source": {"text": self._text()},
                "target": {"text": self._french},
            }
        answer = self._client.post(f"{API}/jobs", given)
        if not self._log.note("jobs", answer):
            return
        job = _data(answer)
        self._log.jobs.setdefault(job["id"], False)
        if (number := self._chance.random()) < 0.15:
            self._log.jobs[job["id"]] = True
            self._log.note("jobs", self._client.request("DELETE", job["address"]))
        elif number < 0.5:
            answer = self._client.get(job["events"])  # until its end
            if self._log.note("events", answer) and b"id: final" not in answer.body:
                self._log.wrong.append("events: they ended before the job")

    def leave(self) -> None:
        """Ask for something long, and don't wait for the answer."""
        client = Client(self._address, timeout=self._chance.uniform(0.02, 0.8))
        texts = [self._sentence() for _ in range(40)]
        given: dict[str, object] = {"texts": texts, "source": "de", "target": "fr"}
        path = "translate"
        if self._chance.random() < 0.3:
            path, given = "detect", {"candidate": self._candidate(), "report": True}
        with suppress(TimeoutError):
            self._log.note("leave", client.post(f"{API}/{path}", given))
            client.close()
            return
        client.close()
        self._log.outcomes["leave", "left"] += 1

    def send_nonsense(self) -> None:
        """Something that no server can do."""
        path, body, kind = self._chance.choice(NONSENSE)
        headers = {"Content-Type": kind}
        answer = self._client.request("POST" if body is not None else "GET", path, body, headers)
        self._log.note("nonsense", answer, is_bad=True)

    def _texts(self) -> dict[str, object]:
        texts = [self._sentence() for _ in range(self._chance.choice([1, 1, 1, 2, 5]))]
        return {"texts": texts, "source": "de", "target": self._chance.choice(["en", "fr"])}

    def _sentence(self) -> str:
        return f"{self._chance.randrange(10**6)}. {self._chance.choice(self._sentences)}"

    def _text(self) -> str:
        return "\n\n".join(self._sentence() for _ in range(self._chance.randint(1, 6)))

    def _candidate(self) -> dict[str, object]:
        page = self._chance.choice(self._pages)
        page += f"\n\n{self._sentence()}\n"
        return {"html" if "<" in page else "text": page}


NONSENSE: list[tuple[str, bytes | None, str]] = [
    (f"{API}/translate", b'{"texts": [', "application/json"),
    (f"{API}/translate", b'{"texts": ["Ja."], "target": "xx"}', "application/json"),
    (f"{API}/translate", b'{"texts": ["\\ud800"], "target": "en", "n": 1}', "application/json"),
    (f"{API}/translate", b"texts=Ja.&target=en", "application/x-www-form-urlencoded"),
    (
        f"{API}/translate",
        json.dumps({"texts": ["a " * 9_000] * 30, "source": "de", "target": "en"}).encode(),
        "application/json",
    ),
    (
        f"{API}/translate",
        b'{"texts": ["Ja."], "source": "de", "target": "en", "model": "../starter"}',
        "application/json",
    ),
    (f"{API}/align", b'{"source": 1, "target": []}', "application/json"),
    (f"{API}/detect", b'{"candidate": {"url": "http://169.254.169.254/"}}', "application/json"),
    (f"{API}/jobs", b"--x\r\n\r\nnothing", "multipart/form-data; boundary=x"),
    (f"{API}/jobs", b'{"kind": "train"}', "application/json"),
    (f"{API}/jobs/{'0' * 32}", None, "text/plain"),
    (f"{API}/jobs?limit=-1", None, "text/plain"),
    ("/translate", b'{"q": {"a": [[[[1]]]]}, "source": "de", "target": "en"}', "application/json"),
    ("/translate", b"\xff\xfe" * 100, "application/json"),
    ("/ui/jobs/..%2f..%2fetc%2fpasswd", None, "text/plain"),
    ("/nothing/here", None, "text/plain"),
]
"""Paths, bodies (None: it is a GET) and their types."""


def _data(answer: Answer) -> Any:
    return answer.json()


def clients(
    address: str, seeds: list[int], seconds: float, logs: "multiprocessing.Queue[Any]"
) -> None:
    """Clients of one process, each in a thread."""
    log, end = Log(), time.monotonic() + seconds
    errors: Queue[BaseException] = Queue()

    def go_on(seed: int) -> None:
        try:
            Somebody(address, log, seed).go_on(lambda: time.monotonic() > end)
        except Exception as exc:  # noqa: BLE001 - told at the end
            errors.put(exc)

    threads = [Thread(target=go_on, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while not errors.empty():
        log.wrong.append(f"a client ended: {errors.get()!r}")
    logs.put((dict(log.seconds), log.outcomes, log.wrong, log.jobs))


def main() -> None:
    """Let them go, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most-mib", type=float, default=MOST_MIB, help="growth of all memory")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        archive = str(Path(folder) / "originals")
        mtpipe.Archive(archive, create=True).add(mtpipe.read_articles(DEMO / "archive"))
        with serve("--threads", str(given.threads), "--archive", archive) as server:
            log, samples = watched(server, given)
            wrong = [*log.wrong, *lost(server, log.jobs)]
            print_table(log)
            restarts = int(server.metrics().get("mtpipe_worker_restarts_total", 0))
    print(f"{len(log.jobs)} jobs; {restarts} workers started again")
    wrong += grown(samples, given.most_mib)
    for what, times in Counter(wrong).most_common(20):
        print(f"wrong: {what}" + (f" ({times} times)" if times > 1 else ""))
    sys.exit(bool(wrong))


def watched(
    server: Served, given: argparse.Namespace
) -> tuple[Log, list[tuple[float, float, int]]]:
    """Run the clients in two processes, and look at memory and files meanwhile."""
    context = multiprocessing.get_context("spawn")
    logs: multiprocessing.Queue[Any] = context.Queue()
    seconds = 60 * given.minutes
    seeds = [given.seed * 10_000 + number for number in range(given.clients)]
    running = [
        context.Process(target=clients, args=(server.address, part, seconds, logs))
        for part in (seeds[::2], seeds[1::2])
    ]
    for process in running:
        process.start()
    samples, began = [], time.monotonic()
    for number in itertools.count(1):
        time.sleep(max(0.0, began + number * SAMPLE_SECONDS - time.monotonic()))
        if time.monotonic() >= began + seconds:
            break
        samples.append((time.monotonic() - began, server.mib(), server.open_files()))
        at, mib, files = samples[-1]
        print(f"{at:6.0f} s {mib:7.0f} MiB {files:4} open files", file=sys.stderr, flush=True)
    log = Log()
    for _ in running:
        times, outcomes, wrong, jobs = logs.get(timeout=JOBS_SECONDS)
        for kind, each in times.items():
            log.seconds[kind] += each
        log.outcomes += outcomes
        log.wrong += wrong
        log.jobs |= jobs
    for process in running:
        process.join()
    return log, samples


def lost(server: Served, jobs: Mapping[str, bool]) -> list[str]:
    """What is wrong with jobs that were accepted."""
    client, wrong, end = Client(server.address), [], time.monotonic() + JOBS_SECONDS
    for job_id, was_cancelled in jobs.items():
        while True:
            answer = client.get(f"{API}/jobs/{job_id}")
            job = _data(answer)
            state = job.get("state", answer.status)
            if state not in ("queued", "running") or time.monotonic() > end:
                break
            time.sleep(0.2)
        if was_cancelled and (state in ("cancelled", "done") or answer.status == 404):
            continue  # cancelled, or removed as it was done already
        if state != "done":
            wrong.append(f"a job is {state}: {job.get('problem') or job.get('detail') or ''}")
        elif not job["files"] or not client.get(job["files"][0]["address"]).body:
            wrong.append(f"a job of kind {job['kind']} has no results")
    client.close()
    return wrong


def print_table(log: Log) -> None:
    """What every kind of request came to, and how long it took in seconds."""
    columns = ("answered", "busy", "left", "wrong")
    print(f"{'':<15}" + "".join(f"{name:>10}" for name in (*columns, "median", "p95", "most")))
    for kind in sorted({kind for kind, _ in log.outcomes}):
        counts = "".join(f"{log.outcomes[kind, column]:>10}" for column in columns)
        times = log.seconds.get(kind) or [float("nan")]
        figures = (statistics.median(times), percentile(times, 95), max(times))
        print(f"{kind:<15}{counts}" + "".join(f"{figure:>10.2f}" for figure in figures))


def grown(samples: list[tuple[float, float, int]], most_mib: float) -> list[str]:
    """What grew after the warm-up: the last third is compared with the first."""
    warm = [(mib, files) for at, mib, files in samples if at >= WARM_UP_SECONDS]
    if len(warm) < 6:
        print("too short to say whether it grows: give it two minutes or more")
        return []
    third = len(warm) // 3
    first, last = (
        [statistics.median(figures) for figures in zip(*part, strict=True)]
        for part in (warm[:third], warm[-third:])
    )
    mib, files = (after - before for before, after in zip(first, last, strict=True))
    print(f"after the first minute: {mib:+.0f} MiB to {last[0]:.0f} MiB, {files:+.0f} open files")
    wrong = [f"memory grew by {mib:.0f} MiB"] if mib > most_mib else []
    return wrong + ([f"{files:.0f} more files are open"] if files > MOST_FILES else [])


if __name__ == "__main__":
    main()
