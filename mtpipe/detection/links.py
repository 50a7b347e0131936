"""Which sentences of a candidate render which of its original, as far as their vectors say.

The alignment says what stands side by side; here it is decided what of that is alike, what has been
moved, and what stands amid text that the other side has nothing of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from mtpipe.types import Alignment, Bead

__all__ = [
    "LINKED_COSINE",
    "MOVED_COSINE",
    "UNLIKE_COSINE",
    "Linked",
    "Sentences",
    "linked_beads",
    "rendered_links",
]

LINKED_COSINE = 0.3
"""Sentences whose vectors are further apart are no translations of each other."""

UNLIKE_COSINE = 0.4
"""Of 2,876 links between translations by people, 0.5 % are below; most of unrelated sentences are."""

MOVED_COSINE = 0.55
"""Of sentences of two other articles hardly any are nearer than that."""

_MOVED_CHARS = 20
"""Shorter sentences are like too many others."""

_MOST_PAIRS = 10**7
_OTHER_TEXT = 2
"""Beads in a row that render nothing, from which on they are other text, not free translation."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of one article, as they are measured.

    Attributes:
        texts: HTML entities decoded.
        pieces: ids of the static encoder's pieces, of each sentence.
        vectors: sums of their vectors, shape (sentences, dimensions).
    """

    texts: Sequence[str]
    pieces: Sequence[NDArray[np.int64]]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linked:
    """A bead with sentences on both sides, joined.

    Attributes:
        bead: of the alignment.
        source: the original's sentences.
        target: the candidate's.
        source_pieces: ids.
        target_pieces: ids.
        cosine: of the sides' vectors, -1..1.
    """

    bead: Bead
    source: str
    target: str
    source_pieces: NDArray[np.int64]
    target_pieces: NDArray[np.int64]
    cosine: float


def linked_beads(original: Sentences, candidate: Sentences, alignment: Alignment) -> list[Linked]:
    """The beads that have something on both sides, whether alike or not, then moved sentences.

    Beads keep the order. What stands elsewhere is rendered as well: a sentence that no bead links to
    one like it is linked to the one that it is nearest to, if that is so the other way round, too.
    """
    links = _linked(original, candidate, alignment.beads)
    sure = [link for link in links if link.cosine >= UNLIKE_COSINE]
    moved = _linked(original, candidate, _moved(original, candidate, sure))
    taken = {number for link in moved for number in link.bead.source}
    received = {number for link in moved for number in link.bead.target}
    kept = [
        link
        for link in links
        if link.cosine >= UNLIKE_COSINE
        or (taken.isdisjoint(link.bead.source) and received.isdisjoint(link.bead.target))
    ]
    return kept + moved


def _linked(original: Sentences, candidate: Sentences, beads: Iterable[Bead]) -> list[Linked]:
    links = []
    for bead in beads:
        if bead.is_null:
            continue
        src, tgt = (
            side.vectors[numbers.start : numbers.stop].sum(axis=0)
            for side, numbers in ((original, bead.source), (candidate, bead.target))
        )
        norm = float(np.linalg.norm(src) * np.linalg.norm(tgt))
        link = Linked(
            bead,
            " ".join(original.texts[i] for i in bead.source),
            " ".join(candidate.texts[j] for j in bead.target),
            np.concatenate([original.pieces[i] for i in bead.source]),
            np.concatenate([candidate.pieces[j] for j in bead.target]),
            float(src @ tgt) / max(norm, 1e-12),
        )
        if len(link.source_pieces) and len(link.target_pieces):
            links.append(link)
    return links


def _moved(original: Sentences, candidate: Sentences, sure: Sequence[Linked]) -> list[Bead]:
    """Sentences that translate each other and that the beads keep apart, in the candidate's order."""
    linked = (
        {number for link in sure for number in link.bead.source},
        {number for link in sure for number in link.bead.target},
    )
    rest = [
        [n for n, text in enumerate(side.texts) if n not in there and len(text) >= _MOVED_CHARS]
        for side, there in zip((original, candidate), linked, strict=True)
    ]
    if not all(rest) or len(rest[0]) * len(rest[1]) > _MOST_PAIRS:
        return []
    units = []
    for side, numbers in zip((original, candidate), rest, strict=True):
        vectors = side.vectors[numbers]
        units.append(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))
    cosines = units[0] @ units[1].T  # [rest of the original x rest of the candidate]
    nearest = cosines.argmax(axis=0)
    return [
        Bead(range(i := rest[0][row], i + 1), range(j := rest[1][column], j + 1), float(cosine))
        for column, row in enumerate(nearest.tolist())
        if (cosine := cosines[row, column]) >= MOVED_COSINE and cosines[row].argmax() == column
    ]


def rendered_links(links: Sequence[Linked], alignment: Alignment) -> list[Linked]:
    """The links without those amid text that the other side has nothing of.

    A passage that was lifted out of one article and into another has sentences beside it that the
    alignment must link to something. Single ones that are hardly alike stay: that a sentence is
    rendered so freely is what tells people from machines.

    Args:
        links: of :func:`linked_beads`.
        alignment: that they are from.
    """
    of_bead = {link.bead: link for link in links}

    def is_rendered(bead: Bead) -> bool:
        return bead in of_bead and of_bead[bead].cosine >= UNLIKE_COSINE

    kept: list[Linked] = []
    for rendered, group in groupby(alignment.beads, is_rendered):
        beads = list(group)
        if rendered or len(beads) < _OTHER_TEXT:
            kept += [of_bead[bead] for bead in beads if bead in of_bead]
    in_order = set(alignment.beads)
    return kept + [link for link in links if link.bead not in in_order]
