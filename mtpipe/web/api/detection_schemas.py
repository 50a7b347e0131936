"""The record of a detection, as ``mtpipe detect --report`` writes it beside the page."""

from typing import Any

from pydantic import Field

from mtpipe.types import Finding, Language, ScoreName, Side, Support
from mtpipe.web.api.schemas import Answer

__all__ = ["DetectionRecord"]


class QuotationRecord(Answer):
    """Exact words of one of the articles."""

    side: Side
    """Which."""
    text: str
    """As they stand there."""
    index: int | None
    """Of their block in reading order, from 0; null for metadata."""
    line: int | None
    """Of the page's source, from 1, if known."""
    path: str
    """XPath of the block, the field of a record, or empty."""
    start: int
    """Offset in the block's text, in characters."""


class EvidenceRecord(Answer):
    """An observation that speaks for or against a score."""

    id: str = Field(examples=["repeated-title"])
    """Of the feature or rule."""
    description: str
    """A sentence, figures included."""
    weight: float | None
    """Log-odds that it adds; negative for counter-evidence."""
    value: float | None
    """What was measured; null where something is there or isn't."""
    feature: str | None = None
    """That `value` is of, where `id` names a family of several."""
    quotations: list[QuotationRecord]
    """Where it shows."""


class RateRecord(Answer):
    """How often labelled texts got at least some support."""

    innocents: float | None
    """Share of those that the answer is no for, 0 to 1."""
    others: float | None
    """Share of those that it is yes for, 0 to 1."""


class ScoreRecord(Answer):
    """One of the three questions."""

    probability: float | None
    """Of a yes, 0 to 1, if six in ten were; null where it couldn't be measured."""
    calibrated: bool
    """Whether it was measured on labelled texts; else it ranks."""
    threshold: float
    """From which on the answer counts as yes."""
    false_positive_rate: float | None
    """Share of innocent texts at or above the threshold, 0 to 1."""
    yes: bool
    """Whether the answer counts as shown."""
    note: str
    """Why there is no probability, or how far it can be trusted."""
    rates: dict[Support, RateRecord] | None = None
    """How often labelled texts got so much support."""
    innocents: int | None = None
    """Labelled texts that the answer is no for."""
    measured_on: str | None = None
    """What those texts are."""
    evidence: list[EvidenceRecord]
    """The weightiest first."""


class LikelihoodRecord(Answer):
    """How many times likelier what was measured is if the answer is yes than if it is no."""

    ratio: float
    """1 supports neither."""
    low: float
    """The smallest that labelled texts can back."""
    high: float
    """The largest."""
    support: Support
    """The same in words."""
    posterior: float | None = None
    """Probability that follows from it and `prior`."""


class ArticleRecord(Answer):
    """One of the articles."""

    id: str
    """Of the article."""
    source: str
    """Where it was read from."""
    language: Language
    """Of its body."""
    title: str
    """Or empty."""
    words: int
    """Of title and body."""
    text_sha256: str
    """Hex digest of title and body."""
    metadata: dict[str, Any]
    """What the page says about itself."""


class LinkRecord(Answer):
    """Sentences of both articles that belong together, numbered from 0."""

    original: list[int]
    """Empty for what only the candidate has."""
    candidate: list[int]
    """Empty for what only the original has."""
    score: float | None
    """How alike both are, 0 to 1."""


class ComparisonRecord(Answer):
    """Both articles sentence by sentence."""

    original: list[str]
    """Its sentences."""
    candidate: list[str]
    """Its sentences."""
    translations: list[str]
    """Our translation of each of the original's; empty where none was made."""
    signature: str
    """Of what translated."""
    beads: list[LinkRecord]
    """In order; every sentence is in exactly one."""
    moves: list[LinkRecord]
    """What stands elsewhere on the other side."""


class OtherRecord(Answer):
    """A further original that other parts of the candidate come from."""

    original: str | None
    """Its id."""
    verdict: Finding
    """On both."""
    translation_of: float | None
    """Probability, 0 to 1."""
    machine_made: float | None
    """Probability, 0 to 1."""


class DetectionRecord(Answer):
    """Everything that the report shows."""

    id: str
    """Of the candidate."""
    verdict: Finding
    """In one phrase."""
    explanation: str
    """Why, in one or two sentences."""
    scores: dict[ScoreName, ScoreRecord]
    """The three questions."""
    likelihood_ratios: dict[ScoreName, LikelihoodRecord] | None = None
    """What each score supports without a share of yes presumed."""
    prior: float | None = None
    """As it was given."""
    candidate: ArticleRecord
    """The article under suspicion."""
    original: ArticleRecord | None
    """What it was compared with; null where none was given or found."""
    comparison: ComparisonRecord | None
    """Null without an original."""
    others: list[OtherRecord] | None = None
    """Further originals, if there are any."""
    signature: str
    """Of everything that the scores depend on."""
    command: str
    """That makes this again."""
    version: str
    """Of mtpipe."""
    created: str | None = None
    """Date and time in ISO 8601."""
