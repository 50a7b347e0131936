"""How good likelihood ratios are, how far labelled cases can back them, and what they are worth.

A likelihood ratio says how many times likelier an observation is of a positive case than of a
negative one. It presumes no share of positives: whoever has one multiplies the odds. All ratios
here are natural logarithms, as weights of evidence are. For the terms see Morrison 2013
(*Tutorial on logistic-regression calibration and fusion*) and Ramos and others 2018
(*Deconstructing cross-entropy for probabilistic binary classifiers*).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtpipe.scoring.classification import cases

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FARTHEST = 700.0
"""Beyond that a logarithm's number is no double."""

_STEP = 0.01
"""Between the thresholds that are tried for :func:`supported_range`."""


@dataclass(frozen=True, slots=True)
class TippettPoint:
    """How many cases have at least one log-ratio.

    Attributes:
        log_ratio: natural logarithm.
        positives: share of the positive cases with it or more, 0..1.
        negatives: share of the negative cases with it or more, 0..1.
    """

    log_ratio: float
    positives: float
    negatives: float


def log_ratios(probabilities: Sequence[float], prior: float) -> list[float]:
    """The natural logarithms of the likelihood ratios that probabilities come from.

    Args:
        probabilities: 0..1; of 0 and 1 the ratios are the farthest from 1 that floating point has.
        prior: the share of positives that they presume, between 0 and 1, neither included.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    given = np.asarray(probabilities, dtype=np.float64)
    with np.errstate(divide="ignore"):
        log_odds = np.clip(np.log(given) - np.log1p(-given), -_FARTHEST, _FARTHEST)
    ratios: list[float] = (log_odds - math.log(prior) + math.log1p(-prior)).tolist()
    return ratios


def cllr(labels: Sequence[bool], log_ratios: Sequence[float]) -> float:
    """The cost of likelihood ratios, Cllr, in bits (Brümmer and du Preez 2006).

    0 is perfect. 1 is what saying nothing costs: a ratio of 1 for everybody. Ratios that mislead
    may cost more. Positive and negative cases count half each, however many there are.

    Args:
        labels: whether each case is positive.
        log_ratios: of each case, natural logarithms; may be infinite.

    Raises:
        InputError: the lengths differ, there are no positive or no negative cases, or a ratio is
            not a number.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, ratios = cases(labels, log_ratios)
    costs = np.logaddexp(0, np.where(truth, -ratios, ratios)) / math.log(2)
    return float(costs[truth].mean() + costs[~truth].mean()) / 2


def minimum_cllr(labels: Sequence[bool], log_ratios: Sequence[float]) -> float:
    """What Cllr would be if the ratios were the best that their order allows.

    How well they discriminate, that is; what Cllr has beyond it is due to calibration. By pooling
    adjacent violators (Brümmer and du Preez 2006).

    Raises:
        InputError: see :func:`cllr`.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, ratios = cases(labels, log_ratios)
    shares = _isotonic(truth, ratios)
    prior = math.log(truth.sum() / (~truth).sum())
    with np.errstate(divide="ignore"):
        best = np.log(shares) - np.log1p(-shares) - prior
    return cllr(truth.tolist(), best.tolist())


def supported_range(labels: Sequence[bool], log_ratios: Sequence[float]) -> tuple[float, float]:
    """The log-ratios that the cases can back: the empirical lower and upper bound, ELUB.

    Beyond them deciding by the ratios would do worse than not looking at them at all, if there were
    but one more misleading case on either side (Vergeer, van Es, de Jongh, Alberink and Stoel 2016,
    *Numerical likelihood ratios outputted by LR systems are often based on extrapolation*). A
    ratio is to be said as the bound where it lies beyond.

    Args:
        labels: whether each case is positive.
        log_ratios: of each case, natural logarithms.

    Returns:
        The lower bound, 0 or less, and the upper one, 0 or more.

    Raises:
        InputError: see :func:`cllr`.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, ratios = cases(labels, log_ratios)
    positives, negatives = np.sort(ratios[truth]), np.sort(ratios[~truth])
    farthest = math.log(max(len(positives), len(negatives)) + 1) + _STEP
    steps = round(farthest / _STEP)
    thresholds = _STEP * np.arange(-steps, steps + 1)
    # What is decided wrongly at a threshold, with one more misleading case of either kind.
    misses = (np.searchsorted(positives, thresholds) + 1) / (len(positives) + 1)
    alarms = (len(negatives) - np.searchsorted(negatives, thresholds) + 1) / (len(negatives) + 1)
    # The utility of the ratios against that of always deciding alike, at prior odds exp(-t).
    loss = alarms + np.exp(-thresholds) * misses
    is_useful = loss <= np.minimum(1, np.exp(-thresholds))
    if not is_useful[steps]:
        return 0.0, 0.0
    useless_below, useless_above = (
        np.flatnonzero(~is_useful[:steps]),
        np.flatnonzero(~is_useful[steps:]),
    )
    lowest = useless_below[-1] + 1 if len(useless_below) else 0
    highest = steps + (useless_above[0] - 1 if len(useless_above) else steps)
    return float(thresholds[lowest]), float(thresholds[highest])


def tippett(labels: Sequence[bool], log_ratios: Sequence[float]) -> tuple[TippettPoint, ...]:
    """The shares of both kinds of cases that reach each ratio, ascending: a Tippett plot's curves.

    Raises:
        InputError: see :func:`cllr`.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    truth, ratios = cases(labels, log_ratios)
    at = np.unique(ratios)
    shares = [
        1 - np.searchsorted(np.sort(ratios[kind]), at) / kind.sum() for kind in (truth, ~truth)
    ]
    return tuple(TippettPoint(*map(float, row)) for row in zip(at, *shares, strict=True))


def _isotonic(truth: "NDArray[np.bool_]", ratios: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """The share of positives at each case's ratio, made to rise with it; ties are one."""
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    values, places = np.unique(ratios, return_inverse=True)
    counts = np.bincount(places, minlength=len(values))
    hits = np.bincount(places, weights=truth, minlength=len(values))
    pooled: list[tuple[float, float, int]] = []  # positives, cases, values
    for own_hits, own_count in zip(hits.tolist(), counts.tolist(), strict=True):
        block = (own_hits, float(own_count), 1)
        while pooled and pooled[-1][0] * block[1] >= block[0] * pooled[-1][1]:
            before = pooled.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        pooled.append(block)
    shares = np.repeat([b[0] / b[1] for b in pooled], [b[2] for b in pooled])
    return np.asarray(shares[places], np.float64)
