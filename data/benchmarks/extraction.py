"""Measure how much of an article's body is read from its page, beside plain trafilatura.

The folder holds pages (NAME.html or NAME.html.gz, there or under html/) and ground-truth.json:
{NAME: {"body": text}}; "articleBody" is understood as well. Precision and recall are averaged over
pages, and F1 is their harmonic mean: of runs of four words as bags ("shingles"), and of words
("tokens"). "lost" counts pages on which at least a tenth (half) of the words of the body is missing.
The title and captions don't count as body; what trafilatura writes is taken as it is.

    python data/benchmarks/extraction.py FOLDER
    python data/benchmarks/extraction.py --shapes      the made-up pages of the tests
"""

import argparse
import gzip
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mtpipe.errors import MtpipeError
from mtpipe.ingest.html import read_html
from mtpipe.types import BlockKind

WORD = re.compile(r"\w+")
SHINGLE_WORDS = 4


def ours(html: bytes) -> str:
    """The body as mtpipe reads it."""
    try:
        blocks = read_html(html).blocks
    except MtpipeError:
        return ""
    kinds = (BlockKind.TITLE, BlockKind.CAPTION)
    return "\n".join(block.text for block in blocks if block.kind not in kinds)


def theirs(html: bytes) -> str:
    """The body as trafilatura reads it."""
    import trafilatura

    return trafilatura.extract(html) or ""


READERS: dict[str, Callable[[bytes], str]] = {"mtpipe": ours, "trafilatura": theirs}


def shingles(text: str, size: int) -> Counter[tuple[str, ...]]:
    """Runs of ``size`` words, how often each; a shorter text is one."""
    words = WORD.findall(text)
    runs = range(max(1, len(words) - size + 1)) if words else range(0)
    return Counter(tuple(words[start : start + size]) for start in runs)


def scores(text: str, body: str, size: int) -> tuple[float, float]:
    """Precision and recall, 0 to 1, of one page."""
    found, wanted = shingles(text, size), shingles(body, size)
    hits = (found & wanted).total()
    return (
        hits / found.total() if found else float(not wanted),
        hits / wanted.total() if wanted else 1.0,
    )


def f1(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Mean precision, mean recall and their harmonic mean."""
    precision, recall = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def pages_of(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    """Name, source and body of each page of a folder."""
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    for name, stated in truth.items():
        for place in (folder, folder / "html"):
            plain, packed = place / f"{name}.html", place / f"{name}.html.gz"
            if plain.exists() or packed.exists():
                data = (
                    plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
                )
                yield name, data, stated.get("body", stated.get("articleBody", ""))
                break


def shapes() -> Iterator[tuple[str, bytes, str]]:
    """The pages of the tests."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.ingest.shapes import SHAPES, STORIES  # noqa: PLC0415 - not installed

    for name, shape in SHAPES.items():
        for story in STORIES:
            html, body = shape(story)
            yield f"{name}.{story.language}", html.encode(), "\n".join(body)


def main() -> None:
    """Print a row for each reader, and with --pages one for each page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--shapes", action="store_true", help="the made-up pages of the tests")
    parser.add_argument("--pages", action="store_true", help="shingle F1 of each page")
    options = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    pages = list(shapes() if options.shapes else pages_of(options.folder))
    rows: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in READERS}
    seconds = dict.fromkeys(READERS, 0.0)
    for name, html, body in pages:
        for reader, read in READERS.items():
            started = time.perf_counter()
            text = read(html)
            seconds[reader] += time.perf_counter() - started
            rows[reader].append([scores(text, body, size) for size in (SHINGLE_WORDS, 1)])
        if options.pages:
            print(name, *(f"{f1(rows[reader][-1][:1])[2]:.3f}" for reader in READERS), sep="\t")
    print("reader\tshingle P\tR\tF1\ttoken P\tR\tF1\tlost .1\t.5\tms a page")
    for reader, found in rows.items():
        figures = [figure for size in (0, 1) for figure in f1([row[size] for row in found])]
        lost = [sum(row[1][1] <= 1 - share for row in found) for share in (0.1, 0.5)]
        cells = [f"{figure:.4f}" for figure in figures] + [str(count) for count in lost]
        print(reader, *cells, f"{1000 * seconds[reader] / len(pages):.1f}", sep="\t")


if __name__ == "__main__":
    main()
