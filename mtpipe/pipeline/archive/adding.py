"""Articles into an archive, some hundred a commit."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtpipe.archive.place import quoted
from mtpipe.archive.rows import content_sha256
from mtpipe.archive.sharded import AnyTable
from mtpipe.archive.states import State
from mtpipe.errors import InputError
from mtpipe.pipeline.archive.encoder import ArchiveEncoder
from mtpipe.pipeline.failures import write_failures
from mtpipe.types import Article, Failure

__all__ = ["BATCH_ARTICLES", "AddSummary", "add_articles", "chained", "lasting"]

BATCH_ARTICLES = 256
"""Articles that become one commit of the archive, at most."""

_BATCH_CHARS = 2_000_000
_REMEMBERED = 200_000  # digests of skipped articles, two each
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


class _Skipped:
    """Articles of a run whose content was in the archive already, under the id of another article.

    That one may change in a later batch: the content then goes on under the id of the skipped one.
    """

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, str]] = {}

    def note(self, article: Article) -> None:
        """Remember an article, by its id and source; of very many the latest."""
        for exact in (False, True):
            self._names[content_sha256(article, exact=exact)] = (article.id, article.source)
        while len(self._names) > _REMEMBERED:
            del self._names[next(iter(self._names))]

    def stated(self, articles: Sequence[Article], archive: AnyTable) -> list[tuple[Article, State]]:
        """What the archive has of articles; behind them those that their new versions would end."""
        states = archive.states(articles)
        changed = [
            article.id
            for article, state in zip(articles, states, strict=True)
            if state is State.CHANGED
        ]
        ids = {article.id for article in articles}
        again = [each for each in self._held_by(changed, archive) if each.id not in ids]
        if not again:
            return list(zip(articles, states, strict=True))
        both = [*articles, *again]
        stated = list(zip(both, archive.states(both), strict=True))
        kept = [(each, state) for each, state in stated[len(articles) :] if state is State.NEW]
        return stated[: len(articles)] + kept

    def _held_by(self, ids: Sequence[str], archive: AnyTable) -> Iterator[Article]:
        """Skipped articles as they are in the archive under one of some ids."""
        if not self._names or not ids:
            return
        for batch in archive.batches(["id", "sha256"], f"id IN ({quoted(ids)})"):
            for row in batch.to_pylist():
                if name := self._names.get(row["sha256"]):
                    with suppress(InputError):  # what is damaged can't go on
                        held = archive.get([row["id"]])[row["id"]]
                        yield replace(held, id=name[0], source=name[1])


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
    skipped = _Skipped()
    started = time.monotonic()
    written = 0
    for articles, failures in _batches(items):
        if is_stopped():
            break
        summary.failures += failures
        written += _add_batch(articles, archive, encoder, skipped, summary)
        if written >= _INDEXED_TOGETHER:
            archive.index_ids()
            written = 0
        summary.seconds = time.monotonic() - started
        on_progress(summary)
    if summary.added or summary.replaced:
        archive.tidy()
    summary.seconds = time.monotonic() - started
    return summary


def _add_batch(
    articles: Sequence[Article],
    archive: AnyTable,
    encoder: ArchiveEncoder,
    skipped: _Skipped,
    summary: AddSummary,
) -> int:
    """Add what is new or has changed, in one commit; returns how many articles that were."""
    is_local = "://" not in archive.uri  # object storage keeps nobody else from adding the same
    with archive.alone():
        wanted = []
        stated = skipped.stated(articles, archive)
        # Those behind them were counted as skipped in an earlier batch.
        summary.skipped -= len(stated) - len(articles)
        for article, state in stated:
            if state in (State.NEW, State.CHANGED):
                wanted.append((article, state))
                continue
            summary.skipped += 1
            if state is State.ELSEWHERE:
                skipped.note(article)
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
    return len(wanted)


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
