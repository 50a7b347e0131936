"""Sentence alignment: which sentences of two versions of a text belong together.

The aligner is given vectors, never an encoder.
"""

from collections.abc import Sequence

from mtpipe.alignment.evidence import bead_shapes, describe
from mtpipe.alignment.moves import find_moves, likeness, take_apart
from mtpipe.alignment.overlaps import EncodedOverlaps, Overlaps, SummedOverlaps
from mtpipe.alignment.search import find_path
from mtpipe.blas import single_threaded
from mtpipe.types import Alignment, Bead

__all__ = ["EncodedOverlaps", "Overlaps", "SummedOverlaps", "align_sentences"]

MAX_BEAD = 6
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
    with single_threaded():
        path = find_path(*sides, shapes=bead_shapes(max_bead), ratio=ratio)
        moves = find_moves(path, *sides)
        return Alignment(
            beads=tuple(
                Bead(range(step[0], step[1]), range(step[2], step[3]), likeness(step, *sides))
                for step in take_apart(path, moves)
            ),
            moves=moves,
        )
