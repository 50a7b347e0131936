"""Memory of a run over very many short articles: the driver, each worker, and Ray around them.

    python data/benchmarks/scale_memory.py ../shared/train --articles 200000 --longest 60

Private (USS) and proportional (PSS) memory of every process of the run are read from ``/proc`` every
few seconds; Ray's shared memory counts in PSS, by how many share it. Flat means that the median of
the last quarter of the time is that of the second quarter, within a twentieth. ``--task read``
reads the articles only, which is done in minutes, where translating them takes half an hour (beam 1,
lines of up to 60 characters); what is kept in memory by the flow of articles is the same.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scale_articles import load_before, read_on_workers, report_of, write_articles

MB = 1024
"""``/proc`` counts in kB."""


def family(pid: int) -> Iterator[int]:
    """A process and all that come from it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(path.name))
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, [])


def part_of(pid: int, driver: int) -> str:
    """What a process is in the run."""
    if pid == driver:
        return "driver"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "gone"
    title = words[0]
    if "MapWorker" in title or "::Worker" in title:
        return f"worker {pid}"
    if title.startswith("ray::"):
        return "ray: idle and reading processes"
    if "mtpipe" in " ".join(words):
        return f"child of a worker {pid}"
    return f"ray: {Path(title.split(' ')[0]).name}"


def memory_of(pid: int) -> tuple[int, int]:
    """USS and PSS in kB; nothing of a process that has gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0, 0
    values = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return values.get("Private_Clean", 0) + values.get("Private_Dirty", 0), values.get("Pss", 0)


def watched(process: subprocess.Popen[bytes], every_s: float) -> list[dict[str, tuple[int, int]]]:
    """Samples of USS and PSS, by what the processes are, until the run ends."""
    samples = []
    while process.poll() is None:
        sample: dict[str, tuple[int, int]] = {}
        for pid in family(process.pid):
            part = part_of(pid, process.pid)
            uss, pss = memory_of(pid)
            before = sample.get(part, (0, 0))
            sample[part] = before[0] + uss, before[1] + pss
        samples.append(sample)
        time.sleep(every_s)
    return samples


def summed_up(samples: list[dict[str, tuple[int, int]]], rows_from: int) -> dict[str, object]:
    """Peaks, medians of quarters, and a curve of each part of the run."""
    parts = sorted({part for sample in samples for part in sample if part != "gone"})
    found: dict[str, object] = {}
    for part in parts:
        series = [sample[part] for sample in samples[rows_from:] if part in sample]
        if not series:
            continue
        uss = [each[0] // MB for each in series]
        quarter = max(1, len(uss) // 4)
        second, last = uss[quarter : 2 * quarter] or uss, uss[-quarter:]
        early, late = statistics.median(second), statistics.median(last)
        found[part] = {
            "samples": len(uss),
            "peak_uss_mb": max(uss),
            "peak_pss_mb": max(each[1] for each in series) // MB,
            "median_uss_mb_second_quarter": early,
            "median_uss_mb_last_quarter": late,
            "is_flat": late <= 1.05 * early + 8,
            "curve_uss_mb": uss[:: max(1, len(uss) // 20)],
        }
    return found


def main() -> None:
    """Measure, and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("--articles", type=int, default=200_000)
    parser.add_argument("--lines", type=int, default=1)
    parser.add_argument("--longest", type=int, help="characters of a line, at the most")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows-per-shard", type=int, default=500)
    parser.add_argument("--beam", type=int, default=1)
    parser.add_argument("--every", type=float, default=5.0, metavar="S")
    parser.add_argument("--task", choices=["translate", "read"], default="translate")
    parser.add_argument("--drive", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drive:
        source, output = map(Path, options.drive)
        summary = read_on_workers(
            source, output, workers=options.workers, rows=options.rows_per_shard
        )
        summary.write_report()
        return
    load = load_before()
    with tempfile.TemporaryDirectory() as name:
        source, output = Path(name, "in.jsonl"), Path(name, "out")
        number = write_articles(
            source,
            options.train,
            options.articles,
            lines=options.lines,
            directions=("de-en", "fr-en"),
            longest=options.longest,
        )
        size = ["--workers", str(options.workers), "--rows-per-shard", str(options.rows_per_shard)]
        if options.task == "translate":
            command = ["-m", "mtpipe", "--quiet", "scale", "translate", str(source), *size]
            command += ["-o", str(output), "--to", "en", "--beam", str(options.beam)]
        else:
            command = [__file__, str(options.train), "--drive", str(source), str(output), *size]
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, *command], env=os.environ)
        samples = watched(process, options.every)
        seconds = time.monotonic() - started
        report = report_of(output)
        share = report["setup_s"] / seconds
    found = {
        "task": options.task,
        "articles": number,
        "exit_code": process.returncode,
        "workers": options.workers,
        "load_before": load,
        "seconds": round(seconds, 1),
        "articles_per_s": round(report["rows_per_s"], 1),
        "rows": report["output_rows"],
        "failures": report["failures"],
        "parts": summed_up(samples, int(share * len(samples))),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
