"""What a benchmark finds, ready to be shown: figures with their spread, rows, tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mtpipe.errors import QualityRegression
from mtpipe.types.article import Failure

LESS_IS_BETTER = frozenset(
    {
        *("TER", "calibration error", "Cllr", "minimum Cllr", "peak_mb", "size_mb", "load_s"),
        *("latency_p50_ms", "latency_p95_ms"),
    }
)
"""Names of figures that are errors or costs; of all others more is better."""


class BenchmarkTask(StrEnum):
    """The jobs that are benchmarked."""

    TRANSLATE = "translate"
    ALIGN = "align"
    DETECT = "detect"

    @property
    def unit(self) -> str:
        """What its speed is counted in."""
        return {"translate": "lines", "align": "sentences", "detect": "documents"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A model as it is run; what doesn't apply to a task is empty.

    Attributes:
        model: its name.
        revision: the first twelve digits of its weights' sha256; where it states how its
            translations are searched for, of that and the weights together.
        engine: software and version, as in ``ctranslate2:4.8.5``.
        precision: of the weights.
        beam: of the search; 0 where nothing is searched.
        device: ``cpu`` or ``cuda``.
        mark: where another contender has the same label, what is added to the model's name.
    """

    model: str
    revision: str
    engine: str
    precision: str = ""
    beam: int = 0
    device: str = ""
    mark: str = ""

    @property
    def key(self) -> str:
        """What tells it from any other one; the same key gives the same output."""
        parts = (f"{self.model}@{self.revision}", self.engine, self.precision)
        beam = f"beam:{self.beam}" if self.beam else ""
        return "|".join(part for part in (*parts, beam, self.device) if part)

    @property
    def label(self) -> str:
        """For people, and the same for another revision or version of the software."""
        engine = self.engine.split(":")[0]
        beam = f"beam {self.beam}" if self.beam else ""
        model = f"{self.model}@{self.mark}" if self.mark else self.model
        parts = (model, engine if self.beam else "", self.precision, beam)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and how far it can be trusted.

    Attributes:
        value: the figure: a score, or the median of several rounds.
        low: lower end of its 95 % interval, or the least of the rounds; None where unknown.
        high: upper end, likewise.
    """

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedFigures:
    """What a configuration costs; medians of the rounds, with the least and the most.

    Attributes:
        per_second: units a second, many at a time.
        ratio: how many times as fast as the baseline in the same round; None for the baseline.
        latency_p50_ms: of one unit at a time, the median; None where there is no such thing.
        latency_p95_ms: likewise the 95th percentile.
        load_s: from nothing imported to ready.
        peak_mb: most resident memory of the process, in MB of 10^6 bytes.
        rounds: number of them.
    """

    per_second: Figure
    ratio: Figure | None
    latency_p50_ms: Figure | None
    latency_p95_ms: Figure | None
    load_s: Figure
    peak_mb: Figure
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRow:
    """One configuration on one direction, or on all of them.

    Attributes:
        configuration: which.
        items: lines, sentences or documents that the quality was measured on.
        quality: figures by name, the leading one first; of several directions, their means.
        rank: of the cluster of systems that the leading figure can't tell apart, from 1; None
            where that wasn't tested.
        problems: how many outputs have which evident problem.
        speed: None where it wasn't measured on this machine.
        size_mb: of the files that are loaded, in 10^6 bytes.
        signature: of everything that the output depends on.
    """

    configuration: Configuration
    items: int
    quality: Mapping[str, Figure]
    rank: int | None = None
    problems: Mapping[str, int] = field(default_factory=dict)
    speed: SpeedFigures | None = None
    size_mb: float | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Cases whose probabilities lie in one interval: their number, mean and share of positives."""

    low: float
    high: float
    count: int
    confidence: float
    frequency: float


@dataclass(frozen=True, slots=True)
class DetectionGroup:
    """How a detector does on a part of the pairs.

    Attributes:
        kind: what they have in common: ``engine``, ``generation``, ``test set`` or ``direction``.
        name: which of it.
        machines: how many machine translations there are.
        people: how many human ones; of an engine or a generation, those of the whole set.
        roc_area: of the ones against the others; None where either are lacking.
        support: the shares of machine and human translations with a likelihood ratio of so much or
            more, by the least ratio's word.
    """

    kind: str
    name: str
    machines: int
    people: int
    roc_area: float | None
    support: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class RatioShares:
    """The shares of cases that reach a likelihood ratio; a point of a Tippett plot.

    Attributes:
        log10_ratio: decimal logarithm of the ratio.
        machines: share of machine translations with it or more, 0..1.
        people: share of human ones.
    """

    log10_ratio: float
    machines: float
    people: float


@dataclass(frozen=True, slots=True)
class WorstSegment:
    """A translation with a low score beside its reference."""

    direction: str
    configuration: str
    score: float
    source: str
    hypothesis: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReport:
    """All configurations on one test set.

    Attributes:
        name: of the set.
        task: what was done with it.
        licence: of the set.
        source: where it comes from.
        verified: whether its files are those that its manifest describes; None without one.
        sha256: of what was measured on, by direction.
        overall: one row a configuration, over the directions that all of them have; empty if
            there is but one direction.
        directions: rows by direction.
        metric_signatures: of the quality figures, by name.
        significance: how systems were told apart; empty where they weren't.
        reliability: bins by configuration's label; only for detection.
        tippett: shares that reach each ratio, ascending, by label; only for detection.
        groups: parts of the pairs, by label; only for detection.
        worst: segments, if they were asked for.
    """

    name: str
    task: BenchmarkTask
    licence: str
    source: str
    verified: bool | None
    sha256: Mapping[str, str]
    overall: tuple[BenchmarkRow, ...]
    directions: Mapping[str, tuple[BenchmarkRow, ...]]
    metric_signatures: Mapping[str, str]
    significance: str = ""
    reliability: Mapping[str, tuple[ReliabilityBin, ...]] = field(default_factory=dict)
    worst: tuple[WorstSegment, ...] = ()
    tippett: Mapping[str, tuple[RatioShares, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[DetectionGroup, ...]] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[BenchmarkRow, ...]:
        """The rows that sum the set up."""
        return self.overall or next(iter(self.directions.values()), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkReport:
    """A whole benchmark.

    Attributes:
        task: what was measured.
        machine: that the speed was measured on: processor, cores, memory, system.
        threads: that each configuration computed with.
        sets: one report each.
        method: sentences that say what was timed and what not.
        warnings: what makes figures doubtful.
        failures: what couldn't be measured, for the caller alone: warnings have it in words.
        measured: how many measurements this run made; the others were there already.
        files: that were written; none where nothing of what was asked for is measured.
    """

    task: BenchmarkTask
    machine: str
    threads: int
    sets: tuple[SetReport, ...]
    method: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    measured: int = 0
    files: tuple[Path, ...] = ()


class FigureVerdict(StrEnum):
    """What became of a figure."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    GONE = "gone"
    """The later report lacks the configuration; the figure is its leading one."""
    UNMEASURED = "not measured"
    """The later report has the configuration, but not the figure."""
    UNTESTED = "not tested"
    """The figures differ, and nothing says whether by more than chance."""


@dataclass(frozen=True)
class FigureComparison:
    """One figure of one configuration, before and after.

    Attributes:
        set_name: of the test set.
        direction: or ``mean``.
        label: of the configuration; of both, where two of different labels are compared.
        figure: its name.
        before: its value in A.
        after: its value in B; None where B doesn't have it.
        verdict: better or worse only if the difference is significant.
        test: how that was decided.
    """

    set_name: str
    direction: str
    label: str
    figure: str
    before: float
    after: float | None
    verdict: FigureVerdict
    test: str

    @property
    def change(self) -> float | None:
        """After less before; None where there is no after."""
        return None if self.after is None else self.after - self.before

    @property
    def words(self) -> str:
        """Verdict and test."""
        return f"{self.verdict} ({self.test})" if self.test else self.verdict.value

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ReportComparison:
    """Two benchmarks compared.

    Attributes:
        figures: what both have, and what only the earlier one has.
        regression: what fell beyond what the floors allow; None if nothing did.
    """

    figures: tuple[FigureComparison, ...]
    regression: QualityRegression | None = None
