"""How well a score does on what its model never saw: an engine, a pair of languages, a test set.

Documents, not rows, are cross-validated. A translation by a person is judged by each of the models
that a kind of machine was left out of, and counts once, with the mean.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.detection.engine_names import generation_of
from mtpipe.detection.support import BASE_RATE, LEAST_RATIO
from mtpipe.pipeline.detect.calibration.regression import Folded, Rows, Values
from mtpipe.pipeline.detect.calibration.tables import Flags, Table
from mtpipe.scoring.classification import (
    calibration_error,
    reliability,
    roc_area,
    true_positives_at,
)
from mtpipe.scoring.likelihood_ratios import cllr, minimum_cllr
from mtpipe.types import SupportRate

FALSE_POSITIVES = 0.01


class LeftOut(StrEnum):
    """What the model that judges a row has never seen, beside its document."""

    ENGINE = "engine"
    PAIR = "pair"
    GENERATION = "generation"
    """Large language models, or all others."""
    SET = "set"
    """Neither the engine nor the test set, whose people are unknown then, too: the likest to
    articles from elsewhere."""


@dataclass(frozen=True)
class Figures:
    """How well a score does on articles that its model never saw.

    Attributes:
        roc_area: by engine and pair of languages: of that engine's rows against the innocent;
            "A by B" are those of A compared with B's translations.
        true_positives: share of yes found with at most one false accusation in a hundred.
        calibration_error: expected calibration error, at the base rate that probabilities presume.
        cllr: cost of the likelihood ratios, in bits.
        minimum_cllr: what it would be if they were perfectly calibrated.
        rates: how often rows got at least some support.
    """

    roc_area: dict[tuple[str, str], float]
    true_positives: dict[tuple[str, str], float]
    calibration_error: float
    cllr: float
    minimum_cllr: float
    rates: tuple[SupportRate, ...]

    @property
    def means(self) -> tuple[float, float]:
        """Mean area and mean true positives over engines and pairs."""
        areas, found = self.roc_area.values(), self.true_positives.values()
        return sum(areas) / len(areas), sum(found) / len(found)


class Unseen:
    """Log-odds, at even odds, of all rows by models that never saw what is left out.

    Args:
        table: rows to learn from.
        leave: what is left out. Rows of it are trained on where there is nothing else to learn from.
            Where articles were compared with an engine's translation, that engine is always left
            out as well.
    """

    def __init__(self, table: Table, leave: LeftOut) -> None:
        self._table, self._leave = table, leave
        self._groups = _groups(table, leave)
        self._by_set = leave is LeftOut.SET and len(set(table.test_sets)) > 1
        self._models: dict[tuple[str, str], Folded] = {}
        self._rows: dict[int, tuple[Table, Rows]] = {}

    def judged(self, group: str, peer: str, tested: Table | None = None) -> Values:
        """All rows by the model that never saw a group, nor the engine that is compared with.

        Args:
            group: an engine, a generation or a pair of languages.
            peer: the engine that is compared with; empty for none.
            tested: the rows, if others than the table's.
        """
        key = group, peer
        if key not in self._models:
            self._models[key] = Folded(self._rows_of(self._table), self._left_out(group, peer))
        return self._models[key].log_odds(self._rows_of(tested or self._table))

    def pooled(self, tested: Table | None = None) -> Values:
        """Each row once: by the model that its group was left out of, people by the mean of all."""
        rows = tested or self._table
        groups = _groups(rows, self._leave)
        truth, peers = np.array(rows.is_yes), np.array(rows.peers)
        result, counts = np.zeros(len(truth)), np.zeros(len(truth))
        by_pair = self._leave is LeftOut.PAIR
        for group, peer in product(sorted(set(groups.tolist()) - {""}), sorted(set(rows.peers))):
            own = (groups == group) & (peers == peer)
            if not own.any():
                continue
            judged = own if by_pair else own | (~truth & (peers == peer))
            result[judged] += self.judged(group, peer, tested)[judged]
            counts[judged] += 1
        return result / np.maximum(counts, 1)

    def _rows_of(self, table: Table) -> Rows:
        """The rows of a table, made once."""
        if id(table) not in self._rows:
            # With the table, so that its id stays its own.
            self._rows[id(table)] = table, Rows.of(table, by_set=self._by_set)
        return self._rows[id(table)][1]

    def _left_out(self, group: str, peer: str) -> Flags:
        """Rows that a model isn't trained on."""
        truth, peers = np.array(self._table.is_yes), np.array(self._table.peers)
        left_out: Flags = self._groups == group
        if self._leave is not LeftOut.PAIR:
            left_out &= truth
        # Nothing is compared with an engine that is to be unknown; what the peer itself translated
        # may be known, compared with others.
        is_engine = self._leave in (LeftOut.ENGINE, LeftOut.SET)
        unknown = [name for name in ([group, peer] if is_engine else [peer]) if name]
        left_out |= np.isin(peers, unknown)
        if not (truth & ~left_out).any() or not (~truth & ~left_out).any():
            return np.zeros_like(truth)  # there is nothing else to learn from
        return left_out


def figures(table: Table, leave: LeftOut = LeftOut.ENGINE) -> Figures:
    """Cross-validate a score, leaving out more than the document that is tested.

    Args:
        table: rows of whole articles.
        leave: what is left out.
    """
    unseen = Unseen(table, leave)
    truth, peers = np.array(table.is_yes), np.array(table.peers)
    engines, directions = (np.array(column) for column in zip(*table.groups, strict=True))
    pooled = unseen.pooled()
    slope, offset = calibration(pooled, truth)
    areas, found = {}, {}
    scores: list[Values] = []
    truths: list[Flags] = []
    for engine, peer, direction in product(
        sorted(set(engines.tolist()) - {""}),
        sorted(set(table.peers)),
        sorted(set(directions.tolist())),
    ):
        tested = ((engines == engine) | ~truth) & (peers == peer) & (directions == direction)
        if not (truth & tested).any() or not (~truth & tested).any():
            continue
        judged = unseen.judged(_group(engine, direction, leave), peer)[tested]
        labels = truth[tested]
        name = f"{engine} by {peer}" if peer else engine
        areas[name, direction] = roc_area(labels.tolist(), judged.tolist())
        found[name, direction] = true_positives_at(
            labels.tolist(), judged.tolist(), FALSE_POSITIVES
        ).true_positive_rate
        scores.append(sigmoid(slope * judged + offset + prior_log_odds()))
        truths.append(labels)
    bins = reliability(
        np.concatenate(truths).tolist(), np.concatenate(scores).tolist(), prior=BASE_RATE
    )
    log_ratios = calibrated_elsewhere(pooled, table)
    return Figures(
        areas,
        found,
        calibration_error(bins),
        cllr(table.is_yes, log_ratios.tolist()),
        minimum_cllr(table.is_yes, pooled.tolist()),
        support_rates(truth, log_ratios),
    )


def calibration(log_odds: Values, truth: Flags) -> tuple[float, float]:
    """The slope and offset that make log-odds log-ratios, by logistic regression (Morrison 2013).

    Args:
        log_odds: of rows that their models never saw, which are farther from 0 than they should be.
        truth: what the rows are.
    """
    require("sklearn", extra="calibrate")
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6, class_weight="balanced").fit(log_odds[:, None], truth)
    # What misleads has no place on a scale: a score that tells nothing becomes a ratio of nearly 1.
    return max(float(model.coef_[0, 0]), 1e-3), float(model.intercept_[0])


def calibrated_elsewhere(log_odds: Values, table: Table) -> Values:
    """Log-ratios of rows by the calibration of the other test sets, or else other documents."""
    truth = np.array(table.is_yes)
    by_set = len(set(table.test_sets)) > 1
    folds = np.array(table.test_sets if by_set else [str(fold) for fold in table.folds()])
    log_ratios = np.zeros(len(truth))
    for fold in np.unique(folds):
        others = folds != fold
        if truth[others].all() or not truth[others].any():
            others = np.ones_like(truth)
        slope, offset = calibration(log_odds[others], truth[others])
        log_ratios[folds == fold] = slope * log_odds[folds == fold] + offset
    return log_ratios


def support_rates(truth: Flags, log_ratios: Values) -> tuple[SupportRate, ...]:
    """How often rows of either kind got at least some support, the strongest first."""
    return tuple(
        SupportRate(
            support,
            float((log_ratios[~truth] >= np.log(least)).mean()),
            float((log_ratios[truth] >= np.log(least)).mean()),
        )
        for support, least in LEAST_RATIO.items()
    )


def prior_log_odds() -> float:
    """Log-odds of the base rate."""
    return float(np.log(BASE_RATE / (1 - BASE_RATE)))


def sigmoid(values: Values) -> Values:
    """The probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))), np.float64)


def _group(engine: str, direction: str, leave: LeftOut) -> str:
    """What a row belongs to; empty for people, except where pairs of languages are left out."""
    if leave is LeftOut.PAIR:
        return direction
    return generation_of(engine) if leave is LeftOut.GENERATION else engine


def _groups(table: Table, leave: LeftOut) -> NDArray[np.str_]:
    return np.array([_group(engine, direction, leave) for engine, direction in table.groups])
