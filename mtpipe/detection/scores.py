"""From features to the scores ``translation_of`` and ``machine_made``, with evidence in words.

The evidence is given by family of features: single ones go together so much that their weights
mean little (see :mod:`mtpipe.detection.wording`). For the third score see
:mod:`mtpipe.detection.republication`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from mtpipe.detection.card import Scale
from mtpipe.detection.features import Family, Features
from mtpipe.detection.support import LEAST_RATIO
from mtpipe.detection.wording import machine_evidence, translation_evidence
from mtpipe.types import Direction, Evidence, Score, ScoreName, Support

MIN_SENTENCES = 3
"""Linked sentences below which nothing is said of a machine."""


_FAMILIES: Mapping[Family, tuple[str, ...]] = {
    Family.MEANING: ("cosine_",),
    Family.FLUENCY: ("source_common", "target_common", "source_expected", "target_expected"),
    Family.ORDER: ("backward_steps", "jumps", "displacement"),
    Family.ENGINE: ("engine_",),
    Family.AGREEMENT: ("agreement_",),
    Family.FORM: ("chars_", "words_", "pieces_ratio", "comma_", "colon_", "bracket_", "quote_",
                  "dash_", "stop_", "punctuation_"),
    Family.WORDS: ("source_", "target_", "linked_"),
}  # fmt: skip


def family_of(feature: str) -> Family:
    """The family of a feature of ``machine_made``."""
    return next(
        family for family, stems in _FAMILIES.items() if any(map(feature.startswith, stems))
    )


def translation_score(features: Features, scale: Scale, sentences: int) -> Score:
    """Does the candidate render the original?

    Args:
        features: of :func:`mtpipe.detection.features.relation`.
        scale: from the card.
        sentences: of the shorter of the two articles.
    """
    added = scale.contributions(features, sentences)
    evidence = translation_evidence(added, features, scale)
    return _score(ScoreName.TRANSLATION_OF, scale, features, sentences, evidence)


def machine_score(features: Features, scale: Scale, sentences: int) -> Score:
    """Was it a machine that made the translation?

    Args:
        features: of :func:`mtpipe.detection.features.closeness`, and of ``plausibility`` if the
            scale has them; or of :func:`mtpipe.detection.agreement.agreement`.
        scale: from the card.
        sentences: links that were measured.
    """
    added = scale.contributions(features, sentences)
    sums: dict[Family, float] = {}
    for name, value in added.items():
        family = family_of(name)
        sums[family] = sums.get(family, 0.0) + value
    evidence = machine_evidence(sums, added, features, scale)
    return _score(ScoreName.MACHINE_MADE, scale, features, sentences, evidence)


def unmeasured(name: ScoreName, scale: Scale, note: str) -> Score:
    """A score that couldn't be given."""
    return Score(name, None, scale.threshold, scale.false_positive_rate, note=note)


def with_reservation(score: Score, direction: Direction, known: Collection[Direction]) -> Score:
    """The score, noting where its figures come from other pairs of languages."""
    if score.probability is None or not known or direction in known:
        return score
    pairs = ", ".join(map(str, sorted(known)))
    note = f"calibrated on {pairs}; how it does for {direction} was not measured"
    return replace(score, note=f"{score.note}; {note}" if score.note else note)


def _score(
    name: ScoreName, scale: Scale, features: Features, sentences: int, evidence: Iterable[Evidence]
) -> Score:
    score = Score(
        name,
        scale.probability(features, sentences),
        scale.threshold,
        scale.false_positive_rate,
        tuple(sorted(evidence, key=lambda one: -abs(one.weight))),
        true_positive_rate=scale.true_positive_rate,
        likelihood=scale.likelihood_ratio(features, sentences),
    )
    return _by_support(score, scale) if name is ScoreName.MACHINE_MADE else score


def _by_support(score: Score, scale: Scale) -> Score:
    """The score with the threshold and the rates of strong support, where its scale has those."""
    if score.likelihood is None or scale.likelihood is None:
        return score
    strong = replace(score.likelihood, ratio=LEAST_RATIO[Support.STRONG])
    rates = {rate.support: rate for rate in strong.rates}
    rate = rates.get(Support.STRONG)
    return replace(
        score,
        threshold=strong.posterior(scale.likelihood.base_rate),
        false_positive_rate=rate.innocents if rate else None,
        true_positive_rate=rate.others if rate else None,
    )
