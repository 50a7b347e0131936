"""A model of how long ``mtpipe scale`` takes, checked against measurement, and what it says of 10^8 articles.

    python data/benchmarks/scale_model.py check ../shared/train --articles 2000 --workers 1 2 4
    python data/benchmarks/scale_model.py project translated/report.json --articles 1e8 --cores 16

``check`` measures three things: one worker on a part of the articles (seconds of a shard), the same
command twice at once (how much slower processes are that share the machine), and nothing else.
From these it predicts how long the work takes with so many workers on all of the articles, starting
apart, and then measures that. The model:

    seconds = rounds of shards * seconds of a shard * how much slower processes are together
    rounds  = ceil(shards / workers);  slower by workers / cores where there are more workers

``project`` takes the report of a run on a machine that was full, and multiplies: time by machines,
files and bytes by articles. With the report of an index, the size of its archive as well.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scale_articles import load_before, report_of, scale, timed, write_articles

HOURS_A_DAY = 24


def together(source: Path, folder: Path, common: list[str], copies: int) -> float:
    """How much longer a command of one thread takes if so many run at once, each its own."""

    def seconds(number: int) -> float:
        started = time.perf_counter()
        processes = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "mtpipe", "--quiet", "translate", str(source)),
                    *("-o", str(folder / f"together-{number}-{each}.jsonl"), "--threads", "1"),
                    *common,
                ]
            )
            for each in range(number)
        ]
        for process in processes:
            if process.wait():
                raise SystemExit(process.returncode)
        return time.perf_counter() - started

    return seconds(copies) / seconds(1)


def measured(source: Path, output: Path, common: list[str], workers: int, rows: int) -> Any:
    """The report of a run."""
    size = ("--workers", workers, "--rows-per-shard", rows)
    scale("translate", source, "-o", output, *common, *map(str, size))
    return report_of(output)


def check(options: argparse.Namespace) -> dict[str, Any]:
    """Predict, measure, compare."""
    load, cores = load_before(), os.cpu_count() or 1
    common = ["--to", "en", "--model", options.model, "--beam", str(options.beam), "--no-cache"]
    common += ["--device", "cpu"]
    rows = options.rows_per_shard
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, part = folder / "in.jsonl", folder / "part.jsonl"
        number = write_articles(source, options.train, options.articles, lines=options.lines)
        write_articles(part, options.train, max(rows, number // 4), lines=options.lines)
        timed("translate", part, "-o", folder / "warm.jsonl", *common)  # converted, and on disk
        alone = measured(part, folder / "alone", common, 1, rows)
        shard_s = alone["seconds"] / alone["rows"] * rows
        slower = together(part, folder, common, cores) if cores > 1 else 1.0
        results = []
        for workers in options.workers:
            shards = math.ceil(number / rows)
            rounds = math.ceil(shards / workers)
            # The last shard is a smaller one, which matters where there is one worker.
            whole = number / rows if workers == 1 else rounds
            busy = min(workers, cores)
            factor = 1 + (slower - 1) * (busy - 1) / max(cores - 1, 1)
            predicted = whole * shard_s * factor * max(1, workers / cores)
            found = measured(source, folder / f"run-{workers}", common, workers, rows)
            results.append(
                {
                    "workers": workers,
                    "predicted_s": round(predicted, 1),
                    "measured_s": round(found["seconds"], 1),
                    "off_by": round(predicted / found["seconds"] - 1, 3),
                    "articles_per_s": round(found["rows_per_s"], 2),
                    "utilisation": round(found["utilisation"], 3),
                    "start_s": round(found["setup_s"], 1),
                }
            )
    return {
        "articles": number,
        "rows_per_shard": rows,
        "cores": cores,
        "load_before": load,
        "seconds_of_a_shard_alone": round(shard_s, 2),
        "slower_together": round(slower, 3),
        "runs": results,
    }


def project(options: argparse.Namespace) -> dict[str, Any]:
    """What so many articles take, by the report of a run on a full machine."""
    report = json.loads(options.report.read_text(encoding="utf-8"))
    articles, rows = int(options.articles), report["rows"]
    a_core = report["rows_per_worker_s"] / options.threads
    a_machine = a_core * options.cores
    hours = articles / a_machine / 3600
    shards = math.ceil(articles / (rows / report["shards"]))
    found: dict[str, Any] = {
        "articles": articles,
        "articles_per_s_of_a_core": round(a_core, 3),
        "articles_per_s_of_a_machine": round(a_machine, 2),
        "machine_hours": round(hours),
        "days_by_machines": {
            str(number): round(hours / number / HOURS_A_DAY, 2) for number in options.machines
        },
        "files_of_rows_and_manifests": 2 * shards,
        "output_gb": round(articles * report["output_bytes"] / rows / 1e9, 1),
    }
    if options.index:
        parts = json.loads(options.index.read_text(encoding="utf-8"))["parts"]
        there = sum(part["articles"] for part in parts)
        size = sum(part["size_bytes"] or 0 for part in parts)
        sentences = sum(part["sentences"] for part in parts)
        found["archive_gb"] = round(articles * size / there / 1e9, 1)
        found["archive_sentences"] = round(articles * sentences / there)
    return found


def main() -> None:
    """Print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(required=True)
    checking = commands.add_parser("check", help="predict, measure, compare")
    checking.add_argument("train", type=Path)
    checking.add_argument("--articles", type=int, default=2_000)
    checking.add_argument("--lines", type=int, default=3)
    checking.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    checking.add_argument("--rows-per-shard", type=int, default=100)
    checking.add_argument("--beam", type=int, default=4)
    checking.add_argument("--model", default="starter")
    checking.set_defaults(run=check)
    projecting = commands.add_parser("project", help="multiply what a run took")
    projecting.add_argument("report", type=Path, help="report.json of a run on a full machine")
    projecting.add_argument("--articles", type=float, default=1e8)
    projecting.add_argument("--threads", type=int, default=1, help="of each worker of that run")
    projecting.add_argument("--cores", type=int, default=16, help="of a machine")
    projecting.add_argument("--machines", type=int, nargs="+", default=[1, 10, 100])
    projecting.add_argument(
        "--index", type=Path, help="report.json of a run that filled an archive"
    )
    projecting.set_defaults(run=project)
    options = parser.parse_args()
    print(json.dumps(options.run(options), indent=1))


if __name__ == "__main__":
    main()
