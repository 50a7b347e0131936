"""Dynamic programming over a band of the alignment grid: the best complete, monotone bead cover.

A cell ``(i, j)`` stands between sentences: ``i`` source and ``j`` target sentences are used up. A
bead of shape ``(a, b)`` leads from ``(i - a, j - b)`` to ``(i, j)``; deletions and insertions move
along one side only. The recurrence is Gale and Church's (1993); a row of cells is computed at a
time, insertions (the only moves inside a row) by a running maximum.

Not for judging beads: scores come from outside, see :mod:`mtpipe.alignment.evidence`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Shape = tuple[int, int]
"""Numbers of source and target sentences of a bead; (1, 0) is a deletion, (0, 1) an insertion."""

Step = tuple[int, int, int, int]
"""A bead's place: source start and stop, target start and stop."""

_BLOCK_CELLS = 8_192
_DELETION, _INSERTION = -1, -2


@dataclass(frozen=True)
class Band:
    """Which cells are looked at: of row ``i`` those from ``starts[i]`` up to ``stops[i]``.

    Attributes:
        starts: shape (source sentences + 1,), never decreasing, first 0.
        stops: exclusive, never decreasing, last = target sentences + 1; each row overlaps the
            row before it in at least one cell.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @classmethod
    def full(cls, n_source: int, n_target: int) -> "Band":
        """Every cell."""
        rows = np.zeros(n_source + 1, dtype=np.int64)
        return cls(rows, rows + n_target + 1)

    @classmethod
    def around(
        cls, steps: Sequence[Step], n_source: int, n_target: int, *, radius: int, scale: int = 1
    ) -> "Band":
        """The cells near a path.

        Args:
            steps: the path, complete and monotone.
            n_source: source sentences of the band.
            n_target: target sentences of the band.
            radius: how far from the path a cell may be, in sentences of either side.
            scale: sentences per unit of the path, for a path through a coarser grid.
        """
        starts = np.full(n_source + 1, n_target, dtype=np.int64)
        stops = np.zeros(n_source + 1, dtype=np.int64)
        for i0, i1, j0, j1 in steps:
            first, last = max(i0 * scale - radius, 0), min(i1 * scale + radius, n_source)
            starts[first : last + 1] = np.minimum(starts[first : last + 1], j0 * scale - radius)
            stops[first : last + 1] = np.maximum(stops[first : last + 1], j1 * scale + radius + 1)
        starts[0], stops[-1] = 0, n_target + 1
        starts = np.maximum(np.minimum.accumulate(starts[::-1])[::-1], 0)
        stops = np.minimum(np.maximum.accumulate(stops), n_target + 1)
        return cls(starts, stops)

    def blocks(self) -> Iterator[tuple[int, int, int, int]]:
        """Cut the band into blocks of rows, each as ``(row0, row1, column0, column1)``.

        A block spans the columns of all its rows, and holds a bounded number of cells unless a
        single row is longer.
        """
        row, rows = 0, len(self.starts)
        while row < rows:
            stop = row + 1
            while stop < rows and self._area(row, stop + 1) <= _BLOCK_CELLS:
                stop += 1
            yield row, stop, int(self.starts[row]), int(self.stops[stop - 1])
            row = stop

    def _area(self, row: int, stop: int) -> int:
        return int((stop - row) * (self.stops[stop - 1] - self.starts[row]))


class BeadScores(Protocol):
    """Scores of beads, to be added up and maximised."""

    shapes: Sequence[Shape]
    """The shapes with sentences on both sides."""

    deletions: NDArray[np.float32]
    """Score of leaving each source sentence alone, shape (source sentences,)."""

    insertions: NDArray[np.float32]
    """Score of leaving each target sentence alone, shape (target sentences,)."""

    def block(self, row0: int, row1: int, column0: int, column1: int) -> NDArray[np.float32]:
        """Scores of the beads that end in a block of cells.

        Returns:
            Shape (shapes, row1 - row0, column1 - column0); -inf where a bead would begin before
            the first sentence.
        """
        ...


def best_path(scores: BeadScores, band: Band) -> list[Step]:
    """The cover of both sides whose beads' scores add up to the most.

    Time and memory are proportional to the cells of the band.

    Returns:
        Its beads in order; deletions and insertions have one sentence each.
    """
    n_target = len(scores.insertions)
    depth = max(a for a, _ in scores.shapes)
    # Cumulative insertion scores turn "insert columns k+1..j" into a difference.
    inserted = np.concatenate(([0.0], np.cumsum(scores.insertions, dtype=np.float64)))
    trace: list[NDArray[np.int8]] = []
    recent: dict[int, NDArray[np.float64]] = {}
    for row0, row1, column0, column1 in band.blocks():
        block = scores.block(row0, row1, column0, column1)
        for i in range(row0, row1):
            start, stop = int(band.starts[i]), int(band.stops[i])
            best = np.full(stop - start, -np.inf)
            choice = np.full(stop - start, _INSERTION, dtype=np.int8)
            if i == 0:
                best[0] = 0.0
            else:
                _improve(
                    best, choice, recent[i - 1], start, int(band.starts[i - 1]), 0,
                    scores.deletions[i - 1], _DELETION,
                )  # fmt: skip
            for code, (a, b) in enumerate(scores.shapes):
                if i >= a:
                    gains = block[code, i - row0, start - column0 : stop - column0]
                    _improve(
                        best, choice, recent[i - a], start, int(band.starts[i - a]), b, gains, code
                    )
            base = best - inserted[start:stop]
            running = np.maximum.accumulate(base)
            choice[running > base] = _INSERTION
            recent[i] = running + inserted[start:stop]
            recent.pop(i - depth, None)
            trace.append(choice)
    return _trace_back(trace, band, scores.shapes, n_target)


def _improve(
    best: NDArray[np.float64],
    choice: NDArray[np.int8],
    earlier: NDArray[np.float64],
    start: int,
    earlier_start: int,
    b: int,
    gains: NDArray[np.float32] | np.float32,
    code: int,
) -> None:
    """Take the beads of one shape into a row where they beat what it has, in place."""
    # Cell k of the row is column start + k; the bead comes from column start + k - b.
    offset = earlier_start + b - start
    low, high = max(offset, 0), min(offset + len(earlier), len(best))
    if low >= high:
        return
    candidate = earlier[low - offset : high - offset] + (
        gains[low:high] if isinstance(gains, np.ndarray) else gains
    )
    better = candidate > best[low:high]
    best[low:high][better] = candidate[better]
    choice[low:high][better] = code


def _trace_back(
    trace: list[NDArray[np.int8]], band: Band, shapes: Sequence[Shape], n_target: int
) -> list[Step]:
    i, j = len(trace) - 1, n_target
    steps: list[Step] = []
    while i or j:
        code = int(trace[i][j - band.starts[i]])
        a, b = {_DELETION: (1, 0), _INSERTION: (0, 1)}.get(code) or shapes[code]
        steps.append((i - a, i, j - b, j))
        i, j = i - a, j - b
    return steps[::-1]
