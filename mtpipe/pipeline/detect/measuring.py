"""Two articles' sentences in, their alignment and all features out: what detection rests on.

Used alike for a single pair, for batches and for calibration, so that what is calibrated is what
is decided by.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mtpipe.alignment import SummedOverlaps, align_sentences
from mtpipe.alignment.lengths import length_ratio
from mtpipe.detection.disguise import undisguised
from mtpipe.detection.features import Features, closeness, relation
from mtpipe.detection.links import Sentences, linked_beads, rendered_links
from mtpipe.detection.plausibility import Rated, plausibility
from mtpipe.detection.words import LinkedWords
from mtpipe.pipeline import resources
from mtpipe.pipeline.archive.encoder import Prepared
from mtpipe.pipeline.systems.rating import Rater
from mtpipe.sentences import sentences_of
from mtpipe.types import Alignment, Article, Bead, Direction


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


class Subject:
    """An article as it is examined: cut into sentences and encoded once, when that is needed.

    Args:
        article: as read.
        instruments: that it is measured with.
        sentences: where they are known.
        prepared: where an archive was searched for it, so that it is encoded already.
    """

    def __init__(
        self,
        article: Article,
        instruments: "Instruments",
        *,
        sentences: Sequence[str] | None = None,
        prepared: Prepared | None = None,
    ) -> None:
        self.article = article
        self._instruments = instruments
        self._sentences = prepared.sentences if prepared else sentences
        self._prepared = prepared

    @cached_property
    def texts(self) -> Sequence[str]:
        """The sentences as they stand in the article."""
        return sentences_of(self.article) if self._sentences is None else self._sentences

    @cached_property
    def measurable(self) -> Sentences:
        """The sentences as they are measured."""
        if self._prepared is not None:
            return self._instruments.prepared(self._prepared)
        return self._instruments.sentences(self.texts)


class Instruments:
    """Everything that measuring needs; any number of threads may share it.

    Args:
        rater: the model that :meth:`plausibility` asks; None for none.
    """

    def __init__(self, rater: Rater | None = None) -> None:
        self.encoder = resources.static_encoder()
        self.lexicon = resources.lexicon()
        self.bigrams = resources.bigrams()
        self.rater = rater

    def measure(
        self,
        original: Sentences | Sequence[str],
        candidate: Sentences | Sequence[str],
        direction: Direction,
    ) -> Measured:
        """Align and measure a pair.

        Args:
            original: sentences, at least one; of :meth:`sentences`, or as texts.
            candidate: likewise.
            direction: from the original's language to the candidate's.
        """
        src, tgt = self._side(original), self._side(candidate)
        alignment = _aligned(src, tgt, length_ratio(direction.source, direction.target))
        links = linked_beads(src, tgt, alignment)
        rendered = rendered_links(links, alignment)
        words = LinkedWords(direction, self.lexicon)
        return Measured(
            src.texts,
            tgt.texts,
            alignment,
            [link.bead for link in rendered],
            relation(src, tgt, links, words),
            closeness(rendered, words, self.bigrams) if rendered else {},
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
        return plausibility(
            [Rated(one.tokens, one.log_probs, one.expected, one.is_first_choice) for one in rated]
        )

    def align(
        self, original: Sentences | Sequence[str], candidate: Sentences | Sequence[str]
    ) -> Alignment:
        """Align two texts in the same language."""
        return _aligned(self._side(original), self._side(candidate), 1.0)

    def sentences(self, texts: Sequence[str]) -> Sentences:
        """Prepare one side, without the entities and the look-alike letters that stand in its way."""
        decoded = [_decoded(text) for text in texts]
        bags = self.encoder.pieces(decoded)
        pieces = np.split(bags.ids.astype(np.int64), bags.starts[1:-1])
        return Sentences(decoded, pieces, self.encoder.sums(bags))

    def prepared(self, given: Prepared) -> Sentences:
        """The same of an article that is encoded already: what has nothing in its way is kept."""
        decoded = [_decoded(text) for text in given.sentences]
        differing = [
            number
            for number, (own, text) in enumerate(zip(decoded, given.sentences, strict=True))
            if own != text
        ]
        pieces, sums = list(given.pieces), given.sums
        if differing:
            again = self.sentences([given.sentences[number] for number in differing])
            sums = sums.copy()
            sums[differing] = again.vectors
            for number, ids in zip(differing, again.pieces, strict=True):
                pieces[number] = ids
        return Sentences(decoded, pieces, sums)

    def _side(self, given: Sentences | Sequence[str]) -> Sentences:
        return given if isinstance(given, Sentences) else self.sentences(given)


def _decoded(text: str) -> str:
    return undisguised(html.unescape(text))


def _aligned(source: Sentences, target: Sentences, ratio: float) -> Alignment:
    overlaps = SummedOverlaps(source.vectors), SummedOverlaps(target.vectors)
    return align_sentences(source.texts, target.texts, *overlaps, ratio=ratio)
