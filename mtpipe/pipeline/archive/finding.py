"""The originals of candidates, out of an archive. Not for a verdict: see the detection."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from mtpipe.archive.keys import shared_keys
from mtpipe.archive.search import ArchiveSearch, Searcher
from mtpipe.archive.sharded import AnyTable
from mtpipe.pipeline.archive.encoder import ANYWHERE, ArchiveEncoder, Prepared, Scope
from mtpipe.types import Article

__all__ = ["FETCHED_TOGETHER", "Original", "OriginalFinder"]

FETCHED_TOGETHER = 64
"""Candidates whose originals are searched for and read from the archive at once."""


@dataclass(frozen=True)
class Original:
    """An article that a candidate may come from.

    Attributes:
        article: from the archive.
        score: share of the candidate that is found again, 0..1; see
            :class:`mtpipe.archive.votes.Hit`.
        votes: sentences of the candidate that certainly speak for it.
        sentences: that the candidate has.
        candidate: that was searched for.
    """

    article: Article
    score: float
    votes: int
    sentences: int
    candidate: Article = field(repr=False, compare=False)

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Names and numbers that both have, as the candidate writes them."""
        return shared_keys(self.candidate.compared_text, self.article.compared_text)


class OriginalFinder:
    """Finds originals in an archive; loaded once for any number of candidates and threads.

    What is added to the archive later isn't found.

    Args:
        table: opened with the encoder's stamp.
        encoder: that made it; the one that ships by default.
        search: of the archive, if something else than this process has it loaded.

    Raises:
        InputError: the archive can't be read, or isn't what was written.
    """

    def __init__(
        self,
        table: AnyTable,
        encoder: ArchiveEncoder | None = None,
        *,
        search: Searcher | None = None,
    ) -> None:
        self._encoder = encoder or ArchiveEncoder()
        self._table = table
        self.version = table.version
        """Of the archive that is searched; it goes up with every change."""
        self._search: Searcher = ArchiveSearch(table) if search is None else search

    def find_all(
        self,
        candidates: Iterable[Article],
        *,
        scope: Scope = ANYWHERE,
        limit: int = 5,
        min_score: float = 0.0,
    ) -> Iterator[list[Original]]:
        """Find the articles that candidates may come from; they are read some ahead.

        Args:
            candidates: any number; faster together than one by one.
            scope: where their originals may be.
            limit: of originals for each.
            min_score: what scores less is left out, 0..1.

        Yields:
            The originals of each candidate in their order, the best first.
        """
        candidates = iter(candidates)
        while group := list(islice(candidates, FETCHED_TOGETHER)):
            yield from self.find_prepared(
                self._encoder.prepare(group), scope=scope, limit=limit, min_score=min_score
            )

    def find_prepared(
        self,
        candidates: Sequence[Prepared],
        *,
        scope: Scope = ANYWHERE,
        limit: int = 5,
        min_score: float = 0.0,
    ) -> list[list[Original]]:
        """As :meth:`find_all`, for candidates that are cut and encoded already."""
        queries = [self._encoder.query(candidate, scope) for candidate in candidates]
        hits = [
            [hit for hit in each if hit.score >= min_score]
            for each in self._search.search(queries, limit=limit)
        ]
        found = self._table.get(sorted({hit.id for each in hits for hit in each}))
        return [
            [
                Original(
                    found[hit.id],
                    hit.score,
                    hit.votes,
                    len(candidate.sentences),
                    candidate.article,
                )
                for hit in each
                if hit.id in found
            ]
            for candidate, each in zip(candidates, hits, strict=True)
        ]
