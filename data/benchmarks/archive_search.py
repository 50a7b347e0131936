"""Is the original found, and how fast: candidates against an archive of thousands of articles.

    python data/benchmarks/archive_search.py ../shared

The archive holds the sources of all documents in ``eval/detect.jsonl.gz`` (once each; German,
English and French mixed) and 10,000 documents made of 12 consecutive lines of one side of a file
under ``train/``. Every candidate of the file is searched for, two ways:

* "translations": among articles in other languages than its own, as a detection asks. Found is
  the very document that the candidate was translated from.
* "any": among all articles. The files hold many documents in both directions, so that the human
  reference of a candidate is in the archive as another document's source, in the candidate's own
  language: that twin counts as found too, and nothing else does.

Hard cases change the candidate; what they add is of a document in its language whose own original
isn't in the archive (sides of ``train/`` that were left out). "no original" takes the original
(and its translations) out of the result: the share of true originals that score above 99 % of
those best wrong hits tells how well a threshold parts the two.

Speed is that of vectors and search alone (encoding of the candidate included, articles not read),
against the first 100,000 sentences; also the adding of the archive, and its size.
"""

import argparse
import gzip
import json
import lzma
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from mtpipe.archive.rows import Entry
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.table import ArticleTable
from mtpipe.pipeline.archive.adding import add_articles
from mtpipe.pipeline.archive.encoder import ArchiveEncoder, Scope
from mtpipe.types import Article, Block, BlockKind, Language, Place

LINES = 12
DISTRACTORS = 10_000
SENTENCES = 100_000
CANDIDATES = 1_000
SEED = 7

Texts = list[str]


@dataclass(frozen=True)
class Candidate:
    """A translation, and which article of the archive it was made from."""

    language: Language
    texts: Texts
    original: str
    twins: frozenset[str]
    label: str


def main() -> None:
    """Build an archive, search it, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--hard", type=int, default=300, help="candidates of each hard case")
    parser.add_argument("--stride", type=int, default=1, help="take every n-th candidate only")
    parser.add_argument("--indexed", action="store_true", help="search by the index, not exactly")
    arguments = parser.parse_args()
    originals, candidates = read_documents(arguments.shared)
    candidates = candidates[:: arguments.stride]
    distractors, unseen = read_distractors(arguments.shared / "train")
    encoder = ArchiveEncoder()
    with tempfile.TemporaryDirectory() as folder:
        archive = ArticleTable(f"{folder}/archive", encoder.stamp, create=True)
        summary = add_articles([*originals, *distractors], archive, encoder)
        print(
            f"added {summary.added:,} articles, {summary.sentences:,} sentences in "
            f"{summary.seconds:.1f} s: {summary.added / summary.seconds:,.0f} articles/s; "
            f"{(archive.size_bytes or 0) / 1e6:.0f} MB"
        )
        again = add_articles([*originals, *distractors], archive, encoder)
        print(f"added again: {again.skipped:,} skipped in {again.seconds:.1f} s")
        if arguments.indexed:
            started = time.perf_counter()
            archive.tidy(exact_sentences=0)
            size = (archive.size_bytes or 0) / 1e6
            print(f"index built in {time.perf_counter() - started:.1f} s; {size:.0f} MB")
        started = time.perf_counter()
        search = ArchiveSearch(archive, exact_sentences=0 if arguments.indexed else 10**9)
        print(f"loaded in {time.perf_counter() - started:.2f} s")
        print(" " * 36 + "translations   any   parted  votes")
        report("whole", search, encoder, candidates)
        hard = candidates[:: max(1, len(candidates) // arguments.hard)]
        for name, change in cases(unseen).items():
            rng = np.random.default_rng(SEED)
            changed = [replace(each, texts=change(each, rng)) for each in hard]
            report(name, search, encoder, changed)
    if not arguments.indexed:
        measure_speed(encoder, [*originals, *distractors], candidates)


def report(
    name: str, search: ArchiveSearch, encoder: ArchiveEncoder, candidates: Sequence[Candidate]
) -> None:
    """Print how often the original of some candidates comes first."""
    articles = [article(f"c{n}", c.language, c.texts) for n, c in enumerate(candidates)]
    # A line is a sentence here, as in the archive's documents.
    entries = [of_lines(encoder, each) for each in articles]
    first, wrong, right, votes = [], [], [], []
    queries = [encoder.query(entry, Scope(translations=True)) for entry in entries]
    for candidate, hits in zip(candidates, search.search(queries), strict=True):
        first.append(bool(hits) and hits[0].id == candidate.original)
        scores = {hit.id: hit for hit in hits}
        own = scores.pop(candidate.original, None)
        right.append(own.score if own else 0.0)
        votes.append(own.votes / len(candidate.texts) if own else 0.0)
        wrong.append(max((hit.score for hit in scores.values()), default=0.0))
    queries = [encoder.query(entry, Scope()) for entry in entries]
    anywhere = [
        bool(hits) and hits[0].id in {candidate.original, *candidate.twins}
        for candidate, hits in zip(candidates, search.search(queries), strict=True)
    ]
    threshold = float(np.quantile(wrong, 0.99))
    print(
        f"{name:<27}{len(candidates):>6}  {np.mean(first):>10.2%}  {np.mean(anywhere):>8.2%}  "
        f"{np.mean(np.array(right) > threshold):>7.2%}  {np.mean(votes):>4.0%}   "
        f"(99 % of wrong hits below {threshold:.3f}; right ones: median "
        f"{np.median(right):.3f}, 1 % below {np.quantile(right, 0.01):.3f})",
        flush=True,
    )
    misses = Counter(c.label for c, found in zip(candidates, first, strict=True) if not found)
    if misses:
        print("    missed: " + ", ".join(f"{label} {n}" for label, n in misses.items()))


def cases(
    unseen: dict[Language, list[Texts]],
) -> dict[str, Callable[[Candidate, np.random.Generator], Texts]]:
    """What is done to a candidate, by name."""

    def other(candidate: Candidate, rng: np.random.Generator, lines: int) -> Texts:
        documents = unseen[candidate.language]
        return documents[int(rng.integers(len(documents)))][:lines]

    def shortened(candidate: Candidate, rng: np.random.Generator) -> Texts:
        """Every sentence loses its last third."""
        del rng
        words = [text.split() for text in candidate.texts]
        return [" ".join(each[: max(1, round(len(each) * 2 / 3))]) for each in words]

    def framed(candidate: Candidate, rng: np.random.Generator, own: Texts) -> Texts:
        return [*other(candidate, rng, 4), *own, *other(candidate, rng, 4)]

    return {
        "first half": lambda c, _: c.texts[: LINES // 2],
        "every other sentence": lambda c, _: c.texts[::2],
        "sentences cut by a third": shortened,
        "half, cut by a third": lambda c, rng: shortened(c, rng)[: LINES // 2],
        "half, two paragraphs added": lambda c, rng: framed(c, rng, c.texts[: LINES // 2]),
        "half, cut, two paragraphs": lambda c, rng: framed(c, rng, shortened(c, rng)[: LINES // 2]),
        "three sentences": lambda c, _: c.texts[4:7],
        "one sentence": lambda c, _: c.texts[5:6],
        "order reversed": lambda c, _: c.texts[::-1],
    }


def measure_speed(
    encoder: ArchiveEncoder, articles: Sequence[Article], candidates: Sequence[Candidate]
) -> None:
    """Print candidates a second against 100,000 sentences, many and one at a time."""
    kept = articles[: SENTENCES // LINES]
    chosen = [
        article(f"c{n}", c.language, c.texts)
        for n, c in enumerate(candidates[:: max(1, len(candidates) // CANDIDATES)][:CANDIDATES])
    ]
    with tempfile.TemporaryDirectory() as folder:
        archive = ArticleTable(f"{folder}/archive", encoder.stamp, create=True)
        add_articles(kept, archive, encoder)
        search = ArchiveSearch(archive)
        for name, scope in (("any", Scope()), ("translations", Scope(translations=True))):
            next(search.search([encoder.query(encoder.entries(chosen[:1])[0], scope)]))
            started, busy = time.perf_counter(), time.process_time()
            queries = (encoder.query(entry, scope) for entry in encoder.entries(chosen))
            found = sum(bool(hits) for hits in search.search(queries, limit=5))
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
            print(
                f"{len(chosen)} candidates against {search.sentences:,} sentences ({name}): "
                f"{len(chosen) / seconds:.0f} candidates/s, {busy / len(chosen) * 1e3:.1f} ms of "
                f"processor time each; {found} with hits"
            )
        few = chosen[:100]
        started = time.perf_counter()
        for each in few:
            query = encoder.query(encoder.entries([each])[0], Scope())
            next(search.search([query], limit=5))
        print(f"one at a time: {len(few) / (time.perf_counter() - started):.0f} candidates/s")


def of_lines(encoder: ArchiveEncoder, each: Article) -> Entry:
    """An article whose blocks are its sentences."""
    texts = [block.text for block in each.blocks]
    return Entry(each, texts, encoder.encoder.encode(texts))


def read_documents(shared: Path) -> tuple[list[Article], list[Candidate]]:
    """The originals, each once, and the candidates."""
    with gzip.open(shared / "eval" / "detect.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    originals: dict[str, Article] = {}
    by_sentence: dict[tuple[str, str], set[str]] = {}
    references: dict[str, tuple[str, Texts]] = {}
    for row in rows:
        source, target = row["pair"].split("-")
        name = f"{row['set']}/{row['pair']}/{row['doc']}"
        if name not in originals:
            originals[name] = article(name, Language(source), row["source"])
            for text in row["source"]:
                by_sentence.setdefault((source, text), set()).add(name)
        if row["system"] == "reference":
            references[name] = (target, row["candidate"])
    twins = {
        name: frozenset().union(*(by_sentence.get((target, text), set()) for text in texts))
        for name, (target, texts) in references.items()
    }
    candidates = []
    for row in rows:
        name = f"{row['set']}/{row['pair']}/{row['doc']}"
        language = Language(row["pair"].split("-")[1])
        label = f"{row['pair']} {row['system']}"
        candidates.append(Candidate(language, row["candidate"], name, twins[name], label))
    return list(originals.values()), candidates


def read_distractors(folder: Path) -> tuple[list[Article], dict[Language, list[Texts]]]:
    """Documents for the archive, and others by language that aren't in it."""
    files = sorted(folder.glob("*.tsv.xz"))
    sides = [(path, side) for path in files for side in (0, 1)]
    each = -(-DISTRACTORS // len(sides))
    articles: list[Article] = []
    unseen: dict[Language, list[Texts]] = {}
    for path, side in sides:
        language = Language(path.name.split(".")[0].split("-")[side])
        # Other lines for the other side, or each document would have its translation here.
        lines = read_side(path, side, skip=side * each * LINES)
        for number in range(each):
            texts = list(islice(lines, LINES))
            articles.append(article(f"{path.name}/{side}/{number}", language, texts))
    for path, side in sides:
        language = Language(path.name.split(".")[0].split("-")[side])
        lines = read_side(path, side, skip=2 * each * LINES)
        unseen.setdefault(language, []).extend(list(islice(lines, LINES)) for _ in range(200))
    return articles[:DISTRACTORS], unseen


def read_side(path: Path, side: int, *, skip: int) -> Iterator[str]:
    """Lines of one side of a parallel file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in islice(file, skip, None):
            yield line.rstrip("\n").split("\t")[1 + side]


def article(name: str, language: Language, texts: Texts) -> Article:
    """An article with a block a line."""
    blocks = tuple(
        Block(BlockKind.PARAGRAPH, text, Place(number)) for number, text in enumerate(texts) if text
    )
    return Article(name, name, language, blocks)


if __name__ == "__main__":
    main()
