"""A detection as records: all of it beside a report, one row of it in a batch."""

from typing import Any

from mtpipe.report.detection.facts import article_record
from mtpipe.types import (
    Comparison,
    Detection,
    Evidence,
    LikelihoodRatio,
    Quotation,
    Score,
    ScoreName,
)

__all__ = ["detection_record", "detection_row"]


def detection_row(detection: Detection) -> dict[str, Any]:
    """The row of a batch: id, a probability each (null where not measured), verdict, evidence.

    ``original`` is the id of what it was compared with, null without one; ``others`` are the further
    originals, if there are any. ``likelihood_ratios`` say what a score supports without a share
    of yes presumed; the probabilities presume six in ten.
    """
    verdict = detection.verdict
    return {
        "id": detection.candidate.id,
        "original": detection.original.id if detection.original else None,
        **{score.name.value: _rounded(score.probability) for score in _scores(detection)},
        **_likelihoods(detection),
        "verdict": verdict.finding.value,
        "evidence": {
            score.name.value: [
                {
                    "id": item.id,
                    "weight": _rounded(item.weight),
                    "value": _rounded(item.value),
                    **({"feature": item.feature} if item.feature else {}),
                    **(
                        {"quotations": [quotation.text for quotation in item.quotations]}
                        if item.quotations
                        else {}
                    ),
                }
                for item in score.evidence
            ]
            for score in _scores(detection)
        },
        "signature": detection.signature,
        **_others(detection),
    }


def detection_record(
    detection: Detection, *, command: str, version: str, created: str = ""
) -> dict[str, Any]:
    """Everything that the page shows, for programs; the arguments are those of the page.

    Sentences are numbered from 0; ``start`` of a quotation is an offset into its block's text.
    """
    original = detection.original
    return {
        "id": detection.candidate.id,
        "verdict": detection.verdict.finding.value,
        "explanation": detection.verdict.explanation,
        "scores": {score.name.value: _score(score) for score in _scores(detection)},
        **_likelihoods(detection),
        "candidate": article_record(detection.candidate),
        "original": article_record(original) if original else None,
        "comparison": _comparison(detection.comparison) if detection.comparison else None,
        **_others(detection),
        "signature": detection.signature,
        "command": command,
        "version": version,
        **({"created": created} if created else {}),
    }


def _others(detection: Detection) -> dict[str, Any]:
    if not detection.others:
        return {}
    return {
        "others": [
            {
                "original": other.original.id if other.original else None,
                "verdict": other.verdict.finding.value,
                **{
                    name.value: _rounded(other.verdict.score(name).probability)
                    for name in (ScoreName.TRANSLATION_OF, ScoreName.MACHINE_MADE)
                },
            }
            for other in detection.others
        ]
    }


def _scores(detection: Detection) -> list[Score]:
    """The scores in the order of their names, whatever order the verdict has them in."""
    return [detection.verdict.score(name) for name in ScoreName]


def _likelihoods(detection: Detection) -> dict[str, Any]:
    """The likelihood ratios, by the scores' names; nothing where the card has none."""
    ratios = {
        score.name.value: _likelihood(score.likelihood, detection.posterior(score.name))
        for score in _scores(detection)
        if score.likelihood
    }
    if not ratios:
        return {}
    prior = {} if detection.prior is None else {"prior": detection.prior}
    return {"likelihood_ratios": ratios, **prior}


def _likelihood(likelihood: LikelihoodRatio, posterior: float | None) -> dict[str, Any]:
    """A likelihood ratio with its bounds, in figures and words."""
    return {
        "ratio": _significant(likelihood.ratio),
        "low": _significant(likelihood.low),
        "high": _significant(likelihood.high),
        "support": likelihood.support.value,
        **({} if posterior is None else {"posterior": _rounded(posterior)}),
    }


def _significant(ratio: float) -> float:
    """Three significant digits: no labelled texts back more."""
    return float(f"{ratio:.3g}")


def _score(score: Score) -> dict[str, Any]:
    return {
        "probability": _rounded(score.probability),
        "calibrated": score.is_calibrated,
        "threshold": score.threshold,
        "false_positive_rate": score.false_positive_rate,
        "yes": score.is_yes,
        "note": score.note,
        **_rates(score),
        "evidence": [_evidence(item) for item in score.evidence],
    }


def _rates(score: Score) -> dict[str, Any]:
    """How often labelled texts of either kind got at least some support."""
    if score.likelihood is None or not score.likelihood.rates:
        return {}
    return {
        "rates": {
            rate.support.value: {
                "innocents": _rounded(rate.innocents),
                "others": _rounded(rate.others),
            }
            for rate in score.likelihood.rates
        },
        "innocents": score.likelihood.innocents,
        "measured_on": score.likelihood.measured_on,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "id": item.id,
        "description": item.description,
        "weight": _rounded(item.weight),
        "value": _rounded(item.value),
        **({"feature": item.feature} if item.feature else {}),
        "quotations": [_quotation(quotation) for quotation in item.quotations],
    }


def _quotation(quotation: Quotation) -> dict[str, Any]:
    place = quotation.place
    return {
        "side": quotation.side.value,
        "text": quotation.text,
        "index": place.index if place else None,
        "line": (place.line or None) if place else None,
        "path": place.path if place else "",
        "start": quotation.start,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    links = (("beads", comparison.alignment.beads), ("moves", comparison.alignment.moves))
    return {
        "original": list(comparison.original),
        "candidate": list(comparison.candidate),
        "translations": list(comparison.translations),
        "signature": comparison.signature,
        **{
            name: [
                {
                    "original": list(link.source),
                    "candidate": list(link.target),
                    "score": _rounded(link.score),
                }
                for link in members
            ]
            for name, members in links
        },
    }


def _rounded(value: float | None) -> float | None:
    """Six decimals; nothing that JSON can't hold (NaN, infinities)."""
    if value is None or value != value or abs(value) == float("inf"):  # noqa: PLR0124 - NaN
        return None
    return round(value, 6)
