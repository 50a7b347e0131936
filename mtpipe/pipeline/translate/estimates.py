"""How good a translation probably is, sentence by sentence, without a reference.

The model's own score comes with every hypothesis; what is here is made on request. Not for figures
against references.
"""

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Protocol

from mtpipe.engines.system import InFlight
from mtpipe.errors import EngineError, ModelNotFound, UnsupportedDirection
from mtpipe.pipeline.systems.routes import Route
from mtpipe.scoring.quality import QualityName, comet_scores, program_of
from mtpipe.types import Direction, EstimateName

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

Pairs = Sequence[tuple[str, str]]
"""Source sentences and their translations."""


class Estimator(Protocol):
    """Estimates the quality of translations."""

    name: EstimateName

    def signature(self, direction: Direction) -> str:
        """Everything that the estimates depend on, apart from the sentences.

        Raises:
            UnsupportedDirection: there are none for this direction.
        """
        ...

    def estimate(
        self, pairs: Pairs, direction: Direction, in_flight: InFlight
    ) -> Generator[None, None, list[float]]:
        """Estimate, as a task for :func:`mtpipe.engines.batching.interleave`.

        Returns:
            One value a pair.
        """
        ...


class RoundTrip:
    """The translation is translated back, and compared with the source: chrF2 (Popović 2015).

    A bad translation can't be translated back well; a literal one can, so that values compare
    sentences of one system, not systems.

    Args:
        route: the way for a direction.
    """

    name = EstimateName.ROUND_TRIP_CHRF

    def __init__(self, route: Callable[[Direction], Route]) -> None:
        import sacrebleu

        self._route = route
        self._metric: CHRF = sacrebleu.CHRF()
        self._version = sacrebleu.__version__

    def signature(self, direction: Direction) -> str:
        """The way back, and sacrebleu's version."""
        try:
            back = self._route(direction.reversed)
        except UnsupportedDirection as exc:
            raise UnsupportedDirection(
                f"the round trip lacks its way back: {exc.message}",
                hint="leave out --round-trip, or take --model auto",
            ) from exc
        return f"round trip:{back.signature}|sacrebleu:{self._version}"

    def estimate(
        self, pairs: Pairs, direction: Direction, in_flight: InFlight
    ) -> Generator[None, None, list[float]]:
        """chrF2 of each translation's way back, 0..100."""
        back = self._route(direction.reversed)
        hypotheses = yield from back.translation([target for _, target in pairs], in_flight)
        return [
            round(self._metric.sentence_score(hypothesis.text, [source]).score, 2)
            for (source, _), hypothesis in zip(pairs, hypotheses, strict=True)
        ]


class CometKiwi:
    """A learned estimate: COMET's models for use without references (Rei et al. 2022).

    COMET's own program is called, wherever it was installed: it can't share an environment with
    mtpipe, since it wants older versions of what both rest on.

    Args:
        model: a checkpoint's path, or a name that COMET downloads by
            (``Unbabel/wmt22-cometkiwi-da``).

    Raises:
        DependencyMissing: COMET isn't installed.
        ModelNotFound: it can't estimate with this model; found by a trial.
    """

    name = EstimateName.COMET_KIWI

    def __init__(self, model: str) -> None:
        self._command = program_of(QualityName.COMET_KIWI)
        self._model = model
        try:
            self._scores([("Guten Morgen.", "Good morning.")])
        except EngineError as exc:
            raise ModelNotFound(
                exc.message,
                hint="give a .ckpt file, or accept the model's licence on the hub and log in: "
                "hf auth login",
            ) from exc

    def signature(self, direction: Direction) -> str:  # noqa: ARG002 - the same for all
        """The model."""
        return f"comet:{self._model}"

    def estimate(
        self,
        pairs: Pairs,
        direction: Direction,  # noqa: ARG002 - the model reads all languages
        in_flight: InFlight,  # noqa: ARG002
    ) -> Generator[None, None, list[float]]:
        """COMET's score of each pair, about 0..1."""
        yield from ()
        return self._scores(pairs) if pairs else []

    def _scores(self, pairs: Pairs) -> list[float]:
        sources, targets = (
            [" ".join(text.split()) for text in side] for side in zip(*pairs, strict=True)
        )
        return [
            round(score, 4) for score in comet_scores(self._command, self._model, sources, targets)
        ]
