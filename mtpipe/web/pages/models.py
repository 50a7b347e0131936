"""The page of models: what translates what, how well it was measured, and what would be better."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from mtpipe.models.cards import known_cards
from mtpipe.web.guard.access import needs
from mtpipe.web.guard.callers import Caller, Scope
from mtpipe.web.pages.rendering import render, texts_for
from mtpipe.web.pages.submitting import Owned
from mtpipe.web.pages.texts import Texts

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_NAMES = {"bleu": "BLEU", "chrf": "chrF", "chrf2": "chrF"}
_MOST_FIGURES = 3
_Figures = Mapping[str, Any]


@router.get("/ui/models")
async def models_page(
    request: Request, owned: Owned, _: Annotated[Caller, Depends(needs(Scope.MODELS))]
) -> Response:
    """What translates here, and what could."""
    found = await owned.pool.call("models", {}, timeout_s=float(owned.settings.request_seconds))
    cards = await asyncio.to_thread(known_cards)  # small files of ours, no model
    figures = {name: card.figures for name, card in cards.items()}
    texts = texts_for(request)
    rows = [row for row in found["models"] if row["directions"]]
    return render(
        request,
        "models.html.j2",
        section="models",
        directions=[_direction(each, figures, texts) for each in found["directions"]],
        models=[
            {**row, "figures": _figures(figures.get(row["name"], {}), row["directions"], texts)}
            for row in sorted(rows, key=lambda row: (not row["installed"], -row["rank"]))
        ],
    )


def _direction(
    direction: Mapping[str, Any], figures: Mapping[str, _Figures], texts: Texts
) -> dict[str, Any]:
    """A direction with figures of its own; those of two models say nothing of both together."""
    name, models, better = direction["direction"], direction["models"], direction.get("better")
    own = figures.get(models[0], {}) if len(models) == 1 else {}
    return {
        **direction,
        "figures": _figures(own, [name], texts),
        "better": better,
        "better_figures": _figures(figures.get(better["name"], {}), [name], texts)
        if better
        else [],
    }


def _figures(of_sets: _Figures, directions: list[str], texts: Texts) -> list[str]:
    """``flores-dev: BLEU 25.5, chrF 54.6``; of several directions, each with its name."""
    lines = []
    for name, of_directions in of_sets.items():
        if not isinstance(of_directions, Mapping):
            continue
        for direction in directions:
            found = of_directions.get(direction)
            if isinstance(found, Mapping) and (measured := _measured(found, texts)):
                where = f"{name}, {direction}" if len(directions) > 1 else name
                lines.append(f"{where}{texts.colon} {measured}")
    return lines if len(directions) > 1 else lines[:_MOST_FIGURES]


def _measured(figures: Mapping[str, Any], texts: Texts) -> str:
    return ", ".join(
        f"{label} {texts.number(value, 1)}"
        for metric, label in _NAMES.items()
        if isinstance(value := figures.get(metric), int | float)
    )
