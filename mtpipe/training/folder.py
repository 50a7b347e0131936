"""The folder of a training run: what it was begun with, and whether it may be taken up.

``run.json`` the settings, ``tokenizer/`` tokenizer and card, ``store/`` the tokenised corpora,
``checkpoint/`` the state to resume, ``model/`` what came of it, ``curve.csv`` and ``curve.svg``;
``.lock`` while a run is at it.
"""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError
from mtpipe.files import open_for_oneself
from mtpipe.training.settings import Recipe

_RECORD, _LOCK = "run.json", ".lock"
_FREE = {"max_steps", "max_epochs", "max_minutes", "evaluate_minutes", "patience"}
"""Settings of the schedule that may differ between the resumptions of a run."""

_FUNDAMENTAL = ("init", "encoder_init", "vocabulary", "architecture")
"""Settings without which a checkpoint means nothing."""


class Continuation(StrEnum):
    """What happens to a run that is in the output folder already."""

    SAME = "same"
    """Taken up if its settings are the same, else an error."""
    RESUME = "resume"
    """Taken up with the new settings, as far as they fit its weights."""
    RESTART = "restart"
    """Removed."""


def settings_of(recipe: Recipe, development: str = "") -> dict[str, Any]:
    """What distinguishes one run from another, as JSON values; budgets and folders don't.

    Args:
        recipe: of the run.
        development: digest of the development set, empty for none.
    """
    schedule = dataclasses.asdict(recipe.schedule)
    return {
        "data": _sizes(recipe.data),
        "direction": str(recipe.direction) if recipe.direction else None,
        "init": recipe.init,
        "encoder_init": _encoder_digest(recipe.encoder_init) if recipe.encoder_init else None,
        "vocabulary": digest_of(_tokenizer_files(recipe.vocabulary)) if recipe.vocabulary else None,
        "weights": recipe.weights,
        "architecture": None if recipe.init else dataclasses.asdict(recipe.architecture),
        "schedule": {key: value for key, value in schedule.items() if key not in _FREE},
        "seed": recipe.seed,
        "dev": development,
    }


def open_folder(directory: Path, settings: Mapping[str, Any], continuation: Continuation) -> None:
    """Make the folder ready for a run with these settings, and record them.

    A run that ended before its first checkpoint binds to nothing.

    Raises:
        ConfigError: it holds something else, or a run that may not be taken up.
        OSError: it can't be written.
    """
    record = directory / _RECORD
    is_run = _is_run(directory)
    if is_run and continuation is Continuation.RESTART:
        _clear(directory)
    elif is_run and not _is_begun(directory):
        if _read(record) != settings:
            _clear(directory)  # nothing is lost but what was prepared for other settings
    elif is_run:
        _check(directory, _read(record), settings, continuation)
    directory.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Keep other runs out of a folder while it lasts; it is created if need be.

    Raises:
        ConfigError: it holds something else than a run.
        OutputError: another run is at it.
        OSError: it can't be written.
    """
    _is_run(directory)  # before anything is written to what is none
    directory.mkdir(parents=True, exist_ok=True)
    lock = directory / _LOCK
    with open_for_oneself(lock, directory):
        try:
            yield
        finally:
            with suppress(OSError):  # where open files can't be removed
                lock.unlink()


def digest_of(paths: Iterable[Path]) -> str:
    """The sha256 of the contents of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def copy_tokenizer(source: Path, destination: Path) -> None:
    """Copy a model folder's tokenizer files.

    Raises:
        ConfigError: there is none.
    """
    files = _tokenizer_files(source)
    if "source.spm" not in {path.name for path in files}:
        raise ConfigError(
            f"there is no tokenizer in {source}",
            hint="it needs source.spm, target.spm and vocab.json",
        )
    destination.mkdir(parents=True, exist_ok=True)
    for path in files:
        shutil.copyfile(path, destination / path.name)


def _sizes(paths: Iterable[Path]) -> dict[str, int | list[int]]:
    """Sizes of corpora by name, since they are corrected under the same name.

    The size of one alone, as earlier versions recorded it, and a list of those that share a name.
    """
    sizes: dict[str, list[int]] = {}
    for path in paths:
        if path.exists():
            sizes.setdefault(path.name, []).append(path.stat().st_size)
    return {name: found if len(found) > 1 else found[0] for name, found in sizes.items()}


def _encoder_digest(directory: Path) -> str:
    files = (directory / name for name in ("config.json", "model.safetensors", "tokenizer.json"))
    return digest_of(path for path in files if path.is_file())


def _tokenizer_files(directory: Path) -> list[Path]:
    names = (
        *("source.spm", "target.spm", "vocab.json", "target_vocab.json"),
        *("tokenizer_config.json", "special_tokens_map.json"),
    )
    return [directory / name for name in names if (directory / name).is_file()]


def _is_run(directory: Path) -> bool:
    """Whether there is a run in a folder.

    Raises:
        ConfigError: there is something else.
    """
    if (directory / _RECORD).is_file() or (directory / "checkpoint").is_dir():
        return True
    if directory.exists() and (
        not directory.is_dir() or any(entry.name != _LOCK for entry in directory.iterdir())
    ):
        raise ConfigError(
            f"{directory} isn't empty, and no training run", hint="choose another --output"
        )
    return False


def _check(
    directory: Path,
    recorded: Mapping[str, Any] | None,
    settings: Mapping[str, Any],
    continuation: Continuation,
) -> None:
    restart = "--restart begins anew, or choose another --output"
    if recorded is None:
        if continuation is Continuation.SAME:
            raise ConfigError(
                f"{directory} holds a run whose settings aren't known",
                hint=f"--resume takes it up all the same, {restart}",
            )
        return
    different = [
        f"{key}.{part}" if part else key
        for key in sorted({*recorded, *settings})
        if key != "dev" or key in recorded  # earlier versions didn't record it
        for part in _differences(recorded.get(key), settings.get(key))
    ]
    fundamental = [name for name in different if name.split(".")[0] in _FUNDAMENTAL]
    if fundamental:
        raise ConfigError(
            f"the run in {directory} is of another model ({', '.join(fundamental)})", hint=restart
        )
    if different and continuation is Continuation.SAME:
        raise ConfigError(
            f"the run in {directory} has other settings ({', '.join(different)})",
            hint=f"--resume continues with the new ones, {restart}",
        )


def _differences(one: Any, other: Any) -> list[str]:
    """Keys whose values differ between two tables; [""] for other values that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [key for key in sorted({*one, *other}) if one.get(key) != other.get(key)]
    return [""] if one != other else []


def _read(record: Path) -> dict[str, Any] | None:
    try:
        recorded: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return recorded


def _is_begun(directory: Path) -> bool:
    """Whether there is anything in the folder that training has made."""
    return any(entry.name.split(".")[0] in {"checkpoint", "model"} for entry in directory.iterdir())


def _clear(directory: Path) -> None:
    """Remove a run but for its tokenised corpora, which are known by their own fingerprint."""
    for entry in directory.iterdir():
        if entry.name.split(".")[0] in {"checkpoint", "model", "candidate", "tokenizer"}:
            shutil.rmtree(entry)
        elif entry.name in {_RECORD, "curve.csv", "curve.svg"}:
            entry.unlink()
