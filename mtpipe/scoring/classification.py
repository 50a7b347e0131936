"""How good probabilities are: ROC area, true positives at a false-positive rate, calibration.

For detectors: a higher probability says "positive" more surely. All of it is numpy on whole
arrays, with ties taken as what they are: probabilities that are equal rise and fall together.

Not for choosing a threshold, which is a decision; here is only measured what each would do.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtpipe.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 10
"""Bins of a reliability plot; ten is the literature's number."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases whose probabilities lie in one interval.

    Attributes:
        low: its lower end, 0..1.
        high: its upper end, which belongs to it only in the last bin.
        count: cases in it.
        confidence: their mean probability; 0 where there is none.
        frequency: the share of them that is positive; 0 where there is none.
        weight: what they count for; their number, unless another share of positives is presumed.
    """

    low: float
    high: float
    count: int
    confidence: float
    frequency: float
    weight: float


@dataclass(frozen=True, slots=True)
class RocPoint:
    """What one threshold does.

    Attributes:
        threshold: cases with at least this probability are called positive.
        false_positive_rate: share of the negative cases that are, 0..1.
        true_positive_rate: share of the positive cases that are, 0..1.
    """

    threshold: float
    false_positive_rate: float
    true_positive_rate: float


def roc_curve(labels: Sequence[bool], probabilities: Sequence[float]) -> tuple[RocPoint, ...]:
    """The receiver operating characteristic, one point per distinct probability, highest first.

    The first point is the threshold that nothing reaches (infinity): both rates are 0.

    Args:
        labels: whether each case is positive.
        probabilities: of its being positive.

    Raises:
        InputError: the lengths differ, there are no positive or no negative cases, or a
            probability is not a number.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, scores = cases(labels, probabilities)
    order = np.argsort(-scores, kind="stable")
    truth, scores = truth[order], scores[order]
    last_of_tie = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = np.cumsum(truth)[last_of_tie]
    alarms = last_of_tie + 1 - hits
    return (
        RocPoint(float("inf"), 0.0, 0.0),
        *(
            RocPoint(float(threshold), float(false), float(true))
            for threshold, false, true in zip(
                scores[last_of_tie], alarms / (~truth).sum(), hits / truth.sum(), strict=True
            )
        ),
    )


def roc_area(labels: Sequence[bool], probabilities: Sequence[float]) -> float:
    """The area under that curve: how often a positive case gets more than a negative one.

    A tie counts one half, which makes it the Mann-Whitney statistic (Hanley and McNeil 1982).
    0.5 is chance, 1 is perfect.

    Raises:
        InputError: see :func:`roc_curve`.
    """
    points = roc_curve(labels, probabilities)
    return sum(
        (after.false_positive_rate - before.false_positive_rate)
        * (after.true_positive_rate + before.true_positive_rate)
        / 2
        for before, after in itertools.pairwise(points)
    )


def true_positives_at(
    labels: Sequence[bool], probabilities: Sequence[float], false_positive_rate: float
) -> RocPoint:
    """The most true positives that any threshold gives with no more false ones than allowed.

    Nothing is interpolated: the threshold is one that exists, and with few negative cases the
    rate that it keeps may be well below the allowed one.

    Args:
        labels: whether each case is positive.
        probabilities: of its being positive.
        false_positive_rate: allowed share of the negative cases, 0..1.

    Raises:
        InputError: see :func:`roc_curve`.
    """
    points = roc_curve(labels, probabilities)
    return [p for p in points if p.false_positive_rate <= false_positive_rate + 1e-12][-1]


def reliability(
    labels: Sequence[bool],
    probabilities: Sequence[float],
    *,
    bins: int = BINS,
    prior: float | None = None,
) -> tuple[Bin, ...]:
    """What the probabilities promise and what comes of it, in intervals of equal width.

    Args:
        labels: whether each case is positive.
        probabilities: of its being positive.
        bins: intervals.
        prior: the share of positives that the probabilities presume, between 0 and 1, neither
            included. Cases are weighted to have it: where others are labelled, even probabilities
            that are right would seem wrong. None takes the cases as they are.

    Raises:
        InputError: the lengths differ, there is no case (with a prior, of one kind), or a
            probability isn't within 0..1.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, scores = cases(labels, probabilities, both_kinds=prior is not None)
    if scores.min() < 0 or scores.max() > 1:
        raise InputError("a probability isn't within 0 and 1")
    places = np.minimum((scores * bins).astype(int), bins - 1)
    each = np.ones(len(truth))
    if prior is not None:
        each = np.where(truth, prior / truth.mean(), (1 - prior) / (1 - truth.mean()))
    counts = np.bincount(places, minlength=bins)
    weights = np.bincount(places, weights=each, minlength=bins)
    full = np.where(counts, weights, 1)
    confidence = np.bincount(places, weights=each * scores, minlength=bins) / full
    frequency = np.bincount(places, weights=each * truth, minlength=bins) / full
    return tuple(
        Bin(
            i / bins,
            (i + 1) / bins,
            int(counts[i]),
            float(confidence[i]),
            float(frequency[i]),
            float(weights[i]),
        )
        for i in range(bins)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: the mean distance of promise and outcome, weighted as cases are.

    0 is perfect. Naeini et al. 2015; Guo et al. 2017.
    """
    total = sum(each.weight for each in bins)
    return sum(each.weight * abs(each.confidence - each.frequency) for each in bins) / total


def cases(
    labels: Sequence[bool], scores: Sequence[float], *, both_kinds: bool = True
) -> "tuple[NDArray[np.bool_], NDArray[np.float64]]":
    """Labels and scores as arrays of one length, fit to be measured on.

    Args:
        labels: whether each case is positive.
        scores: of each case.
        both_kinds: whether there have to be positive and negative ones.

    Raises:
        InputError: the lengths differ, a kind is lacking, or a score is not a number.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, numbers = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=np.float64)
    if truth.shape != numbers.shape:
        raise InputError(f"there are {len(numbers)} scores for {len(truth)} labels")
    if np.isnan(numbers).any():
        raise InputError("a score is not a number")
    if not len(truth) or (both_kinds and (truth.all() or not truth.any())):
        wanted = "positive and negative cases" if both_kinds else "cases"
        raise InputError(f"there are no {wanted} to measure on")
    return truth, numbers
