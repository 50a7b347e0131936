"""Articles into an archive, by many workers: ``mtpipe scale index``.

Workers read and encode; one writer a shard of the archive writes (:mod:`mtpipe.scale.writing`).
What comes out is an ordinary archive, the same whatever happened on the way: an article goes by
its id, of several with the same id or content the first one counts (:mod:`mtpipe.scale.claims`),
and what was there before the run stays. Notes of what is done are beside the articles, in
``index-run``. Not for small inputs: ``mtpipe archive add`` needs no cluster.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from mtpipe import FurnitureRules
from mtpipe._optional import require
from mtpipe.archive.place import quoted
from mtpipe.archive.sharded import AnyTable, ShardedTable, open_table
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.table import EXACT_SENTENCES, ArticleTable
from mtpipe.compressed import SUFFIXES
from mtpipe.config import FurnitureSettings
from mtpipe.errors import InputError
from mtpipe.ingest.inputs import Format
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.scale import client
from mtpipe.scale.actors import answers
from mtpipe.scale.cluster import CLIENT, connected, quiet
from mtpipe.scale.folder import opened
from mtpipe.scale.index_task import IndexTask, taken
from mtpipe.scale.output import Form
from mtpipe.scale.plans import FOLDER as PLANS
from mtpipe.scale.recall import recall
from mtpipe.scale.running import Within, run
from mtpipe.scale.source import absolute, lots_of
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources
from mtpipe.scale.writing import Part, Target, home_of, started_writers, stated
from mtpipe.storage import Place
from mtpipe.types import Failure, Language
from mtpipe.types.scale import ArchivePart, ScaleFigures

__all__ = ["IndexSummary", "Part", "index"]

SHARD_ARTICLES = 100_000
"""Articles of a shard of a new archive, by an estimate of the input: about a gigabyte of it."""

_MOST_SHARDS = 1_024
_TEXT_BYTES, _PAGE_BYTES, _PACKED = 1_600, 20_000, 4.0
"""Of an article in a table, and of a page; how much smaller compressed files are."""
_ASKED_AT_ONCE = 500

Progress = Callable[[ScaleSummary], None]
Stop = Callable[[], bool]


@dataclass
class IndexSummary(ScaleSummary):
    """What became of a run that filled an archive.

    Attributes:
        parts: shards of the archive; one for an archive without any. Empty where the run was
            stopped.
        tidy_seconds: of merging files and building indexes, after everything was written.
    """

    parts: tuple[Part, ...] = ()
    tidy_seconds: float = 0.0

    def figures(self, *, prices: Sequence[float] = (), command: str = "") -> ScaleFigures:
        """As of other runs, with the shards of the archive."""
        parts = tuple(
            ArchivePart(
                part.number,
                part.articles,
                part.sentences,
                part.size_bytes,
                part.write_s,
                part.tidy_s,
                part.is_indexed,
            )
            for part in self.parts
        )
        found = super().figures(prices=prices, command=command)
        return replace(found, parts=parts, tidy_s=self.tidy_seconds)

    @property
    def articles(self) -> int:
        """That the archive has now."""
        return sum(part.articles for part in self.parts)

    @property
    def sentences(self) -> int:
        """Of the articles that the archive has now."""
        return sum(part.sentences for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be done, wherever the driver's loop is.

    Attributes:
        uri: of the archive.
        shards: that were asked for; None for whatever is there, or what the input suggests.
        language: of all articles.
        furniture: what a user says on furniture.
        folder: that relative paths start from.
    """

    uri: str
    shards: int | None
    language: str | None
    furniture: FurnitureSettings
    folder: str


def index(
    inputs: str | Path | Iterable[str | Path],
    archive: str | Path,
    *,
    shards: int | None = None,
    resources: Resources | None = None,
    language: Language | str | None = None,
    rules: FurnitureRules | None = None,
    on_progress: Progress = lambda _: None,
    is_stopped: Stop = lambda: False,
    verbose: bool = False,
) -> IndexSummary:
    """Add all articles that inputs lead to to an archive, which is made if there is none.

    Called again after whatever interrupted it, it goes on; what is done isn't done again.

    Args:
        inputs: paths, glob patterns, folders, addresses; also ``s3://`` and ``gs://``. Workers have
            to see them under the same names.
        archive: a folder that all machines see, or ``s3://`` and ``gs://``.
        shards: of an archive that is made; by default one for every 100,000 articles or so. One
            that is there keeps its number.
        resources: workers, and where they are.
        language: of all articles; by default each one's is identified.
        rules: what is furniture.
        on_progress: gets the summary so far when the run begins, and after each shard of the input.
        is_stopped: asked several times a second; once it is true, what is in hand is given up.
        verbose: let Ray and the workers speak on standard error.

    Raises:
        DependencyMissing: Ray or LanceDB isn't installed.
        ConfigError: another encoder made the archive, it has another number of shards, or there is
            no such cluster.
        UnsupportedDirection: the language isn't one of mtpipe's.
        InputError: standard input, or the archive can't be read.
        OutputError: another run is writing to the archive, or it can't be written.
        EngineError: Ray broke down.
    """
    if not verbose:
        quiet()
    require("ray", extra="ray")
    resources = resources or Resources()
    uri = absolute(archive)
    spoken = Language.parse(language).value if language else None
    furniture = rules.settings if rules else FurnitureSettings()
    order = _Order(uri, shards, spoken, furniture, str(Path.cwd()))
    names = [str(inputs)] if isinstance(inputs, str | Path) else list(map(str, inputs))
    if (resources.address or "").startswith(CLIENT):
        there: Any = client.run_there
        summary = there(_index, names, order, resources, on_progress, is_stopped, verbose=verbose)
        return summary if isinstance(summary, IndexSummary) else _summary(summary)
    return _index(names, order, resources, on_progress, is_stopped, verbose=verbose)


def _index(
    inputs: list[str],
    order: _Order,
    resources: Resources,
    on_progress: Progress,
    is_stopped: Stop,
    *,
    verbose: bool,
) -> IndexSummary:
    """The same in a process that is, or becomes, a part of the cluster."""
    stamp = ArchiveEncoder().stamp
    table = _opened(order, stamp, inputs)
    count = table.count if isinstance(table, ShardedTable) else None
    target = Target(order.uri, count, stamp, uuid4().hex, order.folder)
    tables = table.shards if isinstance(table, ShardedTable) else (table,)
    with (
        opened(target.notes, IndexTask.name, Form.JSONL) as folder,  # before notes are recalled
        connected(resources, verbose=verbose) as cluster,
        started_writers(target) as writers,
    ):
        sizes = [len(each) for each in tables]
        recall(target, writers, sizes)
        task = IndexTask(target, tuple(writers), not any(sizes), order.language, order.furniture)
        done = run(
            inputs,
            target.notes.name,
            task,
            replace(cluster.resources, address=None),
            within=Within(cluster, folder, lambda: _settled(target, writers, tables)),
            on_progress=on_progress,
            is_stopped=is_stopped,
            verbose=verbose,
        )
        summary = _summary(done)
        if not summary.is_unfinished:
            _tidy(writers, cluster.resources.workers or 1, summary, is_stopped)
    return summary


def _summary(done: ScaleSummary) -> IndexSummary:
    return IndexSummary(**{each.name: getattr(done, each.name) for each in fields(ScaleSummary)})


def _opened(order: _Order, stamp: Stamp, inputs: list[str]) -> AnyTable:
    """The archive; made if there is none."""
    if order.shards is None:
        try:
            return open_table(order.uri, stamp)
        except InputError:  # perhaps there is none; if it is damaged, making one says so
            shards = suggested_shards(inputs)
            return open_table(order.uri, stamp, create=True, shards=shards if shards > 1 else None)
    return open_table(order.uri, stamp, create=True, shards=order.shards)


def suggested_shards(inputs: Sequence[str]) -> int:
    """Shards of a new archive for some inputs, by the size of the files.

    A shard is what one writer fills, one searcher holds, and what an index is built over at a
    time: the more there are, the smaller the commits and the more indexes a query asks.
    """
    lots, _ = lots_of(inputs)
    articles = 0.0
    for source in (source for lot in lots for source in lot.sources):
        suffixes = Path(source.name).suffixes
        packed = _PACKED if suffixes and suffixes[-1] in SUFFIXES else 1.0
        is_page = source.format in (Format.HTML, Format.WARC)
        size = 0
        with suppress(InputError, OSError):
            size = Place.of(source.name).size or 0
        articles += size * packed / (_PAGE_BYTES if is_page else _TEXT_BYTES)
    return min(max(1, math.ceil(articles / SHARD_ARTICLES)), _MOST_SHARDS)


def _settled(
    target: Target, writers: Sequence[Any], tables: Sequence[ArticleTable]
) -> list[Failure]:
    """Remove what was written before something turned up that comes first; forget the plans.

    Returns:
        The articles whose id another one has that turned up later.
    """
    displaced = [pair for each in answers([w.displaced.remote() for w in writers]) for pair in each]
    for start in range(0, len(displaced), _ASKED_AT_ONCE):
        pairs = set(displaced[start : start + _ASKED_AT_ONCE])
        where = f"sha256 IN ({quoted({sha256 for _, sha256 in pairs})})"
        there = {(row["id"], row["sha256"]) for row in stated(tables, where)}
        kept = {sha256 for _, sha256 in there - pairs}
        by_home: dict[int, list[str]] = {}
        for article_id, sha256 in sorted(there & pairs):
            if sha256 in kept:  # never the last one
                by_home.setdefault(home_of(article_id, target), []).append(article_id)
        answers([writers[home].remove.remote(ids) for home, ids in by_home.items()])
    overtaken = [each for some in answers([w.overtaken.remote() for w in writers]) for each in some]
    if (target.notes / PLANS).is_folder():
        for place in list((target.notes / PLANS).files(".json")):
            place.delete()
    return list(map(taken, sorted(overtaken)))


def _tidy(writers: Sequence[Any], together: int, summary: IndexSummary, is_stopped: Stop) -> None:
    """Merge files and build indexes, some shards at a time."""
    started = time.monotonic()
    is_large = sum(answers([each.sentences.remote() for each in writers])) > EXACT_SENTENCES
    limit = 0 if is_large else EXACT_SENTENCES
    parts: list[Part] = []
    for start in range(0, len(writers), together):
        if is_stopped():
            summary.is_unfinished = True
            break
        parts += answers([each.tidy.remote(limit) for each in writers[start : start + together]])
    summary.parts = tuple(parts)
    summary.tidy_seconds = round(time.monotonic() - started, 3)
