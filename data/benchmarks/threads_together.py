"""Translate with one system from many threads at once, and compare with one after the other.

Prints how many threads failed, how many got the very same hypotheses (text, score and flags) as
alone, and both times. ``--switch`` makes threads take turns more often than Python's 5 ms, so that
whatever can get in each other's way does.

    python data/benchmarks/threads_together.py ../shared/eval/translate/flores-dev.de --threads 8
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from mtpipe.cache import SegmentCache
from mtpipe.engines.protection import Safeguards
from mtpipe.models.cards import find_installed
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction, Hypothesis


def main() -> None:
    """Parse the command line, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path, help="a sentence a line")
    parser.add_argument("--direction", type=Direction.parse, default=Direction.parse("de-en"))
    parser.add_argument("--model", default="starter")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--segments", type=int, default=600, help="for each thread")
    parser.add_argument("--safe", action="store_true")
    parser.add_argument("--cache", action="store_true", help="the threads share one, too")
    parser.add_argument("--switch", type=float, default=sys.getswitchinterval(), help="seconds")
    given = parser.parse_args()

    lines = given.lines.read_text(encoding="utf-8").splitlines()
    parts = [
        # Each its own: what one has put into a cache leaves gaps in another's batches.
        [f"{thread + 1}. {lines[n % len(lines)]}" for n in range(given.segments)]
        for thread in range(given.threads)
    ]
    model = find_installed(given.model)
    safeguards = Safeguards.REPAIR if given.safe else Safeguards.NONE
    alone = load_system(model, device="cpu", safeguards=safeguards)
    begun = time.monotonic()
    wanted = [alone.translate(part, given.direction) for part in parts]
    one_by_one = time.monotonic() - begun

    sys.setswitchinterval(given.switch)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SegmentCache(Path(folder) / "cache.sqlite", limit_bytes=10**9)) as cache,
        ThreadPoolExecutor(given.threads) as pool,
    ):
        memory = cache if given.cache else None
        shared = load_system(model, device="cpu", safeguards=safeguards, memory=memory)
        begun = time.monotonic()
        running: list[Future[list[Hypothesis]]] = [
            pool.submit(shared.translate, part, given.direction) for part in parts
        ]
        errors = [str(each.exception()) for each in running if each.exception()]
        together = time.monotonic() - begun
        same = sum(
            not each.exception() and each.result() == alone
            for each, alone in zip(running, wanted, strict=True)
        )
        kept = cache.info().segments if given.cache else 0
    print(f"{given.threads} threads, {given.segments} segments each: {len(errors)} failed")
    print(f"the same as alone: {same}; in the cache: {kept}")
    print(f"one after the other {one_by_one:.1f} s, together {together:.1f} s")
    for error in errors[:3]:
        print(f"  {error}")


if __name__ == "__main__":
    main()
