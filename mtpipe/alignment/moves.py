"""Moved blocks: sentences that translate each other out of order, which beads can't pair.

Looked for among the sentences left alone and those of 1-1 beads that are hardly alike: something
else may stand where a moved sentence stood.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtpipe.alignment.dp import Step
from mtpipe.alignment.evidence import Side
from mtpipe.types import Move

_CERTAIN = 0.6
"""Cosine from which a single sentence counts as moved."""

_LIKELY = 0.4
"""Cosine from which a sentence counts as moved in a block of several."""

_WEAK = 0.3
"""Cosine below which a 1-1 bead is taken apart for a move."""

_MIN_CHARS = 20
_CHUNK_ROWS = 1_024
_MAX_PAIRS = 10**8


def find_moves(path: Sequence[Step], source: Side, target: Side) -> tuple[Move, ...]:
    """Moved blocks of a path, in the order of their source sentences.

    A source and a target sentence that are each other's nearest and near enough are a seed; seeds
    that follow each other on both sides make a block. Of books with too many sentences to compare
    them all no moves are reported.
    """
    weak = [step for step in path if _is_weak(step, source, target)]
    deleted = _alone([(i0, i1) for i0, i1, j0, j1 in path if j0 == j1], weak, source, side=0)
    inserted = _alone([(j0, j1) for i0, i1, j0, j1 in path if i0 == i1], weak, target, side=2)
    if not len(deleted) or not len(inserted) or len(deleted) * len(inserted) > _MAX_PAIRS:
        return ()
    nearest, cosines = _mutually_nearest(source, target, deleted, inserted)
    paired = {(step[0], step[2]) for step in weak}
    blocks: list[list[tuple[int, int, float]]] = []
    for i, j, cosine in zip(deleted, nearest, cosines, strict=True):
        if cosine < _LIKELY or (i, j) in paired:
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


def take_apart(path: Sequence[Step], moves: Sequence[Move]) -> list[Step]:
    """The path with the 1-1 beads of moved sentences as a deletion and an insertion."""
    sources = {i for move in moves for i in move.source}
    targets = {j for move in moves for j in move.target}
    steps: list[Step] = []
    for i0, i1, j0, j1 in path:
        if i0 < i1 and j0 < j1 and (i0 in sources or j0 in targets):
            steps += [(i0, i1, j0, j0), (i1, i1, j0, j1)]
        else:
            steps.append((i0, i1, j0, j1))
    return steps


def _is_weak(step: Step, source: Side, target: Side) -> bool:
    i0, i1, j0, j1 = step
    return (i1 - i0, j1 - j0) == (1, 1) and likeness(step, source, target) < _WEAK


def likeness(step: Step, source: Side, target: Side) -> float:
    """Cosine of a bead's sides, 0..1, to four digits; 0 where one is empty."""
    i0, i1, j0, j1 = step
    if i0 == i1 or j0 == j1:
        return 0.0
    cosine = (
        source.overlaps.units(i1 - i0, i0, i0 + 1)[0]
        @ target.overlaps.units(j1 - j0, j0, j0 + 1)[0]
    )
    return round(min(max(float(cosine), 0.0), 1.0), 4)


def _alone(
    spans: list[tuple[int, int]], weak: list[Step], sentences: Side, *, side: int
) -> NDArray[np.int64]:
    numbers = {number for start, stop in spans for number in range(start, stop)}
    numbers.update(step[side] for step in weak)
    return np.array(
        sorted(n for n in numbers if sentences.lengths[n] >= _MIN_CHARS), dtype=np.int64
    )


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
