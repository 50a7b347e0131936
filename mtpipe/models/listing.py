"""What there is to say of models, as JSON values: a row per model, the facts of one, a check."""

from dataclasses import dataclass
from typing import Any

from mtpipe.errors import ModelCorrupt, ModelNotFound
from mtpipe.models.card import Card
from mtpipe.models.cards import (
    InstalledModel,
    best_installed,
    find_card,
    find_installed,
    installed_models,
    known_cards,
)
from mtpipe.types.choices import Quantization


@dataclass(frozen=True)
class ModelCheck:
    """What a check of one model found.

    Attributes:
        name: of the model.
        problem: what is wrong, or None.
        hint: what repairs it, or None.
        outputs: sentence and translation by direction, as far as the check came.
    """

    name: str
    problem: str | None
    hint: str | None
    outputs: dict[str, tuple[str, str]]

    def record(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "name": self.name,
            "ok": self.problem is None,
            "problem": self.problem,
            "hint": self.hint,
            "outputs": {
                direction: {"source": source, "output": output}
                for direction, (source, output) in self.outputs.items()
            },
        }


def model_rows() -> list[dict[str, Any]]:
    """All known models, the best last; reads nothing but cards."""
    installed = {model.card.name: model for model in installed_models()}
    chosen = _chosen_by_auto(list(installed.values()))
    cards = sorted(known_cards().values(), key=lambda card: (card.rank, card.name))
    return [_row(card, installed.get(card.name), chosen.get(card.name, [])) for card in cards]


def model_facts(name: str) -> dict[str, Any]:
    """What the card of a model says, and where it is installed.

    Args:
        name: of a model, or a folder.

    Raises:
        ModelNotFound: there is no such model.
    """
    model: InstalledModel | None
    try:
        model = find_installed(name)
        card = model.card
    except ModelNotFound:
        if name not in known_cards():
            raise
        model, card = None, find_card(name)
    return {
        "name": card.name,
        "title": card.title,
        "origin": card.origin,
        "revision": card.revision,
        "licence": card.licence,
        "directions": [str(direction) for direction in card.directions],
        "parameters": card.parameters or None,
        "size_bytes": _size(card, model) or None,
        "rank": card.rank,
        "training_data": card.training_data,
        "citation": card.citation,
        "figures": card.figures,
        "sha256": card.sha256,
        "installed": str(model.directory) if model else None,
        "converted": _converted(model) if model else [],
    }


def _converted(model: InstalledModel) -> list[str]:
    try:
        return [each.value for each in Quantization if model.variant_directory(each).is_dir()]
    except ModelCorrupt:
        return []  # nothing was made of files that can't be read


def _chosen_by_auto(installed: list[InstalledModel]) -> dict[str, list[str]]:
    """Directions for which ``--model auto`` takes each model, by its name."""
    chosen: dict[str, list[str]] = {}
    for direction in sorted({d for model in installed for d in model.card.directions}):
        chosen.setdefault(best_installed(direction).card.name, []).append(str(direction))
    return chosen


def _row(card: Card, model: InstalledModel | None, chosen: list[str]) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "origin": card.origin,
        "licence": card.licence,
        "directions": [str(direction) for direction in card.directions],
        "size_bytes": _size(card, model) or None,
        "rank": card.rank,
        "installed": model is not None,
        "bundled": bool(model and model.bundled),
        "auto": chosen,
    }


def _size(card: Card, model: InstalledModel | None) -> int:
    if model is None:
        return card.size_bytes
    return sum(path.stat().st_size for path in model.directory.iterdir() if path.is_file())
