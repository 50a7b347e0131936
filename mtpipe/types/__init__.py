"""The values that flow through the pipeline; they know nothing of files, engines or the terminal.

Not for behaviour: what is done with these values stands in the packages above this one.
"""

from mtpipe.types.alignment import Alignment, Bead, Move
from mtpipe.types.article import Article, Block, BlockKind, Failure, Metadata, Place, Segment
from mtpipe.types.detection import (
    Comparison,
    Detection,
    Evidence,
    Finding,
    Quotation,
    Score,
    ScoreName,
    Side,
    Verdict,
)
from mtpipe.types.language import Direction, Language
from mtpipe.types.translation import (
    Flag,
    Hypothesis,
    Problem,
    Remedy,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)

__all__ = [
    "Alignment",
    "Article",
    "Bead",
    "Block",
    "BlockKind",
    "Comparison",
    "Detection",
    "Direction",
    "Evidence",
    "Failure",
    "Finding",
    "Flag",
    "Hypothesis",
    "Language",
    "Metadata",
    "Move",
    "Place",
    "Problem",
    "Quotation",
    "Remedy",
    "Score",
    "ScoreName",
    "Segment",
    "Side",
    "TranslatedBlock",
    "TranslatedSegment",
    "Translation",
    "Verdict",
]
