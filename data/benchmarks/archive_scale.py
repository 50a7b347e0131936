"""How an archive of 100,000 articles does: building, size, memory, search of one candidate, recall.

    python data/benchmarks/archive_scale.py ../shared --archive /tmp/archive-100k

The archive holds documents made of 12 consecutive lines of one side of a file under ``train/``
(other lines for each side, so that none has its translation there; German, English and French
mixed), and the sources of the candidates: every so-manieth translation in ``eval/detect.jsonl.gz``,
by people and by machines. It stays where it is: a second run adds what is missing, which is
nothing, and measures the search.

Candidates are searched for one at a time, as ``mtpipe archive search`` does with one page: encoded,
searched for, and the originals read. Found is the original, or another document of the archive
that holds the candidate's own sentences. "framed" has half of each candidate between two times four
lines of a document that isn't in the archive. Wall time depends on what else the machine does; the
processor time of all threads stands beside it. Building and searching have processes of their own,
whose peak memory is printed.
"""

import argparse
import gzip
import json
import lzma
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

import mtpipe
from mtpipe import Scope
from mtpipe.archive.rows import Entry
from mtpipe.archive.sharded import AnyTable, open_table
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.types import Article, Block, BlockKind, Language, Place

LINES = 12
LIMIT = 5
SIMULATED_TOGETHER = 1_000
ENCODED_FIRST = 5  # candidates that are searched for before the clock runs


@dataclass(frozen=True)
class Candidate:
    """A translation, its original, and other articles that say the same."""

    article: Article
    original: str
    twins: frozenset[str]
    label: str


def main() -> None:
    """Build the archive unless it is there, search it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--archive", required=True, help="where it is, or is to be")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--candidates", type=int, default=300, help="the same for all runs")
    parser.add_argument(
        "--simulated",
        type=int,
        default=0,
        help="articles more, whose vectors are mixtures of real ones: what becomes of a million",
    )
    parser.add_argument("--shards", type=int, help="parts of an archive that is made")
    parser.add_argument("--no-build", action="store_true", help="search what is there")
    parser.add_argument("--no-search", action="store_true", help="build only")
    arguments = parser.parse_args()
    print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    if not arguments.no_build:
        apart(build, arguments)
        if arguments.simulated:
            apart(simulate, arguments)
    if not arguments.no_search:
        apart(search, arguments)


def apart(step: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Run a step in a process of its own, so that its memory is its own."""
    process = multiprocessing.get_context("spawn").Process(target=step, args=(arguments,))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def build(arguments: argparse.Namespace) -> None:
    """Add what is missing."""
    originals, _ = read_candidates(arguments.shared, arguments.candidates)
    lines = read_documents(arguments.shared / "train", arguments.articles - len(originals))
    archive = mtpipe.Archive(arguments.archive, create=True, shards=arguments.shards)
    had, clock = len(archive), Clock()
    last = [time.perf_counter()]

    def progress(summary: Any) -> None:
        if time.perf_counter() - last[0] > 10:
            last[0] = time.perf_counter()
            print(f"  {summary.done:,} articles after {summary.seconds:.0f} s", flush=True)

    summary = archive.add(chain(originals, lines), on_progress=progress)
    figures = archive.statistics()
    print(
        f"build: {had:,} articles were there, {summary.added:,} added {clock.since()}: "
        f"{summary.added / max(summary.seconds, 1e-9):,.0f} articles/s with index and merging; "
        f"peak {peak_memory():.2f} GB\n"
        f"  {figures.articles:,} articles {figures.languages}, {figures.sentences:,} sentences, "
        f"{(figures.size_bytes or 0) / 1e6:,.0f} MB, indexed: {figures.is_indexed}",
        flush=True,
    )
    few = [
        replaced(each) for each in islice(read_documents(arguments.shared / "train", 2_000), 2_000)
    ]
    clock, started = Clock(), time.perf_counter()
    again = archive.add(few)
    seconds = time.perf_counter() - started
    print(
        f"adding to it: {again.added} more {clock.since()}: {again.added / seconds:,.0f} articles/s",
        flush=True,
    )
    clock = Clock()
    archive.remove([each.id for each in few])
    print(f"removing them {clock.since()}", flush=True)


def simulate(arguments: argparse.Namespace) -> None:
    """Add articles without text, with mixtures of two real sentences' vectors and some noise."""
    table = open_table(arguments.archive, ArchiveEncoder().stamp)
    sample = background_rows(table)
    rng, clock = np.random.default_rng(len(table)), Clock()
    had = len(table)
    for first in range(had, arguments.articles + arguments.simulated, SIMULATED_TOGETHER):
        entries = []
        for number in range(first, first + SIMULATED_TOGETHER):
            language = list(Language)[number % len(Language)]
            pool = sample[language]
            one, other = (pool[rng.integers(len(pool), size=LINES)] for _ in range(2))
            share = rng.uniform(size=(LINES, 1))
            mixed = share * one + (1 - share) * other
            mixed += rng.normal(scale=0.02, size=mixed.shape)
            mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
            each = article(f"simulated/{number}", language, [f"{number}"])
            entries.append(Entry(each, ["."] * LINES, mixed.astype(np.float32)))
        table.put(entries, are_new=True)
        if first // 10_000 != (first + SIMULATED_TOGETHER) // 10_000:
            print(f"  {first:,} articles {clock.since()}", flush=True)
    print(f"simulated: {len(table) - had:,} articles added {clock.since()}", flush=True)
    clock = Clock()
    table.tidy()
    print(
        f"  index {clock.since()}; {len(table):,} articles, {table.sentences:,} sentences, "
        f"{(table.size_bytes or 0) / 1e6:,.0f} MB; peak {peak_memory():.2f} GB",
        flush=True,
    )


def background_rows(table: AnyTable) -> dict[Language, Any]:
    """Vectors of a sample of real sentences, by language."""
    sample = table.sample(5_000, ["language", "vectors"]).to_pylist()
    return {
        language: np.concatenate(
            [np.array(row["vectors"], np.float32) for row in sample if row["language"] == language]
        )
        for language in Language
    }


def search(arguments: argparse.Namespace) -> None:
    """Search for candidates one at a time."""
    _, candidates = read_candidates(arguments.shared, arguments.candidates)
    clock = Clock()
    archive = mtpipe.Archive(arguments.archive)
    finder = archive.finder()
    wanted = sorted({each.original for each in candidates})
    there = open_table(arguments.archive).get(wanted)
    if len(there) < len(wanted):
        raise SystemExit(
            "other candidates' originals are in it: give --candidates as when it was made"
        )
    print(f"search: opened {clock.since()}", flush=True)
    hard = framed(candidates, arguments.shared / "train", arguments.articles)
    other = Scope(translations=True)
    for name, chosen, scope in (
        ("any", candidates, Scope()),
        ("translations", candidates, other),
        ("framed", hard, other),
    ):
        for each in chosen[:ENCODED_FIRST]:
            archive.find(each.article, scope=scope, limit=LIMIT)
        walls, ranks, missed = [], [], []
        busy = time.process_time()
        for each in chosen:
            started = time.perf_counter()
            [found] = finder.find_all([each.article], scope=scope, limit=LIMIT)
            walls.append(time.perf_counter() - started)
            right = {each.original, *each.twins}
            rank = next((n for n, one in enumerate(found, 1) if one.article.id in right), 0)
            ranks.append(rank)
            if not rank:
                missed.append(each.label)
        busy = (time.process_time() - busy) / len(candidates)
        p50, p95 = np.quantile(walls, [0.5, 0.95]) * 1e3
        ranks_ = np.array(ranks)
        print(
            f"  {name:<13} one at a time: p50 {p50:.1f} ms, p95 {p95:.1f} ms; processor time "
            f"{busy * 1e3:.1f} ms; original first {np.mean(ranks_ == 1):.1%}, among {LIMIT} "
            f"{np.mean(ranks_ > 0):.1%} of {len(candidates)}; load {os.getloadavg()[0]:.1f}"
            + (f"; missed: {', '.join(missed[:5])}" if missed else ""),
            flush=True,
        )
    started, busy = time.perf_counter(), time.process_time()
    list(finder.find_all([each.article for each in candidates], limit=LIMIT))
    wall, busy = time.perf_counter() - started, time.process_time() - busy
    print(
        f"  all together: {len(candidates) / wall:.0f} candidates/s, processor time "
        f"{busy / len(candidates) * 1e3:.1f} ms each; peak {peak_memory():.2f} GB",
        flush=True,
    )


class Clock:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._busy = time.perf_counter(), time.process_time()

    def since(self) -> str:
        """Both, in words."""
        wall, busy = time.perf_counter() - self._wall, time.process_time() - self._busy
        return f"in {wall:.1f} s ({busy:.1f} s of processor time)"


def peak_memory() -> float:
    """Of this process, in GB."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e9
    return 0.0


def read_candidates(shared: Path, count: int) -> tuple[list[Article], list[Candidate]]:
    """Every so-manieth candidate, and the originals of all of these."""
    with gzip.open(shared / "eval" / "detect.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    rows = rows[:: len(rows) // count][:count]
    originals: dict[str, Article] = {}
    by_sentence: dict[str, set[str]] = {}
    for row in rows:
        name = f"{row['set']}/{row['pair']}/{row['doc']}"
        originals[name] = article(name, Language(row["pair"].split("-")[0]), row["source"])
        for text in row["source"]:
            by_sentence.setdefault(text, set()).add(name)
    candidates = []
    for number, row in enumerate(rows):
        name = f"{row['set']}/{row['pair']}/{row['doc']}"
        language = Language(row["pair"].split("-")[1])
        candidates.append(
            Candidate(
                article(f"c{number}", language, row["candidate"]),
                name,
                frozenset().union(*(by_sentence.get(text, ()) for text in row["candidate"])),
                f"{name} {row['system']}",
            )
        )
    return list(originals.values()), candidates


def framed(candidates: list[Candidate], folder: Path, articles: int) -> list[Candidate]:
    """Half of each candidate between lines that the archive doesn't have."""
    unseen: dict[Language, Iterator[Article]] = {}
    for path in sorted(folder.glob("*.tsv.xz")):
        for side in (0, 1):
            few = documents(path, side, len(candidates), skip=-(-articles // 3))
            unseen.setdefault(Language(path.name.split(".")[0].split("-")[side]), few)
    hard = []
    for each in candidates:
        own = [block.text for block in each.article.blocks]
        other = [block.text for block in next(unseen[each.article.language]).blocks]
        texts = [*other[:4], *own[: LINES // 2], *other[4:8]]
        hard.append(replace(each, article=article(each.article.id, each.article.language, texts)))
    return hard


def read_documents(folder: Path, count: int) -> Iterator[Article]:
    """Documents of lines of one side each, the sides in turn."""
    files = sorted(folder.glob("*.tsv.xz"))
    each = -(-count // (2 * len(files)))
    sides = [documents(path, side, each) for path in files for side in (0, 1)]
    return islice(chain.from_iterable(zip(*sides, strict=True)), count)


def documents(path: Path, side: int, count: int, *, skip: int = 0) -> Iterator[Article]:
    """Documents of one side of a file; the other side's come from other lines."""
    language = Language(path.name.split(".")[0].split("-")[side])
    with lzma.open(path, "rt", encoding="utf-8") as file:
        lines = islice(file, (skip + side * count) * LINES, None)
        for number in range(count):
            texts = [line.rstrip("\n").split("\t")[1 + side] for line in islice(lines, LINES)]
            yield article(f"{path.name}/{side}/{number}", language, texts)


def replaced(each: Article) -> Article:
    """Another article of the same length."""
    texts = [f"{block.text} ({each.id})" for block in each.blocks]
    return article(f"more/{each.id}", each.language, texts)


def article(name: str, language: Language, texts: list[str]) -> Article:
    """An article with a block a line."""
    blocks = tuple(
        Block(BlockKind.PARAGRAPH, text, Place(number)) for number, text in enumerate(texts) if text
    )
    return Article(name, name, language, blocks)


if __name__ == "__main__":
    main()
