"""Articles cut into sentences and encoded, for an archive and for whatever is measured later."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtpipe.archive.keys import key_hashes
from mtpipe.archive.rows import UNDATED, Entry, published_day
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.votes import Query
from mtpipe.encoders.static import PIECES, VECTORS, StaticEncoder, unit_rows
from mtpipe.models.cards import sha256_of
from mtpipe.pipeline.resources import encoder_directory, static_encoder
from mtpipe.sentences import sentences_of
from mtpipe.types import Article, Language

__all__ = ["ANYWHERE", "ArchiveEncoder", "Prepared", "Scope"]

_AFTER_DAYS = 1  # a candidate's date may be a time zone ahead of its original's


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article with its sentences, cut and encoded once for all that is done with it.

    Attributes:
        article: as read.
        sentences: of title and body, in order.
        pieces: ids of the encoder's pieces, of each sentence.
        sums: of the pieces' vectors, shape (sentences, dimensions).
        vectors: the same scaled to unit length.
    """

    article: Article
    sentences: Sequence[str]
    pieces: Sequence[NDArray[np.int64]]
    sums: NDArray[np.float32]
    vectors: NDArray[np.float32]


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


class ArchiveEncoder:
    """The encoder of an archive, and what it is known by; any number of threads may share it.

    Args:
        directory: folder of a static encoder; the one that ships by default.

    Raises:
        ModelError: there is no such encoder, or it is damaged.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.encoder = StaticEncoder(directory) if directory else static_encoder()
        self.stamp = Stamp(
            self.encoder.name,
            _sha256(directory) if directory else _shipped_sha256(encoder_directory()),
            self.encoder.dimensions,
        )

    def prepare(
        self, articles: Sequence[Article], sentences: Sequence[Sequence[str]] | None = None
    ) -> list[Prepared]:
        """Cut articles into sentences and encode them, faster together than one by one.

        Args:
            articles: any number.
            sentences: of each, where they are known.
        """
        if sentences is None:
            sentences = [sentences_of(article) for article in articles]
        if not articles:
            return []
        bags = self.encoder.pieces([text for texts in sentences for text in texts])
        sums = self.encoder.sums(bags)
        vectors, ids = unit_rows(sums), bags.ids.astype(np.int64)
        prepared, end = [], 0
        for article, texts in zip(articles, sentences, strict=True):
            first, end = end, end + len(texts)
            starts = bags.starts[first : end + 1]
            pieces = np.split(ids[starts[0] : starts[-1]], starts[1:-1] - starts[0])
            prepared.append(
                Prepared(
                    article,
                    texts,
                    pieces if texts else [],
                    sums[first:end],
                    vectors[first:end],
                )
            )
        return prepared

    def entries(self, articles: Sequence[Article]) -> list[Entry]:
        """Articles as an archive keeps them: with their sentences and the vectors of these."""
        return [
            Entry(each.article, each.sentences, each.vectors) for each in self.prepare(articles)
        ]

    def query(self, candidate: Prepared | Entry, scope: Scope = ANYWHERE) -> Query:
        """A candidate, ready to be searched for."""
        since, until = scope.days(candidate.article)
        text = candidate.article.compared_text
        languages = frozenset(scope.languages)
        if scope.translations:
            languages = (languages or frozenset(Language)) - {candidate.article.language}
        return Query(candidate.vectors, key_hashes(text), languages, since, until)


def _sha256(directory: Path) -> str:
    digests = [sha256_of(directory / name) for name in (PIECES, VECTORS)]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


_shipped_sha256 = cache(_sha256)
