"""Time many clients of ``mtpipe serve``, a sentence each, against ``mtpipe translate --lines``.

The same lines, model, beam and threads, in alternation, several rounds:

* ``command``: ``mtpipe translate --lines`` over all lines, without the time that it takes for the
  first one alone (its start), since the server has started already;
* ``api``: clients that send one sentence after the other to ``POST /api/v1/translate``, each as
  soon as it has the answer to the one before; from the first request to the last answer;
* ``libretranslate``: the same with LibreTranslate's ``POST /translate``.

The clients are threads of one process beside the server, so what they take is part of it. Prints
the ratios of speed, and exits with 1 if one is below ``--least``. Processor time, without that of the
clients, is printed as well: it says more where the machine is busy with other things.

    python data/benchmarks/serve_throughput.py ../shared/eval/translate/flores-dev.de
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from served import Client, Served, serve

from mtpipe.types import Direction

API, LIBRETRANSLATE = "/api/v1/translate", "/translate"


def main() -> None:
    """Parse the command line, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path, help="a sentence per line")
    parser.add_argument("--direction", type=Direction.parse, default=Direction.parse("de-en"))
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--sentences", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--least", type=float, default=0.7, help="ratio to the command's speed")
    given = parser.parse_args()

    texts = given.lines.read_text(encoding="utf-8").splitlines()
    lines = [texts[n % len(texts)] for n in range(given.sentences)]
    seconds: dict[str, list[float]] = {"command": [], "api": [], "libretranslate": []}
    used: dict[str, list[float]] = {"command": [], "api": [], "libretranslate": []}
    sizes: dict[str, list[float]] = {"api": [], "libretranslate": []}
    with serve("--threads", str(given.threads), "--model", "starter") as server:
        warm_up = lines[: 2 * given.clients]
        for path in (API, LIBRETRANSLATE):
            by_clients(server, path, warm_up, given.direction, given.clients)
        for number in range(given.rounds):
            start = by_command(lines[:1], given.direction, given.threads)
            whole = by_command(lines, given.direction, given.threads)
            seconds["command"].append(whole[0] - start[0])
            used["command"].append(whole[1] - start[1])
            for name, path in (("api", API), ("libretranslate", LIBRETRANSLATE)):
                before, spent = server.metrics(), server.processor_seconds()
                taken = by_clients(server, path, lines, given.direction, given.clients)
                seconds[name].append(taken)
                used[name].append(server.processor_seconds() - spent)
                sizes[name].append(mean_batch(before, server.metrics()))
            told = ", ".join(f"{name} {each[-1]:.1f} s" for name, each in seconds.items())
            print(f"round {number + 1}: {told}", file=sys.stderr)

    print(
        f"{given.sentences} sentences {given.direction}, {given.clients} clients, "
        f"{given.threads} threads, median of {given.rounds} rounds"
    )
    speed = {name: given.sentences / statistics.median(each) for name, each in seconds.items()}
    cost = {name: 1000 * statistics.median(each) / given.sentences for name, each in used.items()}
    told = f"{speed['command']:7.1f} sentences/s {cost['command']:6.1f} ms of a processor for each"
    print(f"{'command':<15}{told}")
    is_enough = True
    for name, own in sizes.items():
        # Within a round only: what else the machine does is the same for both.
        ratio = statistics.median(
            whole / part for whole, part in zip(seconds["command"], seconds[name], strict=True)
        )
        print(
            f"{name:<15}{speed[name]:7.1f} sentences/s {cost[name]:6.1f} ms of a processor for each"
            f"  ratio {ratio:.2f}, {statistics.median(own):.1f} sentences in a batch"
        )
        is_enough = is_enough and ratio >= given.least
    if not is_enough:
        sys.exit(f"slower than {given.least:g} of the command")


def by_command(lines: Sequence[str], direction: Direction, threads: int) -> tuple[float, float]:
    """Seconds of the whole command, and of a processor.

    It has the priority that the server's workers have.
    """
    command = [
        *("nice", "-n", "5"),
        *(sys.executable, "-m", "mtpipe", "--quiet", "translate", "--lines", "--no-cache"),
        *("--from", direction.source.value, "--to", direction.target.value),
        *("--threads", str(threads), "--model", "starter", "--device", "cpu"),
    ]
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
        stdin.write("".join(f"{line}\n" for line in lines).encode())
        stdin.seek(0)
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdin=stdin, stdout=stdout, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.perf_counter() - began, spent


def by_clients(
    server: Served, path: str, lines: Sequence[str], direction: Direction, clients: int
) -> float:
    """Seconds that clients in a process of their own take together."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        pool.apply(os.getpid)  # it has started
        return pool.apply(_asked, (server.address, path, list(lines), str(direction), clients))


def _asked(address: str, path: str, lines: list[str], direction: str, clients: int) -> float:
    source, target = direction.split("-")
    numbers = count()

    def ask(_: int) -> None:
        client = Client(address)
        while (number := next(numbers)) < len(lines):
            text = {"texts": [lines[number]]} if path == API else {"q": lines[number]}
            answer = client.post(path, {**text, "source": source, "target": target})
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
        client.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(ask, range(clients)))
    return time.perf_counter() - began


def mean_batch(before: dict[str, float], after: dict[str, float]) -> float:
    """Sentences in a batch on average, between two looks at the metrics."""
    segments, batches = (
        after[name] - before.get(name, 0)
        for name in ("mtpipe_batch_segments_sum", "mtpipe_batch_segments_count")
    )
    return segments / batches if batches else 0.0


if __name__ == "__main__":
    main()
