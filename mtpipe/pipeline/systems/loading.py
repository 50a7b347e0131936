"""An installed model's files to a system that translates: converted where need be, and loaded."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from mtpipe.config import cpu_threads
from mtpipe.engines.base import DecodingOptions, Engine
from mtpipe.engines.mending import Memory
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.reranking import Reranker
from mtpipe.engines.system import OtherSystem, System
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.ingest.language import identify
from mtpipe.models.cards import InstalledModel
from mtpipe.models.convert import converted
from mtpipe.models.marian import check_model
from mtpipe.pipeline.systems.choosing import decoding_options, system_name
from mtpipe.types import Direction
from mtpipe.types.choices import EngineName, Quantization

__all__ = ["load_rater", "load_system"]

_log = logging.getLogger(__name__)


def load_system(
    model: InstalledModel,
    *,
    engine: EngineName = EngineName.CTRANSLATE2,
    options: DecodingOptions | None = None,
    quantization: Quantization = Quantization.AUTO,
    device: str = "auto",
    threads: int | None = None,
    safeguards: Safeguards = Safeguards.NONE,
    memory: Memory | None = None,
    other: OtherSystem | None = None,
) -> System:
    """Load a model into an engine; converts it first where need be.

    Args:
        model: an installed one, see :mod:`mtpipe.pipeline.systems.choosing`.
        engine: which software.
        options: of the search; see :func:`~mtpipe.pipeline.systems.choosing.decoding_options`.
        quantization: weight format for CTranslate2; ``AUTO`` is int8 on a CPU, float16 on a GPU.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads; by default as many as there are cores.
        safeguards: what is done about mistakes, see there.
        memory: of earlier translations.
        other: a second opinion, see :class:`~mtpipe.engines.system.System`.

    Raises:
        ModelCorrupt: the model's files are damaged.
        ModelNotFound: what ships for reranking is missing.
        ConfigError: a GPU is asked for, and there is none.
        DependencyMissing: the engine isn't installed.
    """
    threads = threads or cpu_threads()
    check_model(model.directory)
    options = decoding_options(model, options)
    tokenizer = Tokenizer(model.directory, threads=threads)
    system = System(
        _loaded(
            engine, model, tokenizer, quantization=quantization, device=device, threads=threads
        ),
        tokenizer,
        options,
        name=system_name(model),
        safeguards=safeguards,
        memory=memory,
        identify=identify if safeguards.repairs else None,
        other=other,
        ahead=threads + 2,
        reranker=_reranker(model, options),
    )
    _log.info("system: %s", system.signature)
    return system


def _loaded(
    engine: EngineName,
    model: InstalledModel,
    tokenizer: Tokenizer,
    *,
    quantization: Quantization,
    device: str,
    threads: int,
) -> Engine:
    if engine is EngineName.TRANSFORMERS:
        from mtpipe.engines.marian import TransformersEngine  # noqa: PLC0415

        return TransformersEngine(model.directory, tokenizer.ids, device=device, threads=threads)
    from mtpipe.engines.ctranslate import CTranslateEngine  # noqa: PLC0415

    if quantization is Quantization.AUTO:
        quantization = _best_quantization(device)
    directory = converted(model, quantization)
    return CTranslateEngine(directory, device=device, threads=threads)


def _reranker(model: InstalledModel, options: DecodingOptions) -> Reranker | None:
    """What the model's card asks for; nothing where there is but one hypothesis."""
    if not model.card.rerank_weight or options.beam == 1:
        return None
    from mtpipe.pipeline.systems.reranking import LexiconReranker  # noqa: PLC0415 - numpy, only then

    return LexiconReranker(model.card.rerank_weight)


def _best_quantization(device: str) -> Quantization:
    """Int8 on a CPU; float16 on a GPU, where one is asked for or found."""
    if device == "cpu":
        return Quantization.INT8
    import ctranslate2

    return Quantization.FLOAT16 if ctranslate2.get_cuda_device_count() else Quantization.INT8


def load_rater(
    model: InstalledModel, direction: Direction, *, device: str = "auto"
) -> tuple[Callable[[Sequence[str], Sequence[str]], list[float]], str]:
    """Load a model that says how probable given translations are to it.

    Args:
        model: an installed one.
        direction: of the translations.
        device: "cpu", "cuda" or "auto".

    Returns:
        A function of source segments and their translations, which gives the natural
        log-probability per token of each; and the signature of the system.

    Raises:
        ModelCorrupt: the model's files are damaged.
    """
    unranked = replace(model.card, rerank_weight=0.0)  # nothing is searched for
    system = load_system(replace(model, card=unranked), device=device)

    def rate(source: Sequence[str], target: Sequence[str]) -> list[float]:
        return [sum(row) / len(row) for row in system.log_probs(source, target, direction)]

    return rate, system.signature
