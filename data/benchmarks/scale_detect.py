"""Detection by workers against detection in this process, on a crawl and the same pages as files.

    python data/benchmarks/scale_detect.py data/demo --pages 240 --workers 2

The pages are the candidates' over and over, each with a number of its own in its text, so that
most are near-duplicates. Without a model, against an archive of the demo's originals. Rows of the
crawl have to be those of the files but for what the articles are called, and rows of workers those
of ``mtpipe.Detector``. With ``--here`` the workers' part is done in this process, without Ray.
"""

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scale_warc import numbered
from warc_pages import records

import mtpipe
from mtpipe.ingest.raw import raw_items
from mtpipe.report.detection import detection_row
from mtpipe.scale import Resources, detect
from mtpipe.scale.articles import ArticlesTask
from mtpipe.scale.duplicates import find_duplicates
from mtpipe.scale.examining import DetectionTask
from mtpipe.scale.output import Form
from mtpipe.scale.shards import shards_of
from mtpipe.scale.source import lots_of
from mtpipe.scale.worker import Order, ShardWork, versions
from mtpipe.storage import Place


def without_ids(rows: Iterable[Any]) -> list[Any]:
    """Rows as JSON has them, without what articles are called."""
    return [json.loads(json.dumps({**row, "id": ""})) for row in rows]


def written(output: Path) -> list[Any]:
    """Rows of an output."""
    files = sorted((output / "rows").iterdir())
    return without_ids(json.loads(line) for file in files for line in file.open(encoding="utf-8"))


def in_process(source: Path, output: Path, archive: str, rows: int, *, duplicates: bool) -> None:
    """What workers and driver do, one after the other."""

    def done(inputs: Any, place: Path, task: Any, form: Form) -> None:
        order = Order(task, str(place), form, "run", versions(), ".", threads=1)
        work = ShardWork(order, worker="here")
        for lot in lots_of(inputs)[0]:
            for shard in shards_of(raw_items(lot.sources), source=lot.label, rows=rows):
                work.done(shard)

    examination = {"archive": archive, "engine": False}
    if not duplicates:
        done([source], output, DetectionTask(**examination), Form.JSONL)
        return
    reading = ArticlesTask()
    done([source], output / "articles", reading, Form.PARQUET)
    place = Place.of(output)
    orders = find_duplicates(place / "articles", reading.signature, place / "clusters.jsonl")
    task = DetectionTask(**examination, articles=str(output / "articles"))
    done(orders, output, task, Form.JSONL)


def main() -> None:
    """Make both, examine both in all ways, print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=240)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows-per-shard", type=int, default=100)
    parser.add_argument("--here", action="store_true")
    options = parser.parse_args()
    pages = [path.read_bytes() for path in sorted((options.folder / "candidates").glob("*.html"))]
    figures: dict[str, Any] = {"pages": options.pages}
    found: dict[str, list[Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        archive, files, crawl = f"{name}/originals", Path(name, "in"), Path(name, "a.warc.gz")
        mtpipe.Archive(archive, create=True).add(mtpipe.read_articles(options.folder / "archive"))
        files.mkdir()
        own = list(numbered(pages, options.pages))
        for number, page in enumerate(own):
            (files / f"{number:06d}.html").write_bytes(page)
        with crawl.open("wb") as file:
            file.writelines(gzip.compress(record) for record in records(own, options.pages))
        detector = mtpipe.Detector(archive=archive, engine=False)
        for label, source in (("files", files), ("crawl", crawl)):
            cpu, clock = time.process_time(), time.perf_counter()
            results = detector.examine_all(mtpipe.read_articles([str(source)]))
            found[label] = without_ids(map(detection_row, results))
            figures[f"{label}: pages a CPU second"] = round(
                options.pages / (time.process_time() - cpu), 1
            )
            figures[f"{label}: pages/s"] = round(options.pages / (time.perf_counter() - clock), 1)
        for label, source, duplicates in (
            ("files, scale", files, False),
            ("crawl, scale", crawl, False),
            ("crawl, scale, duplicates", crawl, True),
        ):
            output = Path(name, label)
            if options.here:
                cpu = time.process_time()
                in_process(source, output, archive, options.rows_per_shard, duplicates=duplicates)
                seconds = time.process_time() - cpu
                figures[f"{label}: pages a CPU second, with loading"] = round(
                    options.pages / seconds, 1
                )
            else:
                summary = detect(
                    source,
                    output,
                    archive=archive,
                    engine=False,
                    duplicates=duplicates,
                    resources=Resources(
                        workers=options.workers, rows_per_shard=options.rows_per_shard
                    ),
                )
                figures[f"{label}: pages/s of {options.workers} workers"] = round(
                    options.pages / summary.seconds, 1
                )
                figures[f"{label}: started after s"] = round(summary.setup_seconds, 1)
            found[label] = written(output)
    copies = found.pop("crawl, scale, duplicates")
    figures["near-duplicates"] = sum("duplicate_of" in row for row in copies)
    figures["rows"] = {label: len(rows) for label, rows in found.items()}
    figures["equal to the files"] = {label: rows == found["files"] for label, rows in found.items()}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
