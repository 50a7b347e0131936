"""Watch the memory of ``mtpipe translate`` over many articles.

The articles are those of ``translate_articles.py``; where its lines run out, shuffled ones make
further articles. With the ``--home`` of an earlier run of that script most sentences come from its
cache, and only the rest is decoded: decoding all of them would take hours and need no more memory,
since two chunks of articles at the most are in memory, decoded or not.

    python data/benchmarks/articles_memory.py ../shared/eval/translate --articles 20000 --home HOME
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from translate_articles import write_articles


def resident_mb(pid: int) -> int:
    """Resident memory of a process; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(lines[0].split()[1]) // 1024 if lines else 0


def main() -> None:
    """Run it and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--lines", type=int, help="distinct lines to make them of")
    parser.add_argument("--beam", default="4", help="as in the earlier run")
    arguments = parser.parse_args()
    curve: dict[int, int] = {}
    peak = 0
    with tempfile.TemporaryDirectory() as name:
        source, output = Path(name, "in.jsonl"), Path(name, "out.jsonl")
        write_articles(arguments.folder, source, arguments.articles, ["de"], most=arguments.lines)
        command = [
            *(sys.executable, "-m", "mtpipe", "--verbose", "translate", str(source)),
            *("-o", str(output), "--to", "en", "--model", "starter", "--device", "cpu"),
            *("--beam", arguments.beam),
        ]
        started = time.monotonic()
        home = {**os.environ, "MTPIPE_HOME": str(arguments.home)}
        process = subprocess.Popen(command, env=home)
        size = written = 0
        with source.open("rb") as file:
            total = sum(map(len, file))
        while process.poll() is None:
            time.sleep(0.1)
            resident = resident_mb(process.pid)
            peak = max(peak, resident)
            if output.exists() and output.stat().st_size > size:
                with output.open("rb") as file:
                    file.seek(size)
                    data = file.read()
                size, written = size + len(data), written + data.count(b"\n")
                curve.setdefault(written // 1000 * 1000, resident)
        seconds = time.monotonic() - started
    report = {
        "articles": written,
        "distinct_lines": arguments.lines,
        "input_mb": total // 1_000_000,
        "output_mb": size // 1_000_000,
        "seconds": round(seconds, 1),
        "peak_mb": peak,
        "resident_mb_after_articles": curve,
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
