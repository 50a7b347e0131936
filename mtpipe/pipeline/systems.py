"""From a model's name to a system that translates: choosing, converting and loading."""

import logging

from mtpipe.config import cpu_threads
from mtpipe.engines.base import DecodingOptions, Engine, EngineName
from mtpipe.engines.system import System
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.errors import UnsupportedDirection
from mtpipe.models.cards import (
    InstalledModel,
    Variant,
    best_installed,
    better_card,
    find_installed,
)
from mtpipe.models.convert import converted
from mtpipe.types import Direction

AUTO = "auto"

_log = logging.getLogger(__name__)


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


def better_than(model: InstalledModel, direction: Direction) -> str | None:
    """The name of a known model that is better for a direction, to be fetched; None if none is."""
    card = better_card(direction, rank=model.card.rank)
    return card.name if card else None


def load_system(
    model: InstalledModel,
    *,
    engine: EngineName = EngineName.CTRANSLATE2,
    options: DecodingOptions | None = None,
    variant: Variant | None = None,
    device: str = "auto",
    threads: int | None = None,
) -> System:
    """Load a model into an engine; converts it first where need be.

    Args:
        model: from :func:`choose_model`.
        engine: which software.
        options: of the search.
        variant: weight format for CTranslate2; by default int8 on a CPU, float16 on a GPU.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads; by default as many as there are cores.

    Raises:
        ModelCorrupt: the model's files are damaged.
        DependencyMissing: the engine isn't installed.
    """
    threads = threads or cpu_threads()
    tokenizer = Tokenizer(model.directory, threads=threads)
    loaded: Engine
    if engine is EngineName.TRANSFORMERS:
        from mtpipe.engines.marian import TransformersEngine  # noqa: PLC0415

        loaded = TransformersEngine(model.directory, tokenizer.ids, device=device, threads=threads)
    else:
        from mtpipe.engines.ctranslate import CTranslateEngine  # noqa: PLC0415

        directory = converted(model, variant or _best_variant(device))
        loaded = CTranslateEngine(directory, device=device, threads=threads)
    revision = model.card.sha256.get("model.safetensors", model.card.revision)[:12]
    system = System(
        loaded, tokenizer, options or DecodingOptions(), name=f"{model.card.name}@{revision}"
    )
    _log.info("system: %s", system.signature)
    return system


def _best_variant(device: str) -> Variant:
    """Int8 on a CPU; float16 on a GPU, where one is asked for or found."""
    if device == "cpu":
        return Variant.INT8
    import ctranslate2

    return Variant.FLOAT16 if ctranslate2.get_cuda_device_count() else Variant.INT8
