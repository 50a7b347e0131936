"""From a log-ratio to a likelihood ratio within what labelled texts can back, in words.

After the ENFSI guideline for evaluative reporting in forensic science (2015): what was measured
supports an answer so many times more than the contrary, whatever share of candidates is what. How far
ratios may go is measured (:func:`mtpipe.scoring.likelihood_ratios.supported_range`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtpipe.types import LikelihoodRatio, Support, SupportRate

BASE_RATE = 0.6
"""Share of yes that probabilities presume, whatever it is in labelled data."""

LEAST_RATIO: Mapping[Support, float] = {
    Support.STRONG: 100.0,
    Support.MODERATE: 10.0,
    Support.LIMITED: 2.0,
}
"""The smallest likelihood ratio of each word; below the last there is no support."""

_AGAINST: Mapping[Support, Support] = {
    Support.STRONG: Support.STRONG_AGAINST,
    Support.MODERATE: Support.MODERATE_AGAINST,
    Support.LIMITED: Support.LIMITED_AGAINST,
}


@dataclass(frozen=True, slots=True)
class LikelihoodScale:
    """How far likelihood ratios may go and what they are worth, as learnt from labelled texts.

    Attributes:
        base_rate: the share of yes that the scale's probabilities presume, between 0 and 1.
        bounds: numbers of sentences, ascending, with the smallest and the largest log-ratio (natural
            logarithms, 0 between them) that texts of so many can back.
        rates: how often texts of either kind got at least some support, the strongest first.
        innocents: how many of them the answer is no for.
        measured_on: what they are, in a few words.
    """

    base_rate: float
    bounds: tuple[tuple[int, float, float], ...]
    rates: tuple[SupportRate, ...]
    innocents: int
    measured_on: str

    @property
    def prior_log_odds(self) -> float:
        """The logarithm of the odds that the scale's probabilities presume."""
        return math.log(self.base_rate / (1 - self.base_rate))

    def ratio(self, log_ratio: float, sentences: int) -> LikelihoodRatio:
        """What a measured log-ratio supports.

        Args:
            log_ratio: natural logarithm; cut to the bounds.
            sentences: that were measured.
        """
        low = at_sentences([(count, low) for count, low, _ in self.bounds], sentences)
        high = at_sentences([(count, high) for count, _, high in self.bounds], sentences)
        log_ratio = min(high, max(low, log_ratio))
        return LikelihoodRatio(
            math.exp(log_ratio),
            math.exp(low),
            math.exp(high),
            support_of(log_ratio),
            self.rates,
            self.innocents,
            self.measured_on,
        )


def support_of(log_ratio: float) -> Support:
    """The word for the natural logarithm of a likelihood ratio."""
    # A ratio of exactly 10 may come out of a logarithm a little short of it.
    size = math.exp(abs(log_ratio)) * (1 + 1e-9)
    found = next((word for word, least in LEAST_RATIO.items() if size >= least), None)
    if found is None:
        return Support.NONE
    return found if log_ratio > 0 else _AGAINST[found]


def at_sentences(points: Sequence[tuple[int, float]], sentences: int) -> float:
    """A value that was measured at some numbers of sentences, at another number.

    Between those it is interpolated, below the first it falls to 0, beyond the last it stays.

    Args:
        points: numbers of sentences, ascending, each with the value; at least one.
        sentences: the number.
    """
    (low, value), *rest = points
    if sentences <= low:
        return value * sentences / low
    for high, further in rest:
        if sentences <= high:
            return value + (sentences - low) / (high - low) * (further - value)
        low, value = high, further
    return value
