"""A system: engine, model and decoding options together; text in, text out."""

import hashlib
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from threading import Lock
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from mtpipe.engines.base import DecodingOptions, Engine, RatingEngine
from mtpipe.engines.batching import interleave, windows
from mtpipe.engines.capitals import in_usual_spelling, is_in_capitals
from mtpipe.engines.decoder import Decoder
from mtpipe.engines.pacing import AHEAD_BATCHES, PacedEngine
from mtpipe.engines.repair import Attempt, Outcome, attempts, best, better, is_unsolved
from mtpipe.engines.reranking import Reranker
from mtpipe.engines.safety import Identify, is_translatable, problems, with_addresses
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.engines.withheld import Withheld, inner, withhold
from mtpipe.errors import EngineError, ModelError
from mtpipe.types import Direction, Flag, Hypothesis, Problem, Remedy

WINDOW_SEGMENTS, WINDOW_CHARS = 4_096, 400_000
"""A window, the unit of sorting, ends with whichever comes first."""

_SAFETY_VERSION = 6
"""Goes up when the checks or remedies change what comes out."""

_KEPT_VERSION = 3
"""Goes up when models get something else than the segment, or something else is withheld."""


T = TypeVar("T")

_log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where hypotheses are kept for the next time, see :mod:`mtpipe.cache`."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Hypothesis, bool]]:
        """Those that are there, and whether they are settled."""
        ...

    def put(self, entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        """Keep some more; those that are to be decoded again another way aren't settled."""
        ...


@dataclass(frozen=True, slots=True)
class OtherSystem:
    """A second opinion: what one system doesn't get right, another one may.

    Attributes:
        name: of its model and the model's revision, for the signature.
        load: makes it; called when it is first needed.
    """

    name: str
    load: "Callable[[], System]"


class System:
    """Translates segments.

    Any number of threads may share one, each with streams (or tasks and an ``in_flight``) of its
    own. Their batches take turns in the engine. None has segments of two streams, so the output is
    that of one stream after the other.

    Args:
        engine: with the model loaded.
        tokenizer: of the same model.
        options: of the search.
        name: of the model and its revision, for the signature.
        safe: look for loops and other evident mistakes, decode such segments again another way,
            and flag them; includes ``keep``.
        memory: what was translated before isn't translated again.
        identify: tells the language of a text; with it, safe decoding looks for translations into
            the wrong language.
        other: tried on what safe decoding can't mend.
        watch: flag evident mistakes without doing anything about them; the output is the same.
        keep: withhold what the model can't write (emoji, other scripts) and put it back where it
            stood, see :mod:`mtpipe.engines.withheld`; give it text in capitals in usual spelling,
            see :mod:`mtpipe.engines.capitals`.
        ahead: batches that the engine is given before it asks for more: those that it decodes at
            a time, and a few.
        reranker: has a say in which of the beam's hypotheses is the best.
    """

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        options: DecodingOptions,
        *,
        name: str,
        safe: bool = False,
        memory: Memory | None = None,
        identify: Identify | None = None,
        other: OtherSystem | None = None,
        watch: bool = False,
        keep: bool = False,
        ahead: int = AHEAD_BATCHES,
        reranker: Reranker | None = None,
    ) -> None:
        self._decoder = Decoder(PacedEngine(engine, ahead=ahead), tokenizer, reranker)
        self._reranker = reranker
        self._rating = engine if isinstance(engine, RatingEngine) else None
        self._options = options
        self._name = name
        self._safe = safe
        self._watch = watch
        self._keep = keep
        self._is_writable = tokenizer.is_writable
        self._memory = memory
        self._identify = identify
        self._other = other
        self._other_system = _once(partial(_loaded, other)) if other else None

    @property
    def name(self) -> str:
        """Of the model and its revision."""
        return self._name

    @property
    def signature(self) -> str:
        """Everything that the output depends on, apart from the input."""
        kept = f"|kept:{_KEPT_VERSION}" if self._keep else ""
        safe = f"|safe:{_SAFETY_VERSION}" if self._safe else kept
        other = f"|other:{self._other.name}" if self._other else ""
        reranked = f"|reranked:{self._reranker.signature}" if self._reranker else ""
        search = f"{self._decoder.signature}|{self._options}{reranked}"
        return f"model:{self._name}|{search}{safe}{other}"

    def translate(self, segments: Sequence[str], direction: Direction) -> list[Hypothesis]:
        """Translate a list of segments; see :meth:`stream`."""
        return list(self.stream(segments, direction))

    def log_probs(
        self, segments: Sequence[str], translations: Sequence[str], direction: Direction
    ) -> list[list[float]]:
        """How probable given translations are to the model, token by token.

        Args:
            segments: sources; of long ones only the beginning counts.
            translations: of the segments, likewise.
            direction: of the translation.

        Returns:
            Natural log-probabilities of the tokens of each translation, </s> last.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: the engine failed, or isn't one that can tell.
        """
        if self._rating is None:
            raise EngineError(
                f"{self._decoder.signature} doesn't rate given translations",
                hint="use the engine ctranslate2",
            )
        return self._rating.log_probs(*self._decoder.both_sides(segments, translations, direction))

    def stream(self, segments: Iterable[str], direction: Direction) -> Iterator[Hypothesis]:
        """Translate segments of a stream that needn't fit in memory, in their order.

        Segments without a word to translate come back as they are. Segments that are too long
        for a model are translated in pieces, joined by spaces. Other segments are read ahead,
        two windows at the most, while the engine works.

        Yields:
            One hypothesis a segment, never with a line break in it.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: decoding failed.
        """
        cut = windows(segments, count=WINDOW_SEGMENTS, size=WINDOW_CHARS, measure=len)
        in_flight = InFlight()
        for hypotheses in interleave(
            self.translation(window, direction, in_flight) for window in cut
        ):
            yield from hypotheses

    def translation(
        self, segments: Sequence[str], direction: Direction, in_flight: "InFlight"
    ) -> Generator[None, None, list[Hypothesis]]:
        """Translate a window of segments as a task for :func:`~mtpipe.engines.batching.interleave`.

        What is decoded together depends on the window only, and so does the result:
        floating-point numbers add up differently in other batches. What was remembered before,
        or is being translated in another window, leaves gaps in batches; a batch of which nothing
        was remembered is the same as ever.

        Args:
            segments: the window.
            direction: of the translation.
            in_flight: one for all the tasks that are interleaved: what several of them share is
                decoded once.

        Returns:
            One hypothesis a segment.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: decoding failed.
        """
        stem = hashlib.blake2b(f"{self.signature}|{direction}|".encode(), digest_size=16)
        given = {
            segment: self._given(segment, direction)
            for segment in filter(is_translatable, segments)
        }
        distinct = [segment for segment, text in given.items() if text]
        cells: dict[str, _Cell] = {}
        texts: dict[bytes, str] = {}  # those that no other window is about to translate
        for segment in distinct:
            (name := stem.copy()).update(segment.encode("utf-8", "replace"))
            key = name.digest()
            if (cell := in_flight.get(key)) is None:
                cell = in_flight[key] = _Cell()
                texts[key] = segment
            cells[segment] = cell

        doubtful: dict[bytes, Hypothesis] = {}
        remembered = self._memory.get(list(texts)) if self._memory else {}
        for key, (hypothesis, is_settled) in remembered.items():
            if is_settled:
                in_flight[key].hypothesis = hypothesis
            else:
                doubtful[key] = hypothesis
        todo = {texts[key]: key for key in texts if key not in remembered}
        if todo:
            run = self._decoder.submit(
                [[given[segment]] for segment in distinct],
                direction,
                self._options,
                wanted={number for number, segment in enumerate(distinct) if segment in todo},
            )
            yield
            for batch in run.outcomes():
                clean, unclean = self._checked(
                    {todo[distinct[n]]: out for n, out in batch.items()}, texts, direction
                )
                self._settle(clean, in_flight)
                doubtful |= unclean
        if doubtful:
            # In the order of the window, whether they were remembered or not.
            firsts = {key: doubtful[key] for key in texts if key in doubtful}
            settled = yield from self._repaired(firsts, texts, direction)
            settled |= yield from self._second_opinions(settled, texts, direction, in_flight)
            self._settle(settled, in_flight)
        while any(cell.hypothesis is None for cell in cells.values()):
            yield
        return [
            (cells[segment].hypothesis if segment in cells else None) or Hypothesis(segment, 0.0)
            for segment in segments
        ]

    def _repaired(
        self,
        doubtful: Mapping[bytes, Hypothesis],
        texts: Mapping[bytes, str],
        direction: Direction,
    ) -> Generator[None, None, dict[bytes, Hypothesis]]:
        """Decode segments in other ways, one after the other until nothing is wrong any more.

        Returns:
            The best that could be made of them.
        """
        repaired = dict(doubtful)
        ways = {
            key: attempts(
                self._given(texts[key], direction),
                [flag.problem for flag in first.flags],
                self._options,
                self._decoder.count,
                whole=self._spelt(inner(texts[key], self._withheld(texts[key])), direction),
            )
            for key, first in doubtful.items()
        }
        tried: dict[bytes, list[tuple[Remedy, Outcome]]] = {key: [] for key in doubtful}
        while now := {
            key: ways[key].pop(0)
            for key, hypothesis in repaired.items()
            if ways[key] and is_unsolved(hypothesis)
        }:
            outcomes = yield from self._decoded_again(now, texts, direction)
            for key, outcome in outcomes.items():
                tried[key].append((now[key].remedy, outcome))
                repaired[key] = best(
                    doubtful[key],
                    tried[key],
                    partial(self._problems, texts[key], direction),
                    source=texts[key],
                )
        return repaired

    def _decoded_again(
        self, attempts: Mapping[bytes, Attempt], texts: Mapping[bytes, str], direction: Direction
    ) -> Generator[None, None, dict[bytes, Outcome]]:
        """Decode each segment another way, those with the same options together."""
        names = {key: _name_of(key, attempt) for key, attempt in attempts.items()}
        remembered = self._memory.get(list(names.values())) if self._memory else {}
        outcomes = {
            key: _as_outcome(remembered[name][0])
            for key, name in names.items()
            if name in remembered
        }
        groups: dict[DecodingOptions, list[bytes]] = {}
        for key, attempt in attempts.items():
            groups.setdefault(attempt.options, []).append(key)
        runs = [
            (
                keys,
                self._decoder.submit(
                    [attempts[key].pieces for key in keys],
                    direction,
                    options,
                    wanted={n for n, key in enumerate(keys) if key not in outcomes},
                    urgent=True,
                ),
            )
            for options, keys in groups.items()
        ]
        yield
        for keys, run in runs:
            for batch in run.outcomes():
                fresh = {
                    keys[n]: self._mended(texts[keys[n]], outcome) for n, outcome in batch.items()
                }
                if self._memory:
                    self._memory.put(
                        {names[key]: _as_hypothesis(fresh[key]) for key in fresh}, settled=True
                    )
                outcomes |= fresh
        return outcomes

    def _second_opinions(
        self,
        hypotheses: Mapping[bytes, Hypothesis],
        texts: Mapping[bytes, str],
        direction: Direction,
        in_flight: "InFlight",
    ) -> Generator[None, None, dict[bytes, Hypothesis]]:
        """What the other system makes of hypotheses that have a problem still."""
        hard = [key for key, hypothesis in hypotheses.items() if is_unsolved(hypothesis)]
        if not hard or not self._other_system:
            return {}
        other = self._other_system()
        if other is None:
            return {}
        opinions = yield from other.translation([texts[key] for key in hard], direction, in_flight)
        return {
            key: better(hypotheses[key], opinion)
            for key, opinion in zip(hard, opinions, strict=True)
        }

    def _problems(
        self, segment: str, direction: Direction, outcome: Outcome
    ) -> tuple[Problem, ...]:
        return problems(
            segment,
            outcome.text,
            truncated=outcome.truncated,
            misplaced=outcome.misplaced,
            direction=direction,
            identify=self._identify,
        )

    def _checked(
        self,
        outcomes: Mapping[bytes, Outcome],
        texts: Mapping[bytes, str],
        direction: Direction,
    ) -> tuple[dict[bytes, Hypothesis], dict[bytes, Hypothesis]]:
        """Translations without and with problems, the latter flagged with them."""
        clean: dict[bytes, Hypothesis] = {}
        unclean: dict[bytes, Hypothesis] = {}
        for key, decoded in outcomes.items():
            outcome = self._mended(texts[key], decoded)
            looks = self._safe or self._watch
            found = self._problems(texts[key], direction, outcome) if looks else ()
            hypothesis = Hypothesis(outcome.text, outcome.score, tuple(map(Flag, found)))
            (unclean if found and self._safe else clean)[key] = hypothesis
        if unclean and self._memory:
            self._memory.put(unclean, settled=False)
        return clean, unclean

    def _withheld(self, segment: str) -> Withheld | None:
        return withhold(segment, self._is_writable) if self._keep or self._safe else None

    def _given(self, segment: str, direction: Direction) -> str:
        """What the model gets of a segment; empty if it has nothing to translate."""
        withheld = self._withheld(segment)
        return self._spelt(segment if withheld is None else withheld.text, direction)

    def _spelt(self, text: str, direction: Direction) -> str:
        """A text in capitals in usual spelling; empty if it is nothing but abbreviations."""
        if not (self._keep or self._safe) or not is_in_capitals(text):
            return text
        spelt = in_usual_spelling(text, direction.source, self._decoder.count)
        return "" if spelt == text else spelt

    def _mended(self, segment: str, outcome: Outcome) -> Outcome:
        """What can be put right without decoding again."""
        withheld = self._withheld(segment)
        if (self._keep or self._safe) and is_in_capitals(withheld.text if withheld else segment):
            outcome = replace(outcome, text=outcome.text.upper())
        if withheld:
            text, is_whole = withheld.restored(outcome.text)
            outcome = replace(outcome, text=text, misplaced=not is_whole)
        if not self._safe:
            return outcome
        return replace(outcome, text=with_addresses(segment, outcome.text))

    def _settle(self, entries: Mapping[bytes, Hypothesis], in_flight: "InFlight") -> None:
        for key, hypothesis in entries.items():
            in_flight[key].hypothesis = hypothesis
        if entries and self._memory:
            self._memory.put(entries, settled=True)


def _loaded(other: OtherSystem) -> System | None:
    """The other system; None if its model is damaged: an opinion less, no reason to end."""
    try:
        return other.load()
    except ModelError as exc:
        _log.warning("no second opinion of %s: %s", other.name, exc.message)
        return None


def _once(load: Callable[[], T]) -> Callable[[], T]:
    """A function that loads at its first call, whichever thread that is from."""
    turn, loaded = Lock(), cache(load)

    def locked() -> T:
        with turn:
            return loaded()

    return locked


def _name_of(key: bytes, attempt: Attempt) -> bytes:
    """What the outcome of an attempt is remembered by."""
    return hashlib.blake2b(key + attempt.remedy.encode(), digest_size=16).digest()


def _as_hypothesis(outcome: Outcome) -> Hypothesis:
    problems = {Problem.TRUNCATED: outcome.truncated, Problem.GARBLED: outcome.misplaced}
    flags = tuple(Flag(problem) for problem, is_so in problems.items() if is_so)
    return Hypothesis(outcome.text, outcome.score, flags)


def _as_outcome(hypothesis: Hypothesis) -> Outcome:
    had = {flag.problem for flag in hypothesis.flags}
    return Outcome(
        hypothesis.text, hypothesis.score, Problem.TRUNCATED in had, Problem.GARBLED in had
    )


class _Cell:
    """Room for the translation of a segment in flight."""

    hypothesis: Hypothesis | None = None


InFlight = WeakValueDictionary[bytes, _Cell]
"""What interleaved tasks share; an entry is gone with the last task that needs it."""
