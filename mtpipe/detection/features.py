"""What is measured of a candidate and its original; what it means is decided elsewhere.

Machines stay closer to the source than people do: they take the likeliest word, keep the order,
the length and the punctuation of every sentence, and leave nothing out. So most features measure
how closely the two articles correspond, and need no translation model: any engine shows in them.
Those of the family ``ENGINE`` (see :mod:`mtpipe.detection.plausibility`) say how a model of mtpipe's
expects the candidate, and those of ``AGREEMENT`` (see :mod:`mtpipe.detection.agreement`) compare it
with another translation.
Features are means and spreads over sentences, so that those of a longer article are more
reliable, not larger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

import numpy as np
import regex
from numpy.typing import NDArray

from mtpipe.lexicon.bigrams import Bigrams
from mtpipe.lexicon.pairs import LEAST_LOG, Lexicon
from mtpipe.types import Alignment, Bead, Direction

Features = dict[str, float]
Values = NDArray[np.float64]

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

_WORD = regex.compile(r"[^\W\d_]+|\d+")
_NUMBER = regex.compile(r"\d+")
_PUNCTUATION = {
    "comma": ",",
    "colon": ":;",
    "bracket": "()[]",
    "quote": '"„“”«»‚‘',
    "dash": "–—",
    "stop": ".!?…",
}
_LIKELY, _SURE = np.log(0.05), np.log(0.1)
_MODAL_GAP = 0.06  # one step of the stored logarithms
_FEW_LINKS = {"backward_steps": 0.25, "jumps": 3.0, "displacement": 0.1}
"""What is assumed of the order in a sentence with less than two sure links: about the average."""


class Family(StrEnum):
    """Kinds of features."""

    MEANING = "meaning"
    WORDS = "words"
    FLUENCY = "fluency"
    ORDER = "order"
    FORM = "form"
    ENGINE = "engine"
    AGREEMENT = "agreement"


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


def relation(
    original: Sentences,
    candidate: Sentences,
    links: Sequence[Linked],
    direction: Direction,
    lexicon: Lexicon,
) -> Features:
    """Measure whether the candidate renders the original, wholly or in part."""
    sizes = [np.array([len(text) for text in side.texts], float) for side in (original, candidate)]
    alike = [link for link in links if link.cosine >= LINKED_COSINE]
    covered = [
        sum(side[numbers].sum() for numbers in spans) / max(1.0, side.sum())
        for side, spans in zip(
            sizes,
            (
                [_slice(link.bead.source) for link in alike],
                [_slice(link.bead.target) for link in alike],
            ),
            strict=True,
        )
    ]
    weights = [len(link.target) for link in links]
    cosine = sum(max(0.0, link.cosine) * size for link, size in zip(links, weights, strict=True))
    words = [
        _words(link, direction, lexicon)["target_covered"] * len(link.target) for link in alike
    ]
    numbers = [set(_NUMBER.findall(" ".join(side.texts))) for side in (original, candidate)]
    fewer = min(map(len, numbers))
    return {
        "original_covered": covered[0],
        "candidate_covered": covered[1],
        "either_covered": max(covered),
        "cosine_everywhere": cosine / max(1.0, sizes[1].sum()),
        "cosine_linked": float(np.mean([link.cosine for link in alike])) if alike else 0.0,
        "words_linked": sum(words) / max(1, sum(len(link.target) for link in alike)),
        "numbers_shared": len(numbers[0] & numbers[1]) / fewer if fewer else 0.5,
    }


def closeness(
    links: Sequence[Linked], direction: Direction, lexicon: Lexicon, bigrams: Bigrams
) -> Features:
    """Measure how closely the linked sentences of two articles correspond.

    Args:
        links: at least one.
        direction: from the original's language to the candidate's.
        lexicon: with the tables of the direction.
        bigrams: of both languages.
    """
    lengths = np.array([len(link.target_pieces) for link in links], float)
    cosines = np.array([link.cosine for link in links])
    features = spread("cosine", cosines, np.sqrt(lengths))
    rows = [_words(link, direction, lexicon) for link in links]
    for name in rows[0]:
        features |= spread(name, np.array([row[name] for row in rows]), lengths)
    for name, language, texts in (
        ("source", direction.source, [link.source_pieces for link in links]),
        ("target", direction.target, [link.target_pieces for link in links]),
    ):
        pieces = np.concatenate(texts)
        features[f"{name}_common"] = float(bigrams.log_unigram(language)[pieces].mean())
        expected = np.concatenate([bigrams.log_probs(text, language) for text in texts])
        features[f"{name}_expected"] = float(expected.mean())
    return features | _form(links)


def _slice(numbers: range) -> slice:
    return slice(numbers.start, numbers.stop)


def spread(name: str, values: Values, weights: Values) -> Features:
    """Mean and deviation of a value over sentences, and the mean of its lowest and highest quarter.

    Args:
        name: that the features' names begin with.
        values: of each sentence, at least one.
        weights: of mean and deviation.
    """
    mean = float(np.average(values, weights=weights))
    ordered, quarter = np.sort(values), max(1, len(values) // 4)
    return {
        f"{name}_mean": mean,
        f"{name}_sd": float(np.sqrt(np.average((values - mean) ** 2, weights=weights))),
        f"{name}_low": float(ordered[:quarter].mean()),
        f"{name}_high": float(ordered[-quarter:].mean()),
    }


def _words(link: Linked, direction: Direction, lexicon: Lexicon) -> Features:
    src, tgt = link.source_pieces, link.target_pieces
    links = lexicon.links(src, tgt, direction)  # [source pieces x target pieces]
    # What says much counts much: "the" is explained by anything.
    src_weights = -lexicon.log_unigram[direction.source][src]
    tgt_weights = -lexicon.log_unigram[direction.target][tgt]
    features: Features = {}
    for name, best, backward, weights in (
        ("target", links.forward.max(axis=0), links.backward.max(axis=0), tgt_weights),
        ("source", links.backward.max(axis=1), links.forward.max(axis=1), src_weights),
    ):
        features |= {
            f"{name}_log_prob": _average(np.maximum(best, LEAST_LOG), weights),
            f"{name}_prob": _average(np.exp(best), weights),
            f"{name}_covered": _average(best > _LIKELY, weights),
            f"{name}_becomes": _average(np.maximum(backward, LEAST_LOG), weights),
        }
    for name, towards, pieces, made, weights in (
        ("source", direction, src, links.forward.max(axis=1), src_weights),
        ("target", direction.reversed, tgt, links.backward.max(axis=0), tgt_weights),
    ):
        # How well it could be translated at all, and how far it falls short of that.
        likeliest = np.maximum(lexicon.best(towards)[pieces], LEAST_LOG)
        gap = likeliest - np.maximum(made, LEAST_LOG)
        features[f"{name}_likeliest"] = _average(likeliest, weights)
        features[f"{name}_gap"] = _average(gap, weights)
        features[f"{name}_modal"] = _average(gap < _MODAL_GAP, weights)
    features["pieces_ratio"] = float(np.log((len(tgt) + 3) / (len(src) + 3)))
    return features | _order(links.forward + links.backward)


def _order(both: NDArray[np.float32]) -> Features:
    """How the sure links run, of the sum of both log-probabilities."""
    best = both.argmax(axis=0)
    sure = np.flatnonzero(both[best, np.arange(both.shape[1])] > 2 * _SURE)
    share = len(sure) / both.shape[1]
    if len(sure) < 2:
        return _FEW_LINKS | {"linked": share}
    positions = best[sure]
    steps = np.diff(positions)
    ends = (positions + 0.5) / both.shape[0] - (sure + 0.5) / both.shape[1]
    return {
        "backward_steps": float((steps < 0).mean()),
        "jumps": float(np.minimum(np.abs(steps - np.diff(sure)), 10).mean()),
        "displacement": float(np.abs(ends).mean()),
        "linked": share,
    }


def _average(values: NDArray[np.floating | np.bool_], weights: NDArray[np.float32]) -> float:
    return float(np.average(values, weights=weights))


def _form(links: Sequence[Linked]) -> Features:
    texts = [(link.source, link.target) for link in links]
    words = [tuple(map(_WORD.findall, pair)) for pair in texts]
    features: Features = {}
    for name, lengths, smooth in (
        ("chars", [tuple(map(len, pair)) for pair in texts], 5),
        ("words", [tuple(map(len, pair)) for pair in words], 2),
    ):
        ratios = np.log([(tgt + smooth) / (src + smooth) for src, tgt in lengths])
        features[f"{name}_ratio"] = float(ratios.mean())
        features[f"{name}_ratio_sd"] = float(ratios.std())
    total = differing = 0
    for name, marks in _PUNCTUATION.items():
        counts = np.array([[sum(map(text.count, marks)) for text in pair] for pair in texts])
        difference = int(np.abs(counts[:, 0] - counts[:, 1]).sum())
        features[f"{name}_differs"] = difference / len(links)
        total, differing = total + int(counts.sum()), differing + difference
    features["punctuation_differs"] = differing / max(1, total)
    features["words_copied"] = float(
        np.mean([len(set(src) & set(tgt)) / max(1, len(set(src))) for src, tgt in words])
    )
    return features
