"""Score translations: measure each system once by each metric, then add up for every table."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from mtpipe.errors import ConfigError, InputError
from mtpipe.pipeline.score.examples import compare_segments
from mtpipe.pipeline.score.material import Material, read_material, require_no_input
from mtpipe.report.scores import (
    SEGMENT,
    WHOLE,
    PairedTest,
    ScoreCell,
    ScoreColumn,
    ScorePair,
    ScoreReport,
    ScoreRow,
    ScoreTable,
)
from mtpipe.scoring.metrics import Metric, MetricOptions, MetricScore, Statistics
from mtpipe.scoring.quality import LearnedMetric, QualityName, model_score, round_trip
from mtpipe.scoring.significance import (
    ALPHA,
    RESAMPLES,
    Interval,
    PairedMethod,
    Sampling,
    Significance,
    compare,
    interval,
    interval_alone,
    resample,
)
from mtpipe.types import Direction
from mtpipe.types.choices import MetricName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "SEGMENT",
    "AnyMetric",
    "Material",
    "ScoreOptions",
    "parse_metric",
    "read_material",
    "require_no_input",
    "score_material",
]

AnyMetric = MetricName | QualityName


def parse_metric(name: str) -> AnyMetric:
    """The metric of a name on the command line.

    Raises:
        ConfigError: there is none.
    """
    for kind in (MetricName, QualityName):
        if name.lower() in set(kind):
            return kind(name.lower())
    known = ", ".join([*MetricName, *QualityName])
    raise ConfigError(f"there is no metric {name!r}", hint=f"it can be {known}")


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What is asked of the material.

    Attributes:
        metrics: in the order of the columns.
        metric_options: what changes the string metrics' figures.
        digits: behind the decimal point, for people.
        confidence: whether to estimate intervals; the paired bootstrap does so anyway.
        paired: how systems are compared, or None.
        sampling: for both.
        alpha: below which a p-value is significant.
        baseline: the system that p-values refer to; None for the first.
        by: kinds of labels to split by; ``segment`` for every segment on its own.
        examples: segments to show of each side of a comparison; 0 for no comparison.
        between: the two systems to be compared segment by segment; None for the first two.
        model: for reference-free scores that need a model.
    """

    metrics: tuple[AnyMetric, ...] = (MetricName.BLEU, MetricName.CHRF)
    metric_options: MetricOptions = field(default_factory=MetricOptions)
    digits: int = 1
    confidence: bool = False
    paired: PairedMethod | None = None
    sampling: Sampling = field(default_factory=Sampling)
    alpha: float = ALPHA
    baseline: str | None = None
    by: tuple[str, ...] = ()
    examples: int = 0
    between: tuple[str, str] | None = None
    model: str = "auto"

    @property
    def needs_model(self) -> bool:
        """Whether a metric needs a translation model, and so the direction."""
        return any(metric in _BY_MODEL for metric in self.metrics)


def score_material(
    material: Material,
    options: ScoreOptions = ScoreOptions(),
    *,
    on_plan: Callable[[int], None] = lambda _: None,
    on_step: Callable[[str], None] = lambda _: None,
) -> ScoreReport:
    """Score all systems by all metrics.

    Args:
        material: from :func:`read_material`.
        options: what is wanted.
        on_plan: called once with the number of steps.
        on_step: called after each step, with what it was.

    Raises:
        InputError: what a metric needs (a reference, sources) isn't there.
        ConfigError: a system or a kind of label that isn't there was named.
        DependencyMissing: a metric isn't installed.
    """
    names = list(material.systems)
    _validate(material, options, names)
    method = options.paired
    pairs = len(names) * (len(names) - 1) // 2 if method else 0
    on_plan(len(options.metrics) * (len(names) + pairs))
    measure = _Measuring(material, options)
    columns: list[ScoreColumn] = []
    tables: list[list[list[ScoreCell]]] = []  # metric, table, system
    all_pairs: list[ScorePair] = []
    statistics: list[dict[str, Statistics]] = []
    groups = _groups(material, options.by)
    for metric in options.metrics:
        measured: dict[str, Statistics] = {}
        for name in names:
            measured[name] = measure(metric, name)
            on_step(f"{metric.value}: {name}")
        statistics.append(measured)
        outcome = _Outcome(measured, options)
        if method:
            outcome.compare(method, partial(on_step, f"{metric.value}: pairs"))
        columns.append(outcome.column(metric))
        all_pairs += outcome.pairs(metric.value)
        tables.append(
            [outcome.cells()]
            + [
                [
                    _cell(
                        measured[name].segment_scores[segments[0]]
                        if kind == SEGMENT
                        else measured[name].score_of(segments)
                    )
                    for name in names
                ]
                for kind, _, segments in groups
            ]
        )
    headings = [(WHOLE, "", range(material.segments)), *groups]
    return ScoreReport(
        inputs=material.inputs,
        columns=tuple(columns),
        tables=tuple(
            ScoreTable(
                kind,
                label,
                len(segments),
                tuple(
                    ScoreRow(name, tuple(by_metric[number][i] for by_metric in tables))
                    for i, name in enumerate(names)
                ),
            )
            for number, (kind, label, segments) in enumerate(headings)
        ),
        test=PairedTest(
            method.value,
            options.sampling.samples or method.default_samples,
            options.sampling.seed,
            options.alpha,
            options.baseline or names[0],
        )
        if method
        else None,
        pairs=tuple(all_pairs),
        comparison=compare_segments(
            material, statistics[0], examples=options.examples, between=options.between
        )
        if options.examples
        else None,
    )


def _cell(score: MetricScore) -> ScoreCell:
    return ScoreCell(score.value, details=score.details)


def _validate(material: Material, options: ScoreOptions, names: list[str]) -> None:
    named = [*(options.between or ()), *([options.baseline] if options.baseline else [])]
    for name in named:
        if name not in names:
            raise ConfigError(f"there is no system {name!r}", hint=f"there are {', '.join(names)}")
    for kind in options.by:
        if kind != SEGMENT and kind not in material.labels:
            known = ", ".join([*material.labels, SEGMENT])
            raise ConfigError(
                f"nothing says which {kind} a segment is of",
                hint=f"--label {kind}=FILE, one a line; what is known: {known}",
            )
    for metric in options.metrics:
        by_reference = isinstance(metric, MetricName) or metric.needs_reference
        if by_reference and not material.references:
            raise InputError(
                f"{metric.value} needs a reference",
                hint="--reference FILE, or a score without: --metric round-trip --source FILE",
            )
        if isinstance(metric, QualityName) and material.source is None:
            raise InputError(f"{metric.value} needs the sources", hint="--source FILE")
        if metric in _BY_MODEL and material.direction is None:
            raise ConfigError(
                f"{metric.value} needs to know the languages", hint="add --from de --to en"
            )
    if options.paired and len(names) < 2:
        raise ConfigError(
            "a paired test compares systems, and there is one", hint="use --confidence instead"
        )


def _groups(material: Material, by: Iterable[str]) -> list[tuple[str, str, Sequence[int]]]:
    """Kind, label and segments of each part, in the order of the text."""
    groups: list[tuple[str, str, Sequence[int]]] = []
    for kind in by:
        if kind == SEGMENT:
            groups += [(kind, str(i + 1), [i]) for i in range(material.segments)]
            continue
        parts: dict[str, list[int]] = {}
        for i, label in enumerate(material.labels[kind]):
            parts.setdefault(label, []).append(i)
        groups += [(kind, label, segments) for label, segments in parts.items()]
    return groups


class _Measuring:
    """Makes the statistics of a system by a metric; what all systems share is made once."""

    def __init__(self, material: Material, options: ScoreOptions) -> None:
        self._material = material
        self._options = options
        self._string_metrics: dict[MetricName, Metric] = {}
        # At the start, so that a lack shows before anything is computed.
        self._learned = {
            metric: LearnedMetric(metric)
            for metric in options.metrics
            if isinstance(metric, QualityName) and metric not in _BY_MODEL
        }

    def __call__(self, metric: AnyMetric, system: str) -> Statistics:
        material = self._material
        hypotheses = material.systems[system]
        if isinstance(metric, MetricName):
            if metric not in self._string_metrics:
                self._string_metrics[metric] = Metric(
                    metric, material.references, options=self._options.metric_options
                )
            return self._string_metrics[metric].measure(hypotheses)
        source = material.source or ()
        if metric in _BY_MODEL and material.direction is not None:
            return _BY_MODEL[metric](source, hypotheses, material.direction, self._options.model)
        reference = material.references[0] if metric.needs_reference else None
        return self._learned[metric].measure(source, hypotheses, reference)


def _round_trip(
    source: Sequence[str], hypotheses: Sequence[str], direction: Direction, model: str
) -> Statistics:
    from mtpipe.pipeline.systems.choosing import choose_model  # noqa: PLC0415
    from mtpipe.pipeline.systems.loading import load_system  # noqa: PLC0415 - loads engines

    back = Direction(direction.target, direction.source)
    system = load_system(choose_model(model, back))
    texts = [hypothesis.text for hypothesis in system.translate(hypotheses, back)]
    return round_trip(source, texts, system=f"{back}|{system.signature}")


def _model_score(
    source: Sequence[str], hypotheses: Sequence[str], direction: Direction, model: str
) -> Statistics:
    from mtpipe.pipeline.systems.choosing import choose_model  # noqa: PLC0415
    from mtpipe.pipeline.systems.loading import load_rater  # noqa: PLC0415 - loads engines

    rate, signature = load_rater(choose_model(model, direction), direction)
    return model_score(rate(source, hypotheses), system=f"{direction}|{signature}")


_BY_MODEL = {QualityName.ROUND_TRIP: _round_trip, QualityName.MODEL: _model_score}


class _Outcome:
    """All systems by one metric: scores, intervals, p-values, clusters."""

    def __init__(self, measured: dict[str, Statistics], options: ScoreOptions) -> None:
        self._measured = measured
        self._options = options
        self._significance: Significance | None = None
        self._resampled: dict[str, NDArray[np.floating[Any]]] = {}
        bootstrap = options.paired is PairedMethod.BOOTSTRAP
        if options.confidence or bootstrap:
            samples = (
                None if options.paired is PairedMethod.RANDOMISATION else options.sampling.samples
            )
            self._resamples: int | None = samples or RESAMPLES
            sampling = Sampling(self._resamples, options.sampling.seed)
            self._resampled = {name: resample(s, sampling) for name, s in measured.items()}
        else:
            self._resamples = None

    def compare(self, method: PairedMethod, on_progress: Callable[[], None]) -> None:
        """Compare every pair of systems."""
        self._significance = compare(
            self._measured,
            method,
            self._options.sampling,
            resampled=self._resampled or None,
            alpha=self._options.alpha,
            on_progress=on_progress,
        )

    def column(self, metric: AnyMetric) -> ScoreColumn:
        """Name and signature."""
        first = next(iter(self._measured.values()))
        tested = self._significance
        trials = tested.samples if tested and tested.method is PairedMethod.RANDOMISATION else None
        sampled = bool(trials or self._resamples)
        return ScoreColumn(
            metric=metric.value,
            name=first.score.name,
            signature=first.metric.signature(
                bootstrap=self._resamples,
                trials=trials,
                seed=self._options.sampling.seed if sampled else None,
            ),
            higher_is_better=first.metric.higher_is_better,
            digits=self._options.digits if isinstance(metric, MetricName) else 3,
            segment_signature=first.metric.signature(per_segment=True)
            if SEGMENT in self._options.by
            else None,
        )

    def cells(self) -> list[ScoreCell]:
        """A cell for each system."""
        names = list(self._measured)
        baseline = self._options.baseline or names[0]
        tested = self._significance
        ranks = {name: c.rank for c in tested.clusters for name in c.systems} if tested else {}
        cells = []
        for name in names:
            pair = tested.between(baseline, name) if tested and name != baseline else None
            estimate = self._interval(name)
            cells.append(
                ScoreCell(
                    value=self._measured[name].score.value,
                    mean=estimate.mean if estimate else None,
                    half_width=estimate.half_width if estimate else None,
                    p_value=pair.p_value if pair else None,
                    significant=pair.is_significant(self._options.alpha) if pair else None,
                    cluster=ranks.get(name),
                    details=self._measured[name].score.details,
                )
            )
        return cells

    def _interval(self, name: str) -> Interval | None:
        if name not in self._resampled:
            return None
        paired = self._options.paired is PairedMethod.BOOTSTRAP
        return (interval if paired else interval_alone)(self._resampled[name])

    def pairs(self, metric: str) -> list[ScorePair]:
        """Every pair of systems."""
        found = self._significance.pairs if self._significance else ()
        return [
            ScorePair(
                metric,
                pair.first,
                pair.second,
                pair.difference,
                pair.p_value,
                pair.is_significant(self._options.alpha),
            )
            for pair in found
        ]
