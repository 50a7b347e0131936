"""Measure how soon pages and ``/healthz`` answer while all workers of ``mtpipe serve`` translate.

One client asks for a page, another one for ``/healthz``, some times a second each; first while
nothing else happens, then while many others translate without a pause. Prints the median and the
95th percentile in milliseconds, and exits with 1 if one of the latter is above ``--most``.

    python data/benchmarks/serve_latency.py ../shared/eval/translate/flores-dev.de
"""

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path
from threading import Thread

from served import Client, Served, percentile, serve

PATHS = ("/ui/detect", "/healthz")
PER_SECOND = 10
WARM_UP_SECONDS = 3.0


def main() -> None:
    """Parse the command line, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path, help="German sentences, one per line")
    parser.add_argument("--seconds", type=float, default=30, help="with and without others")
    parser.add_argument("--clients", type=int, default=32, help="that translate")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=float, default=50, help="ms, of the 95th percentile")
    given = parser.parse_args()

    lines = given.lines.read_text(encoding="utf-8").splitlines()
    context = multiprocessing.get_context("spawn")
    with serve("--threads", str(given.threads), "--model", "starter") as server:
        print(f"{'':<12}{'':>9}{'median':>9}{'p95':>9}{'most':>9}")
        report("idle", asked(server, given.seconds))
        is_over = context.Event()
        busy = context.Process(target=translate, args=(server.address, lines, given, is_over))
        busy.start()
        try:
            time.sleep(WARM_UP_SECONDS)
            before = server.metrics()
            times = asked(server, given.seconds)
            after = server.metrics()
        finally:
            is_over.set()
            busy.join(60)
    report("busy", times)
    name = "mtpipe_batch_segments_sum"
    print(f"meanwhile {(after[name] - before[name]) / given.seconds:.1f} sentences/s")
    if any(percentile(each, 95) > given.most for each in times.values()):
        sys.exit(f"more than {given.most:g} ms")


def asked(server: Served, seconds: float) -> dict[str, list[float]]:
    """Milliseconds of each answer, by path; both are asked for at the same time."""
    times: dict[str, list[float]] = {path: [] for path in PATHS}

    def ask(path: str) -> None:
        client, due = Client(server.address), time.perf_counter()
        end = due + seconds
        while due < end:
            time.sleep(max(0.0, due - time.perf_counter()))
            answer = client.get(path)
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
            # From when it was due: an answer that is late makes the next requests late, too.
            times[path].append(1000 * (time.perf_counter() - due))
            due += 1 / PER_SECOND
        client.close()

    with ThreadPoolExecutor(len(PATHS)) as threads:
        list(threads.map(ask, PATHS))
    return times


def translate(address: str, lines: list[str], given: argparse.Namespace, is_over: Event) -> None:
    """Keep all workers busy; runs in a process of its own."""

    def ask(number: int) -> None:
        client = Client(address)
        while not is_over.is_set():
            number += given.clients
            text = lines[number % len(lines)]
            with suppress(ConnectionError):  # at the end
                client.post("/api/v1/translate", {"texts": [text], "source": "de", "target": "en"})

    threads = [Thread(target=ask, args=(number,), daemon=True) for number in range(given.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(name: str, times: dict[str, list[float]]) -> None:
    """Print a line for each path."""
    for path, each in times.items():
        figures = "".join(
            f"{value:9.1f}" for value in (*map(percentile, [each] * 2, (50, 95)), max(each))
        )
        print(f"{name} {path:<12}{len(each):>5}{figures}", flush=True)


if __name__ == "__main__":
    main()
