"""Where the originals of candidates come from: one that is given, an archive, or nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mtpipe.errors import MtpipeError
from mtpipe.pipeline.archive.archive import Archive
from mtpipe.pipeline.archive.encoder import ArchiveEncoder, Prepared, Scope
from mtpipe.pipeline.archive.finding import FETCHED_TOGETHER, Original
from mtpipe.pipeline.detect.compilation import MOST_ORIGINALS
from mtpipe.pipeline.detect.measuring import Instruments, Subject
from mtpipe.pipeline.identity import article_sha256
from mtpipe.types import Article

__all__ = ["LEAST_FOUND", "ArchivedOriginals", "Found", "GivenOriginal", "NoOriginals", "Originals"]

LEAST_FOUND = 0.1
"""Share of a candidate that has to be found again for an article of the archive to be compared."""


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and what it may come from.

    Attributes:
        candidate: ready to be examined.
        originals: the likeliest first.
        sought: where they were looked for; empty if they weren't.
        problem: why that failed; None if it didn't.
    """

    candidate: Subject
    originals: Sequence[Subject]
    sought: str = ""
    problem: MtpipeError | None = None


class Originals(Protocol):
    """A place that originals come from.

    Attributes:
        name: of the place, and what is looked for there: rows of another place are done again.
        together: how many candidates are looked for at once.
    """

    name: str
    together: int

    def find(self, candidates: Sequence[Article]) -> Sequence[Found]:
        """What each of some candidates may come from, in their order."""
        ...


class NoOriginals:
    """No place at all: only pages are judged.

    Args:
        instruments: that candidates are measured with.
    """

    name, together = "", 1

    def __init__(self, instruments: Instruments) -> None:
        self._instruments = instruments

    def find(self, candidates: Sequence[Article]) -> Sequence[Found]:
        """See :class:`Originals`."""
        return [Found(Subject(each, self._instruments), ()) for each in candidates]


class GivenOriginal:
    """The same article for every candidate.

    Args:
        original: that article.
        instruments: that it is measured with.
    """

    together = 1

    def __init__(self, original: Article, instruments: Instruments) -> None:
        self.name = article_sha256(original)
        self._instruments = instruments
        self._original = Subject(original, instruments)

    def find(self, candidates: Sequence[Article]) -> Sequence[Found]:
        """See :class:`Originals`."""
        return [Found(Subject(each, self._instruments), (self._original,)) for each in candidates]


class ArchivedOriginals:
    """An archive, loaded; candidates are encoded once, to be searched for and to be measured.

    The vectors in the archive are good for searching only: they are of half precision and unit
    length, and those of disguised letters. So what was found is encoded anew before it is measured.

    Args:
        archive: to be searched.
        instruments: that articles are measured with.
        within_days: how much older than its candidate an original is at most; None for any age.

    Raises:
        ConfigError: another encoder made the archive.
        InputError: it can't be read, or isn't what was written.
    """

    together = FETCHED_TOGETHER

    def __init__(
        self, archive: Archive, instruments: Instruments, *, within_days: int | None = None
    ) -> None:
        self._finder = archive.finder()
        self._encoder = ArchiveEncoder()
        self._instruments = instruments
        self._scope = Scope(within_days=within_days)
        self._place = archive.uri
        self.name = f"{MOST_ORIGINALS} of {archive.uri}@{self._finder.version} within {within_days}"

    def find(self, candidates: Sequence[Article]) -> Sequence[Found]:
        """See :class:`Originals`; where the search fails, each candidate is searched for alone."""
        prepared = self._encoder.prepare(candidates)
        try:
            found = self._search(prepared)
        except MtpipeError:
            return [self._alone(each) for each in prepared]
        return [self._found(*each) for each in zip(prepared, found, strict=True)]

    def _search(self, prepared: Sequence[Prepared]) -> list[list[Original]]:
        return self._finder.find_prepared(
            prepared, scope=self._scope, limit=MOST_ORIGINALS, min_score=LEAST_FOUND
        )

    def _alone(self, candidate: Prepared) -> Found:
        try:
            [found] = self._search([candidate])
        except MtpipeError as exc:
            return Found(self._subject(candidate), (), self._place, exc)
        return self._found(candidate, found)

    def _found(self, candidate: Prepared, found: Sequence[Original]) -> Found:
        originals = [Subject(original.article, self._instruments) for original in found]
        return Found(self._subject(candidate), originals, self._place)

    def _subject(self, candidate: Prepared) -> Subject:
        return Subject(candidate.article, self._instruments, prepared=candidate)
