"""Looking after installed models: check and remove. What fetches them is ``models_fetch``."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from mtpipe.config import models_directory
from mtpipe.errors import ModelCorrupt, ModelError, ModelNotFound, MtpipeError, OutputError
from mtpipe.models.cards import CARD, InstalledModel, Variant, find_card, installed_models
from mtpipe.models.convert import converted
from mtpipe.models.smoke import probes
from mtpipe.pipeline.systems import load_system


@dataclass(frozen=True)
class Check:
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


def check(model: InstalledModel) -> Check:
    """Verify a model's files, convert it where need be, and smoke-test it."""
    outputs: dict[str, tuple[str, str]] = {}
    try:
        model.verify()
        smoke_test(model, outputs)
    except MtpipeError as exc:
        return Check(model.card.name, exc.message, exc.hint, outputs)
    return Check(model.card.name, None, None, outputs)


def remove(name: str) -> Path:
    """Delete an installed model and what a broken fetch of it may have left.

    Raises:
        ModelNotFound: no such model is installed.
        ModelError: it came with mtpipe.
        OutputError: it can't be deleted.
    """
    model = installed(name)
    if model is None:
        find_card(name)
        raise ModelNotFound(f"the model {name} isn't installed", hint="mtpipe models list")
    if model.bundled:
        raise ModelError(f"{name} comes with mtpipe; only fetched models can be removed")
    try:
        # The card first: a model without one isn't listed, should the rest fail half-way.
        (model.directory / CARD).unlink(missing_ok=True)
        shutil.rmtree(model.directory)
        shutil.rmtree(scratch_folder(name), ignore_errors=True)
    except OSError as exc:
        raise OutputError(f"{model.directory} can't be deleted: {exc.strerror}") from exc
    return model.directory


def installed(name: str) -> InstalledModel | None:
    """The installed model of that name, if there is one."""
    return next((model for model in installed_models() if model.card.name == name), None)


def scratch_folder(name: str) -> Path:
    """Where a model is put together before it is installed."""
    return models_directory() / ".partial" / name


def smoke_test(model: InstalledModel, outputs: dict[str, tuple[str, str]]) -> None:
    """Translate a plain sentence in each direction with the int8 form.

    Args:
        model: whose files are there, installed or not.
        outputs: gets sentence and translation by direction.

    Raises:
        ModelCorrupt: an output is wrong; the hint says what to do.
    """
    converted(model, Variant.INT8)
    system = load_system(model, variant=Variant.INT8, device="cpu")
    for probe in probes(model.card):
        [output] = system.translate([probe.sentence], probe.direction)
        outputs[str(probe.direction)] = (probe.sentence, output.text)
        if problem := probe.problem(output):
            raise ModelCorrupt(
                f"{model.card.name} is broken: its {probe.direction} translation of "
                f"{probe.sentence!r} {problem}",
                hint="pip install --force-reinstall mtpipe"
                if model.bundled
                else "some revisions on the hub were saved by versions of transformers that tie "
                "the weights of Marian models wrongly; try another one: "
                f"mtpipe models fetch {model.card.origin} --force --revision REVISION",
            )
