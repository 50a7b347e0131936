"""What speaks for a bead: a log-linear model over a few features, its weights learnt from data.

Features of a bead with sentences on both sides: the cosine of the two runs' vectors (weighted by
the bead's length and by its number of sentences), how far the lengths are apart (Gale and Church
1993), whether both runs end in closing punctuation, whether the vectors are so far apart that the
runs are hardly translations, and its shape. An insertion or deletion has
a constant score, and another where the sentence is no more than debris (a rule, a page number).

The scores of an alignment are its log-probability up to a constant, as in a conditional random
field; ``data/benchmarks/align_weights.py`` learns the weights that way from a gold alignment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mtpipe.alignment.dp import Shape
from mtpipe.alignment.overlaps import Overlaps

_LENGTH_VARIANCE = 6.0
_LENGTH_FLOOR = 30.0
_LENGTH_CAP = 10.0
_ALIKE = np.float32(0.25)
_CLOSING = frozenset(".!?…")
_AFTER_CLOSING = " \t\u00a0\u202f\"'»«”“’)]-"


def bead_shapes(most: int) -> tuple[Shape, ...]:
    """The shapes with sentences on both sides and at most ``most`` in all, simplest first."""
    shapes = ((a, n - a) for n in range(2, most + 1) for a in range(1, n))
    return tuple(sorted(shapes, key=lambda shape: (sum(shape), shape)))


@dataclass(frozen=True)
class Weights:
    """Weights of the features.

    Attributes:
        similarity: of the cosine times the square root of the bead's length (1 = an average
            sentence on each side).
        length: of that square root alone.
        similarity_each: of the cosine times the number of sentences.
        distance: of the squared, normalised difference of the lengths.
        unlike: of how far the cosine falls short of 0.25; set by hand, since gold
            alignments of faithful translations hold nothing to learn it from.
        end: of one side ending in closing punctuation and the other not.
        null: of an insertion or deletion.
        debris: added to that for a sentence with hardly any letters.
        shapes: of each shape, by its larger and its smaller side.
        more: of each sentence by which a shape is larger than the nearest one listed.
    """

    similarity: float = 7.61
    length: float = 0.08
    similarity_each: float = 2.05
    distance: float = -0.57
    unlike: float = -25.0
    end: float = -1.60
    null: float = -1.46
    debris: float = 1.86
    more: float = -1.27
    shapes: Mapping[Shape, float] = field(
        default_factory=lambda: {
            (1, 1): 0.0,
            (2, 1): -1.62,
            (2, 2): -2.40,
            (3, 1): -2.82,
            (3, 2): -3.08,
            (4, 1): -4.25,
        }
    )

    def of_shape(self, shape: Shape) -> float:
        """Weight of a shape."""
        large, small = max(shape), min(shape)
        if (large, small) in self.shapes:
            return self.shapes[large, small]
        return self.more + self.of_shape(
            (large - 1, small) if large > small else (large, small - 1)
        )


LEARNT = Weights()


@dataclass(frozen=True)
class Side:
    """One side of an alignment, in numbers.

    Attributes:
        overlaps: vectors of its runs.
        lengths: characters that aren't white space, one number per sentence.
        closed: whether each sentence ends in closing punctuation.
        debris: whether each sentence has hardly any letters.
    """

    overlaps: Overlaps
    lengths: NDArray[np.float32]
    closed: NDArray[np.bool_]
    debris: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lengths)


def describe(texts: Sequence[str], overlaps: Overlaps) -> Side:
    """Measure the sentences of one side."""
    return Side(
        overlaps=overlaps,
        lengths=np.array([len("".join(text.split())) for text in texts], dtype=np.float32),
        closed=np.array([_is_closed(text) for text in texts], dtype=bool),
        debris=np.array([sum(map(str.isalpha, text)) < 5 for text in texts], dtype=bool),
    )


def _is_closed(text: str) -> bool:
    return text.rstrip(_AFTER_CLOSING)[-1:] in _CLOSING


class Evidence:
    """The scores of all beads between two sides, see :class:`mtpipe.alignment.dp.BeadScores`.

    Args:
        source: one side.
        target: the other.
        shapes: of beads with sentences on both sides.
        ratio: target characters that a source character usually becomes.
        weights: of the features.
    """

    def __init__(
        self,
        source: Side,
        target: Side,
        *,
        shapes: Sequence[Shape],
        ratio: float = 1.0,
        weights: Weights = LEARNT,
    ) -> None:
        self.shapes = shapes
        self._source, self._target = source, target
        self._ratio, self._weights = ratio, weights
        self._per_pair = max(float(_mean(source.lengths) + _mean(target.lengths)), 1.0)
        self._characters = tuple(
            np.concatenate(([0.0], np.cumsum(side.lengths, dtype=np.float64)))
            for side in (source, target)
        )
        self.deletions = self._null_scores(source)
        self.insertions = self._null_scores(target)

    def _null_scores(self, side: Side) -> NDArray[np.float32]:
        weights = self._weights
        return (weights.null + weights.debris * side.debris).astype(np.float32)

    def block(self, row0: int, row1: int, column0: int, column1: int) -> NDArray[np.float32]:
        """See :meth:`mtpipe.alignment.dp.BeadScores.block`."""
        scores = np.full(
            (len(self.shapes), row1 - row0, column1 - column0), -np.inf, dtype=np.float32
        )
        source_units: dict[int, NDArray[np.float32]] = {}
        target_units: dict[int, NDArray[np.float32]] = {}
        for code, (a, b) in enumerate(self.shapes):
            rows, columns = np.arange(max(row0, a), row1), np.arange(max(column0, b), column1)
            if not len(rows) or not len(columns):
                continue
            if a not in source_units:
                source_units[a] = self._source.overlaps.units(a, rows[0] - a, rows[-1] - a + 1)
            if b not in target_units:
                target_units[b] = self._target.overlaps.units(
                    b, columns[0] - b, columns[-1] - b + 1
                )
            scores[code, rows[0] - row0 :, columns[0] - column0 :] = self._judge(
                source_units[a] @ target_units[b].T, rows, columns, (a, b)
            )
        return scores

    def _judge(
        self,
        cosines: NDArray[np.float32],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        shape: Shape,
    ) -> NDArray[np.float32]:
        """Scores of the beads of one shape that end at the given rows and columns."""
        weights, (a, b) = self._weights, shape
        source_chars, target_chars = self._characters
        source = (source_chars[rows] - source_chars[rows - a]).astype(np.float32)[:, None]
        target = (target_chars[columns] - target_chars[columns - b]).astype(np.float32)[None, :]
        expected = source * np.float32(self._ratio)
        variance = (expected + target) * (_LENGTH_VARIANCE / 2) + _LENGTH_FLOOR
        # (rows, columns) from here on
        distance = np.minimum((target - expected) ** 2 / (2 * variance), _LENGTH_CAP)
        root = np.sqrt((source + target) / self._per_pair)
        ends = self._source.closed[rows - 1][:, None] != self._target.closed[columns - 1][None, :]
        score: NDArray[np.float32] = (
            (weights.similarity * root + weights.similarity_each * (a + b)) * cosines
            + weights.length * root
            + weights.distance * distance
            + weights.unlike * np.maximum(_ALIKE - cosines, 0)
            + weights.end * ends
            + weights.of_shape(shape)
        )
        return score


def _mean(lengths: NDArray[np.float32]) -> float:
    return float(lengths.mean()) if len(lengths) else 0.0
