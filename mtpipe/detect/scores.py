"""From features to the scores ``translation_of`` and ``machine_made``, with evidence in words.

The evidence is given by family of features: single ones go together so much that their weights
mean little. For the third score see :mod:`mtpipe.detect.republication`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from mtpipe.detect.card import Scale
from mtpipe.detect.features import Family, Features
from mtpipe.types import Direction, Evidence, Score, ScoreName

MIN_SENTENCES = 3
"""Linked sentences below which nothing is said of a machine."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a family is put into words.

    Attributes:
        feature: that stands for the family.
        text: with the measured value, and the typical ones of people and of machines.
    """

    feature: str
    text: str


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
_MACHINE = {
    Family.MEANING: _Shown(
        "cosine_mean",
        "Linked sentences say the same: similarity {0:.2f} (people {1:.2f}, machines {2:.2f})",
    ),
    Family.WORDS: _Shown(
        "target_covered_mean",
        "{0:.0%} of the words are likely translations of single words of the original "
        "(people {1:.0%}, machines {2:.0%})",
    ),
    Family.FLUENCY: _Shown(
        "target_expected",
        "How expected the wording is: {0:.2f} (people {1:.2f}, machines {2:.2f}; mean "
        "log-probability of a word piece)",
    ),
    Family.ORDER: _Shown(
        "displacement_mean",
        "Words have moved by {0:.1%} of their sentence (people {1:.1%}, machines {2:.1%})",
    ),
    Family.FORM: _Shown(
        "punctuation_differs",
        "{0:.0%} of the punctuation differs between the sentences "
        "(people {1:.0%}, machines {2:.0%})",
    ),
    Family.ENGINE: _Shown(
        "engine_words",
        "How likely the words are beside what mtpipe's own model expects at their place: {0:+.2f} "
        "(people {1:+.2f}, machines {2:+.2f}; mean log-probability less its expectation)",
    ),
    Family.AGREEMENT: _Shown(
        "agreement_chrf",
        "Likeness to mtpipe's own translation of the original: chrF {0:.0f} "
        "(people {1:.0f}, machines {2:.0f})",
    ),
}
_TRANSLATION = {
    "candidate_covered": "{0:.0%} of the candidate has a counterpart in the original "
    "(other articles {1:.0%}, translations {2:.0%})",
    "original_covered": "{0:.0%} of the original has a counterpart in the candidate "
    "(other articles {1:.0%}, translations {2:.0%})",
    "either_covered": "{0:.0%} of one of the articles has a counterpart in the other "
    "(other articles {1:.0%}, translations {2:.0%})",
    "cosine_everywhere": "Similarity over the whole candidate is {0:.2f} "
    "(other articles {1:.2f}, translations {2:.2f})",
    "cosine_linked": "Similarity of the linked sentences is {0:.2f} "
    "(other articles {1:.2f}, translations {2:.2f})",
    "words_linked": "{0:.0%} of the words in linked sentences are likely translations "
    "(other articles {1:.0%}, translations {2:.0%})",
    "numbers_shared": "{0:.0%} of the figures of the article with fewer are in both "
    "(other articles {1:.0%}, translations {2:.0%})",
}


def family_of(feature: str) -> Family:
    """The family of a feature of ``machine_made``."""
    return next(
        family for family, stems in _FAMILIES.items() if any(map(feature.startswith, stems))
    )


def translation_score(features: Features, scale: Scale, sentences: int) -> Score:
    """Does the candidate render the original?

    Args:
        features: of :func:`mtpipe.detect.features.relation`.
        scale: from the card.
        sentences: of the shorter of the two articles.
    """
    added = scale.contributions(features, sentences)
    evidence = [
        Evidence(
            name,
            ScoreName.TRANSLATION_OF,
            text.format(features[name], *scale.weights[name].typical),
            added[name],
            features[name],
        )
        for name, text in _TRANSLATION.items()
        if name in added
    ]
    return _score(ScoreName.TRANSLATION_OF, scale, features, sentences, evidence)


def machine_score(features: Features, scale: Scale, sentences: int) -> Score:
    """Was it a machine that made the translation?

    Args:
        features: of :func:`mtpipe.detect.features.closeness`, and of ``plausibility`` if the
            scale has them; or of :func:`mtpipe.detect.agreement.agreement`.
        scale: from the card.
        sentences: links that were measured.
    """
    sums: dict[Family, float] = {}
    for name, value in scale.contributions(features, sentences).items():
        family = family_of(name)
        sums[family] = sums.get(family, 0.0) + value
    evidence = [
        Evidence(
            family.value,
            ScoreName.MACHINE_MADE,
            shown.text.format(features[shown.feature], *scale.weights[shown.feature].typical),
            sums[family],
            features[shown.feature],
        )
        for family, shown in _MACHINE.items()
        if family in sums
    ]
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
    name: ScoreName, scale: Scale, features: Features, sentences: int, evidence: list[Evidence]
) -> Score:
    return Score(
        name,
        scale.probability(features, sentences),
        scale.threshold,
        scale.false_positive_rate,
        tuple(sorted(evidence, key=lambda one: -abs(one.weight))),
        true_positive_rate=scale.true_positive_rate,
    )
