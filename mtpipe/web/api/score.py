"""``POST /score``: how good translations are, as sacreBLEU counts."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from mtpipe.types import Language
from mtpipe.types.choices import ScoreFormat
from mtpipe.web.api.calls import Patient
from mtpipe.web.api.documented import problems
from mtpipe.web.api.schemas import Answer, Asked, Yes, at_most
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope

__all__ = ["Metrics", "PairedTest", "ScoreMetric", "SystemName", "router"]

router = APIRouter(tags=["scores"])

_MAX_SEGMENTS = 20_000

Segments = Annotated[list[str], Field(min_length=1, max_length=_MAX_SEGMENTS, fail_fast=True)]
SystemName = Annotated[str, Field(min_length=1, max_length=100)]


class ScoreMetric(StrEnum):
    """Metrics that need no other program; the last two need no reference but a model."""

    BLEU = "bleu"
    CHRF = "chrf"
    CHRF_PLUS_PLUS = "chrf++"
    TER = "ter"
    ROUND_TRIP = "round-trip"
    MODEL = "model"


class PairedTest(StrEnum):
    """How systems are compared."""

    BOOTSTRAP = "bootstrap"
    RANDOMISATION = "randomisation"


class ReportFormat(StrEnum):
    """How scores are given: as JSON, or as a document of mtpipe's formats as well."""

    JSON = "json"
    CSV = "csv"
    LATEX = "latex"
    MARKDOWN = "markdown"
    HTML = "html"

    @property
    def document(self) -> str:
        """What workers write."""
        return ScoreFormat(self.value).value


Metrics = Annotated[
    list[ScoreMetric], Field(min_length=1, max_length=6, description="The columns, in order.")
]


class HypothesesToScore(Asked):
    """Outputs of one or more systems for the same segments."""

    hypotheses: Annotated[dict[SystemName, Segments], at_most(20)] = Field(
        min_length=1, max_length=20, examples=[{"ours": ["The cat sat."]}]
    )
    """Segments of each system by its name."""
    references: list[Segments] = Field(default=[], max_length=10, examples=[[["A cat sat."]]])
    """Human translations of the same segments; only the last two metrics do without."""
    source: Segments | None = None
    """What was translated, for metrics that need it."""
    source_language: Language | None = None
    """For metrics that need a model."""
    target_language: Language | None = None
    """For metrics that need a model, and for BLEU's tokenizer."""
    metrics: Metrics = Field(default=[ScoreMetric.BLEU, ScoreMetric.CHRF])
    paired: PairedTest | None = None
    """Compare every pair of systems."""
    segments: Yes = False
    """Also score each segment, among `parts`."""
    format: ReportFormat = ReportFormat.JSON
    """Any other than `json` fills `content`, too."""


class MetricRecord(Answer):
    """A metric and what makes its figures comparable."""

    metric: str
    """As it was asked for."""
    name: str
    """As in tables."""
    signature: str
    """sacreBLEU's, or the model's."""
    higher_is_better: bool
    """Of TER less is better."""
    digits: int
    """Behind the decimal point, for people."""
    segment_signature: str | None
    """The same for single segments, where it differs."""


class FigureRecord(Answer):
    """A score; what wasn't asked for is left out."""

    score: float
    """Of the system by the metric."""
    mean: float | None = None
    """Of bootstrap resamples."""
    ci: float | None = None
    """Half the width of the 95 % interval around that mean."""
    p_value: float | None = None
    """Of the difference from the first system."""
    significant: bool | None = None
    """Whether that difference is."""
    cluster: int | None = None
    """Rank, from 1; systems of one cluster don't differ significantly from its best."""
    details: str | None = None
    """BLEU's precisions, brevity penalty and lengths."""


class SystemRecord(Answer):
    """A system's scores."""

    system: str
    """Its name."""
    scores: dict[str, FigureRecord]
    """By metric."""


class InputRecord(Answer):
    """What was scored."""

    role: str
    """`source`, `reference` or `hypothesis`."""
    name: str
    """In the tables."""
    path: str
    """Where it was read from."""
    segments: int
    """How many."""
    sha256: str
    """Hex digest of the segments, each followed by a line feed."""


class ComparisonTest(Answer):
    """How systems were compared."""

    method: str
    """`bootstrap` or `randomisation`."""
    samples: int
    """Resamples or trials."""
    seed: int
    """Of the random numbers."""
    alpha: float
    """Below which a p-value is significant."""
    baseline: str
    """The system that p-values refer to."""


class PairRecord(Answer):
    """Two systems compared by one metric."""

    metric: str
    """The metric."""
    first: str
    """One system."""
    second: str
    """The other."""
    difference: float
    """Of the first from the second."""
    p_value: float
    """Of that difference."""
    significant: bool
    """Whether it is."""


class PartRecord(Answer):
    """All systems on some of the segments."""

    kind: str
    """What the segments have in common, such as `segment`."""
    name: str
    """Of the part."""
    segments: int
    """How many."""
    systems: list[SystemRecord]
    """Their scores."""


class ScoresAnswer(Answer):
    """The report of `mtpipe score --format json`."""

    mtpipe: str
    """Version of mtpipe."""
    inputs: list[InputRecord]
    """What was scored."""
    metrics: list[MetricRecord]
    """The columns."""
    test: ComparisonTest | None
    """How systems were compared; null if they weren't."""
    segments: int
    """How many."""
    systems: list[SystemRecord]
    """Their scores on all segments."""
    pairs: list[PairRecord]
    """Every pair by every metric, where they were compared."""
    parts: list[PartRecord]
    """Scores of parts, where they were asked for."""
    content: str | None = None
    """The document, if one was asked for."""
    media_type: str | None = None
    """Of the document."""


@router.post(
    "/score",
    summary="Score translations",
    responses=problems(413),
    response_model=ScoresAnswer,
    response_model_exclude_unset=True,
)
async def score(
    asked: HypothesesToScore,
    calls: Patient,
    caller: Annotated[Caller, Depends(needs(Scope.SCORE))],
) -> dict[str, Any]:
    """Score translations against references, and test whether systems differ."""
    calls.admit(asked, caller)
    answer = await calls.task(
        "score",
        {
            "hypotheses": asked.hypotheses,
            "references": asked.references,
            "source": asked.source,
            "metrics": [metric.value for metric in asked.metrics],
            "paired": asked.paired and asked.paired.value,
            "languages": [
                language and language.value
                for language in (asked.source_language, asked.target_language)
            ],
            "segments": asked.segments,
            "form": asked.format.document,
        },
    )
    if answer["content"] is None:
        return dict(answer["report"])
    return {**answer["report"], "content": answer["content"], "media_type": answer["media_type"]}
