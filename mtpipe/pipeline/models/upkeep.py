"""Looking after installed models: convert, check and remove. What fetches them is ``models_fetch``."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from mtpipe.config import models_directory
from mtpipe.errors import ModelCorrupt, ModelError, ModelNotFound, MtpipeError, OutputError
from mtpipe.models.cards import CARD, InstalledModel, find_card, installed_models
from mtpipe.models.convert import convert as convert_files
from mtpipe.models.smoke import probes
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types.choices import Quantization


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


def smoke_test(
    model: InstalledModel,
    outputs: dict[str, tuple[str, str]],
    *,
    variant: Quantization = Quantization.INT8,
) -> None:
    """Translate a plain sentence in each direction.

    Args:
        model: whose files are there, installed or not.
        outputs: gets sentence and translation by direction.
        variant: the form to translate with, on the CPU.

    Raises:
        ModelCorrupt: an output is wrong; the hint says what to do.
    """
    system = load_system(model, quantization=variant, device="cpu")
    for probe in probes(model.card):
        [output] = system.translate([probe.sentence], probe.direction)
        outputs[str(probe.direction)] = (probe.sentence, output.text)
        if problem := probe.problem(output):
            raise ModelCorrupt(
                f"{model.card.name} is broken: its {probe.direction} translation of "
                f"{probe.sentence!r} {problem}",
                hint=_advice(model),
            )


def convert(model: InstalledModel, variant: Quantization) -> Path:
    """Convert a model anew, try it out, and return the folder of the result.

    Raises:
        ModelCorrupt: its files are damaged, or its output fails the smoke test; what it is
            converted to is removed then.
        ConfigError: the folder for converted models can't be written.
    """
    directory = convert_files(model, variant)
    try:
        smoke_test(model, {}, variant=variant)
    except ModelCorrupt:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return directory


def _advice(model: InstalledModel) -> str:
    if model.bundled:
        return "pip install --force-reinstall mtpipe"
    if model.card.revision == "local":
        return (
            "are vocab.json, source.spm and target.spm those that it was trained with, and does "
            "it translate in this direction? card.toml can give it another smoke_test"
        )
    return (
        "some revisions on the hub have the vocabulary of another model, or were saved by versions "
        "of transformers that tie the weights of Marian models wrongly; try another one: "
        f"mtpipe models fetch {model.card.origin} --force --revision REVISION"
    )
