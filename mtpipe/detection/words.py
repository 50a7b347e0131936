"""What a lexicon says of two linked sentences: which words are likely translations, and in what order.

Every word piece counts by how much it says: "the" is explained by anything.
"""

import numpy as np
from numpy.typing import NDArray

from mtpipe.detection.links import Linked
from mtpipe.lexicon.pairs import LEAST_LOG, Lexicon
from mtpipe.types import Bead, Direction

__all__ = ["LinkedWords", "averages"]

Values = NDArray[np.float32]

_LIKELY, _SURE = np.log(0.05), np.log(0.1)
_MODAL_GAP = 0.06  # one step of the stored logarithms
_FEW_LINKS = {"backward_steps": 0.25, "jumps": 3.0, "displacement": 0.1}
"""What is assumed of the order in a sentence with less than two sure links: about the average."""


class LinkedWords:
    """What the lexicon says of each link of a pair of articles, looked up once.

    Args:
        direction: from the original's language to the candidate's.
        lexicon: with the tables of the direction.
    """

    def __init__(self, direction: Direction, lexicon: Lexicon) -> None:
        self.direction = direction
        self._lexicon = lexicon
        self._measured: dict[Bead, dict[str, float]] = {}

    def __getitem__(self, link: Linked) -> dict[str, float]:
        """The measures of a link, by name."""
        if link.bead not in self._measured:
            self._measured[link.bead] = _words(link, self.direction, self._lexicon)
        return self._measured[link.bead]


def _words(link: Linked, direction: Direction, lexicon: Lexicon) -> dict[str, float]:
    src, tgt = link.source_pieces, link.target_pieces
    links = lexicon.links(src, tgt, direction)  # [source pieces x target pieces]
    made = {"source": links.forward.max(axis=1), "target": links.backward.max(axis=0)}
    measures: dict[str, dict[str, float]] = {}
    for side, language, towards, pieces, best in (
        ("source", direction.source, direction, src, links.backward.max(axis=1)),
        ("target", direction.target, direction.reversed, tgt, links.forward.max(axis=0)),
    ):
        becomes = np.maximum(made[side], LEAST_LOG)
        # How well it could be translated at all, and how far it falls short of that.
        likeliest = np.maximum(lexicon.best(towards)[pieces], LEAST_LOG)
        gap = likeliest - becomes
        weights = -lexicon.log_unigram[language][pieces]
        logs = averages(
            np.stack([np.maximum(best, LEAST_LOG), np.exp(best), becomes, likeliest, gap]), weights
        )
        shares = averages(np.stack([best > _LIKELY, gap < _MODAL_GAP]), weights)
        names = ("log_prob", "prob", "becomes", "likeliest", "gap", "covered", "modal")
        measures[side] = dict(zip(names, [*logs, *shares], strict=True))
    features = {
        f"{side}_{name}": measures[side][name]
        for sides, names in (
            (("target", "source"), ("log_prob", "prob", "covered", "becomes")),
            (("source", "target"), ("likeliest", "gap", "modal")),
        )
        for side in sides
        for name in names
    }
    features["pieces_ratio"] = float(np.log((len(tgt) + 3) / (len(src) + 3)))
    return features | _order(links.forward + links.backward)


def averages(rows: NDArray[np.floating | np.bool_], weights: NDArray[np.floating]) -> list[float]:
    """What ``np.average`` gives for each row with the same weights, in a fraction of the time.

    Args:
        rows: shape (rows, values).
        weights: shape (values,), of a sum above 0.
    """
    kind = np.float64 if rows.dtype == bool else np.result_type(rows, weights)
    products = np.multiply(rows, weights, dtype=kind)
    averaged: list[float] = (products.sum(axis=1) / weights.sum(dtype=kind)).tolist()
    return averaged


def _order(both: Values) -> dict[str, float]:
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
