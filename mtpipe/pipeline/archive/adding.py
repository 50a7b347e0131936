"""Articles into an archive, and the originals of a candidate out of it.

Connects ingestion, sentence splitting, the static encoder and the archive. Not for a verdict: see
the detection of republications.
"""

import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from mtpipe.archive.keys import key_hashes, shared_keys
from mtpipe.archive.rows import UNDATED, Entry, content_sha256, published_day
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.table import Archive, State
from mtpipe.archive.votes import Hit, Query
from mtpipe.encoders.static import PIECES, VECTORS, StaticEncoder
from mtpipe.models.cards import bundled_directory, sha256_of
from mtpipe.sentences import sentences_of
from mtpipe.types import Article, Failure, Language

BATCH_ARTICLES = 256
"""Articles that become one commit of the archive, at most."""

_BATCH_CHARS = 2_000_000
_AFTER_DAYS = 1  # a candidate's date may be a time zone ahead of its original's
_FETCHED_TOGETHER = 64  # candidates whose originals are read from the archive at once


class ArchiveEncoder:
    """The encoder of an archive, and what it is known by.

    Args:
        directory: folder of a static encoder; the one that ships by default.

    Raises:
        ModelError: there is no such encoder, or it is damaged.
    """

    def __init__(self, directory: Path | None = None) -> None:
        directory = directory or bundled_directory() / "encoder-static"
        self.encoder = StaticEncoder(directory)
        digests = [sha256_of(directory / name) for name in (PIECES, VECTORS)]
        sha256 = hashlib.sha256(" ".join(digests).encode()).hexdigest()
        self.stamp = Stamp(self.encoder.name, sha256, self.encoder.dimensions)

    def entries(self, articles: Sequence[Article]) -> list[Entry]:
        """Articles with their sentences and the vectors of these."""
        if not articles:
            return []
        sentences = [sentences_of(article) for article in articles]
        vectors = self.encoder.encode([text for texts in sentences for text in texts])
        ends = np.cumsum([len(texts) for texts in sentences])[:-1]
        parts = np.split(vectors, ends)
        return [Entry(*each) for each in zip(articles, sentences, parts, strict=True)]

    def query(self, entry: Entry, scope: "Scope") -> Query:
        """A candidate, ready to be searched for."""
        since, until = scope.days(entry.article)
        text = entry.article.compared_text
        languages = frozenset(scope.languages)
        if scope.translations:
            languages = (languages or frozenset(Language)) - {entry.article.language}
        return Query(entry.vectors, key_hashes(text), languages, since, until)


@dataclass(frozen=True)
class Scope:
    """Where the original of a candidate may be.

    Attributes:
        languages: that it may have; empty for any.
        translations: whether it is in another language than the candidate.
        since: first day of its publication, in ISO 8601; empty for any. Articles without a date
            are never left out.
        until: last such day.
        within_days: how long before the candidate it was published at most (and a day after, for
            the sake of time zones); None for any time. Without effect on a candidate without date.
    """

    languages: tuple[Language, ...] = ()
    translations: bool = False
    since: str = ""
    until: str = ""
    within_days: int | None = None

    def days(self, candidate: Article) -> tuple[int | None, int | None]:
        """First and last day of the original's publication."""
        first = [day for day in [published_day(self.since)] if day != UNDATED]
        last = [day for day in [published_day(self.until)] if day != UNDATED]
        own = published_day(candidate.metadata.published)
        if self.within_days is not None and own != UNDATED:
            first.append(own - self.within_days)
            last.append(own + _AFTER_DAYS)
        return max(first, default=None), min(last, default=None)


ANYWHERE = Scope()


@dataclass(frozen=True)
class Original:
    """An article that a candidate may come from.

    Attributes:
        article: from the archive.
        score: share of the candidate that is found again, 0..1; see
            :class:`mtpipe.archive.votes.Hit`.
        votes: sentences of the candidate that certainly speak for it.
        sentences: that the candidate has.
        shared: names and numbers that both have, as the candidate writes them.
    """

    article: Article
    score: float
    votes: int
    sentences: int
    shared: tuple[str, ...]


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


@dataclass(frozen=True)
class Statistics:
    """What is in an archive.

    Attributes:
        articles: in all.
        sentences: in all.
        languages: articles of each.
        first: earliest day of publication, in ISO 8601; empty if none is stated.
        last: latest such day.
        undated: articles that state none.
        size_bytes: on disk; None in object storage.
        is_indexed: whether it is searched by an index.
        encoder: that made its vectors.
        encoder_sha256: of that encoder.
        version: of mtpipe that made it.
    """

    articles: int
    sentences: int
    languages: dict[str, int]
    first: str
    last: str
    undated: int
    size_bytes: int | None
    is_indexed: bool
    encoder: str
    encoder_sha256: str
    version: str


def statistics(archive: Archive) -> Statistics:
    """Count what is in an archive."""
    languages: Counter[str] = Counter()
    sentences = undated = 0
    first = last = ""
    for each in archive.listed():
        languages[each.language] += 1
        sentences += each.sentences
        if each.published:
            first = min(first or each.published, each.published)
            last = max(last, each.published)
        else:
            undated += 1
    return Statistics(
        articles=languages.total(),
        sentences=sentences,
        languages=dict(sorted(languages.items())),
        first=first,
        last=last,
        undated=undated,
        size_bytes=archive.size_bytes,
        is_indexed=archive.is_indexed,
        encoder=archive.stamp.encoder,
        encoder_sha256=archive.stamp.encoder_sha256,
        version=archive.stamp.version,
    )


def chained(
    other: Archive | None, items: Iterable[Article | Failure]
) -> Iterator[Article | Failure]:
    """The articles of another archive, if there is one, and then some more."""
    if other is not None:
        yield from other.articles()
    yield from map(_lasting, items)


def _lasting(item: Article | Failure) -> Article | Failure:
    """An article that has no name of its own goes by its content: the next one isn't the same."""
    if isinstance(item, Article) and (
        item.id == "-" or re.fullmatch(rf"{re.escape(item.source)}#\d+", item.id)
    ):
        return replace(item, id=f"{item.id}@{content_sha256(item, exact=True)[:12]}")
    return item


def add_articles(
    items: Iterable[Article | Failure],
    archive: Archive,
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
            archive.put([entry for entry in entries if entry.sentences])
        for entry, (article, state) in zip(entries, wanted, strict=True):
            if not entry.sentences:
                summary.failures.append(Failure(article.id, "segment", "it has no sentence"))
                continue
            summary.sentences += len(entry.sentences)
            summary.added += state is State.NEW
            if state is State.CHANGED:
                summary.replaced_ids.append(article.id)
        summary.seconds = time.monotonic() - started
        on_progress(summary)
    if summary.added or summary.replaced:
        archive.tidy()
    summary.seconds = time.monotonic() - started
    return summary


class OriginalFinder:
    """Finds originals in an archive; loaded once for any number of candidates.

    Args:
        uri: of the archive.
        encoder: that made it; the one that ships by default.

    Raises:
        DependencyMissing: LanceDB isn't installed.
        ConfigError: another encoder made the archive.
        InputError: there is no archive.
    """

    def __init__(self, uri: str, encoder: ArchiveEncoder | None = None) -> None:
        self._encoder = encoder or ArchiveEncoder()
        self.archive = Archive(uri, self._encoder.stamp)
        self._search = ArchiveSearch(self.archive)

    def find(
        self, candidate: Article, *, scope: Scope = ANYWHERE, limit: int = 5
    ) -> list[Original]:
        """The articles that a candidate may come from, the best first; see :meth:`find_all`."""
        return next(self.find_all([candidate], scope=scope, limit=limit))

    def find_all(
        self, candidates: Iterable[Article], *, scope: Scope = ANYWHERE, limit: int = 5
    ) -> Iterator[list[Original]]:
        """The same for many candidates, faster than one by one; they are read some ahead.

        Args:
            candidates: any number.
            scope: where their originals may be.
            limit: of originals for each.

        Yields:
            The originals of each candidate in their order.
        """
        candidates = iter(candidates)
        while group := list(islice(candidates, _FETCHED_TOGETHER)):
            entries = self._encoder.entries(group)
            queries = [self._encoder.query(entry, scope) for entry in entries]
            hits = list(self._search.search(queries, limit=limit))
            found = self.archive.get(sorted({hit.id for each in hits for hit in each}))
            for entry, each in zip(entries, hits, strict=True):
                yield [_original(entry, hit, found[hit.id]) for hit in each if hit.id in found]


def _original(entry: Entry, hit: Hit, article: Article) -> Original:
    keys = shared_keys(entry.article.compared_text, article.compared_text)
    return Original(article, hit.score, hit.votes, len(entry.sentences), keys)


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
