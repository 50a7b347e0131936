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

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import regex
from numpy.typing import NDArray

from mtpipe.detection.links import LINKED_COSINE, Linked, Sentences
from mtpipe.detection.words import LinkedWords, averages
from mtpipe.lexicon.bigrams import Bigrams

Features = dict[str, float]
Values = NDArray[np.float64]

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


class Family(StrEnum):
    """Kinds of features."""

    MEANING = "meaning"
    WORDS = "words"
    FLUENCY = "fluency"
    ORDER = "order"
    FORM = "form"
    ENGINE = "engine"
    AGREEMENT = "agreement"


def relation(
    original: Sentences, candidate: Sentences, links: Sequence[Linked], words: LinkedWords
) -> Features:
    """Measure whether the candidate renders the original, wholly or in part.

    Args:
        original: its sentences.
        candidate: its sentences.
        links: of :func:`mtpipe.detection.links.linked_beads`.
        words: what the lexicon says of them.
    """
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
    covered_words = [words[link]["target_covered"] * len(link.target) for link in alike]
    numbers = [set(_NUMBER.findall(" ".join(side.texts))) for side in (original, candidate)]
    fewer = min(map(len, numbers))
    return {
        "original_covered": covered[0],
        "candidate_covered": covered[1],
        "either_covered": max(covered),
        "cosine_everywhere": cosine / max(1.0, sizes[1].sum()),
        "cosine_linked": float(np.mean([link.cosine for link in alike])) if alike else 0.0,
        "words_linked": sum(covered_words) / max(1, sum(len(link.target) for link in alike)),
        "numbers_shared": len(numbers[0] & numbers[1]) / fewer if fewer else 0.5,
    }


def closeness(links: Sequence[Linked], words: LinkedWords, bigrams: Bigrams) -> Features:
    """Measure how closely the linked sentences of two articles correspond.

    Args:
        links: at least one.
        words: what the lexicon says of them.
        bigrams: of both languages.
    """
    lengths = np.array([len(link.target_pieces) for link in links], float)
    cosines = np.array([link.cosine for link in links])
    features = spread("cosine", cosines, np.sqrt(lengths))
    rows = [words[link] for link in links]
    features |= spreads(list(rows[0]), np.array([list(row.values()) for row in rows]).T, lengths)
    direction = words.direction
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
    return spreads([name], values[None], weights)


def spreads(names: Sequence[str], rows: Values, weights: Values) -> Features:
    """The same of several values.

    Args:
        names: that the features' names begin with, one for each row.
        rows: shape (values, sentences).
        weights: of mean and deviation, shape (sentences,).
    """
    rows = np.ascontiguousarray(rows)
    means = averages(rows, weights)
    deviations = np.sqrt(averages((rows - np.array(means)[:, None]) ** 2, weights)).tolist()
    ordered, quarter = np.sort(rows, axis=1), max(1, rows.shape[1] // 4)
    lowest, highest = (
        part.mean(axis=1).tolist() for part in (ordered[:, :quarter], ordered[:, -quarter:])
    )
    features: Features = {}
    for name, mean, deviation, low, high in zip(
        names, means, deviations, lowest, highest, strict=True
    ):
        features |= {
            f"{name}_mean": mean,
            f"{name}_sd": deviation,
            f"{name}_low": low,
            f"{name}_high": high,
        }
    return features


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
