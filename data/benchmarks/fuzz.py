"""Damaged and extreme pages, texts and tables through reading and the rules.

Files are changed at random: bytes lost, doubled and swapped, pieces of other files and of hostile
markup put in; or, with ``--extreme``, made to take one thing to its extreme (``extreme_pages.py``).
Whatever comes out but an article or a failure is a fault, and so is a file that takes more
processor time or memory than the limits. Each is read in a process of its own, forked from this
one, without the limits that mtpipe sets (``MTPIPE_PAGE_SECONDS=0``), so that what is measured is
what reading takes; or with ``--limits`` all in one process, as users read a batch, with the limits
that are set, and a file is at fault that takes more. A damaged file comes from a number, which is printed with its fault:
``--only NUMBER`` makes the same again, and ``--keep`` writes it to a file.

    python data/benchmarks/fuzz.py tests/ingest/pages tests/detection/pages data/demo --minutes 10
    python data/benchmarks/fuzz.py tests/ingest/pages data/demo --pages 10000
    python data/benchmarks/fuzz.py --extreme
    python data/benchmarks/fuzz.py --extreme --limits
"""

import argparse
import gzip
import logging
import os
import pickle
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from extreme_pages import extreme_pages

from mtpipe.config import reading_settings
from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.rules import load_rules
from mtpipe.ingest import read_articles
from mtpipe.types import Article

MOST_SECONDS = 5.0
"""Of processor time for one file."""
MOST_MIB = 512
"""That the memory of the process may grow by for one file, at its peak."""
LEAST_WORST = 10
"""Files that are listed at the end, of those that took longest and of those that took most memory."""
GIVEN_UP_SECONDS, GIVEN_UP_BYTES = 30, 8 * 2**30

SUFFIXES = (".html", ".txt", ".md", ".json", ".jsonl", ".tsv", ".csv", ".xml")
CRAWLS = (".warc", ".warc.gz")
CRAWL_PAGES = 5
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


@dataclass
class Reading:
    """What came of a file.

    Attributes:
        name: of the file, with what makes it again.
        suffix: of its name.
        articles: how many were read.
        failures: how many were listed as failed.
        stage_seconds: processor time of reading and of the rules.
        peak_mib: how much more memory the process had at its peak.
        faults: what went wrong.
    """

    name: str
    suffix: str
    articles: int = 0
    failures: int = 0
    stage_seconds: Counter[str] = field(default_factory=Counter)
    peak_mib: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Processor time of all of it."""
        return self.stage_seconds.total()

    def __str__(self) -> str:
        stages = ", ".join(
            f"{stage} {seconds:.2f}" for stage, seconds in self.stage_seconds.items()
        )
        return f"{self.seconds:6.2f} s ({stages})  {self.peak_mib:5.0f} MiB  {self.name}"


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


def crawl(files: Sequence[bytes], chance: random.Random, *, packed: bool) -> bytes:
    """A sound WARC file of some of the files; each record a member of its own if it is packed."""
    records = []
    for number in range(CRAWL_PAGES):
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + chance.choice(files)
        head = (
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-11-30T00:00:00Z\r\n"
            f"WARC-Target-URI: https://example.org/{number}\r\n"
            f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\n"
            "Content-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(answer)}\r\n\r\n"
        )
        record = head.encode() + answer + b"\r\n\r\n"
        records.append(gzip.compress(record, mtime=0) if packed else record)
    return b"".join(records)


def damaged_pages(
    folders: Sequence[Path], numbers: Iterator[int], seed: int
) -> Iterator[tuple[str, str, bytes]]:
    """Name, suffix and content of damaged files; each comes from its number and the seed."""
    paths = sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())
    files = [path.read_bytes() for path in paths if path.suffix in (*SUFFIXES, "")]
    for number in numbers:
        chance = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
        kind = chance.random()
        if kind < 0.1:
            suffix = chance.choice(CRAWLS)
            sound = [crawl(files, chance, packed=suffix == ".warc.gz")]
        else:
            suffix = chance.choice(SUFFIXES if kind < 0.4 else (".html",))
            sound = files
        yield f"--only {number}", suffix, damaged(sound, chance)


def status_mib(name: str) -> float:
    """A figure of memory of this process, as Linux states it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def read_here(path: Path, reading: Reading) -> None:
    """Read a file and look for artefacts, and note what it takes."""
    before = status_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts anew
    began = time.process_time()
    try:
        for item in read_articles([str(path)]):
            read = time.process_time()
            reading.stage_seconds["reading"] += read - began
            began = read
            if isinstance(item, Article):
                reading.articles += 1
                find_artefacts(item, load_rules())
                reading.stage_seconds["rules"] += time.process_time() - began
            else:
                reading.failures += 1
            began = time.process_time()
    except Exception:  # noqa: BLE001 - whatever it is, it is the fault that is looked for
        reading.faults.append(traceback.format_exc(limit=-4))
    reading.peak_mib = status_mib("VmHWM") - before


def read_apart(path: Path, name: str) -> Reading:
    """Read a file in a forked process, which may crash or never end."""
    reading = Reading(name, path.suffix)
    receiver, sender = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(receiver)
        resource.setrlimit(resource.RLIMIT_CPU, (GIVEN_UP_SECONDS, GIVEN_UP_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (GIVEN_UP_BYTES, GIVEN_UP_BYTES))
        read_here(path, reading)
        with os.fdopen(sender, "wb") as stream:
            pickle.dump(reading, stream)
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver, "rb") as stream:
        answer = stream.read()
    _, status, used = os.wait4(process, 0)
    if answer:
        reading = pickle.loads(answer)  # noqa: S301 - our own
    else:
        reading.stage_seconds["until it ended"] = used.ru_utime + used.ru_stime
        code = os.waitstatus_to_exitcode(status)
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        reading.faults.append(f"the process ended with {ended}")
    if reading.seconds > MOST_SECONDS:
        reading.faults.append(f"{reading.seconds:.1f} s of processor time")
    if reading.peak_mib > MOST_MIB:
        reading.faults.append(f"{reading.peak_mib:.0f} MiB more memory")
    return reading


def children_seconds() -> float:
    """Processor time of the processes that this one started, of those that go on as well."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = ended.ru_utime + ended.ru_stime
    ticks = os.sysconf("SC_CLK_TCK")
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # a thread or a process that has ended meanwhile
            for process in (task / "children").read_text(encoding="ascii").split():
                state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2]
                seconds += sum(map(int, state.split()[11:13])) / ticks
    return seconds


def read_limited(path: Path, name: str) -> Reading:
    """Read a file here as users do, within the limits that are set."""
    reading = Reading(name, path.suffix)
    before = children_seconds()
    read_here(path, reading)
    reading.stage_seconds["apart"] = children_seconds() - before
    # What a process needs to start is no page's, and limits are whole seconds.
    if reading.seconds > reading_settings().page_seconds + 3:
        reading.faults.append(f"{reading.seconds:.1f} s of processor time")
    if reading.peak_mib > MOST_MIB:
        reading.faults.append(f"{reading.peak_mib:.0f} MiB more memory")
    return reading


def main() -> None:
    """Read until the files or the time are over; exit code 1 if there was a fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", help="of sound files")
    parser.add_argument("--minutes", type=float, help="by default 10, or as long as it takes")
    parser.add_argument("--pages", type=int, help="how many to damage; by default any number")
    parser.add_argument("--extreme", action="store_true", help="extreme pages, not damaged ones")
    parser.add_argument("--limits", action="store_true", help="as users read, all in one process")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="number or name of the one file to read")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for inputs with a fault")
    arguments = parser.parse_args()
    if not arguments.extreme and not arguments.folders:
        parser.error("name folders of sound files, or --extreme")
    bounded = arguments.extreme or arguments.pages or arguments.only
    minutes = arguments.minutes or (float("inf") if bounded else 10)
    if arguments.extreme:
        pages = (page for page in extreme_pages() if (arguments.only or "") in page[0])
    else:
        numbers = iter(range(arguments.pages)) if arguments.pages else count()
        pages = damaged_pages(
            arguments.folders,
            iter([int(arguments.only)]) if arguments.only else numbers,
            arguments.seed,
        )
    if not arguments.limits:
        os.environ["MTPIPE_PAGE_SECONDS"] = "0"
    read = read_limited if arguments.limits else read_apart
    sys.exit(report(pages, read, 60 * minutes, arguments.keep))


def report(
    pages: Iterator[tuple[str, str, bytes]],
    read: Callable[[Path, str], Reading],
    seconds: float,
    keep: Path | None,
) -> bool:
    """Read the pages and print what came of them; whether there was a fault."""
    end = time.monotonic() + seconds
    logging.disable()  # of stray bytes and the like, in nearly every file
    readings: list[Reading] = []
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "warm.html")
        warm.write_text("<p>The bridge stays open all night, the council said.</p>" * 9, "utf-8")
        read_here(warm, Reading("", ""))  # what is loaded once counts for no file
        with suppress(KeyboardInterrupt):
            for name, suffix, content in pages:
                path = Path(folder, f"page{suffix}")
                path.write_bytes(content)
                reading = read(path, name)
                readings.append(reading)
                for fault in reading.faults:
                    print(f"{reading.name} ({suffix}): {fault}", flush=True)
                if reading.faults and keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    (
                        keep / f"{name.removeprefix('--only ').replace(' ', '-')}{suffix}"
                    ).write_bytes(content)
                if time.monotonic() > end:
                    break
    for title, worth in (("longest", Reading.seconds.fget), ("largest", lambda r: r.peak_mib)):
        print(f"\nthe {title}:")
        for reading in sorted(readings, key=worth, reverse=True)[:LEAST_WORST]:
            print(reading)
    faults = sum(len(reading.faults) for reading in readings)
    print(
        f"\n{len(readings)} files, {sum(r.articles for r in readings)} articles, "
        f"{sum(r.failures for r in readings)} failures, {faults} faults, "
        f"{sum(r.seconds for r in readings):.0f} s of processor time"
    )
    return bool(faults)


if __name__ == "__main__":
    main()
