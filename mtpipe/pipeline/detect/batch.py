"""Many candidates in, a verdict on each out: articles, or pairs that bring their originals along.

Batches collect failures and go on, and a run that is taken up again does what is missing.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from mtpipe.errors import MtpipeError
from mtpipe.pipeline.detect.compilation import examine_among
from mtpipe.pipeline.detect.examiner import Examiner, Wanted
from mtpipe.pipeline.detect.originals import Found, Originals
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.pipeline.failures import failures_of, write_failures
from mtpipe.pipeline.identity import article_sha256
from mtpipe.records import Record, ResumableFile
from mtpipe.report.detection import detection_row
from mtpipe.types import Article, Detection, Failure, Finding

__all__ = ["BatchOptions", "DetectionSummary", "DoneBefore", "Examinations", "Result"]

_GROUP_CHARS = 2_000_000


@dataclass(frozen=True, slots=True)
class DoneBefore:
    """A candidate that an earlier run examined, with the same original and everything else.

    Attributes:
        id: of the candidate.
        finding: in the row that is there.
    """

    id: str
    finding: Finding


Result = Detection | Failure | DoneBefore


@dataclass
class DetectionSummary:
    """What became of a batch; also how far it is.

    Attributes:
        findings: how often each verdict came.
        skipped: the same of rows that were there already.
        failures: candidates that couldn't be examined.
        seconds: since the start.
    """

    findings: Counter[Finding] = field(default_factory=Counter)
    skipped: Counter[Finding] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """Candidates that nothing is left to do for."""
        return self.findings.total() + self.skipped.total() + len(self.failures)

    def list_failures(self, rows: Path | None) -> Path | None:
        """List the failures beside a file of rows, see :mod:`mtpipe.pipeline.failures`.

        Returns:
            The list; None if nothing failed, or there is no file.

        Raises:
            OutputError: it can't be written, or has something else in it.
        """
        place = failures_of(rows)
        return write_failures(self.failures, place) if place else None


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What is done with each candidate beside its verdict.

    Attributes:
        translate: whether our translation of the original is put beside, needed or not.
        rows: a file of JSON lines that gets a row for each candidate; what it has already isn't
            examined again.
        is_complete: whether all else that is wanted of a candidate with a row is there, too; if
            not, it is examined again.
    """

    translate: bool = False
    rows: Path | None = None
    is_complete: Callable[[Article], bool] = lambda _: True


class Examinations(Iterator[Result]):
    """The results of a batch, one by one as they are asked for.

    A candidate's row is written when the next result is asked for: until then, whatever else is
    made of it may fail, and the candidate is examined again next time. Use it as a context
    manager, so that the file of rows is closed in any case.

    Args:
        items: candidates, pairs and failures.
        examiner: loaded.
        originals: where candidates without a pair of their own have their originals from.
        options: of the batch.

    Attributes:
        summary: of the results so far.

    Raises:
        MalformedRecord: the file of rows has something else in it.
        OutputError: it can't be opened or written; what is done is safe.
    """

    def __init__(
        self,
        items: Iterable[Article | Pair | Failure],
        examiner: Examiner,
        originals: Originals,
        options: BatchOptions,
    ) -> None:
        self.summary = DetectionSummary()
        self._examiner = examiner
        self._originals = originals
        self._options = options
        self._started = time.monotonic()
        self._rows = ResumableFile(options.rows, _identify) if options.rows else None
        self._results = self._run(_of_own_ids(items))

    def __next__(self) -> Result:
        try:
            return next(self._results)
        except BaseException:
            self.close()
            raise
        finally:
            self.summary.seconds = time.monotonic() - self._started

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Examine nothing more, and close the file of rows."""
        self._results.close()
        if self._rows is not None:
            self._rows.close()
            self._rows = None

    def _run(self, items: Iterable[Article | Pair | Failure]) -> Generator[Result, None, None]:
        for group in _groups(items, self._originals.together):
            versions = [self._version(item) for item in group]
            before = list(map(self._done_before, group, versions))
            fresh = [item for item, done in zip(group, before, strict=True) if done is None]
            found = iter(self._found(fresh))
            for version, done in zip(versions, before, strict=True):
                if isinstance(done, DoneBefore):
                    self.summary.skipped[done.finding] += 1
                elif isinstance(done, Failure):
                    self.summary.failures.append(done)
                result = done or self._examined(next(found))
                yield result
                if isinstance(result, Detection) and self._rows is not None:
                    self._rows.write({**detection_row(result), "version": version})

    def _done_before(
        self, item: Article | Pair | Failure, version: str
    ) -> DoneBefore | Failure | None:
        """What is known of an item already; None if it has to be examined."""
        if isinstance(item, Failure) or self._rows is None:
            return item if isinstance(item, Failure) else None
        article = item if isinstance(item, Article) else item.candidate.article
        row = self._rows.read(item.id, version)
        if row is None or not self._options.is_complete(article):
            return None
        return DoneBefore(item.id, Finding(row["verdict"]))

    def _version(self, item: Article | Pair | Failure) -> str:
        """All that a row depends on; empty where there is none."""
        if isinstance(item, Failure) or self._rows is None:
            return ""
        if isinstance(item, Pair):
            return f"{_pair_sha256(item)}|{self._examiner.signature}"
        return f"{article_sha256(item)}|{self._originals.name}|{self._examiner.signature}"

    def _found(self, items: Sequence[Article | Pair | Failure]) -> Sequence[Found]:
        """The items with their originals, in their order."""
        articles = [item for item in items if isinstance(item, Article)]
        of_articles = iter(self._originals.find(articles) if articles else ())
        return [
            self._of_pair(item) if isinstance(item, Pair) else next(of_articles) for item in items
        ]

    def _of_pair(self, pair: Pair) -> Found:
        candidate, *originals = (
            self._examiner.subject(side.article, side.sentences)
            for side in (pair.candidate, pair.original)
            if side
        )
        return Found(candidate, originals)

    def _examined(self, found: Found) -> Detection | Failure:
        try:
            if found.problem is not None:
                raise found.problem
            wanted = Wanted(self._options.translate, found.sought)
            detection = examine_among(self._examiner, found.candidate, found.originals, wanted)
        except MtpipeError as exc:
            failure = Failure(found.candidate.article.id, "detect", exc.message)
            self.summary.failures.append(failure)
            return failure
        self.summary.findings[detection.verdict.finding] += 1
        return detection


def _groups(
    items: Iterable[Article | Pair | Failure], size: int
) -> Iterator[list[Article | Pair | Failure]]:
    """Items in groups of limited number and length; those before an error come out before it."""
    group: list[Article | Pair | Failure] = []
    chars = 0
    try:
        for item in items:
            group.append(item)
            if isinstance(item, Article):
                chars += sum(len(block.text) for block in item.blocks)
            if len(group) >= size or chars >= _GROUP_CHARS or not isinstance(item, Article):
                yield group
                group, chars = [], 0
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


def _of_own_ids(
    items: Iterable[Article | Pair | Failure],
) -> Iterator[Article | Pair | Failure]:
    """The items; a pair whose id came before is a failure, since rows are known by it."""
    ids: set[str] = set()
    for item in items:
        if isinstance(item, Pair) and item.id in ids:
            yield Failure(item.id, "read", "the id came before in this file")
            continue
        if isinstance(item, Pair):
            ids.add(item.id)
        yield item


def _identify(record: Record) -> tuple[str, str]:
    Finding(record["verdict"])  # what isn't one is no row of ours
    return str(record["id"]), str(record["version"])


def _pair_sha256(pair: Pair) -> str:
    texts = [pair.candidate.article, *([pair.original.article] if pair.original else [])]
    return "+".join(article_sha256(article)[:32] for article in texts)
