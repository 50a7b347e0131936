"""A card, ``<name>/card.toml``: what a translation model is, where it comes from, what it can do."""

import math
import re
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from mtpipe.errors import ConfigError, ModelCorrupt, UnsupportedDirection
from mtpipe.models.plain_files import regular_size
from mtpipe.types import Direction

CARD = "card.toml"

MAX_RERANK_WEIGHT = 10.0
"""With more, nothing of the search's own opinion is left."""

_MAX_CARD_BYTES = 1_000_000
_FIGURE_LEVELS = 8  # of tables in tables
_MOST = 2**63 - 1
"""TOML's largest whole number; Python's reader takes any, which can't be shown or reckoned with."""
_RANGES = {
    "parameters": (0, _MOST),
    "size_bytes": (0, _MOST),
    "rank": (-_MOST, _MOST),
    "rerank_weight": (0, MAX_RERANK_WEIGHT),
}
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Card:
    """A translation model's metadata.

    Attributes:
        name: short name, also the folder's.
        title: one line for people.
        origin: hub id (``Helsinki-NLP/opus-mt-de-en``), or ``mtpipe`` for our own.
        revision: commit hash at the origin; a branch name where none is pinned yet.
        licence: SPDX expression, or words where none fits.
        directions: what the model translates.
        parameters: number of weights; 0 where unknown.
        size_bytes: of all its files.
        rerank_weight: what the lexicon has to say of the beam's hypotheses, against the score of the
            search (see :mod:`mtpipe.pipeline.systems.reranking`); 0 for nothing, as is right for models that
            leave hardly anything out.
        rank: preference of ``--model auto``, higher is better; compared within a direction.
        training_data: what it was trained on.
        citation: whom to cite.
        sha256: hex digest of each file by its name; empty where unknown before the fetch.
        smoke_test: a sentence and words of which its translation must contain at least one, by
            direction (``"de-en": ["Guten Morgen.", "morning"]``).
        figures: quality as measured, by set and direction.
    """

    name: str
    title: str
    origin: str
    revision: str
    licence: str
    directions: tuple[Direction, ...]
    parameters: int = 0
    size_bytes: int = 0
    rank: int = 0
    rerank_weight: float = 0.0
    training_data: str = ""
    citation: str = ""
    sha256: dict[str, str] = field(default_factory=dict)
    smoke_test: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)

    def supports(self, direction: Direction) -> bool:
        """Whether the model translates this direction."""
        return direction in self.directions

    @property
    def tagged(self) -> bool:
        """Whether the input needs a target tag: the model has more than one target language."""
        return len({direction.target for direction in self.directions}) > 1


def read_card(path: Path) -> Card:
    """Read a card.toml.

    Raises:
        ConfigError: it doesn't parse, or a field is missing, unknown or of the wrong type.
    """
    return card_of(path, read_table(path))


def read_table(path: Path) -> dict[str, Any]:
    """What stands in a card.toml, not checked yet.

    Raises:
        ConfigError: it doesn't parse.
    """
    try:
        regular_size(path, most_bytes=_MAX_CARD_BYTES)
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ModelCorrupt as exc:
        raise ConfigError(exc.message, hint=exc.hint) from exc
    except (OSError, ValueError, RecursionError) as exc:
        raise ConfigError(f"{path} is no model card: {exc}") from exc


def card_of(path: Path, raw: dict[str, Any]) -> Card:
    """The card that a table makes.

    Args:
        path: of the file; its folder is the model's name.
        raw: from :func:`read_table`.

    Raises:
        ConfigError: a field is missing, unknown or of the wrong type.
    """
    try:
        raw["directions"] = tuple(Direction.parse(str(text)) for text in raw["directions"])
        weight = raw.get("rerank_weight")
        if type(weight) is int and abs(weight) <= _MOST:  # as TOML writes round figures
            raw["rerank_weight"] = float(weight)
        card = Card(name=path.parent.name, **raw)
    except KeyError as exc:
        raise ConfigError(f"{path} lacks {exc}") from exc
    except TypeError as exc:
        raise ConfigError(f"{path} is no model card: {exc}") from exc
    except UnsupportedDirection as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    for name, hint in get_type_hints(Card).items():
        if not isinstance(getattr(card, name), get_origin(hint) or hint):
            raise ConfigError(f"{path}: {name} isn't what it has to be")
    if off := [
        name for name, (low, high) in _RANGES.items() if not low <= getattr(card, name) <= high
    ]:
        low, high = _RANGES[off[0]]
        raise ConfigError(f"{path}: {off[0]} isn't from {low:g} to {high:g}")
    if not all(_SHA256.fullmatch(str(digest)) for digest in card.sha256.values()):
        raise ConfigError(f"{path}: a sha256 isn't 64 hexadecimal digits")
    if not _is_figure(card.figures):
        raise ConfigError(f"{path}: figures are finite numbers, words and tables of them")
    if any(Path(name).name != name for name in card.sha256):
        raise ConfigError(f"{path}: a sha256 is of something else than a file beside it")
    for direction, words in card.smoke_test.items():
        if not isinstance(words, list) or not words or not all(type(w) is str for w in words):
            raise ConfigError(f"{path}: the smoke test of {direction} isn't a sentence and words")
    return card


def _is_figure(value: Any, levels: int = _FIGURE_LEVELS) -> bool:
    """Whether it can be shown and written as JSON: TOML also has dates, nan and inf."""
    if isinstance(value, dict):
        return levels > 0 and all(_is_figure(each, levels - 1) for each in value.values())
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str) or (isinstance(value, int) and abs(value) <= _MOST)


def write_card(card: Card, path: Path) -> None:
    """Write a card.toml that :func:`read_card` reads back; the name is the folder's."""
    import tomli_w  # noqa: PLC0415 - only where a model is installed

    required = {"title", "origin", "revision", "licence"}
    values: dict[str, Any] = {
        key: value for key, value in asdict(card).items() if value or key in required
    }
    del values["name"]
    values["directions"] = [str(direction) for direction in card.directions]
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
