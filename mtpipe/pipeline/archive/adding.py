"""Articles into an archive, some hundred a commit."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtpipe.archive.rows import content_sha256
from mtpipe.archive.sharded import AnyTable
from mtpipe.archive.states import State
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.pipeline.failures import write_failures
from mtpipe.types import Article, Failure

__all__ = ["BATCH_ARTICLES", "AddSummary", "add_articles", "chained", "lasting"]

BATCH_ARTICLES = 256
"""Articles that become one commit of the archive, at most."""

_BATCH_CHARS = 2_000_000
_INDEXED_TOGETHER = 20_000  # articles; what isn't indexed is read whole to see what is there


@dataclass
class AddSummary:
    """What became of articles on their way into an archive; also how far it is.

    Attributes:
        added: new ones.
        replaced_ids: of those that have changed.
        skipped: there already, be it under another id.
        sentences: of those added and replaced.
        failures: articles that couldn't be added.
        seconds: since the start.
    """

    added: int = 0
    replaced_ids: list[str] = field(default_factory=list)
    skipped: int = 0
    sentences: int = 0
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def replaced(self) -> int:
        """How many have changed."""
        return len(self.replaced_ids)

    @property
    def done(self) -> int:
        """Articles that nothing is left to do for."""
        return self.added + self.replaced + self.skipped + len(self.failures)

    def list_failures(self, place: Path) -> Path | None:
        """List the failures in a file, see :func:`mtpipe.pipeline.failures.write_failures`.

        Raises:
            OutputError: the file can't be written, or has something else in it.
        """
        return write_failures(self.failures, place)


def chained(
    other: Iterable[Article | Failure], items: Iterable[Article | Failure]
) -> Iterator[Article | Failure]:
    """The articles of another archive, which have lasting names, and then some more."""
    yield from other
    yield from map(lasting, items)


def lasting(item: Article | Failure) -> Article | Failure:
    """An article that has no name of its own goes by its content: the next one isn't the same."""
    if isinstance(item, Article) and (
        item.id == "-" or re.fullmatch(rf"{re.escape(item.source)}#\d+", item.id)
    ):
        return replace(item, id=f"{item.id}@{content_sha256(item, exact=True)[:12]}")
    return item


def add_articles(
    items: Iterable[Article | Failure],
    archive: AnyTable,
    encoder: ArchiveEncoder,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[AddSummary], None] = lambda _: None,
) -> AddSummary:
    """Add articles to an archive, some hundred a commit; what is there already isn't touched.

    After a crash the same call goes on where it was.

    Args:
        items: see :func:`mtpipe.ingest.read_articles`; any number, a batch in memory at a time.
        archive: opened with the encoder's stamp.
        encoder: makes the sentence vectors.
        is_stopped: asked before each batch.
        on_progress: told how far it is, after each batch.

    Raises:
        OutputError: the archive can't be written; what was committed is safe.
    """
    summary = AddSummary()
    started = time.monotonic()
    is_local = "://" not in archive.uri  # object storage keeps nobody else from adding the same
    written = 0
    for articles, failures in _batches(items):
        if is_stopped():
            break
        summary.failures += failures
        with archive.alone():
            wanted = []
            for article, state in zip(articles, archive.states(articles), strict=True):
                if state is State.KNOWN:
                    summary.skipped += 1
                else:
                    wanted.append((article, state))
            entries = encoder.entries([article for article, _ in wanted])
            archive.put(
                [entry for entry in entries if entry.sentences],
                are_new=is_local and all(state is State.NEW for _, state in wanted),
            )
        for entry, (article, state) in zip(entries, wanted, strict=True):
            if not entry.sentences:
                summary.failures.append(Failure(article.id, "segment", "it has no sentence"))
                continue
            summary.sentences += len(entry.sentences)
            summary.added += state is State.NEW
            if state is State.CHANGED:
                summary.replaced_ids.append(article.id)
        written += len(wanted)
        if written >= _INDEXED_TOGETHER:
            archive.index_ids()
            written = 0
        summary.seconds = time.monotonic() - started
        on_progress(summary)
    if summary.added or summary.replaced:
        archive.tidy()
    summary.seconds = time.monotonic() - started
    return summary


def _batches(
    items: Iterable[Article | Failure],
) -> Iterator[tuple[list[Article], list[Failure]]]:
    """Articles in batches of limited number and length, and the failures between them."""
    articles: list[Article] = []
    failures: list[Failure] = []
    chars = 0
    for item in items:
        if isinstance(item, Failure):
            failures.append(item)
        else:
            articles.append(item)
            chars += sum(len(block.text) for block in item.blocks)
        if len(articles) + len(failures) >= BATCH_ARTICLES or chars >= _BATCH_CHARS:
            yield articles, failures
            articles, failures, chars = [], [], 0
    if articles or failures:
        yield articles, failures
