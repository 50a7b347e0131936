"""Two lists of sentences in, their alignment and all features out: what detection rests on.

Used alike for a single pair, for batches and for calibration, so that what is calibrated is what
is decided by.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtpipe.alignment import SummedOverlaps, align_sentences
from mtpipe.alignment.lengths import length_ratio
from mtpipe.detection.disguise import undisguised
from mtpipe.detection.features import (
    Features,
    Sentences,
    closeness,
    linked_beads,
    relation,
    rendered_links,
)
from mtpipe.detection.plausibility import Rated, plausibility
from mtpipe.encoders.static import StaticEncoder
from mtpipe.lexicon.bigrams import Bigrams
from mtpipe.lexicon.pairs import Lexicon
from mtpipe.models.cards import bundled_directory
from mtpipe.pipeline.systems.rating import Rater
from mtpipe.types import Alignment, Bead, Direction


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a pair.

    Attributes:
        original: its sentences.
        candidate: its sentences.
        alignment: of both.
        rendered: beads whose sentences correspond.
        relation: features of ``translation_of``.
        closeness: features of ``machine_made``, of the rendered beads; empty if there are none.
        texts: both sides of each of the rendered beads, joined.
    """

    original: Sequence[str]
    candidate: Sequence[str]
    alignment: Alignment
    rendered: Sequence[Bead]
    relation: Features
    closeness: Features
    texts: Sequence[tuple[str, str]]


class Instruments:
    """Everything that measuring needs, loaded once.

    Args:
        rater: the model that :meth:`plausibility` asks; None for none.
    """

    def __init__(self, rater: Rater | None = None) -> None:
        bundled = bundled_directory()
        self.encoder = StaticEncoder(bundled / "encoder-static")
        self.lexicon = Lexicon(bundled / "lexicon")
        self.bigrams = Bigrams(bundled / "lexicon")
        self.rater = rater

    def measure(
        self,
        original: Sequence[str],
        candidate: Sequence[str],
        direction: Direction,
    ) -> Measured:
        """Align and measure a pair.

        Args:
            original: sentences, at least one.
            candidate: sentences, at least one.
            direction: from the original's language to the candidate's.
        """
        src, tgt = self.sentences(original), self.sentences(candidate)
        alignment = _aligned(src, tgt, length_ratio(direction.source, direction.target))
        links = linked_beads(src, tgt, alignment)
        rendered = rendered_links(links, alignment)
        close: Features = {}
        if rendered:
            close = closeness(rendered, direction, self.lexicon, self.bigrams)
        return Measured(
            src.texts,
            tgt.texts,
            alignment,
            [link.bead for link in rendered],
            relation(src, tgt, links, direction, self.lexicon),
            close,
            [(link.source, link.target) for link in rendered],
        )

    def plausibility(self, measured: Measured, direction: Direction) -> Features:
        """How a model of mtpipe's expects what renders the original; nothing without a rater.

        Takes some five times as long as all the other measures.

        Args:
            measured: with a rendered bead at least.
            direction: from the original's language to the candidate's.
        """
        if self.rater is None:
            return {}
        sources = [self.rater.usual(source, direction.source) for source, _ in measured.texts]
        targets = [self.rater.usual(target, direction.target) for _, target in measured.texts]
        rated = self.rater.rate(sources, targets, direction)
        return plausibility([Rated(one.tokens, one.log_probs, one.expected) for one in rated])

    def align(self, original: Sequence[str], candidate: Sequence[str]) -> Alignment:
        """Align two texts in the same language."""
        return _aligned(self.sentences(original), self.sentences(candidate), 1.0)

    def sentences(self, texts: Sequence[str]) -> Sentences:
        """Prepare one side, without the entities and the look-alike letters that stand in its way."""
        decoded = [undisguised(html.unescape(text)) for text in texts]
        bags = self.encoder.pieces(decoded)
        pieces = np.split(bags.ids.astype(np.int64), bags.starts[1:-1])
        return Sentences(decoded, pieces, self.encoder.sums(bags))


def _aligned(source: Sentences, target: Sentences, ratio: float) -> Alignment:
    overlaps = SummedOverlaps(source.vectors), SummedOverlaps(target.vectors)
    return align_sentences(source.texts, target.texts, *overlaps, ratio=ratio)
