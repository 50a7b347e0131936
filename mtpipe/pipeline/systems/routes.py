"""How a direction is translated: by one system, or through another language by several."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock

from mtpipe.engines.system import InFlight, OtherSystem, System, streamed
from mtpipe.models.cards import InstalledModel, find_installed, installed_models
from mtpipe.pipeline.systems.choosing import AUTO, choose_legs, next_best, stated_name
from mtpipe.types import Direction, Hypothesis

__all__ = ["Route", "Router"]


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
            One hypothesis per segment: the last leg's text, the lowest score and all the flags.
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

    def stream(self, segments: Iterable[str]) -> Iterator[Hypothesis]:
        """Translate segments of a stream that needn't fit in memory, see :meth:`System.stream`."""
        yield from streamed(self.translation, segments)

    def nbest(self, segments: Sequence[str], count: int) -> list[list[Hypothesis]]:
        """The best hypotheses of each segment, see :meth:`System.nbest`; those of the last leg."""
        *first, (system, direction) = self.legs
        texts = list(segments)
        if first:
            texts = [hypothesis.text for hypothesis in Route(tuple(first)).stream(texts)]
        return system.nbest(texts, direction, count)


class Router:
    """Finds the way for each direction that comes up, and loads each model once.

    Any number of threads may share a router, and the systems that it loads.

    Args:
        name: a model's name, a folder, or ``"auto"``.
        load: loads a model, see :func:`load_system`, with or without a second opinion.
        second_opinions: whether a model has the next best installed one of its direction as one.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[InstalledModel, OtherSystem | None], System],
        *,
        second_opinions: bool = True,
    ) -> None:
        self._name = name
        self._load = load
        self._has_opinions = second_opinions
        self._legs: dict[Direction, list[tuple[InstalledModel, Direction]]] = {}
        self._systems: dict[tuple[str, str], System] = {}
        self._routes: dict[Direction, Route] = {}
        self._turn = Lock()

    def legs(self, direction: Direction) -> list[tuple[InstalledModel, Direction]]:
        """The models for a direction, see :func:`choose_legs`; they stay the same from then on.

        Raises:
            ModelNotFound, UnsupportedDirection: there are none.
        """
        if direction not in self._legs:
            self._legs.setdefault(direction, choose_legs(self._name, direction))
        return self._legs[direction]

    def route(self, direction: Direction) -> Route:
        """The way from one language to another.

        Raises:
            ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none.
        """
        with self._turn:
            if direction not in self._routes:
                legs = self.legs(direction)
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
        return sorted(stated_name(model) for model in models if not model.bundled)

    def _system(self, model: InstalledModel, direction: Direction) -> System:
        other = next_best(model, direction) if self._has_opinions else None
        place = (str(model.directory), str(other.directory) if other else "")
        if place not in self._systems:
            self._systems[place] = self._load(model, self._second(other))
        return self._systems[place]

    def _second(self, model: InstalledModel | None) -> OtherSystem | None:
        if model is None:
            return None
        chosen = model
        return OtherSystem(stated_name(chosen), lambda: self._load(chosen, None))
