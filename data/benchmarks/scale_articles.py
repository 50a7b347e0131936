"""What the benchmarks of ``mtpipe scale`` share: articles, a light task, and a look at processes.

Not a benchmark itself. Articles are made of lines of parallel text, files ``de-en.tsv.xz`` and the
like with ``corpus TAB source TAB target``, so many lines each.
"""

import json
import lzma
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from mtpipe.ingest.reader import articles_of
from mtpipe.scale import Form, Resources
from mtpipe.scale.running import run
from mtpipe.scale.shards import Shard
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Processed
from mtpipe.types import Failure

BENCHMARKS = Path(__file__).parent


def source_lines(train: Path, direction: str) -> Iterator[str]:
    """The source side of a file of parallel text."""
    with lzma.open(train / f"{direction}.tsv.xz", "rt", encoding="utf-8") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 3 and fields[1].strip():
                yield fields[1]


def write_articles(
    path: Path,
    train: Path,
    articles: int,
    *,
    lines: int,
    directions: tuple[str, ...] = ("de-en",),
    longest: int | None = None,
) -> int:
    """Write JSON lines, an article of so many lines each, the languages in turn.

    Args:
        path: the file.
        train: folder of the parallel text.
        articles: how many.
        lines: lines of an article.
        directions: files whose sources are taken.
        longest: characters of a line, at the most.

    Returns:
        How many there are: fewer than asked for if the lines run out.
    """
    streams = {
        direction: (
            line for line in source_lines(train, direction) if not longest or len(line) <= longest
        )
        for direction in directions
    }
    written = 0
    with path.open("w", encoding="utf-8") as file:
        while streams and written < articles:
            for direction, stream in list(streams.items()):
                own = list(islice(stream, lines))
                if len(own) < lines:
                    del streams[direction]
                elif written < articles:
                    record = {"id": str(written), "text": " ".join(own), "language": direction[:2]}
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
                    written += 1
    return written


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """Reads articles and does nothing else: what a run takes that has no model in it.

    Attributes:
        with_text: whether rows hold the text, for comparison.
    """

    with_text: bool = False
    name: str = "read"

    def check(self) -> None:
        """Nothing to check."""

    def load(self) -> "ReadingProcessor":
        """Nothing to load."""
        return ReadingProcessor(self.with_text)

    def schema(self) -> Any:
        """Not for Parquet."""


class ReadingProcessor:
    """See :class:`ReadingTask`."""

    signature = "reading"

    def __init__(self, with_text: bool) -> None:
        self._with_text = with_text

    def process(self, shard: Shard) -> Processed:
        """Read a shard."""
        rows, failures = [], []
        for item in articles_of(shard.items):
            if isinstance(item, Failure):
                failures.append(item)
                continue
            row: dict[str, Any] = {"id": item.id, "blocks": len(item.blocks)}
            if self._with_text:
                row["title"] = item.title
                row["text"] = [(block.kind.value, block.text) for block in item.blocks]
                row["furniture"] = [(block.kind.value, block.text) for block in item.furniture]
            rows.append(row)
        return Processed(rows, failures, {"totals": {"articles": len(rows)}})


def read_on_workers(
    inputs: Path, output: Path, *, workers: int, rows: int, with_text: bool = False
) -> ScaleSummary:
    """Run :class:`ReadingTask` on a cluster of its own."""
    # Workers find this module.
    path = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(BENCHMARKS), path]))
    return run(
        inputs,
        output,
        ReadingTask(with_text=with_text),
        Resources(workers=workers, rows_per_shard=rows),
        form=Form.JSONL,
    )


def rows_of(output: Path) -> Iterator[dict[str, Any]]:
    """All rows of a run, in the order of its shards."""
    for path in sorted((output / "rows").iterdir()):
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def scale(*arguments: str | Path, home: Path | None = None) -> float:
    """Run ``mtpipe --quiet scale ...``; seconds by the clock, from its start to its end."""
    return timed("scale", *arguments, home=home)


def timed(*arguments: str | Path, home: Path | None = None) -> float:
    """Run ``mtpipe --quiet ...``; seconds by the clock."""
    own = {"MTPIPE_HOME": str(home)} if home else {}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "mtpipe", "--quiet", *map(str, arguments)],
        check=True,
        env={**os.environ, **own},
    )
    return time.perf_counter() - started


def report_of(output: Path) -> dict[str, Any]:
    """The report of a run."""
    return json.loads((output / "report.json").read_text(encoding="utf-8"))


def load_before() -> float:
    """Load of the machine, which should be idle; figures of a busy one tell little."""
    return round(os.getloadavg()[0], 2)
