"""Two workers of one thread against ``mtpipe translate`` on two threads, on the same articles.

    python data/benchmarks/scale_speed.py ../shared/train --articles 4000

Both translate the same file with the same model and beam, without a cache, in turn; what starting
takes is left out of the ratio and stated: for ``scale`` until its workers stood with their models
(Ray, processes, models), and what ending takes; for ``translate`` the time that it needs for a
single article. The ratio by the whole time of both commands stands beside it, and processor time:
of ``translate`` all, of ``scale`` that of its workers while they were at shards.
"""

import argparse
import json
import os
import resource
import statistics
import tempfile
from pathlib import Path
from typing import Any

from scale_articles import load_before, report_of, rows_of, scale, timed, write_articles


def measured(folder: Path, number: int, options: argparse.Namespace) -> dict[str, Any]:
    """Both commands once."""
    source, one, home = folder / "in.jsonl", folder / "one.jsonl", folder / "home"
    common = ("--to", "en", "--model", options.model, "--beam", str(options.beam), "--no-cache")
    common = (*common, "--device", "cpu")
    threads = options.workers * options.threads
    plain = (*common, "--threads", str(threads))
    start = timed("translate", one, "-o", folder / f"one-{number}.out", *plain, home=home)
    before = cpu_seconds()
    alone = timed("translate", source, "-o", folder / f"alone-{number}.jsonl", *plain, home=home)
    alone_cpu = cpu_seconds() - before
    output = folder / f"scaled-{number}"
    workers = ("--workers", str(options.workers), "--threads-per-worker", str(options.threads))
    size = ("--rows-per-shard", str(options.rows_per_shard))
    whole = scale("translate", source, "-o", output, *common, *workers, *size, home=home)
    report = report_of(output)
    with (folder / f"alone-{number}.jsonl").open(encoding="utf-8") as file:
        there = {row["id"]: row["paragraphs"] for row in map(json.loads, file)}
    same = sum(
        targets(there.get(row["id"])) == targets(row["paragraphs"]) for row in rows_of(output)
    )
    net = alone - start
    return {
        "translate_s": round(alone, 2),
        "of_it_start_s": round(start, 2),
        "scale_s": round(whole, 2),
        "of_it_start_s_scale": round(report["setup_s"], 2),
        "of_it_work_s": round(report["seconds"], 2),
        "of_it_end_s": round(whole - report["setup_s"] - report["seconds"], 2),
        "utilisation": round(report["utilisation"], 3),
        "articles_per_s_translate": round(options.articles / net, 2),
        "articles_per_s_scale": round(report["rows_per_s"], 2),
        "ratio": round(net / report["seconds"], 3),
        "ratio_of_whole_times": round(alone / whole, 3),
        "cpu_s_translate": round(alone_cpu, 1),
        "cpu_s_workers": round(sum(each["cpu_s"] for each in report["by_worker"]), 1),
        "articles_with_the_same_translation": same,
        "failures": report["failures"],
    }


def cpu_seconds() -> float:
    """Processor time of the commands so far that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def targets(paragraphs: list[dict[str, Any]] | None) -> list[str]:
    """The translated sentences of a row."""
    return [sentence["target"] for each in paragraphs or () for sentence in each["sentences"]]


def main() -> None:
    """Measure, and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("--articles", type=int, default=4_000)
    parser.add_argument("--lines", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--rows-per-shard", type=int, default=100)
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    load = load_before()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        options.articles = write_articles(
            folder / "in.jsonl", options.train, options.articles, lines=options.lines
        )
        write_articles(folder / "one.jsonl", options.train, 1, lines=options.lines)
        # The model is converted, and read once, before the clock starts.
        first = ("-o", folder / "first.out", "--to", "en", "--model", options.model, "--no-cache")
        timed("translate", folder / "one.jsonl", *first, "--device", "cpu", home=folder / "home")
        rounds = [measured(folder, number, options) for number in range(options.rounds)]
    report = {
        "articles": options.articles,
        "lines": options.lines,
        "workers": options.workers,
        "threads_per_worker": options.threads,
        "rows_per_shard": options.rows_per_shard,
        "cores": os.cpu_count(),
        "load_before": load,
        "median_ratio": statistics.median(each["ratio"] for each in rounds),
        "rounds": rounds,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
