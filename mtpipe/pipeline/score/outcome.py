"""What all systems come to by one metric."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mtpipe.pipeline.score.options import AnyMetric, ScoreOptions
from mtpipe.report.scores import SEGMENT, ScoreCell, ScoreColumn, ScorePair
from mtpipe.scoring.metrics import Statistics
from mtpipe.scoring.resampling import (
    RESAMPLES,
    Interval,
    Sampling,
    interval,
    interval_alone,
    resample,
)
from mtpipe.scoring.significance import PairedMethod, Significance, compare
from mtpipe.types.choices import MetricName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Outcome:
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
