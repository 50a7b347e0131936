"""From what a configuration put out to figures, for each of the three jobs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mtpipe.pipeline.bench.labelled import MACHINE
from mtpipe.pipeline.bench.units import Unit
from mtpipe.records import Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mtpipe.scoring.metrics import Metric
    from mtpipe.types.choices import MetricName

FALSE_POSITIVE_RATE = 0.01
"""Of the detector's figure: what a newsroom could live with."""

PROBABILITIES = "probabilities"
"""What a detector's output is kept as, among the counts."""

Counts = dict[str, "NDArray[np.float32]"]


def metrics_of(unit: Unit, names: "Sequence[MetricName]") -> "list[Metric]":
    """Metrics bound to a unit's references."""
    from mtpipe.scoring.metrics import Metric, MetricOptions  # noqa: PLC0415

    options = MetricOptions(target_language=unit.direction.target.value)
    return [Metric(name, unit.targets, options=options) for name in names]


def translation_quality(
    unit: Unit, output: Sequence[Any], names: "Sequence[MetricName]"
) -> tuple[Record, Counts]:
    """Scores with their bootstrap intervals, evident problems, and the counts behind the scores.

    Args:
        unit: with references.
        output: pairs of text and problems.
        names: of the metrics, the leading one first.
    """
    from mtpipe.scoring.resampling import RESAMPLES, SEED, confidence  # noqa: PLC0415

    texts = [text for text, _ in output]
    figures, signatures, counts = {}, {}, {}
    for metric in metrics_of(unit, names):
        statistics = metric.measure(texts)
        score, interval = statistics.score, confidence(statistics)
        figures[score.name] = {
            "value": round(score.value, 4),
            "low": round(interval.mean - interval.half_width, 4),
            "high": round(interval.mean + interval.half_width, 4),
        }
        signatures[score.name] = metric.signature(bootstrap=RESAMPLES, seed=SEED)
        counts[metric.name.value] = statistics.array
    problems = Counter(problem for _, found in output for problem in found)
    record = {
        "items": len(texts),
        "figures": figures,
        "metric_signatures": signatures,
        "problems": dict(sorted(problems.items())),
    }
    return record, counts


def alignment_quality(unit: Unit, output: Sequence[Any]) -> Record:
    """Strict and lax precision, recall and F1, in percent."""
    from mtpipe.alignment.evaluate import Tally  # noqa: PLC0415

    tally = Tally()
    tally.add([(tuple(source), tuple(target)) for source, target in output], unit.gold)
    figures = {
        f"{kind} {name}": {"value": round(100 * getattr(quality, attribute), 4)}
        for kind, quality in (("strict", tally.strict), ("lax", tally.lax))
        for name, attribute in (("F1", "f1"), ("precision", "precision"), ("recall", "recall"))
    }
    return {
        "items": len(unit.sources) + len(unit.targets[0]),
        "figures": figures,
        "metric_signatures": {
            "F1": "as Vecalign's scoring.py counts; null beads for precision only"
        },
        "problems": {},
    }


def detection_quality(unit: Unit, output: Sequence[float], prior: float = 0.5) -> Record:
    """ROC area, true positives at a false-positive rate, calibration, cost of likelihood ratios.

    Args:
        unit: with labels.
        output: probabilities.
        prior: the share of machines that they presume, between 0 and 1.
    """
    from mtpipe.scoring import classification  # noqa: PLC0415
    from mtpipe.scoring.likelihood_ratios import cllr, log_ratios, minimum_cllr  # noqa: PLC0415

    labels = [label == MACHINE for _, label in unit.gold]
    if len(set(labels)) < 2:
        # Counted with other directions, but nothing can be said of this one alone.
        return {"items": len(labels), "figures": {}, "metric_signatures": {}, "problems": {}}
    point = classification.true_positives_at(labels, output, FALSE_POSITIVE_RATE)
    bins = classification.reliability(labels, output)
    ratios = log_ratios(output, prior)
    figures = {
        "ROC area": classification.roc_area(labels, output),
        "TPR at 1 % FPR": point.true_positive_rate,
        "calibration error": classification.calibration_error(bins),
        "Cllr": cllr(labels, ratios),
        "minimum Cllr": minimum_cllr(labels, ratios),
    }
    return {
        "items": len(labels),
        "figures": {name: {"value": round(value, 6)} for name, value in figures.items()},
        "metric_signatures": {
            "TPR at 1 % FPR": f"{sum(labels)} machine, {len(labels) - sum(labels)} human; "
            "the threshold is one that exists, nothing is interpolated",
            "calibration error": f"expected, {classification.BINS} bins of equal width, of the pairs "
            f"as they are; probabilities presume {prior:.0%} machines",
            "Cllr": f"in bits; probabilities presume {prior:.0%} machines; the minimum is that of "
            "the same order, perfectly calibrated",
        },
        "problems": {},
        "bins": [asdict(each) for each in bins],
    }
