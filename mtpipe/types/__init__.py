"""The values that flow through the pipeline; they know nothing of files, engines or the terminal.

Not for behaviour: what is done with these values stands in the packages above this one.
"""

from mtpipe.types.alignment import Alignment, Bead, Move
from mtpipe.types.article import (
    NO_LANGUAGE,
    NOT_FREE,
    TOOL_MARKUP,
    Article,
    Block,
    BlockKind,
    Failure,
    Markup,
    Metadata,
    Place,
    Segment,
    Span,
)
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
    Estimate,
    EstimateName,
    Flag,
    Hypothesis,
    Problem,
    Remedy,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)

__all__ = [
    "NOT_FREE",
    "NO_LANGUAGE",
    "TOOL_MARKUP",
    "Alignment",
    "Article",
    "Bead",
    "Block",
    "BlockKind",
    "Comparison",
    "Detection",
    "Direction",
    "Estimate",
    "EstimateName",
    "Evidence",
    "Failure",
    "Finding",
    "Flag",
    "Hypothesis",
    "Language",
    "Markup",
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
    "Span",
    "TranslatedBlock",
    "TranslatedSegment",
    "Translation",
    "Verdict",
]
