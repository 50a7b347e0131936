"""The conversions to CTranslate2 that are kept: whose they are, and which of them nothing needs.

Not here: making them (:mod:`mtpipe.models.convert`).
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mtpipe.config import data_directory, models_directory
from mtpipe.errors import MtpipeError, OutputError
from mtpipe.models.cards import InstalledModel, installed_models, model_at
from mtpipe.models.convert import FOLDER_NOTE, is_made_of
from mtpipe.types.choices import Quantization

__all__ = ["Conversion", "kept_conversions", "prune_conversions"]

_FORMATS = frozenset(each.value for each in Quantization)
_TORN_SECONDS = 86_400
"""Age of what a conversion left behind that was broken off; a younger one may still go on."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A model in one weight format, as CTranslate2 reads it.

    Attributes:
        directory: where it is.
        model: name of the installed model, or folder of the one, that it was made of; empty where
            nothing says.
        size_bytes: of its files.
        is_needed: whether that model is there, with the weights that it was made of.
    """

    directory: Path
    model: str
    size_bytes: int
    is_needed: bool


def kept_conversions() -> list[Conversion]:
    """All conversions in the user's folder for models, in the order of their folders."""
    installed = {model.card.name: model for model in installed_models()}
    found: list[Conversion] = []
    for place in sorted(models_directory().glob("*/ctranslate2")):
        name = place.parent.name
        found += _kept_in(place, name if name in installed else "", installed.get(name))
    for place in sorted((data_directory() / "converted").glob("*")):
        folder, model = _folder_of(place)
        found += _kept_in(place, folder, model)
    return found


def prune_conversions() -> list[Conversion]:
    """Delete the conversions that nothing needs, and return what they were.

    Those of models that aren't there any more, and those of other weights than a model has now.
    One that is needed after all, from a disk that wasn't there for example, is made again in
    seconds. Safe to call from several threads at once.

    >>> from mtpipe import prune_conversions
    >>> sum(conversion.size_bytes for conversion in prune_conversions())  # doctest: +SKIP

    Raises:
        OutputError: one can't be deleted.
    """
    pruned = [conversion for conversion in kept_conversions() if not conversion.is_needed]
    for conversion in pruned:
        directory = conversion.directory
        try:
            shutil.rmtree(directory)
        except FileNotFoundError:
            pass  # another thread was faster
        except OSError as exc:
            raise OutputError(f"{directory} can't be deleted: {exc.strerror}") from exc
        with suppress(OSError):  # where there are others
            if [path.name for path in directory.parent.iterdir()] == [FOLDER_NOTE]:
                (directory.parent / FOLDER_NOTE).unlink()
            directory.parent.rmdir()
            if directory.parent.name == "ctranslate2":
                directory.parent.parent.rmdir()
    return pruned


def _kept_in(place: Path, name: str, model: InstalledModel | None) -> Iterator[Conversion]:
    for directory in sorted(path for path in place.glob("*") if path.is_dir()):
        size_bytes = sum(path.stat().st_size for path in directory.glob("*") if path.is_file())
        if directory.name in _FORMATS:
            is_needed = model is not None and is_made_of(model, directory)
        else:
            is_needed = time.time() - directory.stat().st_mtime < _TORN_SECONDS
        yield Conversion(directory, name, size_bytes, is_needed)


def _folder_of(place: Path) -> tuple[str, InstalledModel | None]:
    """The folder that a conversion by contents was made of, and its model if it has them still."""
    try:
        folder = (place / FOLDER_NOTE).read_text("utf-8")
    except (OSError, ValueError):
        return "", None
    with suppress(MtpipeError, OSError, ValueError):
        model = model_at(Path(folder))
        if model.conversions == place:
            return folder, model
    return folder, None
