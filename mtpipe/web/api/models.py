"""``GET /models``: what is installed, what it translates, and what would be better."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from mtpipe.types import Language
from mtpipe.web.api.calls import Patient
from mtpipe.web.api.documented import problems
from mtpipe.web.api.schemas import Answer
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope

__all__ = ["router"]

router = APIRouter(tags=["models"])


class ModelRow(Answer):
    """A model, as in `mtpipe models list --json`."""

    name: str
    """What `model` of other operations takes."""
    title: str
    """For people."""
    origin: str
    """Where it comes from."""
    licence: str
    """Of its weights."""
    directions: list[str] = Field(examples=[["de-en"]])
    """That it translates."""
    size_bytes: int | None
    """Of its weights, if known."""
    rank: int
    """Of the installed ones of a direction, `auto` takes that of the highest rank."""
    installed: bool
    """Whether it can be used."""
    bundled: bool
    """Whether it comes with mtpipe."""
    auto: list[str]
    """Directions that `auto` takes it for."""


class BetterModel(Answer):
    """A known model of a higher rank that isn't installed."""

    name: str
    """Of the model."""
    title: str
    """For people."""
    licence: str
    """Of its weights."""
    size_bytes: int | None
    """That would be fetched, if known."""
    command: str = Field(examples=["mtpipe models fetch opus-mt-de-en"])
    """That installs it, to be given where the server runs."""


class DirectionRow(Answer):
    """What translates from one language into another."""

    direction: str = Field(examples=["de-en"])
    """As in `directions` of models."""
    source: Language
    """From."""
    target: Language
    """Into."""
    models: list[str]
    """What `auto` takes: one model or, through a third language, two; none if it can't."""
    is_pivot: bool
    """Whether it goes through a third language."""
    better: BetterModel | None
    """What would translate it better."""


class ModelsAnswer(Answer):
    """Models and directions."""

    models: list[ModelRow]
    """All known ones, the best last."""
    directions: list[DirectionRow]
    """All of them."""


@router.get("/models", summary="List models", responses=problems(), response_model=ModelsAnswer)
async def list_models(
    calls: Patient, _caller: Annotated[Caller, Depends(needs(Scope.MODELS))]
) -> dict[str, Any]:
    """List installed and known models, and what each direction is translated by.

    Nothing is looked up elsewhere. Models are fetched by commands, never through this API.
    """
    answer: dict[str, Any] = await calls.task("models", {})
    return answer
