"""Moved blocks: sentences left alone on both sides that translate each other out of order.

Not for sentences that beads already pair.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mtpipe.align.dp import Step
from mtpipe.align.evidence import Side
from mtpipe.types import Move

_CERTAIN = 0.6
"""Cosine from which a single sentence counts as moved."""

_LIKELY = 0.4
"""Cosine from which a sentence counts as moved in a block of several."""

_MIN_CHARS = 20
_CHUNK_ROWS = 1_024
_MAX_PAIRS = 10**8


def find_moves(path: Sequence[Step], source: Side, target: Side) -> tuple[Move, ...]:
    """Moved blocks of a path, in the order of their source sentences.

    A deletion and an insertion that are each other's nearest and near enough are a seed; seeds
    that follow each other on both sides make a block. Of books with too many sentences alone on
    both sides to compare them all no moves are reported.
    """
    deleted = _alone(((i0, i1) for i0, i1, j0, j1 in path if j0 == j1), source)
    inserted = _alone(((j0, j1) for i0, i1, j0, j1 in path if i0 == i1), target)
    if not len(deleted) or not len(inserted) or len(deleted) * len(inserted) > _MAX_PAIRS:
        return ()
    nearest, cosines = _mutually_nearest(source, target, deleted, inserted)
    blocks: list[list[tuple[int, int, float]]] = []
    for i, j, cosine in zip(deleted, nearest, cosines, strict=True):
        if cosine < _LIKELY:
            continue
        if blocks and (i, j) == (blocks[-1][-1][0] + 1, blocks[-1][-1][1] + 1):
            blocks[-1].append((int(i), int(j), float(cosine)))
        else:
            blocks.append([(int(i), int(j), float(cosine))])
    return tuple(
        Move(
            source=range(block[0][0], block[-1][0] + 1),
            target=range(block[0][1], block[-1][1] + 1),
            score=round(min(sum(cosine for *_, cosine in block) / len(block), 1.0), 4),
        )
        for block in blocks
        if len(block) > 1 or block[0][2] >= _CERTAIN
    )


def _alone(spans: Iterator[tuple[int, int]], side: Side) -> NDArray[np.int64]:
    numbers = (number for start, stop in spans for number in range(start, stop))
    return np.array([n for n in numbers if side.lengths[n] >= _MIN_CHARS], dtype=np.int64)


def _mutually_nearest(
    source: Side, target: Side, deleted: NDArray[np.int64], inserted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each deleted sentence its nearest inserted one, with cosine -1 where not mutual."""
    inserted_units = target.overlaps.units(1, 0, len(target))[inserted]
    deleted_units = source.overlaps.units(1, 0, len(source))[deleted]
    best_of_source = np.empty(len(deleted), dtype=np.int64)
    cosines = np.empty(len(deleted), dtype=np.float32)
    best_of_target = np.full(len(inserted), -1, dtype=np.int64)
    best_cosines = np.full(len(inserted), -np.inf, dtype=np.float32)
    for first in range(0, len(deleted), _CHUNK_ROWS):
        chunk = deleted_units[first : first + _CHUNK_ROWS] @ inserted_units.T
        rows = slice(first, first + len(chunk))
        best_of_source[rows] = chunk.argmax(axis=1)
        cosines[rows] = chunk.max(axis=1)
        better = chunk.max(axis=0) > best_cosines
        best_of_target[better] = first + chunk.argmax(axis=0)[better]
        best_cosines[better] = chunk.max(axis=0)[better]
    mutual = best_of_target[best_of_source] == np.arange(len(deleted))
    return inserted[best_of_source], np.where(mutual, cosines, np.float32(-1))
