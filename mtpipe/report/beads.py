"""The beads of an alignment as rows for a page: what stands side by side, how close, what moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mtpipe.types import Alignment, Bead

__all__ = ["BeadRow", "Closeness", "bead_rows"]


class Closeness(StrEnum):
    """What a bead is, in a word for people."""

    CLOSE = "close"
    MIDDLING = "middling"
    LOOSE = "loose"
    ONLY_SOURCE = "only left"
    ONLY_TARGET = "only right"

    @property
    def css(self) -> str:
        """The name as a class of elements."""
        return self.value.replace(" ", "-")


CLOSE, LOOSE = 0.6, 0.35
"""Scores from which on a bead is close, and below which it is loose."""


@dataclass(frozen=True, slots=True)
class BeadRow:
    """One row.

    Attributes:
        source: numbers, from 0, and texts of its source sentences.
        target: likewise of the target.
        score: 0..1.
        closeness: the score in a word.
        move: the moved block that it belongs to; None where it belongs to none.
        anchor: what others link to it by; empty but for the first row of a moved block.
        elsewhere: anchor of the block's other end.
        place: number, from 0, of the first sentence at the other end.
    """

    source: tuple[tuple[int, str], ...]
    target: tuple[tuple[int, str], ...]
    score: float
    closeness: Closeness
    move: int | None = None
    anchor: str = ""
    elsewhere: str = ""
    place: int = 0


def bead_rows(
    alignment: Alignment, source: Sequence[str], target: Sequence[str]
) -> tuple[BeadRow, ...]:
    """A row for each bead, in order."""
    moved_from = {i: number for number, move in enumerate(alignment.moves) for i in move.source}
    moved_to = {j: number for number, move in enumerate(alignment.moves) for j in move.target}
    anchored: set[str] = set()
    rows = []
    for bead in alignment.beads:
        move, anchor, elsewhere, place = None, "", "", 0
        if not bead.target:
            if (move := moved_from.get(bead.source[0])) is not None:
                anchor, elsewhere = f"from-{move}", f"to-{move}"
                place = alignment.moves[move].target[0]
        elif not bead.source and (move := moved_to.get(bead.target[0])) is not None:
            anchor, elsewhere = f"to-{move}", f"from-{move}"
            place = alignment.moves[move].source[0]
        rows.append(
            BeadRow(
                tuple((i, source[i]) for i in bead.source),
                tuple((j, target[j]) for j in bead.target),
                bead.score,
                _closeness(bead),
                move,
                "" if anchor in anchored else anchor,
                elsewhere,
                place,
            )
        )
        anchored.add(anchor)
    return tuple(rows)


def _closeness(bead: Bead) -> Closeness:
    if bead.is_null:
        return Closeness.ONLY_SOURCE if bead.source else Closeness.ONLY_TARGET
    if bead.score >= CLOSE:
        return Closeness.CLOSE
    return Closeness.MIDDLING if bead.score >= LOOSE else Closeness.LOOSE
