"""Which sentences became which."""

from dataclasses import dataclass

from mtpipe.types.language import Language


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


@dataclass(frozen=True, slots=True)
class AlignedSide:
    """One of the two texts of an alignment.

    Attributes:
        name: for people.
        sentences: in order.
        language: if known.
    """

    name: str
    sentences: tuple[str, ...]
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class AlignedDocuments:
    """An alignment and what it is of."""

    source: AlignedSide
    target: AlignedSide
    alignment: Alignment

    @property
    def mean_score(self) -> float:
        """Of the links, 0 to 1; 0 where there are none."""
        scores = [bead.score for bead in self.alignment.beads if not bead.is_null]
        return sum(scores) / len(scores) if scores else 0.0


@dataclass(frozen=True, slots=True)
class AlignmentQuality:
    """Precision and recall, each 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean; 0 where both are 0."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class ShapeFigures:
    """How well the beads of one shape, such as 1-2, were found.

    Attributes:
        source: source sentences of such a bead.
        target: target sentences.
        gold: such beads in the gold alignment.
        found: such beads in the alignment.
        right: such beads in both.
    """

    source: int
    target: int
    gold: int
    found: int
    right: int

    @property
    def quality(self) -> AlignmentQuality:
        """Strict precision and recall."""
        return AlignmentQuality(
            self.right / self.found if self.found else 0.0,
            self.right / self.gold if self.gold else 0.0,
        )


@dataclass(frozen=True, slots=True)
class AlignmentEvaluation:
    """An alignment measured against a gold one, see :mod:`mtpipe.alignment.evaluate`.

    Attributes:
        strict: only beads of the gold alignment count as right.
        lax: beads that share a sentence pair with it do, too.
        shapes: shapes that occur, the most frequent of the gold alignment first.
    """

    strict: AlignmentQuality
    lax: AlignmentQuality
    shapes: tuple[ShapeFigures, ...]
