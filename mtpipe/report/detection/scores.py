"""Scores and their evidence as a page shows them: in words, by weight, each quotation in place."""

from collections.abc import Sequence
from dataclasses import dataclass

from mtpipe.report.detection.likelihood import LikelihoodView, likelihood_view
from mtpipe.report.detection.places import QuotedPlace, blocks_by_place, quoted_place
from mtpipe.types import Detection, Evidence, Score, ScoreName, Side
from mtpipe.types.shares import fine_percent, percent, percent_of_probability

__all__ = ["EvidenceView", "ScoreView", "score_views"]

_SLIGHT_WEIGHT = 0.1
_MAX_QUOTATIONS = 12


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """An observation.

    Attributes:
        number: on the page, from 1.
        item: what was observed.
        width: of its bar, in percent of the heaviest observation's.
        quotations: where it shows; of very many, the first.
        more: how many further quotations there are.
    """

    number: int
    item: Evidence
    width: float
    quotations: tuple[QuotedPlace, ...]
    more: int

    @property
    def is_slight(self) -> bool:
        """Whether it weighs next to nothing; what is quoted is shown in full unless it adds nothing."""
        is_shown = self.quotations and self.item.weight
        return abs(self.item.weight) < _SLIGHT_WEIGHT and not is_shown


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A score, its figures in words, and what it rests on, the weightiest first.

    ``likelihood`` is what is shown instead of a probability, for ``machine_made`` and where the card
    of the verdict has it.
    """

    score: Score
    answer: str
    probability: str
    threshold: str
    innocent: str
    found: str
    evidence: tuple[EvidenceView, ...]
    likelihood: LikelihoodView | None = None

    @property
    def groups(self) -> tuple[tuple[str, list[EvidenceView]], ...]:
        """What speaks for it and what against, without what weighs next to nothing."""
        weighty = [view for view in self.evidence if not view.is_slight]
        return (
            ("for", [view for view in weighty if view.item.weight >= 0]),
            ("against", [view for view in weighty if view.item.weight < 0]),
        )

    @property
    def slight(self) -> list[EvidenceView]:
        """What weighs next to nothing."""
        return [view for view in self.evidence if view.is_slight]


def score_views(detection: Detection) -> list[ScoreView]:
    """The three scores; observations are numbered through."""
    scores = [detection.verdict.score(name) for name in ScoreName]
    blocks = {
        Side.CANDIDATE: blocks_by_place(detection.candidate),
        Side.ORIGINAL: blocks_by_place(detection.original),
    }
    heaviest = max((abs(item.weight) for score in scores for item in score.evidence), default=0.0)
    views: list[ScoreView] = []
    number = 1
    for score in scores:
        evidence = []
        for item in sorted(score.evidence, key=lambda item: -abs(item.weight)):
            shown = item.quotations[:_MAX_QUOTATIONS]
            evidence.append(
                EvidenceView(
                    number,
                    item,
                    round(100 * abs(item.weight) / heaviest, 1) if heaviest else 0.0,
                    tuple(quoted_place(quotation, blocks[quotation.side]) for quotation in shown),
                    len(item.quotations) - len(shown),
                )
            )
            number += 1
        views.append(_score_view(score, evidence, detection.prior))
    return views


def _score_view(score: Score, evidence: Sequence[EvidenceView], prior: float | None) -> ScoreView:
    measured = score.probability is not None
    shown = score.likelihood if score.name is ScoreName.MACHINE_MADE else None
    answer = ("Yes" if score.is_yes else "Not shown") if measured else "Not measured"
    if shown:
        answer = shown.support.value[:1].upper() + shown.support.value[1:]
    return ScoreView(
        score,
        answer,
        "–" if score.probability is None else _figure(score, score.probability),
        f"{score.threshold * 100:.4g}{'%' if score.is_calibrated else ' points'}",
        _innocent(score.false_positive_rate),
        _found(score.true_positive_rate),
        tuple(evidence),
        likelihood_view(shown, prior) if shown else None,
    )


def _figure(score: Score, probability: float) -> str:
    """A probability in percent; where nothing measured it, points, which look like none."""
    if score.is_calibrated:
        return percent_of_probability(probability)
    return f"{100 * probability:.0f} of 100"


def _innocent(rate: float | None) -> str:
    """The false-positive rate in words."""
    if rate is None:
        return "How often innocent texts reach it has not been measured."
    if rate <= 0:
        return "No innocent text of the calibration data reached it."
    return f"Of the innocent texts of the calibration data, {fine_percent(rate)} reached it."


def _found(rate: float | None) -> str:
    """The true-positive rate in words."""
    if rate is None:
        return ""
    return f"Of those that the question asks for, {percent(rate)} did."
