"""A system: engine, model and decoding options together; text in, text out."""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from mtpipe.engines.base import DecodingOptions, Engine, Pending, RatingEngine
from mtpipe.engines.batching import batches_by_length, interleave, windows
from mtpipe.engines.repair import Attempt, Outcome, attempts, best
from mtpipe.engines.safety import is_translatable
from mtpipe.engines.splitting import split_long
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.errors import EngineError
from mtpipe.types import Direction, Flag, Hypothesis, Remedy

WINDOW_SEGMENTS, WINDOW_CHARS = 4_096, 400_000
"""A window, the unit of sorting, ends with whichever comes first."""

BATCH_TOKENS = 2_048
"""Source tokens a batch, padding included."""

MAX_SEGMENT_TOKENS = 160
"""Longer segments are translated in pieces: models are trained on sentences of up to 128."""


class Memory(Protocol):
    """Where hypotheses are kept for the next time, see :mod:`mtpipe.engines.cache`."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Hypothesis, bool]]:
        """Those that are there, and whether they are settled."""
        ...

    def put(self, entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        """Keep some more; those that are to be decoded again another way aren't settled."""
        ...


class System:
    """Translates segments.

    Args:
        engine: with the model loaded.
        tokenizer: of the same model.
        options: of the search.
        name: of the model and its revision, for the signature.
        safe: look for loops and other evident mistakes, decode such segments again another way,
            and flag them.
        memory: what was translated before isn't translated again.
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
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._options = options
        self._name = name
        self._safe = safe
        self._memory = memory

    @property
    def name(self) -> str:
        """Of the model and its revision."""
        return self._name

    @property
    def signature(self) -> str:
        """Everything that the output depends on, apart from the input."""
        safe = "|safe:1" if self._safe else ""
        return f"model:{self._name}|{self._engine.signature}|{self._options}{safe}"

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
        if not isinstance(self._engine, RatingEngine):
            raise EngineError(
                f"{self._engine.signature} doesn't rate given translations",
                hint="use the engine ctranslate2",
            )
        sources = [
            [*tokens[:MAX_SEGMENT_TOKENS], *tokens[-1:]]
            if len(tokens) > MAX_SEGMENT_TOKENS
            else tokens
            for tokens in self._tokenizer.encode(segments, direction)
        ]
        targets = [
            tokens[:MAX_SEGMENT_TOKENS] for tokens in self._tokenizer.encode_target(translations)
        ]
        return self._engine.log_probs(sources, targets)

    def stream(self, segments: Iterable[str], direction: Direction) -> Iterator[Hypothesis]:
        """Translate segments of a stream that needn't fit in memory, in their order.

        Segments without a word to translate come back as they are. Segments that are too long
        for a model are translated in pieces, joined by spaces. Other segments are read ahead,
        two windows at the most (three if some are decoded again), while the engine works.

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

        What is decoded together depends on the window (and the memory) only, and so does the
        result: floating-point numbers add up differently in other batches.

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
        cells: dict[str, _Cell] = {}
        texts: dict[bytes, str] = {}  # those that no other window is about to translate
        for segment in dict.fromkeys(filter(is_translatable, segments)):
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
        todo = [key for key in texts if key not in remembered]
        if todo:
            run = self._submit([self._pieces(texts[key]) for key in todo], direction, self._options)
            yield
            for batch in run.outcomes(self._tokenizer):
                clean, unclean = self._checked({todo[n]: out for n, out in batch.items()}, texts)
                self._settle(clean, in_flight)
                doubtful |= unclean
        if doubtful:
            # In the order of the window, whether they were remembered or not.
            firsts = {texts[key]: doubtful[key] for key in texts if key in doubtful}
            again = self._submit_again(firsts, direction)
            yield
            tried = _collect_again(again, self._tokenizer)
            settled = {key: best(texts[key], doubtful[key], tried[texts[key]]) for key in doubtful}
            self._settle(settled, in_flight)
        while any(cell.hypothesis is None for cell in cells.values()):
            yield
        return [
            (cells[segment].hypothesis if segment in cells else None) or Hypothesis(segment, 0.0)
            for segment in segments
        ]

    def _pieces(self, segment: str) -> list[str]:
        # A token is at least one byte (of an emoji, say), so short ones can't be over.
        if len(segment.encode("utf-8", "replace")) <= MAX_SEGMENT_TOKENS:
            return [segment]
        return split_long(segment, MAX_SEGMENT_TOKENS, self._tokenizer.count)

    def _all_pieces(self, attempt: Attempt) -> list[str]:
        return [piece for part in attempt.pieces for piece in self._pieces(part)]

    def _submit(
        self, segments: Sequence[Sequence[str]], direction: Direction, options: DecodingOptions
    ) -> "_Run":
        """Start decoding segments, each given as its pieces."""
        owners = [number for number, pieces in enumerate(segments) for _ in pieces]
        tokens = self._tokenizer.encode([p for pieces in segments for p in pieces], direction)
        batches: list[_Batch] = []
        for rows in batches_by_length(list(map(len, tokens)), max_tokens=BATCH_TOKENS):
            batch = [tokens[row] for row in rows]
            limit = options.max_length(max(map(len, batch)))
            batches.append(_Batch(rows, limit, self._engine.submit(batch, options)))
        return _Run(owners, batches)

    def _checked(
        self, outcomes: Mapping[bytes, Outcome], texts: Mapping[bytes, str]
    ) -> tuple[dict[bytes, Hypothesis], dict[bytes, Hypothesis]]:
        """Translations without and with problems, the latter flagged with them."""
        clean: dict[bytes, Hypothesis] = {}
        unclean: dict[bytes, Hypothesis] = {}
        for key, outcome in outcomes.items():
            found = outcome.problems(texts[key]) if self._safe else ()
            hypothesis = Hypothesis(outcome.text, outcome.score, tuple(map(Flag, found)))
            (unclean if found else clean)[key] = hypothesis
        if unclean and self._memory:
            self._memory.put(unclean, settled=False)
        return clean, unclean

    def _submit_again(
        self, doubtful: Mapping[str, Hypothesis], direction: Direction
    ) -> list[tuple[list[tuple[str, Attempt]], "_Run"]]:
        """Start decoding segments in other ways, those with the same options together."""
        groups: dict[DecodingOptions, list[tuple[str, Attempt]]] = {}
        for segment, hypothesis in doubtful.items():
            found = [flag.problem for flag in hypothesis.flags]
            for attempt in attempts(segment, found, self._options, self._tokenizer.count):
                groups.setdefault(attempt.options, []).append((segment, attempt))
        return [
            (group, self._submit([self._all_pieces(a) for _, a in group], direction, options))
            for options, group in groups.items()
        ]

    def _settle(self, entries: Mapping[bytes, Hypothesis], in_flight: "InFlight") -> None:
        for key, hypothesis in entries.items():
            in_flight[key].hypothesis = hypothesis
        if entries and self._memory:
            self._memory.put(entries, settled=True)


def _collect_again(
    again: list[tuple[list[tuple[str, Attempt]], "_Run"]], tokenizer: Tokenizer
) -> dict[str, list[tuple[Remedy, Outcome]]]:
    """What came of the attempts for each segment, in the order of the remedies."""
    results: dict[str, list[tuple[Remedy, Outcome]]] = {}
    for group, run in again:
        for batch in run.outcomes(tokenizer):
            for number, outcome in batch.items():
                segment, attempt = group[number]
                tried = (attempt.remedy, attempt.restored(outcome))
                results.setdefault(segment, []).append(tried)
    for tries in results.values():
        tries.sort(key=lambda tried: list(Remedy).index(tried[0]))
    return results


class _Cell:
    """Room for the translation of a segment in flight."""

    hypothesis: Hypothesis | None = None


InFlight = WeakValueDictionary[bytes, _Cell]
"""What interleaved tasks share; an entry is gone with the last task that needs it."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pieces that are decoded together.

    Attributes:
        rows: their numbers.
        limit: most tokens of an output.
        pending: the result to come.
    """

    rows: list[int]
    limit: int
    pending: Pending


@dataclass(frozen=True, slots=True)
class _Run:
    """Segments whose pieces are being decoded.

    Attributes:
        owners: the segment's number of each piece, ascending.
        batches: of all the pieces.
    """

    owners: list[int]
    batches: list[_Batch]

    def outcomes(self, tokenizer: Tokenizer) -> Iterator[dict[int, Outcome]]:
        """Wait for one batch after the other; the segments that are complete with each."""
        missing = Counter(self.owners)
        parts: dict[int, dict[int, tuple[Outcome, int]]] = {}
        for batch in self.batches:
            complete: dict[int, Outcome] = {}
            for row, decoded in zip(batch.rows, batch.pending.result(), strict=True):
                owner, tokens = self.owners[row], len(decoded.tokens)
                outcome = Outcome(
                    tokenizer.decode(decoded.tokens), decoded.score, tokens >= batch.limit
                )
                parts.setdefault(owner, {})[row] = (outcome, tokens + 1)
                missing[owner] -= 1
                if not missing[owner]:
                    pieces = parts.pop(owner)
                    complete[owner] = _joined([pieces[row] for row in sorted(pieces)])
            yield complete


def _joined(pieces: Sequence[tuple[Outcome, int]]) -> Outcome:
    """One outcome of several and their lengths in tokens, by which the scores are weighted."""
    if len(pieces) == 1:
        return pieces[0][0]
    return Outcome(
        " ".join(outcome.text for outcome, _ in pieces),
        sum(outcome.score * length for outcome, length in pieces)
        / sum(length for _, length in pieces),
        any(outcome.truncated for outcome, _ in pieces),
    )
