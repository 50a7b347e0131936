"""Scores of translations: hypotheses and references in, a report out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Unpack

from mtpipe.errors import ConfigError, InputError
from mtpipe.pipeline.score.by_model import score_by_model
from mtpipe.pipeline.score.examples import compare_segments
from mtpipe.pipeline.score.material import (
    Labels,
    Material,
    References,
    Segments,
    Systems,
    read_material,
    require_no_input,
)
from mtpipe.pipeline.score.options import (
    BY_MODEL,
    AnyMetric,
    ScoreKeywords,
    ScoreOptions,
    options_of,
    refuse_what_has_no_effect,
)
from mtpipe.pipeline.score.outcome import Outcome
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
from mtpipe.scoring.metrics import Metric, MetricScore, Statistics
from mtpipe.scoring.quality import LearnedMetric, QualityName
from mtpipe.types import Direction
from mtpipe.types.choices import MetricName

__all__ = ["score", "score_material"]

_DEFAULTS = ScoreOptions()

Progress = Callable[[str, int, int], None]
"""Gets what was done last, how many steps are done, and how many there are."""


def score(
    hypotheses: Systems,
    references: References = (),
    *,
    metrics: Sequence[str] = ("bleu", "chrf"),
    paired: str | None = None,
    source: Segments | None = None,
    labels: Labels | None = None,
    languages: tuple[str | None, str | None] = (None, None),
    output: Path | None = None,
    on_progress: Progress = lambda *_: None,
    **further: Unpack[ScoreKeywords],
) -> ScoreReport:
    """Score translations, exactly as sacreBLEU does; safe to call from several threads at once.

    Segments are given as a list, or as the ``Path`` of a file: plain text, TSV, JSON lines, TMX or
    WMT's XML. As on the command line, a part of it may follow a colon (``Path("set.tsv:2")``).

    >>> from mtpipe import score
    >>> report = score({"a": ["The cat sat."], "b": ["The cat sits."]}, ["A cat sat."])
    >>> [(row.system, round(row.cells[1].value)) for row in report.tables[0].rows]
    [('a', 74), ('b', 26)]

    Args:
        hypotheses: segments of one system, of several by their names, or files.
        references: segments of one reference, several references, or files.
        metrics: ``bleu``, ``chrf``, ``chrf++``, ``ter``; without a reference ``round-trip`` and
            ``model``; if installed, ``comet``, ``cometkiwi``, ``metricx``, ``metricx-qe``.
        paired: ``bootstrap`` or ``randomisation`` to compare every pair of systems.
        source: source segments, for metrics that need them.
        labels: kind of label, such as ``document``, to one label per segment.
        languages: codes of the source and target language.
        output: file that the caller is going to write; refused if it is one of those read.
        on_progress: called after each step.
        further: see :class:`~mtpipe.pipeline.score.options.ScoreKeywords`.

    Raises:
        InputError: a file can't be read, lengths differ, or what a metric needs isn't there.
        ConfigError: there is no such metric, test, system or kind of label.
        DependencyMissing: a metric isn't installed.
    """
    options = options_of(metrics, paired, languages[1], further)
    # For a tokenizer the target may be any language; for a model it has to be one of ours.
    known = options.needs_model and all(languages)
    direction = Direction.parse("-".join(map(str, languages))) if known else None
    if output is not None:
        require_no_input(output, hypotheses, references, source, labels)
    material = read_material(
        hypotheses, references, source=source, labels=labels, direction=direction
    )
    return score_material(material, options, on_progress=on_progress)


def score_material(
    material: Material,
    options: ScoreOptions = _DEFAULTS,
    *,
    on_progress: Progress = lambda *_: None,
) -> ScoreReport:
    """Score all systems by all metrics.

    Args:
        material: from :func:`read_material`.
        options: what is wanted.
        on_progress: called after each step.

    Raises:
        InputError: what a metric needs (a reference, sources) isn't there.
        ConfigError: a system or a kind of label that isn't there was named.
        DependencyMissing: a metric isn't installed.
    """
    names = list(material.systems)
    _validate(material, options, names)
    method = options.paired
    measured = _Measured(material, options, _groups(material, options.by))
    step = _Steps(measured.steps, on_progress)
    step("")
    for metric in options.metrics:
        measured.add(metric, step)
    return ScoreReport(
        inputs=material.inputs,
        columns=tuple(measured.columns),
        tables=measured.tables(),
        test=PairedTest(
            method.value,
            options.sampling.samples or method.default_samples,
            options.sampling.seed,
            options.alpha,
            options.baseline or names[0],
        )
        if method
        else None,
        pairs=tuple(measured.pairs),
        comparison=compare_segments(
            material, measured.leading, examples=options.examples, between=options.between
        )
        if options.examples
        else None,
    )


@dataclass
class _Steps:
    """Counts the steps that are done; the first call says that it begins."""

    total: int
    on_progress: Progress
    done: int = -1

    def __call__(self, what: str) -> None:
        self.done += 1
        self.on_progress(what, self.done, self.total)


_Group = tuple[str, str, Sequence[int]]
"""Kind, label and segments of a part."""


@dataclass
class _Measured:
    """Columns, cells and pairs, metric by metric."""

    material: Material
    options: ScoreOptions
    groups: list[_Group]
    columns: list[ScoreColumn] = field(default_factory=list)
    pairs: list[ScorePair] = field(default_factory=list)
    leading: dict[str, Statistics] = field(default_factory=dict)
    """Statistics of every system by the first metric."""

    def __post_init__(self) -> None:
        self._names = list(self.material.systems)
        self._measure = _Measuring(self.material, self.options)
        self._cells: list[list[list[ScoreCell]]] = []  # metric, table, system

    @property
    def steps(self) -> int:
        """How many there will be: measurements, and comparisons of pairs."""
        count = len(self._names)
        pairs = count * (count - 1) // 2 if self.options.paired else 0
        return len(self.options.metrics) * (count + pairs)

    def add(self, metric: AnyMetric, step: Callable[[str], None]) -> None:
        """Measure all systems by one metric."""
        measured: dict[str, Statistics] = {}
        for name in self._names:
            measured[name] = self._measure(metric, name)
            step(f"{metric.value}: {name}")
        self.leading = self.leading or measured
        outcome = Outcome(measured, self.options)
        if self.options.paired:
            outcome.compare(self.options.paired, partial(step, f"{metric.value}: pairs"))
        self.columns.append(outcome.column(metric))
        self.pairs += outcome.pairs(metric.value)
        parts = [
            [_part_cell(measured[name], kind, segments) for name in self._names]
            for kind, _, segments in self.groups
        ]
        self._cells.append([outcome.cells(), *parts])

    def tables(self) -> tuple[ScoreTable, ...]:
        """That of all segments first, then those of the parts."""
        headings: list[_Group] = [(WHOLE, "", range(self.material.segments)), *self.groups]
        return tuple(
            ScoreTable(
                kind,
                label,
                len(segments),
                tuple(
                    ScoreRow(name, tuple(by_metric[number][i] for by_metric in self._cells))
                    for i, name in enumerate(self._names)
                ),
            )
            for number, (kind, label, segments) in enumerate(headings)
        )


def _part_cell(measured: Statistics, kind: str, segments: Sequence[int]) -> ScoreCell:
    found: MetricScore = (
        measured.segment_scores[segments[0]] if kind == SEGMENT else measured.score_of(segments)
    )
    return ScoreCell(found.value, details=found.details)


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
                hint=f"--label {kind}=FILE, one per line; what is known: {known}",
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
        if metric in BY_MODEL and material.direction is None:
            raise ConfigError(
                f"{metric.value} needs to know the languages", hint="add --from de --to en"
            )
    if options.paired and len(names) < 2:
        raise ConfigError(
            "a paired test compares systems, and there is one", hint="use --confidence instead"
        )
    refuse_what_has_no_effect(options)


def _groups(material: Material, by: Iterable[str]) -> list[_Group]:
    """Kind, label and segments of each part, in the order of the text."""
    groups: list[_Group] = []
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
            if isinstance(metric, QualityName) and metric not in BY_MODEL
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
        if metric in BY_MODEL and material.direction is not None:
            return score_by_model(
                metric, source, hypotheses, material.direction, self._options.model
            )
        reference = material.references[0] if metric.needs_reference else None
        return self._learned[metric].measure(source, hypotheses, reference)
