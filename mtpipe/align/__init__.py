"""Sentence alignment: which sentences of two versions of a text belong together.

The aligner is given vectors, never an encoder.
"""

from collections.abc import Sequence

from threadpoolctl import threadpool_limits

from mtpipe.align.dp import Step
from mtpipe.align.evidence import Side, bead_shapes, describe
from mtpipe.align.moves import find_moves
from mtpipe.align.overlaps import EncodedOverlaps, Overlaps, SummedOverlaps
from mtpipe.align.search import find_path
from mtpipe.types import Alignment, Bead

__all__ = ["EncodedOverlaps", "Overlaps", "SummedOverlaps", "align_sentences"]

MAX_BEAD = 5
"""Sentences of both sides that one bead may have, by default."""


def align_sentences(
    source: Sequence[str],
    target: Sequence[str],
    source_overlaps: Overlaps,
    target_overlaps: Overlaps,
    *,
    max_bead: int = MAX_BEAD,
    ratio: float = 1.0,
) -> Alignment:
    """Align two lists of sentences.

    Args:
        source: sentences of one side.
        target: sentences of the other.
        source_overlaps: vectors of the source's runs of up to ``max_bead - 1`` sentences.
        target_overlaps: likewise of the target's.
        max_bead: sentences of both sides that one bead may have, at least 2.
        ratio: target characters that a source character usually becomes.
    """
    sides = describe(source, source_overlaps), describe(target, target_overlaps)
    # The matrices are small: many threads would spend their time waiting for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        path = find_path(*sides, shapes=bead_shapes(max_bead), ratio=ratio)
    return Alignment(
        beads=tuple(
            Bead(range(i0, i1), range(j0, j1), _likeness((i0, i1, j0, j1), *sides))
            for i0, i1, j0, j1 in path
        ),
        moves=find_moves(path, *sides),
    )


def _likeness(step: Step, source: Side, target: Side) -> float:
    """Cosine of a bead's sides, 0..1, to four digits."""
    i0, i1, j0, j1 = step
    if i0 == i1 or j0 == j1:
        return 0.0
    cosine = (
        source.overlaps.units(i1 - i0, i0, i0 + 1)[0]
        @ target.overlaps.units(j1 - j0, j0, j0 + 1)[0]
    )
    return round(min(max(float(cosine), 0.0), 1.0), 4)
