"""Many candidates in, a verdict on each out: articles against an original or an archive, or pairs.

Batches collect failures and go on, and a run that is taken up again does what is missing.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from mtpipe.errors import MtpipeError
from mtpipe.pipeline.detect.compilation import examine_among
from mtpipe.pipeline.detect.detector import Detector
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.pipeline.identity import article_sha256
from mtpipe.records import Record, ResumableFile
from mtpipe.report.detection import detection_row
from mtpipe.types import Article, Detection, Failure, Finding

T = TypeVar("T")

OnDetection = Callable[[Detection], None]


class Rows(Protocol):
    """Where the rows of a batch go."""

    def read(self, item: str, version: str) -> Record | None:
        """This version of a candidate's row, if it is there already."""
        ...

    def write(self, record: Record) -> None:
        """Add a row."""
        ...


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


OnProgress = Callable[[DetectionSummary], None]


@dataclass(frozen=True)
class Originals:
    """Where the originals of candidates come from.

    Attributes:
        find: gives those that a candidate may come from, the likeliest first.
        name: of the place, and what is looked for there: rows of another place are done again.
        place: for people; empty for a given original.
    """

    find: Callable[[Article], Sequence[Article]] = lambda _: ()
    name: str = ""
    place: str = ""

    @classmethod
    def one(cls, original: Article) -> "Originals":
        """The same article for every candidate."""
        return cls(lambda _: (original,), article_sha256(original))


def detect_articles(
    items: Iterable[Article | Failure],
    detector: Detector,
    *,
    originals: Originals | None = None,
    translate: bool = False,
    rows: Rows | None = None,
    is_complete: Callable[[Article], bool] = lambda _: True,
    on_detection: OnDetection = lambda _: None,
    on_progress: OnProgress = lambda _: None,
) -> DetectionSummary:
    """Examine candidates, each against the originals that are found for it.

    Args:
        items: candidates; see :func:`mtpipe.ingest.read_articles`.
        detector: loaded.
        originals: where to look for them; by default there are none.
        translate: put our translations of originals beside, needed or not.
        rows: gets one row a candidate; what it has already isn't examined again.
        is_complete: whether all else that is wanted of a candidate with a row is there, too; if
            not, it is examined again.
        on_detection: is shown each examination, before its row is written.
        on_progress: told how far it is.

    Raises:
        OutputError: the output can't be written; what is done is safe.
    """
    sought = originals or Originals()

    def examined(candidate: Article) -> Detection:
        return examine_among(
            detector,
            candidate,
            sought.find(candidate),
            translate=translate,
            sought=sought.place,
        )

    prepared = (
        item
        if isinstance(item, Failure)
        else (item.id, f"{article_sha256(item)}|{sought.name}|{detector.signature}", item)
        for item in items
    )
    return _run(prepared, examined, rows, is_complete, on_detection, on_progress)


def detect_pairs(
    pairs: Iterable[Pair | Failure],
    detector: Detector,
    *,
    translate: bool = False,
    rows: Rows | None = None,
    is_complete: Callable[[Article], bool] = lambda _: True,
    on_detection: OnDetection = lambda _: None,
    on_progress: OnProgress = lambda _: None,
) -> DetectionSummary:
    """Examine pairs, see :func:`detect_articles` and :mod:`mtpipe.pipeline.detect.pairs`.

    Raises:
        OutputError: the output can't be written; what is done is safe.
    """

    def examined(pair: Pair) -> Detection:
        original = pair.original
        return detector.examine(
            pair.candidate.article,
            original.article if original else None,
            translate=translate,
            sentences=(original.sentences, pair.candidate.sentences) if original else None,
        )

    prepared = (
        item
        if isinstance(item, Failure)
        else (item.id, f"{_pair_sha256(item)}|{detector.signature}", item)
        for item in _of_own_ids(pairs)
    )
    return _run(
        prepared,
        examined,
        rows,
        lambda pair: is_complete(pair.candidate.article),
        on_detection,
        on_progress,
    )


def opened_rows(path: Path) -> ResumableFile:
    """A file of rows that a later run goes on with.

    Raises:
        MalformedRecord: there is a file of that name with something else in it.
        OutputError: it can't be opened.
    """
    return ResumableFile(path, _identify)


def _run(
    items: Iterable[Failure | tuple[str, str, T]],
    examined: Callable[[T], Detection],
    rows: Rows | None,
    is_complete: Callable[[T], bool],
    on_detection: OnDetection,
    on_progress: OnProgress,
) -> DetectionSummary:
    summary, started = DetectionSummary(), time.monotonic()
    for item in items:
        if isinstance(item, Failure):
            summary.failures.append(item)
        elif (row := rows and rows.read(item[0], item[1])) and is_complete(item[2]):
            summary.skipped[Finding(row["verdict"])] += 1
        else:
            name, version, value = item
            try:
                detection = examined(value)
            except MtpipeError as exc:
                summary.failures.append(Failure(name, "detect", exc.message))
            else:
                on_detection(detection)
                if rows is not None:
                    rows.write({**detection_row(detection), "version": version})
                summary.findings[detection.verdict.finding] += 1
        summary.seconds = time.monotonic() - started
        on_progress(summary)
    return summary


def _of_own_ids(pairs: Iterable[Pair | Failure]) -> Iterator[Pair | Failure]:
    """The pairs; one whose id came before is a failure, since rows are told apart by it."""
    ids: set[str] = set()
    for pair in pairs:
        if isinstance(pair, Pair) and pair.id in ids:
            yield Failure(pair.id, "read", "the id came before in this file")
            continue
        if isinstance(pair, Pair):
            ids.add(pair.id)
        yield pair


def _identify(record: Record) -> tuple[str, str]:
    Finding(record["verdict"])  # what isn't one is no row of ours
    return str(record["id"]), str(record["version"])


def _pair_sha256(pair: Pair) -> str:
    texts = [pair.candidate.article, *([pair.original.article] if pair.original else [])]
    return "+".join(article_sha256(article)[:32] for article in texts)
