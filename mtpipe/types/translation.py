"""Translations, with what was found wrong with them."""

from dataclasses import dataclass
from enum import StrEnum

from mtpipe.types.article import Article, Block, BlockKind, Segment, Span
from mtpipe.types.language import Direction


class Problem(StrEnum):
    """What is wrong with a translation, as far as it can be told without a reference."""

    REPETITION = "repetition"
    TRUNCATED = "truncated"
    COPIED = "copied"
    LANGUAGE = "language"
    LENGTH = "length"
    NUMBERS = "numbers"
    ADDRESSES = "addresses"
    GARBLED = "garbled"
    NAMES = "names"


class Remedy(StrEnum):
    """How a segment was decoded again, the gentlest first."""

    WIDER_BEAM = "wider beam"
    NO_REPEAT = "no repeat"
    SPLIT = "split"
    OTHER_NAME = "other name"
    OTHER_MODEL = "other model"
    KEPT_SOURCE = "kept source"


@dataclass(frozen=True, slots=True)
class Flag:
    """A problem of a segment's first translation, and what became of it.

    Attributes:
        problem: what was found.
        remedy: what solved it; None if the translation still has the problem.
    """

    problem: Problem
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One system output for one segment.

    Attributes:
        text: the translation.
        score: natural log-probability per target token (end of sentence counted), at most 0;
            comparable between segments of one system, not between systems. 0.0 for a segment
            that was copied instead of translated.
        flags: problems of the first translation; only safe decoding looks for them.
    """

    text: str
    score: float
    flags: tuple[Flag, ...] = ()


class EstimateName(StrEnum):
    """How good a translation is taken to be without a reference, by another measure than its score.

    ``ROUND_TRIP_CHRF`` is chrF2 of the translation's translation back, against the source, 0..100;
    ``COMET_KIWI`` a learned estimate, about 0..1. More is better.
    """

    ROUND_TRIP_CHRF = "round_trip_chrf"
    COMET_KIWI = "comet_kiwi"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate of a segment's quality."""

    name: EstimateName
    value: float


@dataclass(frozen=True, slots=True)
class TranslatedSegment:
    """A segment and its translation, in the typography of the target language.

    Attributes:
        segment: of the block.
        hypothesis: its translation.
        estimates: of its quality; only where they were asked for.
    """

    segment: Segment
    hypothesis: Hypothesis
    estimates: tuple[Estimate, ...] = ()


@dataclass(frozen=True, slots=True)
class TranslatedBlock:
    """A block and its segments in order; a block in the target language already has none.

    Attributes:
        block: as it was read.
        segments: its sentences with their translations.
        markup: spans of :attr:`text` with inline markup, as far as the words of the block's own
            could be matched; only where it was asked for.
    """

    block: Block
    segments: tuple[TranslatedSegment, ...]
    markup: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """The translation, with what stood between the segments as in the source."""
        if not self.segments:
            return self.block.text
        parts: list[str] = []
        end = 0
        for translated in self.segments:
            parts += (
                self.block.text[end : translated.segment.start],
                translated.hypothesis.text,
            )
            end = translated.segment.end
        return "".join([*parts, self.block.text[end:]])


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated article.

    Attributes:
        article: as it was read.
        direction: of the translation.
        blocks: one for each block of the article, in its order.
        sha256: hex digest of everything that was read of the article.
        signature: of the system or, through a pivot, systems that translated it.
    """

    article: Article
    direction: Direction
    blocks: tuple[TranslatedBlock, ...]
    sha256: str
    signature: str

    @property
    def title(self) -> str:
        """The title's translation; empty if the article has none."""
        titles = (b.text for b in self.blocks if b.block.kind is BlockKind.TITLE)
        return next(titles, "")
