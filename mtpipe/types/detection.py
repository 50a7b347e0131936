"""What an examination of a candidate finds: evidence, scores, verdict, and what they rest on.

A *candidate* is an article under suspicion, an *original* one that it may come from.
"""

from dataclasses import dataclass
from enum import StrEnum

from mtpipe.types.alignment import Alignment
from mtpipe.types.article import Article, Place


class ScoreName(StrEnum):
    """The three questions, each with a probability of its own."""

    TRANSLATION_OF = "translation_of"
    MACHINE_MADE = "machine_made"
    REPUBLICATION = "republication"


class Side(StrEnum):
    """Which of the two articles."""

    ORIGINAL = "original"
    CANDIDATE = "candidate"


class Support(StrEnum):
    """What a likelihood ratio comes to in words, from the strongest to the strongest contrary.

    After the ENFSI guideline for evaluative reporting in forensic science (2015): weak or limited
    from a ratio of 2, moderate from 10. From 100 on its scale has further steps (moderately strong,
    strong from 1,000, very strong); labelled texts can't back such distinctions, so this one ends
    there.
    """

    STRONG = "strong support"
    MODERATE = "moderate support"
    LIMITED = "limited support"
    NONE = "no support either way"
    LIMITED_AGAINST = "limited support for the contrary"
    MODERATE_AGAINST = "moderate support for the contrary"
    STRONG_AGAINST = "strong support for the contrary"


class Finding(StrEnum):
    """The verdict in one phrase."""

    MACHINE_REPUBLICATION = "machine-translated republication"
    PROBABLE_MACHINE = "probably a machine's translation"
    TRANSLATION = "translation, a machine not shown"
    RELATED = "same subject, a translation not shown"
    COPY = "copy in the same language"
    UNRELATED = "no translation of this original"
    SIGNS = "signs of a machine-translated republication"
    NO_SIGNS = "a republication not shown"
    INSUFFICIENT = "not enough evidence"


@dataclass(frozen=True, slots=True)
class Quotation:
    """Exact words of an article.

    Attributes:
        side: of which article.
        text: as they stand there.
        place: of their block; None where they are of no block (metadata).
        start: offset of their first character in the block's text.
    """

    side: Side
    text: str
    place: Place | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation that speaks for or against a score.

    Attributes:
        id: of the feature or rule: ``cosine_mean``, ``repeated-title``.
        score: what it bears on.
        description: one sentence for people, figures included.
        weight: log-odds that it adds to the score; negative for counter-evidence.
        value: what was measured; None where something is there or isn't.
        quotations: where it shows.
        feature: that ``value`` is of, where ``id`` names a family of several.
    """

    id: str
    score: ScoreName
    description: str
    weight: float
    value: float | None = None
    quotations: tuple[Quotation, ...] = ()
    feature: str = ""


@dataclass(frozen=True, slots=True)
class SupportRate:
    """How often labelled texts got at least some support, when their kind was unknown.

    Attributes:
        support: that they got, or more.
        innocents: share of those that the answer is no for, 0..1.
        others: share of those that it is yes for, 0..1.
    """

    support: Support
    innocents: float
    others: float


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """How many times likelier what was measured is if the answer is yes than if it is no.

    It presumes nothing of how many candidates are what the question asks for.

    Attributes:
        ratio: within the bounds; 1 supports neither.
        low: the smallest ratio that the labelled texts can back, above 0.
        high: the largest.
        support: the same in words.
        rates: how often labelled texts got so much, by support.
        innocents: how many labelled texts there were that the answer is no for.
        measured_on: what they are, in a few words.
    """

    ratio: float
    low: float
    high: float
    support: Support
    rates: tuple[SupportRate, ...] = ()
    innocents: int = 0
    measured_on: str = ""

    @property
    def is_bound(self) -> bool:
        """Whether the texts can't back any more: the ratio may be farther from 1."""
        return self.ratio in (self.low, self.high)

    def posterior(self, prior: float) -> float:
        """The probability that the ratio makes of a prior one, by Bayes' rule.

        Args:
            prior: probability before the text was looked at, between 0 and 1, neither included.
        """
        odds = self.ratio * prior / (1 - prior)
        return odds / (1 + odds)


@dataclass(frozen=True, slots=True)
class Score:
    """One of the three probabilities.

    Attributes:
        name: of the question.
        probability: 0..1; None where it couldn't be measured.
        threshold: from which on the answer counts as yes.
        false_positive_rate: share of innocent texts of the calibration data at or above the
            threshold, 0..1; None where none was measured.
        true_positive_rate: likewise of those that the question asks for.
        evidence: what it rests on, the weightiest first.
        note: why there is no probability, or how far it can be trusted.
        is_calibrated: whether the probability was measured on labelled texts; else its weights
            were set by hand, and it ranks.
        likelihood: what the measures support, without presuming a share of yes; None where
            that wasn't calibrated.
    """

    name: ScoreName
    probability: float | None
    threshold: float
    false_positive_rate: float | None = None
    evidence: tuple[Evidence, ...] = ()
    note: str = ""
    true_positive_rate: float | None = None
    is_calibrated: bool = True
    likelihood: LikelihoodRatio | None = None

    @property
    def is_yes(self) -> bool:
        """Whether the answer counts as shown.

        ``machine_made``: strong support, where there is a likelihood ratio. Else the probability
        reaches the threshold.
        """
        if self.likelihood is not None and self.name is ScoreName.MACHINE_MADE:
            return self.likelihood.support is Support.STRONG
        return self.probability is not None and self.probability >= self.threshold

    @property
    def is_probable(self) -> bool:
        """Whether the answer counts as probable, or as shown."""
        if self.likelihood is not None and self.likelihood.support is Support.MODERATE:
            return True
        return self.is_yes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scores come to.

    Attributes:
        finding: in one phrase.
        scores: one of each name, in the order of :class:`ScoreName`.
        explanation: why, in one or two sentences for people.
    """

    finding: Finding
    scores: tuple[Score, ...]
    explanation: str

    def score(self, name: ScoreName) -> Score:
        """The score of a name."""
        return next(score for score in self.scores if score.name is name)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both articles sentence by sentence.

    Attributes:
        original: sentences of the original, the alignment's source.
        candidate: sentences of the candidate, its target.
        alignment: of the two.
        translations: mtpipe's own translation of each of the original's sentences into the
            candidate's language; empty where none was made.
        signature: of the system that translated; empty likewise.
        is_measure: whether ``machine_made`` is told by the translations: they are good enough.
    """

    original: tuple[str, ...]
    candidate: tuple[str, ...]
    alignment: Alignment
    translations: tuple[str, ...] = ()
    signature: str = ""
    is_measure: bool = False


@dataclass(frozen=True, slots=True)
class Detection:
    """The examination of one candidate.

    Attributes:
        candidate: the article under suspicion.
        original: what it was compared with; None where none was given or found.
        comparison: None without an original.
        verdict: what it comes to.
        signature: of everything that the scores depend on.
        others: the examinations against further originals, which other parts of the candidate
            render.
        prior: the share of machine translations among such candidates that the user expects,
            between 0 and 1; None where nothing was said. No verdict rests on it.
    """

    candidate: Article
    original: Article | None
    comparison: Comparison | None
    verdict: Verdict
    signature: str
    others: tuple["Detection", ...] = ()
    prior: float | None = None

    def posterior(self, name: ScoreName) -> float | None:
        """The probability of a yes that follows from the likelihood ratio and the user's prior.

        None where either is lacking.
        """
        likelihood = self.verdict.score(name).likelihood
        if likelihood is None or self.prior is None:
            return None
        return likelihood.posterior(self.prior)
