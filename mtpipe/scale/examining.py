"""Candidates examined by workers, a shard at a time, as :class:`mtpipe.Detector` examines them.

Shards have candidates as they were read, or orders for articles that are there already
(:mod:`mtpipe.scale.duplicates`). Not for the phases of a run: :mod:`mtpipe.scale.detecting`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mtpipe import Archive, Detector, FurnitureRules
from mtpipe._optional import require
from mtpipe.config import FurnitureSettings
from mtpipe.detection.near_duplicates import SIGNATURE
from mtpipe.records import Record
from mtpipe.report.detection import detection_row
from mtpipe.scale.articles import Candidate, candidates_of, stored_candidates
from mtpipe.scale.duplicates import Duplicate, Order, order_of
from mtpipe.scale.shards import Shard
from mtpipe.scale.tasks import Processed, reading_signature
from mtpipe.storage import Place
from mtpipe.types import Article, Detection, Failure, Language, ScoreName

__all__ = ["NEAR_DUPLICATE", "DetectionTask"]

NEAR_DUPLICATE = "near-duplicate, not examined"
"""What counts as the verdict of a copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionTask:
    """Detection as a :class:`~mtpipe.scale.tasks.Task`; see :class:`mtpipe.Detector`.

    Attributes:
        archive: where originals are looked for; None for nowhere.
        search: of the archive, where others have it loaded.
        card: of the verdict.
        rules: files of further rules for the page.
        engine: whether a model measures as well.
        model: that translates originals.
        within_days: how much older than its candidate an original is at most.
        prior: the share of machine translations that is expected.
        language: of all candidates; None where each one's is identified.
        furniture: what a user says on furniture.
        articles: folder that the orders' articles are in; None where shards have candidates.
    """

    archive: str | None = None
    search: Any = None
    card: Path | None = None
    rules: tuple[Path, ...] = ()
    engine: bool = True
    model: str = "auto"
    within_days: int | None = None
    prior: float | None = None
    language: Language | None = None
    furniture: FurnitureSettings = field(default_factory=FurnitureSettings)
    articles: str | None = None

    @property
    def name(self) -> str:
        """What is done."""
        return "detect"

    def check(self) -> None:
        """See whether card, rules and archive are some, before workers are started."""
        self._detector(engine=False, archive=None)
        if self.archive is not None:
            Archive(self.archive)

    def load(self) -> "DetectionProcessor":
        """The detector, with the archive unless others have it loaded."""
        archive = None
        if self.archive is not None:
            archive = Archive(self.archive, search=self.search)
        return DetectionProcessor(
            self,
            self._detector(engine=self.engine, archive=archive),
            self._detector(engine=False, archive=None),
        )

    def schema(self) -> Any:
        """Of :func:`mtpipe.report.detection.detection_row`, as ``pyarrow.Schema``."""
        return detection_schema()

    def _detector(self, *, engine: bool, archive: Archive | None) -> Detector:
        return Detector(
            archive=archive,
            card=self.card,
            rules=self.rules,
            engine=engine,
            model=self.model,
            within_days=self.within_days,
            prior=self.prior,
        )


class DetectionProcessor:
    """Examines shards.

    Args:
        task: that it is of.
        detector: loaded.
        of_pages: likewise, without an archive: examines pages alone.
    """

    def __init__(self, task: DetectionTask, detector: Detector, of_pages: Detector) -> None:
        self._detector = detector
        self._of_pages = of_pages
        self._language = task.language
        self._rules = FurnitureRules(task.furniture)
        self._articles = Place.of(task.articles) if task.articles is not None else None
        reading = reading_signature(task.furniture, task.language)
        parts = [detector.signature, f"originals: {detector.originals}", reading]
        if self._articles is not None:
            parts.append(SIGNATURE)
        self.signature = " | ".join(parts)

    def process(self, shard: Shard) -> Processed:
        """Examine a shard."""
        if self._articles is None:
            found = candidates_of(shard.items, language=self._language, rules=self._rules)
            return self._examined([_Wanted(each) for each in found])
        return self._examined(list(_ordered(shard, self._articles)))

    def _examined(self, wanted: Sequence["_Wanted"]) -> Processed:
        rows: list[Record] = []
        failures: list[Failure] = []
        tally = _Tally()
        to_examine = (each.candidate for each in wanted if each.duplicate is None)
        with self._detector.examine_all(to_examine) as results:
            for each in wanted:
                if each.duplicate is not None and isinstance(each.candidate, Article):
                    page = self._of_pages.examine(each.candidate)
                    rows.append(_duplicate_row(page, each.duplicate))
                    tally.add(page, NEAR_DUPLICATE)
                    continue
                result = next(results)
                if isinstance(result, Detection):
                    rows.append(detection_row(result))
                    tally.add(result, result.verdict.finding.value)
                elif isinstance(result, Failure):
                    failures.append(result)
        return Processed(rows, failures, {name: dict(sums) for name, sums in tally.counts.items()})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A candidate and what it is a copy of."""

    candidate: Candidate | Failure
    duplicate: Duplicate | None = None


@dataclass(frozen=True, slots=True)
class _Tally:
    """Sums for the report of a run."""

    counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, detection: Detection, verdict: str) -> None:
        """Count a candidate."""
        candidate = detection.candidate
        self.counts["verdicts"][verdict] += 1
        self.counts["languages"][f"{candidate.language.value}|{verdict}"] += 1
        if site := _site(candidate):
            self.counts["sites"][f"{site}|{verdict}"] += 1
        self.counts["totals"]["articles"] += 1
        self.counts["totals"]["chars"] += sum(len(block.text) for block in candidate.blocks)


def _ordered(shard: Shard, articles: Place) -> Iterator[_Wanted]:
    """What the orders of a shard are for."""
    stored: Sequence[Candidate | Failure] = ()
    place = ""
    for item in shard.items:
        if isinstance(item.content, Failure):
            yield _Wanted(item.content)
            continue
        order: Order = order_of(item.content)  # type: ignore[arg-type]
        if order.failure is not None:
            yield _Wanted(order.failure)
            continue
        if order.articles != place:
            place = order.articles
            stored = stored_candidates(articles, place, order.sha256)
        yield _Wanted(stored[order.row], order.duplicate)


def _site(article: Article) -> str:
    """The host that an article is from; empty where nothing says so."""
    for address in (article.metadata.address, article.id):
        try:
            host = urlsplit(address).hostname
        except ValueError:
            continue
        if host:
            return host.removeprefix("www.")
    return ""


def _duplicate_row(page: Detection, duplicate: Duplicate) -> Record:
    """The row of a copy: its text has the representative's verdict, its page is its own."""
    row = detection_row(page)
    name = ScoreName.REPUBLICATION.value
    return {
        "id": row["id"],
        "duplicate_of": duplicate.id,
        "duplicate_shard": duplicate.shard,
        "similarity": duplicate.similarity,
        name: row[name],
        "evidence": {name: row["evidence"][name]},
        "signature": row["signature"],
    }


def detection_schema() -> Any:
    """The ``pyarrow.Schema`` of rows; what a row leaves out is null."""
    arrow = require("pyarrow", extra="ray")
    text, number = arrow.string(), arrow.float64()
    scores = [(name.value, number) for name in ScoreName]
    evidence = arrow.struct(
        [
            *(("id", text), ("weight", number), ("value", number), ("feature", text)),
            ("quotations", arrow.list_(text)),
        ]
    )
    ratio = arrow.struct(
        [
            *((name, number) for name in ("ratio", "low", "high", "posterior")),
            ("support", text),
        ]
    )
    other = arrow.struct([("original", text), ("verdict", text), *scores[:2]])
    return arrow.schema(
        [
            *(("id", text), ("original", text), *scores),
            ("likelihood_ratios", arrow.struct([(name.value, ratio) for name in ScoreName])),
            *(("prior", number), ("verdict", text)),
            (
                "evidence",
                arrow.struct([(name.value, arrow.list_(evidence)) for name in ScoreName]),
            ),
            *(("signature", text), ("others", arrow.list_(other))),
            *(("duplicate_of", text), ("duplicate_shard", text), ("similarity", number)),
        ]
    )
