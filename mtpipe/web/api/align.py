"""``POST /align``: which sentences of two versions of a text belong together."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from mtpipe.types import Language
from mtpipe.types.choices import AlignmentFormat
from mtpipe.web.api.calls import Patient
from mtpipe.web.api.documented import problems
from mtpipe.web.api.schemas import NUMBER, Answer, Asked, Text
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope

__all__ = ["MaxBead", "MinScore", "router"]

router = APIRouter(tags=["alignment"])

MaxBead = Annotated[
    int,
    Field(ge=2, le=10, description="Sentences of both sides that may be linked to one another."),
    NUMBER,
]
MinScore = Annotated[
    float, Field(ge=0, le=1, description="What is less alike, 0 to 1, isn't linked."), NUMBER
]


class AlignedFormat(StrEnum):
    """How an alignment is given: as JSON, or as a document of mtpipe's formats as well."""

    JSON = "json"
    JSONL = "jsonl"
    TSV = "tsv"
    TMX = "tmx"
    VECALIGN = "vecalign"
    HTML = "html"

    @property
    def document(self) -> str | None:
        """What workers write; nothing for JSON."""
        return None if self is AlignedFormat.JSON else AlignmentFormat(self.value).value


class TextsToAlign(Asked):
    """Two versions of a text."""

    source: Text
    """One side: an article, which is cut into sentences, or its sentences."""
    target: Text
    """The other side."""
    max_bead: MaxBead = 6
    min_score: MinScore = 0.0
    format: AlignedFormat = AlignedFormat.JSON
    """Any other than `json` fills `content`, too."""


class AlignedSideRecord(Answer):
    """One side of an alignment."""

    name: str
    """For people."""
    language: Language | None
    """If known."""
    sentences: list[str]
    """In order."""


class BeadRecord(Answer):
    """Sentences that belong together, numbered from 0."""

    source: list[int]
    """Empty for what only the target has."""
    target: list[int]
    """Empty for what only the source has."""
    score: float
    """How alike both are, 0 to 1; 0 where a side is empty."""


class AlignmentAnswer(Answer):
    """Which sentences became which."""

    source: AlignedSideRecord
    """One side."""
    target: AlignedSideRecord
    """The other."""
    beads: list[BeadRecord]
    """In order; every sentence is in exactly one."""
    moves: list[BeadRecord]
    """Blocks that stand elsewhere on the other side."""
    mean_score: float
    """Of the links, 0 to 1; 0 where there are none."""
    content: str | None
    """The document, if one was asked for."""
    media_type: str | None
    """Of the document."""


@router.post(
    "/align",
    summary="Align two texts",
    responses=problems(413),
    response_model=AlignmentAnswer,
)
async def align(
    asked: TextsToAlign,
    calls: Patient,
    caller: Annotated[Caller, Depends(needs(Scope.ALIGN))],
) -> dict[str, Any]:
    """Find which sentences of two versions of a text, mostly in two languages, belong together."""
    calls.admit(asked, caller)
    answer: dict[str, Any] = await calls.task(
        "align",
        {
            "source": asked.source.source(),
            "target": asked.target.source(),
            "max_bead": asked.max_bead,
            "min_score": asked.min_score,
            "form": asked.format.document,
        },
    )
    return answer
