"""A likelihood ratio as people read it: in words, and what it makes of what they thought before."""

from dataclasses import dataclass

from mtpipe.types import LikelihoodRatio, SupportRate
from mtpipe.types.shares import fine_percent, percent_of_probability

__all__ = ["LikelihoodView", "PosteriorView", "likelihood_in_words", "likelihood_view"]

_PRIORS = (0.01, 0.1, 0.5)
"""Shares of machine translations among candidates that the table of a report has."""


@dataclass(frozen=True, slots=True)
class LikelihoodView:
    """A likelihood ratio as a report shows it.

    Attributes:
        ratio: ``35``.
        sentence: what that means.
        bounds: of what labelled texts can back.
        rates: how often such texts got at least some support.
        measured_on: what they are.
        posteriors: what the ratio makes of prior shares.
    """

    ratio: str
    sentence: str
    bounds: tuple[str, str]
    rates: tuple[str, ...]
    measured_on: str
    posteriors: tuple["PosteriorView", ...]


@dataclass(frozen=True, slots=True)
class PosteriorView:
    """What a ratio makes of a prior share.

    Attributes:
        prior: in words: ``1%``.
        probability: that follows.
        is_users: whether the user named that prior.
    """

    prior: str
    probability: str
    is_users: bool


def likelihood_in_words(likelihood: LikelihoodRatio) -> str:
    """A sentence of what was measured: ``moderate support: 35 times likelier if ...``."""
    ratio = likelihood.ratio
    kinds = ("a machine translated it", "a person did")
    if ratio < 1:
        ratio, kinds = 1 / ratio, ("a person translated it", "a machine did")
    if f"{ratio:.2g}" == "1":
        return f"{likelihood.support.value}: as likely if {kinds[0]} as if {kinds[1]}"
    least = "at least " if likelihood.is_bound else ""
    return (
        f"{likelihood.support.value}: {least}{_times(ratio)} times likelier "
        f"if {kinds[0]} than if {kinds[1]}"
    )


def likelihood_view(likelihood: LikelihoodRatio, prior: float | None) -> LikelihoodView:
    """What a report shows of a ratio.

    Args:
        likelihood: the ratio.
        prior: the user's own, which stands in the table beside 1, 10 and 50 in a hundred.
    """
    sentence = likelihood_in_words(likelihood).partition(": ")[2]
    priors = sorted({*_PRIORS, *([] if prior is None else [prior])})
    return LikelihoodView(
        _times(likelihood.ratio),
        f"What was measured is {sentence}.",
        (_times(likelihood.low), _times(likelihood.high)),
        tuple(_rate(rate, likelihood.innocents) for rate in likelihood.rates),
        likelihood.measured_on,
        tuple(
            PosteriorView(
                f"{100 * each:.10g}%",
                percent_of_probability(likelihood.posterior(each), fine=True),
                each == prior,
            )
            for each in priors
        ),
    )


def _rate(rate: SupportRate, innocents: int) -> str:
    """How often labelled texts got so much support."""
    share = fine_percent(rate.innocents) if rate.innocents else "none"
    return (
        f"{rate.support.value} or more: {share} of {innocents:,} by people, "
        f"{fine_percent(rate.others)} of machines'"
    )


def _times(ratio: float) -> str:
    """Two significant digits, written out."""
    return f"{float(f'{ratio:.2g}'):,.10g}"
