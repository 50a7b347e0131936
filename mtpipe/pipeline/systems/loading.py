"""From a model's name to a system that translates: choosing, converting and loading."""

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock

from mtpipe.config import cpu_threads
from mtpipe.engines.base import DecodingOptions, Engine
from mtpipe.engines.reranking import Reranker
from mtpipe.engines.system import InFlight, Memory, OtherSystem, System
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.errors import UnsupportedDirection
from mtpipe.ingest.language import identify
from mtpipe.models.cards import (
    InstalledModel,
    best_installed,
    better_card,
    find_installed,
    installed_models,
)
from mtpipe.models.convert import converted
from mtpipe.models.marian import check_model
from mtpipe.types import Direction, Hypothesis, Language
from mtpipe.types.choices import EngineName, Quantization

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Route:
    """How a direction is translated: by one system, or through another language by several.

    Attributes:
        legs: systems and the direction that each translates, from source to target.
        is_bundled: whether the model that ships with mtpipe, a weak one, is among them.
    """

    legs: tuple[tuple[System, Direction], ...]
    is_bundled: bool = False

    @property
    def signature(self) -> str:
        """The signatures of the systems, each with its direction."""
        return " > ".join(f"{direction}|{system.signature}" for system, direction in self.legs)

    def translation(
        self, segments: Sequence[str], in_flight: InFlight
    ) -> Generator[None, None, list[Hypothesis]]:
        """Translate a window of segments, see :meth:`System.translation`.

        Returns:
            One hypothesis a segment: the last leg's text, the lowest score and all the flags.
        """
        hypotheses = [Hypothesis(segment, 0.0) for segment in segments]
        for system, direction in self.legs:
            texts = [hypothesis.text for hypothesis in hypotheses]
            translated = yield from system.translation(texts, direction, in_flight)
            hypotheses = [
                Hypothesis(new.text, min(old.score, new.score), old.flags + new.flags)
                for old, new in zip(hypotheses, translated, strict=True)
            ]
        return hypotheses


class Router:
    """Finds the way for each direction that comes up, and loads each model once.

    A model has the next best installed one of its direction as a second opinion. Any number of
    threads may share a router, and the systems that it loads.

    Args:
        name: a model's name, a folder, or ``"auto"``.
        load: loads a model, see :func:`load_system`, with or without a second opinion.
    """

    def __init__(
        self, name: str, load: Callable[[InstalledModel, OtherSystem | None], System]
    ) -> None:
        self._name = name
        self._load = load
        self._systems: dict[tuple[str, str], System] = {}
        self._routes: dict[Direction, Route] = {}
        self._turn = Lock()

    def route(self, direction: Direction) -> Route:
        """The way from one language to another.

        Raises:
            ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none.
        """
        with self._turn:
            if direction not in self._routes:
                legs = choose_legs(self._name, direction)
                self._routes[direction] = Route(
                    tuple((self._system(m, d), d) for m, d in legs), any(m.bundled for m, _ in legs)
                )
            return self._routes[direction]

    def fetched(self) -> list[str]:
        """Names, with digests, of the models that may be used and don't ship with mtpipe.

        Raises:
            ModelNotFound, ModelCorrupt: there is no such model, or its files can't be read.
        """
        models = installed_models() if self._name == AUTO else [find_installed(self._name)]
        return sorted(_stated_name(model) for model in models if not model.bundled)

    def _system(self, model: InstalledModel, direction: Direction) -> System:
        other = next_best(model, direction)
        place = (str(model.directory), str(other.directory) if other else "")
        if place not in self._systems:
            self._systems[place] = self._load(model, self._second(other))
        return self._systems[place]

    def _second(self, model: InstalledModel | None) -> OtherSystem | None:
        if model is None:
            return None
        chosen = model
        return OtherSystem(_stated_name(chosen), lambda: self._load(chosen, None))


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


def load_system(
    model: InstalledModel,
    *,
    engine: EngineName = EngineName.CTRANSLATE2,
    options: DecodingOptions | None = None,
    variant: Quantization | None = None,
    device: str = "auto",
    threads: int | None = None,
    safe: bool = False,
    memory: Memory | None = None,
    other: OtherSystem | None = None,
    watch: bool = False,
    keep: bool = False,
) -> System:
    """Load a model into an engine; converts it first where need be.

    Args:
        model: from :func:`choose_model`.
        engine: which software.
        options: of the search; see :func:`decoding_options`.
        variant: weight format for CTranslate2; by default int8 on a CPU, float16 on a GPU.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads; by default as many as there are cores.
        safe: find evident mistakes and decode again, see :class:`~mtpipe.engines.system.System`.
        memory: of earlier translations.
        other: see :class:`~mtpipe.engines.system.System` as well.
        watch: flag evident mistakes and leave them, see there.
        keep: withhold from the model what it can't write, see there.

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
        _loaded(engine, model, tokenizer, variant=variant, device=device, threads=threads),
        tokenizer,
        options,
        name=system_name(model),
        safe=safe,
        memory=memory,
        identify=identify if safe else None,
        other=other,
        watch=watch,
        keep=keep,
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
    variant: Quantization | None,
    device: str,
    threads: int,
) -> Engine:
    if engine is EngineName.TRANSFORMERS:
        from mtpipe.engines.marian import TransformersEngine  # noqa: PLC0415

        return TransformersEngine(model.directory, tokenizer.ids, device=device, threads=threads)
    from mtpipe.engines.ctranslate import CTranslateEngine  # noqa: PLC0415

    directory = converted(model, variant or _best_variant(device))
    return CTranslateEngine(directory, device=device, threads=threads)


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


def _stated_name(model: InstalledModel) -> str:
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


def _reranker(model: InstalledModel, options: DecodingOptions) -> Reranker | None:
    """What the model's card asks for; nothing where there is but one hypothesis."""
    if not model.card.rerank_weight or options.beam == 1:
        return None
    from mtpipe.pipeline.systems.reranking import LexiconReranker  # noqa: PLC0415 - numpy, only then

    return LexiconReranker(model.card.rerank_weight)


def _best_variant(device: str) -> Quantization:
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
        model: from :func:`choose_model`.
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
