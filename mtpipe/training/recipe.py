"""Recipes: a training run's settings, read from TOML and from command-line options."""

import dataclasses
import tomllib
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from mtpipe.errors import ConfigError
from mtpipe.training.settings import (
    FINE_TUNING,
    FINE_TUNING_EPOCHS,
    WARM_START,
    Architecture,
    Recipe,
    Schedule,
)
from mtpipe.types import Direction

_SCHEDULE = {entry.name for entry in dataclasses.fields(Schedule)}
_ENDS = ("max_steps", "max_epochs", "max_minutes")
_STARTS = ("init", "encoder_init")
_WANTED = {
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path",
    Direction: "a direction such as de-en",
    list: "a list",
}


def read_recipe(path: Path | None, **overrides: Any) -> Recipe:
    """Read a recipe file, or make a recipe of the overrides alone.

    Args:
        path: a TOML file with ``data`` and optionally the other fields of :class:`Recipe`, among
            them the tables ``[weights]``, ``[architecture]`` and ``[schedule]``. Its paths are
            relative to its own folder.
        overrides: fields of :class:`Recipe` and of :class:`Schedule`, as TOML would give them,
            that go before those of the file; those that are None or empty don't count. If one of
            them ends the training, all the ends in the file are off; what it starts from, likewise.

    Raises:
        ConfigError: the file doesn't parse, or a key is unknown, missing or of the wrong type.
    """
    raw: dict[str, Any] = {}
    if path is not None:
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            raise ConfigError(f"can't read the recipe {path}: {exc}") from exc
    where = str(path or "options")
    given = {key: value for key, value in overrides.items() if value not in (None, [])}
    if given.keys() & set(_STARTS):
        raw = {key: value for key, value in raw.items() if key not in _STARTS}
    raw |= {key: value for key, value in given.items() if key not in _SCHEDULE}
    schedule = raw.get("schedule", {})
    if isinstance(schedule, dict):
        if any(end in given for end in _ENDS):
            schedule = {key: value for key, value in schedule.items() if key not in _ENDS}
        schedule |= {key: value for key, value in given.items() if key in _SCHEDULE}
        if "init" in raw:
            ends = {} if any(e in schedule for e in _ENDS) else {"max_epochs": FINE_TUNING_EPOCHS}
            schedule = {**FINE_TUNING, **ends, **schedule}
        elif "encoder_init" in raw:
            schedule = {**WARM_START, **schedule}
        raw["schedule"] = schedule
    if not raw.get("data"):
        raise ConfigError(
            f"{where} names no training data", hint="give --data FILE, or data in the recipe"
        )
    folder = path.parent if path else Path()
    recipe: Recipe = _convert(raw, Recipe, where, folder)
    if recipe.init and (folder / recipe.init / "config.json").is_file():
        recipe = dataclasses.replace(recipe, init=str((folder / recipe.init).resolve()))
    return recipe


def _convert(value: Any, kind: Any, where: str, folder: Path) -> Any:
    """Check a TOML value against a field's type, and turn it into that type.

    Args:
        value: from the file.
        kind: a type as annotated.
        where: file and key, for messages.
        folder: that relative paths start from.
    """
    arguments = get_args(kind)
    if NoneType in arguments:
        kind = next(argument for argument in arguments if argument is not NoneType)
        arguments = get_args(kind)
    origin = get_origin(kind) or kind
    if kind in (Recipe, Architecture, Schedule) and isinstance(value, dict):
        return _convert_table(value, kind, where, folder)
    if origin is list and isinstance(value, list):
        return [_convert(item, arguments[0], where, folder) for item in value]
    if origin is dict and isinstance(value, dict):
        return {k: _convert(v, arguments[1], f"{where}.{k}", folder) for k, v in value.items()}
    if kind is Path and isinstance(value, str):
        return (folder / value).resolve()
    if kind is Direction and isinstance(value, str):
        return Direction.parse(value)
    if kind is float and type(value) is int:
        return float(value)
    if kind in (int, float, str) and type(value) is kind:
        return value
    raise ConfigError(f"{where}: {value!r} isn't {_WANTED.get(origin, 'a table')}")


def _convert_table(table: dict[str, Any], kind: type[Any], where: str, folder: Path) -> Any:
    hints = get_type_hints(kind)
    for key in table:
        if key not in hints:
            raise ConfigError(
                f"{where}: unknown key {key}", hint=f"known are {', '.join(sorted(hints))}"
            )
    separator = ": " if kind is Recipe else "."
    return kind(
        **{
            key: _convert(value, hints[key], f"{where}{separator}{key}", folder)
            for key, value in table.items()
        }
    )
