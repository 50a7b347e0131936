"""A system: engine, model and decoding options together; text in, text out."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mtpipe.engines.base import DecodingOptions, Engine, Pending
from mtpipe.engines.batching import batches_by_length, windows
from mtpipe.engines.safety import is_translatable
from mtpipe.engines.splitting import split_long
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.types import Direction, Hypothesis

WINDOW_SEGMENTS, WINDOW_CHARS = 4_096, 400_000
"""A window, the unit of sorting, ends with whichever comes first."""

BATCH_TOKENS = 2_048
"""Source tokens a batch, padding included."""

MAX_SEGMENT_TOKENS = 160
"""Longer segments are translated in pieces: models are trained on sentences of up to 128."""


class System:
    """Translates segments.

    Args:
        engine: with the model loaded.
        tokenizer: of the same model.
        options: of the search.
        name: of the model and its revision, for the signature.
    """

    def __init__(
        self, engine: Engine, tokenizer: Tokenizer, options: DecodingOptions, *, name: str
    ) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._options = options
        self._name = name

    @property
    def signature(self) -> str:
        """Everything that the output depends on, apart from the input."""
        return f"model:{self._name}|{self._engine.signature}|{self._options}"

    def translate(self, segments: Sequence[str], direction: Direction) -> list[Hypothesis]:
        """Translate a list of segments; see :meth:`stream`."""
        return list(self.stream(segments, direction))

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
        in_flight: deque[_Window] = deque()
        cut = windows(segments, count=WINDOW_SEGMENTS, size=WINDOW_CHARS, measure=len)
        for window in itertools.chain(cut, [None]):
            if window is not None:
                in_flight.append(self._submit(window, direction))
            # Tokenise the next window while the engine decodes this one.
            while in_flight and (window is None or len(in_flight) > 1):
                yield from self._collect(in_flight.popleft())

    def _submit(self, segments: list[str], direction: Direction) -> "_Window":
        pieces, owners = self._pieces(segments)
        tokens = self._tokenizer.encode(pieces, direction)
        batches: list[tuple[list[int], Pending]] = []
        for rows in batches_by_length(list(map(len, tokens)), max_tokens=BATCH_TOKENS):
            pending = self._engine.submit([tokens[row] for row in rows], self._options)
            batches.append((rows, pending))
        return _Window(segments, owners, batches)

    def _pieces(self, segments: list[str]) -> tuple[list[str], list[int]]:
        """What is decoded, and for each piece the number of its segment."""
        pieces: list[str] = []
        owners: list[int] = []
        for number, segment in enumerate(segments):
            if not is_translatable(segment):
                continue
            # A piece of SentencePiece has at least one character, so short ones can't be over.
            parts = (
                [segment]
                if len(segment) <= MAX_SEGMENT_TOKENS
                else split_long(segment, MAX_SEGMENT_TOKENS, self._tokenizer.count)
            )
            pieces += parts
            owners += [number] * len(parts)
        return pieces, owners

    def _collect(self, window: "_Window") -> Iterator[Hypothesis]:
        parts: list[Hypothesis] = [Hypothesis("", 0.0)] * len(window.owners)
        lengths = [1] * len(window.owners)
        for rows, pending in window.batches:
            for row, decoded in zip(rows, pending.result(), strict=True):
                parts[row] = Hypothesis(self._tokenizer.decode(decoded.tokens), decoded.score)
                lengths[row] = len(decoded.tokens) + 1
        row = 0
        for number, segment in enumerate(window.segments):
            first = row
            while row < len(window.owners) and window.owners[row] == number:
                row += 1
            if first == row:
                yield Hypothesis(segment, 0.0)
            elif row - first == 1:
                yield parts[first]
            else:
                total = sum(
                    p.score * n for p, n in zip(parts[first:row], lengths[first:row], strict=True)
                )
                text = " ".join(part.text for part in parts[first:row])
                yield Hypothesis(text, total / sum(lengths[first:row]))


@dataclass(frozen=True)
class _Window:
    """Segments whose pieces are being decoded.

    Attributes:
        segments: as they came.
        owners: the segment's number of each piece, ascending.
        batches: piece numbers of each batch, and its result to come.
    """

    segments: list[str]
    owners: list[int]
    batches: list[tuple[list[int], Pending]]
