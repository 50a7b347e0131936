"""Vectors of runs of sentences ("overlaps", Thompson and Koehn 2019), the unit that beads compare.

Of an additive encoder the vector of a run is the sum of its sentences' vectors and needs no
further encoding; any other encoder has to encode each run's text.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Overlaps(Protocol):
    """Unit vectors of all runs of consecutive sentences of one side."""

    sums: NDArray[np.float32]
    """One vector a sentence, shape (sentences, dimensions), whose sums are meaningful."""

    def units(self, size: int, first: int, last: int) -> NDArray[np.float32]:
        """Vectors of unit length of the runs of ``size`` sentences.

        Args:
            size: sentences a run.
            first: where the first run starts.
            last: where the last run starts, exclusive.

        Returns:
            Shape (last - first, dimensions).
        """
        ...


class SummedOverlaps:
    """Runs as sums of their sentences' vectors.

    Args:
        sums: shape (sentences, dimensions), not normalised.
    """

    def __init__(self, sums: NDArray[np.float32]) -> None:
        self.sums = sums

    def units(self, size: int, first: int, last: int) -> NDArray[np.float32]:
        """See :class:`Overlaps`."""
        total = self.sums[first:last]
        for k in range(1, size):
            total = total + self.sums[first + k : last + k]
        return unit_rows(total)


class EncodedOverlaps:
    """Runs with vectors of their own.

    Args:
        runs: of each size from 1 the vectors of its runs by their first sentence, shape
            (sentences - size + 1, dimensions).
    """

    def __init__(self, runs: Sequence[NDArray[np.float32]]) -> None:
        self._runs = [unit_rows(vectors) for vectors in runs]
        self.sums = self._runs[0]

    def units(self, size: int, first: int, last: int) -> NDArray[np.float32]:
        """See :class:`Overlaps`."""
        return self._runs[size - 1][first:last]


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def pairs_added(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows 0+1, 2+3, ...; an odd last row stays alone."""
    return np.asarray(np.add.reduceat(rows, np.arange(0, len(rows), 2), axis=0), dtype=np.float32)
