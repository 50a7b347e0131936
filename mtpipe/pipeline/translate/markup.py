"""Links and emphasis from a paragraph to its translation, where their words can be matched.

Words of both sides are compared by the vectors of the encoder that ships, and two belong together
if each is the other's best match (as in SimAlign, Jalili Sabet et al. 2020, with static vectors).
The length of a word's vector, before it is normalised, separates articles and prepositions from
words that mean something.
Where a span's words have no clear counterpart the markup is left out: a link on the wrong words is
worse than none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import regex as re
from numpy.typing import NDArray

from mtpipe.encoders.static import StaticEncoder
from mtpipe.pipeline.resources import static_encoder
from mtpipe.report.spans import nested
from mtpipe.types import Span, TranslatedBlock, TranslatedSegment

_WORD = re.compile(r"[^\W_]+(?:[.,:'’-]?[^\W_]+)*")
_CLOSE = 0.5
_MOST_PAIRS = 1_000_000
"""Of words that are compared; more aren't in any sentence and its translation, and cost gigabytes."""
_FAR_IS_WORSE = 0.25  # by which two words at opposite ends of their sentences are less alike
_SHARE = 0.5
_MEANS_SOMETHING = 1.5
"""Length of a vector: "gegen" 1.5, "against" 1.4; "of" 0.2, "Austritt" 2.0, "bridge" 4.2."""


class MarkupMatcher:
    """Finds the words of a translation that inline markup belongs to.

    Args:
        encoder: of single words.
    """

    def __init__(self, encoder: StaticEncoder) -> None:
        self._encoder = encoder

    def match(self, block: TranslatedBlock) -> tuple[Span, ...]:
        """Spans of the translated text, in order; those that hold others first."""
        found = []
        shift = 0  # of the segment's translation against the segment
        for translated in block.segments:
            segment, text = translated.segment, translated.hypothesis.text
            inner = [
                Span(
                    max(span.start, segment.start) - segment.start,
                    min(span.end, segment.end) - segment.start,
                    span.markup,
                    span.address,
                )
                for span in block.block.spans
                if span.start < segment.end and span.end > segment.start
            ]
            start = segment.start + shift
            found += [
                Span(start + span.start, start + span.end, span.markup, span.address)
                for span in self._matched(inner, translated)
            ]
            shift += len(text) - len(segment.text)
        if not block.segments:
            found = list(block.block.spans)  # the text stayed as it was
        return tuple(nested(found, len(block.text)))

    def _matched(self, spans: list[Span], translated: TranslatedSegment) -> Iterator[Span]:
        source, target = translated.segment.text, translated.hypothesis.text
        words: _Pairs | None = None
        for span in spans:
            place = _whole(span, source, target) or _verbatim(span, source, target)
            if place is None:
                words = words or self._paired(source, target)
                place = words.counterpart(span)
            if place:
                yield Span(*place, span.markup, span.address)

    def _paired(self, source: str, target: str) -> "_Pairs":
        source_words, target_words = (
            [match.span() for match in _WORD.finditer(text)] for text in (source, target)
        )
        if not 0 < len(source_words) * len(target_words) <= _MOST_PAIRS:
            return _Pairs(source_words, target_words, {}, frozenset(), frozenset())
        texts = [source[slice(*place)] for place in source_words]
        texts += [target[slice(*place)] for place in target_words]
        vectors = self._encoder.sums(self._encoder.pieces(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.maximum(lengths, 1e-12)
        size = len(source_words)
        alike = vectors[:size] @ vectors[size:].T  # [source words x target words]
        full = {number for number, length in enumerate(lengths) if length >= _MEANS_SOMETHING}
        return _Pairs(
            source_words,
            target_words,
            _best_for_each_other(alike),
            frozenset(number for number in full if number < size),
            frozenset(number - size for number in full if number >= size),
        )


def load_matcher() -> MarkupMatcher:
    """A matcher with the encoder that ships."""
    return MarkupMatcher(static_encoder())


_Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Words of a sentence and of its translation that belong together.

    Attributes:
        source_words: start and end of the sentence's words.
        target_words: of its translation's.
        target_of: number of the target word by that of the source word.
        source_content: numbers of the source words that mean something by themselves.
        target_content: of the target words.
    """

    source_words: list[_Place]
    target_words: list[_Place]
    target_of: dict[int, int]
    source_content: frozenset[int]
    target_content: frozenset[int]

    def counterpart(self, span: Span) -> _Place | None:
        """Where in the translation the words of a span are; None where that isn't clear."""
        inside = [
            number
            for number, (start, end) in enumerate(self.source_words)
            if start < span.end and end > span.start
        ]
        content = self.source_content.intersection(inside)
        hits = {self.target_of[number] for number in content if number in self.target_of}
        hits &= self.target_content
        if not hits or len(hits) < _SHARE * len(content):
            return None
        first, last = min(hits), max(hits)
        others = (self.target_of.get(n) for n in self.source_content.difference(inside))
        if any(n is not None and first <= n <= last for n in others):
            return None
        if last - first > 2 * len(inside):
            return None
        # "the bridge" is "die Brücke", not just "Brücke".
        before = first - 1
        if inside[0] not in content and before >= 0 and before not in self.target_content:
            first = before
        return self.target_words[first][0], self.target_words[last][1]


def _best_for_each_other(alike: NDArray[np.float32]) -> dict[int, int]:
    rows, columns = alike.shape
    distance = np.abs(np.linspace(0, 1, rows)[:, None] - np.linspace(0, 1, columns)[None, :])
    weighed = alike - _FAR_IS_WORSE * distance
    best_column, best_row = weighed.argmax(axis=1), weighed.argmax(axis=0)
    return {
        row: int(column)
        for row, column in enumerate(best_column)
        if best_row[column] == row and alike[row, column] >= _CLOSE
    }


def _whole(span: Span, source: str, target: str) -> _Place | None:
    """All of the translation, for a span over all the words of the sentence."""
    outside = source[: span.start] + source[span.end :]
    return None if _WORD.search(outside) else (0, len(target))


def _verbatim(span: Span, source: str, target: str) -> _Place | None:
    """Where the very words of a span stand in the translation, if they do once."""
    text = source[span.start : span.end].strip()
    if not text:
        return None
    places = [m.span() for m in re.finditer(rf"(?<!\w){re.escape(text)}(?!\w)", target)]
    return places[0] if len(places) == 1 else None
