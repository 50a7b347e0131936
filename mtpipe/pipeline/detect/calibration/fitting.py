"""From measured rows to a scale: a logistic regression, its threshold, and how well it does.

What is said of an engine, a pair of languages or a test set is said by a model that never saw it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.detection.card import Scale, Weight
from mtpipe.pipeline.detect.calibration.tables import Flags, Matrix, Table
from mtpipe.scoring.classification import (
    calibration_error,
    reliability,
    roc_area,
    true_positives_at,
)

FALSE_POSITIVES = 0.01
BASE_RATE = 0.6
"""Share of yes that the probabilities presume, whatever it is in the labelled data."""

_REGULARISATION = 0.1
"""Inverse strength; the best of 1, .1, .01 and .001 on test sets that were left out."""


@dataclass(frozen=True)
class Figures:
    """How well a score does on articles that its model never saw.

    Attributes:
        roc_area: by engine and pair of languages: of that engine's rows against the innocent;
            "A by B" are those of A compared with B's translations.
        true_positives: share of yes found with at most one false accusation in a hundred.
        calibration_error: expected calibration error.
    """

    roc_area: dict[tuple[str, str], float]
    true_positives: dict[tuple[str, str], float]
    calibration_error: float

    @property
    def means(self) -> tuple[float, float]:
        """Mean area and mean true positives over engines and pairs."""
        areas, found = self.roc_area.values(), self.true_positives.values()
        return sum(areas) / len(areas), sum(found) / len(found)


def fit(table: Table, shorter: Iterable[Table] = (), *, system: str = "") -> Scale:
    """Fit a score.

    The threshold is the lowest probability that at most one in a hundred innocent articles
    reaches in cross-validation, but never below one half. Where articles were compared with
    several engines' translations it holds for each of them.

    Args:
        table: rows of whole articles.
        shorter: tables of shortened ones, for damping.
        system: the translation model whose expectations are among the features.
    """
    names = table.names
    matrix, truth = table.matrix(names), np.array(table.is_yes)
    regression = _fitted(matrix, truth)[-1]
    weights = regression.coef_[0].tolist()
    log_odds = cross_validated(table, names)
    damping = [(_typical_length(table), 1.0)]
    for short in shorter:
        factor = _damping(short, cross_validated(table, names, tested=short))
        damping.append((_typical_length(short), factor))
    probabilities = _sigmoid(log_odds)
    peers = np.array(table.peers)
    threshold = max(
        0.5,
        *(
            min(1.0, _threshold(truth[peers == peer], probabilities[peers == peer]))
            for peer in set(table.peers)
        ),
    )
    centers, deviations = matrix.mean(axis=0), np.maximum(matrix.std(axis=0), 1e-9)
    typical = [matrix[truth == side].mean(axis=0) for side in (False, True)]
    found = min(
        float((probabilities[truth & (peers == peer)] >= threshold).mean())
        for peer in set(table.peers)
    )
    return Scale(
        float(regression.intercept_[0]) + _prior(),
        {
            name: Weight(
                weights[n],
                float(centers[n]),
                float(deviations[n]),
                (float(typical[0][n]), float(typical[1][n])),
            )
            for n, name in enumerate(names)
        },
        tuple(sorted(damping)),
        threshold,
        float((probabilities[~truth] >= threshold).mean()),
        system,
        found,
    )


def figures(table: Table, *, leave: str = "engine") -> Figures:
    """Cross-validate a score, leaving out more than the document that is tested.

    Args:
        table: rows of whole articles.
        leave: ``engine`` or ``pair``: rows of the one that is tested aren't trained on, unless
            there is no other. ``set``: neither those of the engine nor those of the test set,
            whose people, too, are unknown then: the likest to articles from elsewhere.
            Where articles were compared with an engine's translation, that engine is always
            unknown as well.
    """
    names = table.names
    truth = np.array(table.is_yes)
    engines = np.array([engine for engine, _ in table.groups])
    directions = np.array([direction for _, direction in table.groups])
    peers = np.array(table.peers)
    areas, found = {}, {}
    by_group: dict[tuple[str, str], NDArray[np.float64]] = {}
    probabilities: list[NDArray[np.float64]] = []
    truths: list[Flags] = []
    for engine, peer, direction in product(
        sorted(set(engines.tolist()) - {""}),
        sorted(set(table.peers)),
        sorted(set(directions.tolist())),
    ):
        tested = ((engines == engine) | ~truth) & (peers == peer) & (directions == direction)
        if not (truth & tested).any() or not (~truth & tested).any():
            continue
        group = (direction if leave == "pair" else engine), peer
        if group not in by_group:
            left_out = truth & (engines == group[0]) | (directions == group[0])
            # Nothing is compared with an engine that is to be unknown; what the peer itself
            # translated may be known, compared with others.
            left_out |= np.isin(peers, [name for name in group if name])
            if not (truth & ~left_out).any() or not (~truth & ~left_out).any():
                left_out = np.zeros_like(truth)  # there is nothing else to learn from
            by_group[group] = cross_validated(
                table, names, left_out=left_out, by_set=leave == "set"
            )
        scores = _sigmoid(by_group[group][tested])
        labels = truth[tested]
        name = f"{engine} by {peer}" if peer else engine
        areas[name, direction] = roc_area(labels.tolist(), scores.tolist())
        found[name, direction] = true_positives_at(
            labels.tolist(), scores.tolist(), FALSE_POSITIVES
        ).true_positive_rate
        probabilities.append(scores)
        truths.append(labels)
    bins = reliability(np.concatenate(truths).tolist(), np.concatenate(probabilities).tolist())
    return Figures(areas, found, calibration_error(bins))


def cross_validated(
    table: Table,
    names: Sequence[str],
    *,
    left_out: Flags | None = None,
    tested: Table | None = None,
    by_set: bool = False,
) -> NDArray[np.float64]:
    """Log-odds of every row by a model that saw no row of its document.

    Args:
        table: rows to train on.
        names: features to use.
        left_out: rows that aren't trained on at all.
        tested: rows to score, if others than the table's.
        by_set: see to it that it saw no row of its test set, either.
    """
    matrix, truth = table.matrix(names), np.array(table.is_yes)
    scored = tested.matrix(names) if tested else matrix
    folds, scored_folds = (
        rows.folds_of_sets() if by_set else rows.folds() for rows in (table, tested or table)
    )
    log_odds = np.zeros(len(scored))
    for fold in np.unique(scored_folds):
        rows = folds != fold
        if left_out is not None:
            rows &= ~left_out
        model = _fitted(matrix[rows], truth[rows])
        here = scored_folds == fold
        log_odds[here] = model.decision_function(scored[here]) + _prior()
    return log_odds


def _fitted(matrix: Matrix, is_yes: Flags) -> Any:
    """A scikit-learn pipeline of scaling and regression, at even odds."""
    require("sklearn", extra="calibrate")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=_REGULARISATION, max_iter=5_000, class_weight="balanced"),
    )
    return model.fit(matrix, is_yes)


def _threshold(truth: Flags, probabilities: NDArray[np.float64]) -> float:
    return true_positives_at(truth.tolist(), probabilities.tolist(), FALSE_POSITIVES).threshold


def _prior() -> float:
    """Log-odds that turn the even odds of balanced classes into the base rate."""
    return float(np.log(BASE_RATE / (1 - BASE_RATE)))


def _damping(table: Table, log_odds: NDArray[np.float64]) -> float:
    """The factor that makes the log-odds of shortened articles fit best, by likelihood."""
    truth = np.array(table.is_yes)
    weights = np.where(truth, BASE_RATE / truth.mean(), (1 - BASE_RATE) / (1 - truth.mean()))
    best, factor = np.inf, 1.0
    for tried in np.arange(0.1, 1.01, 0.05):
        chance = np.clip(_sigmoid(tried * log_odds), 1e-9, 1 - 1e-9)
        loss = -(weights * np.where(truth, np.log(chance), np.log(1 - chance))).mean()
        if loss < best:
            best, factor = loss, float(tried)
    return factor


def _typical_length(table: Table) -> int:
    return int(np.median(table.sentences))


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))), np.float64)
