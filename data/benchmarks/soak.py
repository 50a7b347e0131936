"""Read, detect and translate over and over in one process, and see that it doesn't grow.

Demo pages, damaged ones and large ones are read, examined against an archive of the demo's
originals, and every tenth is translated: by one thread for a while, by four at once for a while,
and so on. In between, when nothing runs, memory, open files and threads are counted, processes
that were started included. The first 40 pages and the first third of the time are left out as
warm-up. Exit code 1 if memory grew by more than ``--most-mib`` for 1,000 pages, or if open files
or threads became more.

    python data/benchmarks/soak.py --minutes 10
"""

import argparse
import ctypes
import gc
import itertools
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from fuzz import damaged

import mtpipe
from mtpipe.types import Article

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo"
THREADS = 4
PHASE_SECONDS = 15
WARM_UP_PAGES, WARM_UP_RATIO = 40, 1 / 3
MOST_MORE = 3
"""Open files or threads more at the end than after the warm-up."""
LARGE_BYTES, LARGE_EVERY, DAMAGED_EVERY, TRANSLATED_EVERY = 400_000, 50, 3, 10
LEAST_PAGES = 300
"""After the warm-up, for a slope that means something."""
NOTABLE_MIB = 64
"""Growth of less than that in all is not told from what allocators keep."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process has at one time, when nothing runs."""

    seconds: float
    pages: int
    mib: float
    files: int
    threads: int

    def __str__(self) -> str:
        return (
            f"{self.seconds:6.0f} s {self.pages:7,} pages {self.mib:7.0f} MiB"
            f" {self.files:4} open files {self.threads:4} threads"
        )


class Work:
    """What is done with each page; shared by all threads."""

    def __init__(self, folder: Path, seed: int) -> None:
        archive = mtpipe.Archive(str(folder / "originals"), create=True)
        archive.add(mtpipe.read_articles(DEMO / "archive"))
        self._detector = mtpipe.Detector(archive=archive)
        self._translators = {
            source: mtpipe.Translator(target, source=source, model="starter", cache=False, beam=1)
            for source, target in (("de", "en"), ("fr", "en"), ("en", "de"))
        }
        self._folder = folder
        self._seed = seed
        self._numbers = itertools.count()
        self._files = [path.read_bytes() for path in sorted((DEMO / "candidates").iterdir())]
        self._suffixes = [path.suffix for path in sorted((DEMO / "candidates").iterdir())]
        self._turn = Lock()
        self.done: Counter[str] = Counter()

    def go_on(self, is_over: Callable[[], bool]) -> None:
        """Take one page after the other until it is over."""
        while not is_over():
            number = next(self._numbers)
            path = self._page(number)
            for item in mtpipe.read_articles(path):
                self._use(item, number)
            path.unlink()

    def _page(self, number: int) -> Path:
        which = number % len(self._files)
        content, suffix = self._files[which], self._suffixes[which]
        if number % DAMAGED_EVERY == 0:
            chance = random.Random(f"{self._seed} {number}")  # noqa: S311 - no secret
            content = damaged([content], chance)
        if number % LARGE_EVERY == 0:
            content, suffix = content + b"<!--" + b"x" * LARGE_BYTES + b"-->", ".html"
        path = self._folder / f"{number}{suffix}"
        path.write_bytes(content)
        return path

    def _use(self, item: object, number: int) -> None:
        found: Counter[str] = Counter(pages=1)
        if isinstance(item, Article):
            detection = self._detector.examine(item)
            found[detection.verdict.finding.value] += 1
            if number % TRANSLATED_EVERY == 0:
                texts = [block.text for block in item.blocks][:20]
                found["segments"] += len(self._translators[item.language].segments(texts))
        else:
            found["failures"] += 1
        with self._turn:
            self.done += found

    def by_threads(self, threads: int, is_over: Callable[[], bool]) -> None:
        """Go on with several threads."""
        with ThreadPoolExecutor(threads) as pool:
            for each in [pool.submit(self.go_on, is_over) for _ in range(threads)]:
                each.result()


def processes() -> Iterator[Path]:
    """Of this process and those that it started."""
    yield Path("/proc/self")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                yield stat.parent


def sample(began: float, pages: int) -> Sample:
    """Count what there is, after giving back what isn't needed."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    kib = files = threads = 0
    for process in processes():
        lines = (process / "status").read_text().splitlines()
        status = dict(line.split(":", 1) for line in lines)
        kib += int(status["VmRSS"].split()[0])
        threads += int(status["Threads"])
        files += len(list((process / "fd").iterdir()))
    return Sample(time.monotonic() - began, pages, kib / 1024, files, threads)


def mib_by_thousand(samples: list[Sample]) -> float:
    """Growth of memory for 1,000 pages, by least squares."""
    pages = [one.pages / 1000 for one in samples]
    mean_pages = sum(pages) / len(pages)
    mean_mib = sum(one.mib for one in samples) / len(samples)
    above = sum(
        (p - mean_pages) * (one.mib - mean_mib) for p, one in zip(pages, samples, strict=True)
    )
    return above / sum((p - mean_pages) ** 2 for p in pages)


def verdict(samples: list[Sample], most_mib: float) -> list[str]:
    """What grew more than it may, after the warm-up; prints the figures."""
    first, last = samples[0], samples[-1]
    slope, grown = mib_by_thousand(samples), last.mib - first.mib
    print(
        f"after the warm-up: {slope:+.1f} MiB per 1,000 pages ({grown:+.0f} MiB in all),"
        f" {last.files - first.files:+} open files, {last.threads - first.threads:+} threads"
    )
    wrong = []
    if slope > most_mib and grown > NOTABLE_MIB:
        wrong.append(f"memory grew by {slope:.1f} MiB per 1,000 pages; {most_mib:g} are allowed")
    if last.files - first.files > MOST_MORE:
        wrong.append(f"{last.files - first.files} more files are open")
    if last.threads - first.threads > MOST_MORE:
        wrong.append(f"{last.threads - first.threads} more threads")
    return wrong


def main() -> None:
    """Work until the time is over, and say what grew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--most-mib", type=float, default=50, help="for 1,000 pages")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable()  # of stray bytes and the like
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Work(Path(folder), given.seed)
        work.by_threads(THREADS, lambda: work.done["pages"] >= WARM_UP_PAGES)
        began = time.monotonic()
        end = began + 60 * given.minutes
        for threads in itertools.cycle((1, THREADS)):
            until = min(end, time.monotonic() + PHASE_SECONDS)
            work.by_threads(threads, lambda until=until: time.monotonic() > until)
            samples.append(sample(began, work.done["pages"]))
            print(samples[-1], f"(after {threads})", flush=True)
            if time.monotonic() >= end:
                break
    print(", ".join(f"{count:,} {what}" for what, count in work.done.most_common()))
    warm = [one for one in samples if one.seconds >= WARM_UP_RATIO * 60 * given.minutes]
    if len(warm) < 3:
        sys.exit("too short to say anything: give it a minute or more")
    wrong = verdict(warm, given.most_mib)
    for what in wrong:
        print(what)
    if warm[-1].pages - warm[0].pages < LEAST_PAGES:
        sys.exit(
            f"fewer than {LEAST_PAGES} pages since the warm-up prove nothing: give it more time"
        )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
