"""Translate with one translator from many threads at once, and compare with one after the other.

Prints how many threads failed, how many got the very same hypotheses (text, score and flags) as
alone, and both times. ``--switch`` makes threads take turns more often than Python's 5 ms, so that
whatever can get in each other's way does.

    python data/benchmarks/threads_together.py ../shared/eval/translate/flores-dev.de --threads 8
"""

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from mtpipe import Direction, Hypothesis, Translator


def main() -> None:
    """Parse the command line, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lines", type=Path, help="a sentence per line")
    parser.add_argument("--direction", type=Direction.parse, default=Direction.parse("de-en"))
    parser.add_argument("--model", default="starter")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--segments", type=int, default=600, help="for each thread")
    parser.add_argument("--cache", action="store_true", help="the threads share one, too")
    parser.add_argument("--switch", type=float, default=sys.getswitchinterval(), help="seconds")
    given = parser.parse_args()

    lines = given.lines.read_text(encoding="utf-8").splitlines()
    parts = [
        # Each its own: what one has put into a cache leaves gaps in another's batches.
        [f"{thread + 1}. {lines[n % len(lines)]}" for n in range(given.segments)]
        for thread in range(given.threads)
    ]
    direction = given.direction
    alone = _translator(direction, given.model, cache=False)
    begun = time.monotonic()
    wanted = [alone.segments(part) for part in parts]
    one_by_one = time.monotonic() - begun

    sys.setswitchinterval(given.switch)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.threads) as pool:
        if given.cache:
            os.environ["MTPIPE_HOME"] = folder
        with _translator(direction, given.model, cache=given.cache) as shared:
            begun = time.monotonic()
            running: list[Future[list[Hypothesis]]] = [
                pool.submit(shared.segments, part) for part in parts
            ]
            errors = [str(each.exception()) for each in running if each.exception()]
            together = time.monotonic() - begun
        same = sum(
            not each.exception() and each.result() == alone
            for each, alone in zip(running, wanted, strict=True)
        )
    print(f"{given.threads} threads, {given.segments} segments each: {len(errors)} failed")
    print(f"the same as alone: {same}")
    print(f"one after the other {one_by_one:.1f} s, together {together:.1f} s")
    for error in errors[:3]:
        print(f"  {error}")


def _translator(direction: Direction, model: str, *, cache: bool) -> Translator:
    """A translator whose model is loaded."""
    loaded = Translator(
        direction.target, source=direction.source, model=model, device="cpu", cache=cache
    )
    loaded.segments(["."])  # nothing to translate, and the model is there
    return loaded


if __name__ == "__main__":
    main()
