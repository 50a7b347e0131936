"""Damaged pages, texts and tables through reading and the rules, for as long as one likes.

Files are changed at random: bytes lost, doubled and swapped, pieces of other files and of hostile
markup put in. Whatever comes out but an article or a failure is a fault, and so is a file that
takes more processor time or memory than the limits. Each input comes from a number, which is
told with its fault: ``--only NUMBER`` makes the same again, and ``--keep`` writes it to a file.

    python data/benchmarks/fuzz.py tests/ingest/pages tests/detection/pages data/demo --minutes 10
"""

import argparse
import logging
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.rules import load_rules
from mtpipe.ingest import read_articles
from mtpipe.types import Article

MOST_SECONDS = 5.0
"""Of processor time for one file."""
MOST_MIB = 512
"""That the peak memory of the process may grow by for one file."""

SUFFIXES = (".html", ".txt", ".md", ".json", ".jsonl", ".tsv", ".csv", ".xml")
PIECES = [
    piece.encode("utf-8", "surrogatepass")
    for piece in (
        "<p>", "</p>", "<div>" * 300, "</div>" * 300, "<table><tr><td>", "<!--", "-->", "<script>",
        "</script>", "<b>" * 500, '<a href="', "<a href=x>y</a> " * 500, "<br>" * 500, "<pre>\n",
        '<script type="application/ld+json">{"@graph": [', '"', "'", "{", "]", "\0", "\ud800",
        "&#0;", "&#x110000;", "&amp;" * 50, "\u202e", "\u200b" * 100, "a\u0301" * 100, "\t" * 200,
        "\n" * 200, "9" * 5_000, "„“»«" * 50, "<?xml encoding='foo'?>", "<![CDATA[", "=HYPERLINK(",
        "https://example.org/" + "a" * 3_000, '<meta charset="utf-16">', "<noscript>", "<svg>",
        " x=1" * 2_000,
    )
]  # fmt: skip


def damaged(files: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the files, changed in one to twenty places."""
    data = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 2, 5, 20))):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 10, 100, 2_000)))
        match chance.randrange(6):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end] * chance.choice((1, 2, 50))
            case 2:
                data[start:start] = chance.choice(PIECES)
            case 3:
                other = chance.choice(files)
                begin = chance.randrange(len(other) + 1)
                data[start:start] = other[begin : begin + chance.choice((10, 1_000, 20_000))]
            case 4:
                data[start:end] = chance.randbytes(end - start)
            case _:
                data[start:end] = bytes(reversed(data[start:end]))
    return bytes(data)


def faults(path: Path, read: Counter[str]) -> Iterator[str]:
    """What goes wrong with a file; ``read`` counts the articles and the failures in it."""
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        for item in read_articles([str(path)]):
            read[type(item).__name__] += 1
            if isinstance(item, Article):
                find_artefacts(item, load_rules())
    except Exception:  # noqa: BLE001 - whatever it is, it is the fault that is looked for
        yield traceback.format_exc(limit=-4)
    seconds = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if seconds > MOST_SECONDS:
        yield f"{seconds:.1f} s of processor time"
    if grown > MOST_MIB:
        yield f"{grown} MiB more memory"


def main() -> None:
    """Damage files until the time is over; exit code 1 if there was a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="of sound files")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="make this one file only")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for inputs with a fault")
    arguments = parser.parse_args()
    paths = sorted(p for folder in arguments.folders for p in folder.rglob("*") if p.is_file())
    files = [path.read_bytes() for path in paths if path.suffix in (*SUFFIXES, "")]
    end = time.monotonic() + 60 * arguments.minutes
    found = done = 0
    read: Counter[str] = Counter()
    logging.disable()  # of stray bytes and the like, in nearly every file
    with tempfile.TemporaryDirectory() as folder:
        for number in [arguments.only] if arguments.only is not None else count():
            chance = random.Random(f"{arguments.seed} {number}")  # noqa: S311 - no secret
            suffix = chance.choice(SUFFIXES if chance.random() < 0.4 else (".html",))
            path = Path(folder, f"page{suffix}")
            path.write_bytes(damaged(files, chance))
            for fault in faults(path, read):
                found += 1
                print(f"--only {number} ({suffix}): {fault}", flush=True)
                if arguments.keep:
                    arguments.keep.mkdir(parents=True, exist_ok=True)
                    (arguments.keep / f"{number}{suffix}").write_bytes(path.read_bytes())
            done += 1
            if time.monotonic() > end:
                break
    print(f"{done} files, {read['Article']} articles, {read['Failure']} failures, {found} faults")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
