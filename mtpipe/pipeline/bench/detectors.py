"""Detectors by name: functions from pairs of texts to probabilities.

This is the place where the detection of mtpipe is connected to its benchmark: a line in
:data:`DETECTORS`. Any other importable function is benchmarked as ``package.module:function``.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mtpipe.detection.support import BASE_RATE
from mtpipe.errors import ConfigError
from mtpipe.sentences import cut_paragraphs
from mtpipe.types import Direction


@dataclass(frozen=True, slots=True)
class TextPair:
    """An original and a text that may be its translation, by a machine or a human.

    Attributes:
        direction: from the original's language to the candidate's.
        original: its sentences.
        candidate: its sentences.
    """

    direction: Direction
    original: tuple[str, ...]
    candidate: tuple[str, ...]


Detector = Callable[[Sequence[TextPair]], Iterable[float]]
"""Gives, for each pair, the probability (0..1) that the candidate is machine-made.

Those of others' detectors are taken to presume as many machines as people."""

DETECTORS: dict[str, str] = {
    "mtpipe": "mtpipe.pipeline.bench.detectors:machine_probabilities",
    "mtpipe-fast": "mtpipe.pipeline.bench.detectors:machine_probabilities_without_engine",
}
"""Detectors that have a name."""

_UNKNOWN = BASE_RATE
"""What is said where too few sentences correspond."""


def machine_probabilities(pairs: Sequence[TextPair], *, engine: bool = True) -> Iterator[float]:
    """``machine_made`` of ``mtpipe detect``."""
    from mtpipe.pipeline.detect.examiner import Examiner  # noqa: PLC0415

    examiner = Examiner(engine=engine)
    for pair in pairs:
        original, candidate = (
            cut_paragraphs(texts, language)
            for texts, language in (
                (pair.original, pair.direction.source),
                (pair.candidate, pair.direction.target),
            )
        )
        _, _, machine = examiner.compare(original, candidate, pair.direction)
        if machine.likelihood is not None:
            yield machine.likelihood.posterior(BASE_RATE)
        else:
            yield _UNKNOWN if machine.probability is None else machine.probability


def machine_probabilities_without_engine(pairs: Sequence[TextPair]) -> Iterator[float]:
    """The same as ``mtpipe detect --no-engine`` says it."""
    return machine_probabilities(pairs, engine=False)


def prior_of(name: str) -> float:
    """The share of machines that a detector's probabilities presume: one half of others' detectors."""
    return BASE_RATE if name in DETECTORS else 0.5


def load_detector(name: str) -> Detector:
    """The detector of a name, or of ``package.module:function``.

    Raises:
        ConfigError: there is no such name or function.
    """
    module, _, function = DETECTORS.get(name, name).partition(":")
    if not function:
        known = ", ".join(DETECTORS) or "none"
        raise ConfigError(
            f"there is no detector {name!r}",
            hint=f"known are: {known}; a function of yours is given as package.module:function",
        )
    try:
        found: Detector = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as exc:
        raise ConfigError(f"the detector {name} can't be imported: {exc}") from exc
    return found
