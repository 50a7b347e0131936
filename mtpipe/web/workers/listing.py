"""The task that says which models there are."""

from contextlib import suppress
from typing import Any

from mtpipe import Translator
from mtpipe.errors import ModelNotFound, UnsupportedDirection
from mtpipe.models.cards import find_card
from mtpipe.models.listing import model_rows
from mtpipe.types import Language
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.tools import Tools

__all__ = ["models"]


def models(tools: Tools, _: dict[str, Any], __: OnProgress) -> dict[str, Any]:
    """All known models, and by which installed ones each direction is translated."""
    rows = {row["name"]: row for row in model_rows()}
    directions = []
    for target in Language:
        translator = Translator(target, model=tools.settings.model, cache=False)
        for source in set(Language) - {target}:
            with suppress(UnsupportedDirection, ModelNotFound):
                directions.append(_direction(translator, source, target, rows))
    return {
        "models": list(rows.values()),
        "directions": sorted(directions, key=lambda each: str(each["direction"])),
    }


def _direction(
    translator: Translator, source: Language, target: Language, rows: dict[str, Any]
) -> dict[str, Any]:
    chosen = translator.models(source)
    better = next((each.better for each in chosen if each.better), None)
    return {
        "direction": f"{source.value}-{target.value}",
        "source": source.value,
        "target": target.value,
        "models": [each.name for each in chosen],
        "is_pivot": len(chosen) > 1,
        "better": _fetchable(better, rows) if better else None,
    }


def _fetchable(name: str, rows: dict[str, Any]) -> dict[str, Any]:
    row = rows.get(name) or {}
    return {
        "name": name,
        "title": row.get("title") or find_card(name).title,
        "licence": row.get("licence") or "",
        "size_bytes": row.get("size_bytes"),
        "command": f"mtpipe models fetch {name}",
    }
