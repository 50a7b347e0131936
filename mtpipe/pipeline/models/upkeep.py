"""Looking after installed models: convert, check and remove; ``fetching`` installs them."""

import shutil
from pathlib import Path

from mtpipe.config import models_directory
from mtpipe.errors import (
    ConfigError,
    ModelCorrupt,
    ModelError,
    ModelNotFound,
    MtpipeError,
    OutputError,
)
from mtpipe.models.card import CARD
from mtpipe.models.cards import InstalledModel, find_card, find_installed, installed_models
from mtpipe.models.convert import convert as convert_files
from mtpipe.models.listing import ModelCheck
from mtpipe.models.smoke import probes
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types.choices import Quantization


def check_model(model: InstalledModel | str) -> ModelCheck:
    """Verify a model's files, convert it where need be, and translate a plain sentence with it.

    Safe to call from several threads at once.

    >>> from mtpipe import check_model
    >>> check_model("starter").problem is None
    True

    Args:
        model: from :func:`mtpipe.models.cards.installed_models`, a name or a folder.

    Raises:
        ModelNotFound: no such model is installed.
    """
    model = find_installed(model) if isinstance(model, str) else model
    outputs: dict[str, tuple[str, str]] = {}
    try:
        model.verify()
        smoke_test(model, outputs)
    except MtpipeError as exc:
        return ModelCheck(model.card.name, exc.message, exc.hint, outputs)
    return ModelCheck(model.card.name, None, None, outputs)


def remove_model(name: str) -> Path:
    """Delete an installed model and what a broken fetch of it may have left; return its folder.

    Of a folder elsewhere that a symbolic link made a model of, only the link goes. Safe to call from
    several threads at once: one deletes it, the others find none.

    >>> from mtpipe import remove_model
    >>> remove_model("opus-mt-de-en")  # doctest: +SKIP

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
        if model.directory.is_symlink():
            model.directory.unlink()
        else:
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


def convert_model(name: str, quantization: Quantization | str = Quantization.INT8) -> Path:
    """Convert a model to CTranslate2 anew, try it out, and return the folder of the result.

    Translating converts by itself where need be. Safe to call from several threads at once.

    >>> from mtpipe import convert_model
    >>> convert_model("starter").name
    'int8'

    Args:
        name: of an installed model, or a folder.
        quantization: format of the weights; ``auto`` is that of this machine, int8 without a GPU.

    Raises:
        ModelNotFound: no such model is installed.
        ModelCorrupt: its files are damaged, or its output fails the smoke test; what it is
            converted to is removed then.
        ConfigError: the folder for converted models can't be written, or there is no such format.
    """
    model = find_installed(name)
    try:
        variant = Quantization(quantization)
    except ValueError as exc:
        known = ", ".join(Quantization)
        raise ConfigError(
            f"there are no {quantization} weights", hint=f"it can be {known}"
        ) from exc
    if variant is Quantization.AUTO:
        variant = _usual()
    directory = convert_files(model, variant)
    try:
        smoke_test(model, {}, variant=variant)
    except ModelCorrupt:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return directory


def _usual() -> Quantization:
    import ctranslate2

    return Quantization.FLOAT16 if ctranslate2.get_cuda_device_count() else Quantization.INT8


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
