"""Candidates against an archive of thousands of articles: how long ``mtpipe detect`` takes, twice.

    python data/benchmarks/detect_archive.py ../shared --base ../mtpipe-before --no-engine

The archive holds the sources of documents in ``eval/detect.jsonl.gz`` and, up to its size, documents
made of 12 consecutive lines of one side of a file under ``train/``. Candidates are translations of
such documents, spread evenly over people and engines. Each round runs the command of both checkouts
one after the other, as processes of their own, which load all that they need; everything from the
start of a process to its end is timed. Processor time is printed as well, since other programs on a
machine cost wall time only. The rows of both are compared: verdict, original and scores.
"""

import argparse
import gzip
import json
import lzma
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent.parent
LINES = 12
COMPARED = ("id", "verdict", "original", "translation_of", "machine_made", "republication")


def main() -> None:
    """Write the articles, add them to an archive, measure both sides, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("shared", type=Path, help="the folder with eval/ and train/")
    parser.add_argument("--base", type=Path, help="another checkout; without it one side is run")
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-engine", action="store_true", help="without translation models")
    parser.add_argument("--work", type=Path, help="a folder to keep articles and archive in")
    arguments = parser.parse_args()
    sides = [("this", HERE)]
    if arguments.base:
        sides.insert(0, ("base", arguments.base.resolve()))
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.work or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder, arguments.shared, arguments.articles, arguments.candidates)
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name, _ in sides}
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for number in range(arguments.rounds):
            # Each goes first in every other round.
            for name, checkout in sides[:: -1 if number % 2 else 1]:
                output = folder / f"{name}.jsonl"
                output.unlink(missing_ok=True)
                engine = ["--no-engine"] if arguments.no_engine else []
                seconds[name].append(
                    run(
                        checkout, "detect", "candidates.jsonl", "--archive", "archive",
                        "-o", str(output), *engine, folder=folder,
                    )
                )  # fmt: skip
                rows[name] = compared(output)
                print(
                    f"round {number + 1}, {name}: {seconds[name][-1][0]:.1f} s, "
                    f"{seconds[name][-1][1]:.1f} s of processor time",
                    flush=True,
                )
    for name, figures in seconds.items():
        wall, busy = (statistics.median(figure) for figure in zip(*figures, strict=True))
        print(f"{name}: median {wall:.1f} s, {busy:.1f} s of processor time")
    if arguments.base:
        for what, place in (("wall", 0), ("processor", 1)):
            ratios = [
                base[place] / this[place]
                for base, this in zip(seconds["base"], seconds["this"], strict=True)
            ]
            print(f"{what} time: {statistics.median(ratios):.2f} times as fast as base (by rounds:")
            print("  " + ", ".join(f"{ratio:.2f}" for ratio in ratios) + ")")
        same = sum(a == b for a, b in zip(rows["base"], rows["this"], strict=True))
        print(f"rows with the same verdict, original and scores: {same} of {len(rows['this'])}")


def prepare(folder: Path, shared: Path, articles: int, candidates: int) -> None:
    """Write ``candidates.jsonl`` and an archive, unless they are there."""
    if (folder / "archive").exists():
        return
    with gzip.open(shared / "eval" / "detect.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    originals = {
        f"{row['set']}/{row['pair']}/{row['doc']}": (row["pair"].split("-")[0], row["source"])
        for row in rows
    }
    with (folder / "articles.jsonl").open("w", encoding="utf-8") as file:
        for name, (language, lines) in islice(originals.items(), articles):
            file.write(record(name, language, lines))
        for text in islice(other_articles(shared / "train"), max(0, articles - len(originals))):
            file.write(text)
    with (folder / "candidates.jsonl").open("w", encoding="utf-8") as file:
        step = max(1, len(rows) // candidates)
        for number, row in enumerate(rows[::step][:candidates]):
            file.write(record(f"c{number}", row["pair"].split("-")[1], row["candidate"]))
    run(HERE, "archive", "add", "archive", "articles.jsonl", folder=folder)


def other_articles(folder: Path) -> Iterator[str]:
    """Records of documents from one side of each parallel file, in turn."""
    files = sorted(folder.glob("*.tsv.xz"))
    streams = [one_side(path, side) for path in files for side in (0, 1)]
    for together in zip(*streams, strict=False):
        yield from together


def one_side(path: Path, side: int) -> Iterator[str]:
    """Records of one side; the other side's are of other lines, or each had its translation."""
    language = path.name.split(".")[0].split("-")[side]
    with lzma.open(path, "rt", encoding="utf-8") as file:
        texts = (line.rstrip("\n").split("\t")[1 + side] for line in file)
        number = 0
        while lines := list(islice(texts, LINES)):
            if number % 2 == side:
                yield record(f"{path.name}/{side}/{number}", language, lines)
            number += 1


def record(name: str, language: str, lines: list[str]) -> str:
    """An article as a line of JSON, a paragraph for each line."""
    article = {"id": name, "language": language, "text": "\n\n".join(lines)}
    return json.dumps(article, ensure_ascii=False) + "\n"


def run(checkout: Path, *command: str, folder: Path) -> tuple[float, float]:
    """Run mtpipe of a checkout; seconds, and seconds of processor time."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    program = [sys.executable, "-m", "mtpipe", "--quiet", *command]
    subprocess.run(program, cwd=folder, env=environment, check=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, busy


def compared(output: Path) -> list[tuple[Any, ...]]:
    """What of each row has to be the same on both sides."""
    lines = output.read_text(encoding="utf-8").splitlines()
    return [tuple(map(json.loads(line).get, COMPARED)) for line in lines]


if __name__ == "__main__":
    main()
