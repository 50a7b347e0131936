"""Which model translates a direction, and what a system of it is called in signatures.

Nothing is loaded here: cards and settings are all that is read of models.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

from mtpipe.engines.base import DecodingOptions
from mtpipe.errors import UnsupportedDirection
from mtpipe.models.cards import (
    InstalledModel,
    best_installed,
    better_card,
    find_installed,
    installed_models,
)
from mtpipe.types import Direction, Language

__all__ = [
    "AUTO",
    "ChosenModel",
    "better_than",
    "choose_legs",
    "choose_model",
    "decoding_options",
    "next_best",
    "search_signature",
    "stated_name",
    "system_name",
]

AUTO = "auto"
"""Stands for the best model that is installed for a direction."""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """A model that a translator uses.

    Attributes:
        name: of its card.
        direction: that it translates.
        better: name of a better model that could be fetched; None where there is none.
    """

    name: str
    direction: Direction
    better: str | None

    @classmethod
    def of(cls, model: InstalledModel, direction: Direction) -> Self:
        """What is to be said of an installed model that translates a direction."""
        return cls(model.card.name, direction, better_than(model, direction))


def choose_legs(name: str, direction: Direction) -> list[tuple[InstalledModel, Direction]]:
    """The model for a direction or, where only that exists, two: through a third language.

    Args:
        name: a model's name, a folder, or ``"auto"``.
        direction: of the translation.

    Raises:
        ModelNotFound: there is no such model here.
        UnsupportedDirection: there is no way from this language to the other.
    """
    try:
        return [(choose_model(name, direction), direction)]
    except UnsupportedDirection:
        for pivot in (Language.EN, Language.DE, Language.FR):
            if pivot in (direction.source, direction.target):
                continue
            legs = (Direction(direction.source, pivot), Direction(pivot, direction.target))
            with suppress(UnsupportedDirection):
                return [(choose_model(name, leg), leg) for leg in legs]
        raise


def choose_model(name: str, direction: Direction) -> InstalledModel:
    """The installed model of a name or path, or the best one for a direction.

    Args:
        name: a card's name, a folder, or ``"auto"``.
        direction: what it has to translate.

    Raises:
        ModelNotFound: there is no such model here.
        UnsupportedDirection: it (or, for "auto", any installed model) can't translate this.
    """
    if name == AUTO:
        return best_installed(direction)
    model = find_installed(name)
    if not model.card.supports(direction):
        able = ", ".join(map(str, model.card.directions))
        raise UnsupportedDirection(
            f"{model.card.name} doesn't translate {direction}, only {able}",
            hint=f"mtpipe translate --model auto --from {direction.source.value} "
            f"--to {direction.target.value}",
        )
    return model


def next_best(model: InstalledModel, direction: Direction) -> InstalledModel | None:
    """The best other model that is installed for a direction; None if there is none."""
    others = [
        other
        for other in installed_models()
        if other.card.supports(direction) and other.directory != model.directory
    ]
    return max(others, key=lambda other: other.card.rank, default=None)


def better_than(model: InstalledModel, direction: Direction) -> str | None:
    """The name of a known model that is better for a direction, to be fetched; None if none is."""
    card = better_card(direction, rank=model.card.rank)
    return card.name if card else None


def decoding_options(
    model: InstalledModel, options: DecodingOptions | None = None
) -> DecodingOptions:
    """Options with the model's own settings where they are the default.

    Raises:
        ModelCorrupt: the model states something that can't serve.
    """
    options, default = options or DecodingOptions(), DecodingOptions()
    own = {
        name: value
        for name, value in model.search_settings.items()
        if getattr(options, name) == getattr(default, name)
    }
    return replace(options, **own)  # type: ignore[arg-type] # the names are those of numbers


def system_name(model: InstalledModel) -> str:
    """A model's name and what its weights are known by, as in signatures."""
    return f"{model.card.name}@{model.weights_sha256[:12]}"


def stated_name(model: InstalledModel) -> str:
    """What stands for a model that may never be loaded: its name, and what its output depends on."""
    stated = f"{model.card.name}@{model.stated_sha256[:12]}"
    search = search_signature(model)
    return f"{stated}|{search}" if search else stated


def search_signature(model: InstalledModel) -> str:
    """What a model states itself of how its translations are searched for; empty for nothing.

    Raises:
        ModelCorrupt: it states something that can't serve.
        ModelNotFound: what ships is damaged.
    """
    parts = [f"{name}:{value:g}" for name, value in sorted(model.search_settings.items())]
    if model.card.rerank_weight:
        from mtpipe.pipeline.systems.reranking import reranker_signature  # noqa: PLC0415 - numpy, only then

        parts.append(f"reranked:{reranker_signature(model.card.rerank_weight)}")
    return "|".join(parts)
