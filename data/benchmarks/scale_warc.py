"""A crawl against the same pages as files: are articles equal, and how many pages a second are read?

    python data/benchmarks/scale_warc.py data/demo --pages 2000

The pages are those of a folder over and over, each with a number of its own in its text. They are
read by ``mtpipe.read_articles`` in this process (pages a second of processor time and by the clock), and
by workers that do nothing but read (by the clock, starting apart). What is compared is title, text
and furniture of every article, in order; how they are called differs, addresses here, paths there.
"""

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scale_articles import load_before, read_on_workers, rows_of
from warc_pages import records

from mtpipe import read_articles
from mtpipe.types import Article


def numbered(pages: list[bytes], number: int) -> Iterator[bytes]:
    """So many pages, each with its number behind its first paragraph."""
    for each in range(number):
        yield pages[each % len(pages)].replace(b"</p>", b" Nr. %d.</p>" % each, 1)


def content(articles: Any) -> list[Any]:
    """What is compared of articles, and of rows of the workers."""
    found = []
    for each in articles:
        if isinstance(each, dict):
            found.append((each["title"], as_tuples(each["text"]), as_tuples(each["furniture"])))
        elif isinstance(each, Article):
            text = [(block.kind.value, block.text) for block in each.blocks]
            around = [(block.kind.value, block.text) for block in each.furniture]
            found.append((each.title, text, around))
        else:
            found.append(each.error)
    return found


def as_tuples(blocks: list[list[str]]) -> list[tuple[str, ...]]:
    """JSON knows no tuples."""
    return [tuple(block) for block in blocks]


def main() -> None:
    """Make both, read both in both ways, print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows-per-shard", type=int, default=100)
    options = parser.parse_args()
    load = load_before()
    pages = [path.read_bytes() for path in sorted(options.folder.rglob("*.html"))]
    figures: dict[str, Any] = {"pages": options.pages, "load_before": load}
    contents: dict[str, list[Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        files, crawl = Path(name, "files"), Path(name, "crawl.warc.gz")
        files.mkdir()
        own = list(numbered(pages, options.pages))
        for number, page in enumerate(own):
            (files / f"{number:06d}.html").write_bytes(page)
        with crawl.open("wb") as file:
            file.writelines(gzip.compress(record) for record in records(own, options.pages))
        figures["crawl_mb"] = round(crawl.stat().st_size / 1e6, 1)
        for label, source in (("files", files), ("crawl", crawl)):
            clock, cpu = time.perf_counter(), time.process_time()
            contents[label] = content(read_articles([str(source)]))
            figures[f"{label}_pages_per_s"] = round(
                options.pages / (time.perf_counter() - clock), 1
            )
            figures[f"{label}_pages_per_cpu_s"] = round(
                options.pages / (time.process_time() - cpu), 1
            )
            summary = read_on_workers(
                source,
                Path(name, f"out-{label}"),
                workers=options.workers,
                rows=options.rows_per_shard,
                with_text=True,
            )
            contents[f"{label}, by workers"] = content(rows_of(Path(name, f"out-{label}")))
            figures[f"{label}_pages_per_s_of_{options.workers}_workers"] = round(
                options.pages / summary.seconds, 1
            )
            figures[f"{label}_workers_start_s"] = round(summary.setup_seconds, 1)
    first = contents["files"]
    figures["articles"] = {label: len(found) for label, found in contents.items()}
    figures["equal_to_the_files"] = {label: found == first for label, found in contents.items()}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
