"""Which sentences became which."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bead:
    """Sentences that belong together.

    Attributes:
        source: numbers of the source sentences, from 0; empty for an insertion.
        target: numbers of the target sentences; empty for a deletion.
        score: how alike both sides are, 0..1; 0 where one is empty.
    """

    source: range
    target: range
    score: float

    @property
    def is_null(self) -> bool:
        """Whether one side is empty."""
        return not self.source or not self.target


@dataclass(frozen=True, slots=True)
class Move:
    """A block that stands elsewhere on the other side.

    Attributes:
        source: numbers of its source sentences.
        target: numbers of its target sentences.
        score: how alike both are, 0..1.
    """

    source: range
    target: range
    score: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which sentences became which.

    Attributes:
        beads: in order; each sentence of either side is in exactly one.
        moves: blocks whose sentences are insertions and deletions among the beads, since beads
            keep the order, but that translate each other.
    """

    beads: tuple[Bead, ...]
    moves: tuple[Move, ...] = ()
