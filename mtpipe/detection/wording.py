"""Evidence in words: which measure of a family is shown, and the sentence that says it.

Single features go together so much that a weight means little by itself: one may count against
a machine only because another counts for it. So the families' sums are what is shown, and beside a
sum stands a measure that reads the same way: one whose value is on the machines' side of the
middle where the sum speaks for a machine. Where none is, a sentence without figures stands there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mtpipe.detection.card import Scale
from mtpipe.detection.features import Family, Features
from mtpipe.types import Evidence, ScoreName
from mtpipe.types.shares import percent

__all__ = ["machine_evidence", "translation_evidence"]

_BY = "(people {}, machines {}{unit})"
_OF = "(other articles {}, translations {})"
_LOG = "; mean log-probability"
_SURPLUS = f"{_LOG} less its expectation"


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a feature is put into words.

    Attributes:
        feature: its name.
        text: a sentence with ``{}`` where the value stands.
        format: of value and typical ones.
        unit: what the figures are, if the sentence doesn't say so.
    """

    feature: str
    text: str
    format: str
    unit: str = ""

    def alone(self, value: float) -> str:
        """The sentence."""
        text = self.text.replace("{}", self._printed(value))
        return text[:1].upper() + text[1:]

    def sentence(self, value: float, typical: tuple[float, float], beside: str) -> str:
        """The sentence, with the typical values behind it in brackets."""
        return f"{self.alone(value)} {beside.format(*map(self._printed, typical), unit=self.unit)}"

    def _printed(self, value: float) -> str:
        if self.format.endswith("%"):
            return percent(value, int(self.format[1:-1]))
        return f"{value:{self.format}}"


_MACHINE: Mapping[Family, tuple[_Shown, ...]] = {
    Family.MEANING: (
        _Shown("cosine_mean", "Linked sentences say the same: similarity {}", ".2f"),
        _Shown("cosine_low", "The quarter of sentences least alike: similarity {}", ".2f"),
        _Shown("cosine_high", "The quarter of sentences most alike: similarity {}", ".2f"),
        _Shown("cosine_sd", "The similarity of linked sentences varies by {}", ".3f"),
    ),
    Family.WORDS: (
        _Shown(
            "target_covered_mean",
            "{} of the words are likely translations of single words of the original",
            ".0%",
        ),
        _Shown(
            "source_covered_mean",
            "{} of the original's words have a likely translation among the candidate's",
            ".0%",
        ),
        _Shown(
            "source_modal_mean",
            "{} of the original's words are rendered by their likeliest translation",
            ".0%",
        ),
        _Shown("linked_mean", "{} of the words have a sure counterpart in the original", ".0%"),
        _Shown(
            "target_log_prob_mean",
            "How likely the words are as translations of the original's: {}",
            ".2f",
            _LOG,
        ),
        _Shown(
            "target_covered_low",
            "In the freest quarter of the sentences {} of the words are likely translations",
            ".0%",
        ),
        _Shown(
            "target_covered_high",
            "In the closest quarter of the sentences {} of the words are likely translations",
            ".0%",
        ),
    ),
    Family.FLUENCY: (
        _Shown(
            "target_expected", "How expected the wording is: {}", ".2f", f"{_LOG} of a word piece"
        ),
        _Shown(
            "target_common", "How common the words are: {}", ".2f", f"{_LOG} of a word piece"
        ),
    ),
    Family.ORDER: (
        _Shown("displacement_mean", "Words have moved by {} of their sentence", ".1%"),
        _Shown("displacement_high", "Where most has moved, words moved by {}", ".1%"),
        _Shown("backward_steps_mean", "{} of the steps from word to word go backward", ".1%"),
        _Shown("jumps_mean", "From word to word the order jumps by {} words", ".1f"),
    ),
    Family.FORM: (
        _Shown(
            "punctuation_differs", "{} of the punctuation differs between the sentences", ".0%"
        ),
        _Shown(
            "words_ratio_sd",
            "The sentences' lengths in words, against the original's, vary by {}",
            ".2f",
            "; deviation of the logarithm of the ratio",
        ),
        _Shown("comma_differs", "Commas differ by {} a sentence", ".2f"),
        _Shown("stop_differs", "Ends of sentences differ by {} a sentence", ".2f"),
        _Shown("words_copied", "{} of the original's words stand in the candidate as they are",
               ".1%"),
    ),
    Family.ENGINE: (
        _Shown(
            "engine_words",
            "How likely the words are beside what mtpipe's own model expects at their place: {}",
            "+.2f",
            _SURPLUS,
        ),
        _Shown(
            "engine_beginnings",
            "How likely the rarer words begin beside what mtpipe's own model expects: {}",
            "+.2f",
            _SURPLUS,
        ),
        _Shown(
            "engine_chosen_3",
            "Where many words are possible, {} of them are the one that mtpipe's own model would take",
            ".0%",
        ),
        _Shown(
            "engine_marks",
            "How likely punctuation and figures are beside what mtpipe's own model expects: {}",
            "+.2f",
            _SURPLUS,
        ),
    ),
    Family.AGREEMENT: (
        _Shown(
            "agreement_chrf", "Likeness to mtpipe's own translation of the original: chrF {}", ".0f"
        ),
        _Shown(
            "agreement_bleu", "Likeness to mtpipe's own translation of the original: BLEU {}", ".0f"
        ),
        _Shown(
            "agreement_runs",
            "{} of the words stand in runs that mtpipe's own translation has, too",
            ".0%",
        ),
        _Shown("agreement_same", "{} of the sentences are as mtpipe's own translation has them",
               ".0%"),
    ),
}  # fmt: skip
_TOGETHER = {
    Family.MEANING: "What linked sentences say",
    Family.WORDS: "The choice of words beside the original's",
    Family.FLUENCY: "How common and expected the wording is",
    Family.ORDER: "The order of the words beside the original's",
    Family.FORM: "Length and punctuation of the sentences",
    Family.ENGINE: "How mtpipe's own model expects the wording",
    Family.AGREEMENT: "Likeness to mtpipe's own translation",
}
_TRANSLATION = (
    _Shown("candidate_covered", "{} of the candidate has a counterpart in the original", ".0%"),
    _Shown("original_covered", "{} of the original has a counterpart in the candidate", ".0%"),
    _Shown("either_covered", "{} of one of the articles has a counterpart in the other", ".0%"),
    _Shown("cosine_everywhere", "Similarity over the whole candidate is {}", ".2f"),
    _Shown("cosine_linked", "Similarity of the linked sentences is {}", ".2f"),
    _Shown("words_linked", "{} of the words in linked sentences are likely translations", ".0%"),
    _Shown(
        "numbers_shared", "{} of the figures of the article with fewer are in both", ".0%"
    ),
)  # fmt: skip


def machine_evidence(
    sums: Mapping[Family, float], added: Mapping[str, float], features: Features, scale: Scale
) -> Iterable[Evidence]:
    """What each family adds to ``machine_made``, beside a measure that reads as its sum does.

    Args:
        sums: log-odds of each family.
        added: log-odds of each feature.
        features: as measured.
        scale: has what is typical of people and of machines.
    """
    typical = {name: weight.typical for name, weight in scale.weights.items()}
    for family, total in sums.items():
        agreeing = [
            shown
            for shown in _MACHINE[family]
            if shown.feature in added
            and _reads_as(total, features[shown.feature], typical[shown.feature], shown.format)
        ]
        # Of several the one that adds most to what the family comes to.
        sign = 1 if total >= 0 else -1
        shown = max(agreeing, key=lambda one: sign * added[one.feature], default=None)
        if shown is None:
            like = "machines'" if total >= 0 else "people's"
            text = f"{_TOGETHER[family]}: all measures together are more like {like} translations"
            yield Evidence(family.value, ScoreName.MACHINE_MADE, text, total)
        else:
            value = features[shown.feature]
            text = shown.sentence(value, typical[shown.feature], _BY)
            yield Evidence(
                family.value, ScoreName.MACHINE_MADE, text, total, value, feature=shown.feature
            )


def translation_evidence(
    added: Mapping[str, float], features: Features, scale: Scale
) -> Iterable[Evidence]:
    """What each feature adds to ``translation_of``.

    A value that lies on the other side of the middle than it counts, as a feature that corrects
    others does, stands without what is typical.
    """
    for shown in _TRANSLATION:
        if shown.feature not in added:
            continue
        value, typical = features[shown.feature], scale.weights[shown.feature].typical
        if _reads_as(added[shown.feature], value, typical, shown.format):
            text = shown.sentence(value, typical, _OF)
        else:
            text = shown.alone(value)
        yield Evidence(shown.feature, ScoreName.TRANSLATION_OF, text, added[shown.feature], value)


def _reads_as(log_odds: float, value: float, typical: tuple[float, float], format_: str) -> bool:
    """Whether a value is on the side of a yes where log-odds are positive, else on the other's.

    It has to be there as it is printed, too. Beside typical values that are printed alike a value
    reads no way.
    """
    no, yes = typical
    printed = [float(f"{number:{format_}}".rstrip("%")) for number in (value, no, yes)]
    if printed[1] == printed[2]:
        return False
    return (
        _beyond_middle(value, no, yes) * log_odds > 0 and _beyond_middle(*printed) * log_odds >= 0
    )


def _beyond_middle(value: float, no: float, yes: float) -> float:
    """How far a value is from the middle towards a yes, as a share of the way between both."""
    return (value - no) / (yes - no) - 0.5
