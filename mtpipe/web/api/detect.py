"""``POST /detect``: is a candidate the machine translation of an original, and why?"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from mtpipe.web.api.calls import Patient
from mtpipe.web.api.detection_schemas import DetectionRecord
from mtpipe.web.api.documented import problems
from mtpipe.web.api.schemas import NUMBER, Article, Asked, Yes
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope

__all__ = ["Prior", "WithinDays", "router"]

router = APIRouter(tags=["detection"])

Prior = Annotated[
    float | None,
    Field(
        gt=0,
        lt=1,
        description="Share of machine translations that you expect among such candidates: adds "
        "the probability that follows. No verdict rests on it.",
        examples=[0.01],
    ),
    NUMBER,
]
WithinDays = Annotated[
    int | None,
    Field(
        ge=0,
        le=36_500,
        description="How many days older than the candidate an original of the archive may be.",
        examples=[30],
    ),
    NUMBER,
]


class CandidateToExamine(Asked):
    """An article under suspicion, and what it may come from."""

    candidate: Article
    """The article under suspicion; a page (`html`) tells more than its text."""
    original: Article | None = None
    """What it may come from; without it the server's archive is searched, if it has one."""
    use_archive: Yes = True
    """Whether the archive may be searched where no original is given."""
    translate: Yes = False
    """Put our translation of the original beside, needed or not; a report always has it."""
    prior: Prior = None
    within_days: WithinDays = None
    report: Yes = False
    """Also give the report that explains the verdict, as a page."""


class DetectionAnswer(DetectionRecord):
    """The record of a detection, and its report if that was asked for."""

    report_html: str | None = None
    """A page that stands alone."""


@router.post(
    "/detect",
    summary="Examine a candidate",
    responses=problems(413),
    response_model=DetectionAnswer,
    response_model_exclude_unset=True,
)
async def detect(
    asked: CandidateToExamine,
    calls: Patient,
    caller: Annotated[Caller, Depends(needs(Scope.DETECT))],
) -> dict[str, Any]:
    """Say whether an article is a machine-translated republication, with the evidence.

    Many candidates are better examined by a job.
    """
    calls.admit(asked, caller)
    has_archive = calls.services.settings.archive is not None
    answer = await calls.task(
        "detect",
        {
            "candidate": asked.candidate.source(),
            "original": asked.original.source() if asked.original else None,
            "use_archive": asked.use_archive and asked.original is None and has_archive,
            "translate": asked.translate or asked.report,
            "prior": asked.prior,
            "within_days": asked.within_days,
            "report": asked.report,
        },
    )
    report = {"report_html": answer["report_html"]} if asked.report else {}
    return {**answer["record"], **report}
