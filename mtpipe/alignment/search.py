"""From two sides to the best alignment: exactly for articles, coarse to fine for books.

Where the grid is too large to look at every cell, both sides are halved by joining neighbouring
sentences until it is small, aligned exactly there, and the path is refined level by level in a
band around it (as in Vecalign, Thompson and Koehn 2019). Time and memory are then linear in the
number of sentences.
"""

from collections.abc import Sequence

import numpy as np

from mtpipe.alignment.dp import Band, Shape, Step, best_path
from mtpipe.alignment.evidence import Evidence, Side
from mtpipe.alignment.overlaps import SummedOverlaps, pairs_added

EXACT_CELLS = 1_000_000
"""Grids up to this size are searched exactly."""

_COARSE_SHAPES: tuple[Shape, ...] = ((1, 1), (1, 2), (2, 1))
_RADIUS = 12


def find_path(
    source: Side,
    target: Side,
    *,
    shapes: Sequence[Shape],
    ratio: float = 1.0,
    exact_cells: int = EXACT_CELLS,
) -> list[Step]:
    """The best complete, monotone bead cover.

    Args:
        source: one side.
        target: the other.
        shapes: of beads with sentences on both sides.
        ratio: target characters that a source character usually becomes.
        exact_cells: search grids of up to so many cells exactly.
    """
    if not len(source) or not len(target):
        return [(i, i + 1, 0, 0) for i in range(len(source))] + [
            (0, 0, j, j + 1) for j in range(len(target))
        ]
    if (len(source) + 1) * (len(target) + 1) <= exact_cells:
        band = Band.full(len(source), len(target))
    else:
        coarse = find_path(
            _halved(source),
            _halved(target),
            shapes=_COARSE_SHAPES,
            ratio=ratio,
            exact_cells=exact_cells,
        )
        band = Band.around(coarse, len(source), len(target), radius=_RADIUS, scale=2)
    return best_path(Evidence(source, target, shapes=shapes, ratio=ratio), band)


def _halved(side: Side) -> Side:
    """A side with neighbouring sentences joined."""
    size = (len(side) + 1) // 2
    return Side(
        overlaps=SummedOverlaps(pairs_added(side.overlaps.sums)),
        lengths=pairs_added(side.lengths),
        closed=np.ones(size, dtype=bool),
        debris=np.zeros(size, dtype=bool),
    )
