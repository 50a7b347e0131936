"""A system: engine, model and decoding options together; text in, text out."""

import hashlib
import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from weakref import WeakValueDictionary

from mtpipe.engines.base import DecodingOptions, Engine, RatingEngine
from mtpipe.engines.batching import interleave, windows
from mtpipe.engines.decoder import Decoder
from mtpipe.engines.mending import Memory, Mender
from mtpipe.engines.nbest import nbest
from mtpipe.engines.once import once
from mtpipe.engines.pacing import AHEAD_BATCHES, PacedEngine
from mtpipe.engines.protection import Protection, Safeguards
from mtpipe.engines.repair import better, is_for_another
from mtpipe.engines.reranking import Reranker
from mtpipe.engines.safety import Identify, is_translatable
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.errors import EngineError, ModelError
from mtpipe.types import Direction, Hypothesis

WINDOW_SEGMENTS, WINDOW_CHARS = 4_096, 400_000
"""A window, the unit of sorting, ends with whichever comes first."""

_SAFETY_VERSION = 8
"""Goes up when the checks or remedies change what comes out; so does the gazetteer."""

_KEPT_VERSION = 5
"""Goes up when models get something else than the segment, or something else is withheld."""

_log = logging.getLogger(__name__)


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
        safeguards: what is done about evident mistakes, and to prevent them.
        memory: what was translated before isn't translated again.
        identify: identifies the language of a text; with it, translations into the wrong language
            count as mistakes.
        other: tried on what decoding again can't mend.
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
        safeguards: Safeguards = Safeguards.NONE,
        memory: Memory | None = None,
        identify: Identify | None = None,
        other: OtherSystem | None = None,
        ahead: int = AHEAD_BATCHES,
        reranker: Reranker | None = None,
    ) -> None:
        self._decoder = Decoder(PacedEngine(engine, ahead=ahead), tokenizer, reranker)
        self._reranker = reranker
        self._rating = engine if isinstance(engine, RatingEngine) else None
        self._options = options
        self._name = name
        self._safeguards = safeguards
        self._memory = memory
        self._other = other
        self._other_system = once(partial(_loaded, other)) if other else None
        self._protection = Protection(safeguards, tokenizer.is_writable, self._decoder.count)
        self._mender = Mender(
            self._decoder,
            options,
            self._protection,
            safeguards=safeguards,
            memory=memory,
            identify=identify,
        )

    @property
    def name(self) -> str:
        """Of the model and its revision."""
        return self._name

    @property
    def signature(self) -> str:
        """Everything that the output depends on, apart from the input."""
        kept = f"|kept:{_KEPT_VERSION}" if self._safeguards.protects else ""
        safe = f"|safe:{_SAFETY_VERSION}" if self._safeguards.repairs else kept
        other = f"|other:{self._other.name}" if self._other else ""
        reranked = f"|reranked:{self._reranker.signature}" if self._reranker else ""
        search = f"{self._decoder.signature}|{self._options}{reranked}"
        return f"model:{self._name}|{search}{safe}{other}"

    def translate(self, segments: Sequence[str], direction: Direction) -> list[Hypothesis]:
        """Translate a list of segments; see :meth:`stream`."""
        return list(self.stream(segments, direction))

    def nbest(
        self, segments: Sequence[str], direction: Direction, count: int
    ) -> list[list[Hypothesis]]:
        """The best so many hypotheses of each segment, see :func:`mtpipe.engines.nbest.nbest`.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: decoding failed.
        """
        options = replace(self._options, beam=max(self._options.beam, count), nbest=count)
        return nbest(
            segments, direction, options, decoder=self._decoder, protection=self._protection
        )

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
            EngineError: the engine failed, or isn't one that rates translations.
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
            One hypothesis per segment, never with a line break in it.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: decoding failed.
        """
        yield from streamed(
            lambda window, in_flight: self.translation(window, direction, in_flight), segments
        )

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
            One hypothesis per segment.

        Raises:
            UnsupportedDirection: the model can't translate into the target language.
            EngineError: decoding failed.
        """
        window = self._window(segments, direction, in_flight)
        texts = window.texts
        remembered = self._memory.get(list(texts)) if self._memory else {}
        doubtful = {key: first for key, (first, is_settled) in remembered.items() if not is_settled}
        for key in remembered.keys() - doubtful.keys():
            in_flight[key].hypothesis = remembered[key][0]
        if todo := {texts[key]: key for key in texts if key not in remembered}:
            doubtful |= yield from self._decoded(window, todo, direction, in_flight)
        if doubtful:
            # In the order of the window, whether they were remembered or not.
            firsts = {key: doubtful[key] for key in texts if key in doubtful}
            settled = yield from self._mender.repaired(firsts, texts, direction)
            settled |= yield from self._second_opinions(settled, texts, direction, in_flight)
            self._settle(settled, in_flight)
        cells = window.cells
        while any(cell.hypothesis is None for cell in cells.values()):
            yield
        return [
            (cells[segment].hypothesis if segment in cells else None) or Hypothesis(segment, 0.0)
            for segment in segments
        ]

    def _window(
        self, segments: Sequence[str], direction: Direction, in_flight: "InFlight"
    ) -> "_Window":
        """What there is to translate of some segments; what no other window is at is begun here."""
        stem = hashlib.blake2b(f"{self.signature}|{direction}|".encode(), digest_size=16)
        given = {
            segment: self._protection.given(segment, direction)
            for segment in filter(is_translatable, segments)
        }
        window = _Window({segment: text for segment, text in given.items() if text}, {}, {})
        for segment in window.given:
            (name := stem.copy()).update(segment.encode("utf-8", "replace"))
            key = name.digest()
            if (cell := in_flight.get(key)) is None:
                cell = in_flight[key] = _Cell()
                window.texts[key] = segment
            window.cells[segment] = cell
        return window

    def _decoded(
        self,
        window: "_Window",
        todo: Mapping[str, bytes],
        direction: Direction,
        in_flight: "InFlight",
    ) -> Generator[None, None, dict[bytes, Hypothesis]]:
        """Decode segments of a window, and settle those that nothing is wrong with.

        Returns:
            The others, flagged.
        """
        distinct = list(window.given)
        run = self._decoder.submit(
            [[text] for text in window.given.values()],
            direction,
            self._options,
            wanted={number for number, segment in enumerate(distinct) if segment in todo},
        )
        yield
        doubtful: dict[bytes, Hypothesis] = {}
        left = dict(todo)
        for batch in run.outcomes():
            decoded = {left.pop(distinct[n]): outcome for n, outcome in batch.items()}
            clean, unclean = self._mender.checked(decoded, window.texts, direction)
            self._settle(clean, in_flight)
            doubtful |= unclean
        # What the model gets of a segment may have no word in any piece: then none was decoded.
        self._settle({key: Hypothesis(segment, 0.0) for segment, key in left.items()}, in_flight)
        return doubtful

    def _second_opinions(
        self,
        hypotheses: Mapping[bytes, Hypothesis],
        texts: Mapping[bytes, str],
        direction: Direction,
        in_flight: "InFlight",
    ) -> Generator[None, None, dict[bytes, Hypothesis]]:
        """What the other system makes of hypotheses that have a problem still."""
        hard = [key for key, hypothesis in hypotheses.items() if is_for_another(hypothesis)]
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

    def _settle(self, entries: Mapping[bytes, Hypothesis], in_flight: "InFlight") -> None:
        for key, hypothesis in entries.items():
            in_flight[key].hypothesis = hypothesis
        if entries and self._memory:
            self._memory.put(entries, settled=True)


def streamed(
    translation: "Callable[[list[str], InFlight], Generator[None, None, list[Hypothesis]]]",
    segments: Iterable[str],
) -> Iterator[Hypothesis]:
    """The hypotheses of a stream, window by window, in order.

    Args:
        translation: makes the task of a window, see :meth:`System.translation`.
        segments: of the stream.
    """
    cut = windows(segments, count=WINDOW_SEGMENTS, size=WINDOW_CHARS, measure=len)
    in_flight = InFlight()
    for hypotheses in interleave(translation(window, in_flight) for window in cut):
        yield from hypotheses


def _loaded(other: OtherSystem) -> System | None:
    """The other system; None if its model is damaged: an opinion less, no reason to end."""
    try:
        return other.load()
    except ModelError as exc:
        _log.warning("no second opinion of %s: %s", other.name, exc.message)
        return None


@dataclass(frozen=True, slots=True)
class _Window:
    """Segments on their way, each distinct one once.

    Attributes:
        given: what the model gets of each.
        texts: those that no other window is about to translate, by key.
        cells: of all.
    """

    given: dict[str, str]
    texts: dict[bytes, str]
    cells: "dict[str, _Cell]"


class _Cell:
    """Room for the translation of a segment in flight."""

    hypothesis: Hypothesis | None = None


InFlight = WeakValueDictionary[bytes, _Cell]
"""What interleaved tasks share; an entry is gone with the last task that needs it."""
