"""From measured rows to a scale: a logistic regression, calibrated on what it never saw."""

from collections.abc import Iterable, Sequence

import numpy as np

from mtpipe.detection.card import Scale, Weight
from mtpipe.detection.support import BASE_RATE, LikelihoodScale
from mtpipe.errors import InputError
from mtpipe.pipeline.detect.calibration.regression import Folded, Rows, Values, fitted
from mtpipe.pipeline.detect.calibration.tables import Flags, Table
from mtpipe.pipeline.detect.calibration.validation import (
    FALSE_POSITIVES,
    LeftOut,
    Unseen,
    calibrated_elsewhere,
    calibration,
    prior_log_odds,
    sigmoid,
    support_rates,
)
from mtpipe.scoring.classification import true_positives_at
from mtpipe.scoring.likelihood_ratios import supported_range
from mtpipe.types import SupportRate


def fit(table: Table, shorter: Iterable[Table] = (), *, system: str = "") -> Scale:
    """Fit a score.

    Weights and intercept are scaled so that the log-odds less those of the base rate are the logarithm
    of a likelihood ratio where neither engine nor test set are known. The threshold is the lowest
    probability that at most one in a hundred innocent articles reaches in cross-validation by
    document, but never below one half. Where articles were compared with several engines'
    translations, it holds for each of them, and so do bounds and rates of the ratios.

    Args:
        table: rows of whole articles.
        shorter: tables of shortened ones, for damping.
        system: the translation model whose expectations are among the features.
    """
    names, matrix, truth = table.names, table.matrix(table.names), np.array(table.is_yes)
    regression = fitted(matrix, truth)[-1]
    unseen = Unseen(table, LeftOut.SET)
    pooled = unseen.pooled()
    slope, offset = calibration(pooled, truth)
    damping, bounds = _by_length(table, shorter, unseen, (slope, offset))
    probabilities = sigmoid(slope * _known(table) + offset + prior_log_odds())
    threshold = max(0.5, *(_threshold(truth[own], probabilities[own]) for own in _parts(table)))
    centers, deviations = matrix.mean(axis=0), np.maximum(matrix.std(axis=0), 1e-9)
    typical = [matrix[truth == side].mean(axis=0) for side in (False, True)]
    weights = (slope * regression.coef_[0]).tolist()
    log_ratios = calibrated_elsewhere(pooled, table)
    return Scale(
        slope * float(regression.intercept_[0]) + offset + prior_log_odds(),
        {
            name: Weight(
                weights[n],
                float(centers[n]),
                float(deviations[n]),
                (float(typical[0][n]), float(typical[1][n])),
            )
            for n, name in enumerate(names)
        },
        damping,
        threshold,
        float((probabilities[~truth] >= threshold).mean()),
        system,
        min(float((probabilities[truth & own] >= threshold).mean()) for own in _parts(table)),
        LikelihoodScale(
            BASE_RATE,
            bounds,
            _worst_rates([support_rates(truth[own], log_ratios[own]) for own in _parts(table)]),
            _people(table),
            ", ".join(sorted(set(table.test_sets) - {""})),
        ),
    )


def _known(table: Table) -> Values:
    """Log-odds of rows by models that have seen none of their documents, but anything else."""
    rows = Rows.of(table)
    return Folded(rows).log_odds(rows)


def _by_length(
    table: Table, shorter: Iterable[Table], unseen: Unseen, affine: tuple[float, float]
) -> tuple[tuple[tuple[int, float], ...], tuple[tuple[int, float, float], ...]]:
    """What log-ratios of articles of a length are multiplied by, and how far they may go."""
    slope, offset = affine
    damping, bounds = [], []
    for rows in (table, *shorter):
        log_ratios = slope * unseen.pooled(rows) + offset
        truth = np.array(rows.is_yes)
        factor = 1.0 if rows is table else _damping(log_ratios, truth)
        length = int(np.median(rows.sentences))
        low, high = _supported(factor * log_ratios, rows)
        damping.append((length, factor))
        bounds.append((length, low, high))
    return tuple(sorted(damping)), tuple(sorted(bounds))


def _damping(log_ratios: Values, truth: Flags) -> float:
    """The factor that makes the log-ratios of shortened articles fit best, by likelihood."""
    weights = np.where(truth, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    best, factor = np.inf, 1.0
    for tried in np.arange(0.1, 1.01, 0.05):
        loss = (weights * np.logaddexp(0, np.where(truth, -tried, tried) * log_ratios)).mean()
        if loss < best:
            best, factor = loss, float(tried)
    return factor


def _supported(log_ratios: Values, rows: Table) -> tuple[float, float]:
    """The narrowest of the ranges that the rows by each peer can back."""
    truth = np.array(rows.is_yes)
    ranges = [
        supported_range(truth[own].tolist(), log_ratios[own].tolist()) for own in _parts(rows)
    ]
    lows, highs = zip(*ranges, strict=True)
    return max(lows), min(highs)


def _worst_rates(by_peer: Sequence[Sequence[SupportRate]]) -> tuple[SupportRate, ...]:
    """Of the rates by peer the highest of the innocent and the lowest of the others."""
    return tuple(
        SupportRate(
            rates[0].support,
            max(rate.innocents for rate in rates),
            min(rate.others for rate in rates),
        )
        for rates in zip(*by_peer, strict=True)
    )


def _parts(table: Table) -> list[Flags]:
    """The rows by each engine that translations of both kinds were compared with; all without one.

    Raises:
        InputError: there is no such engine.
    """
    peers, truth = np.array(table.peers), np.array(table.is_yes)
    both = set(peers[~truth].tolist()) & set(peers[truth].tolist())
    if not both:
        raise InputError(
            "no engine's translations were compared with people's and with another engine's",
            hint="add documents that people and two engines translated",
        )
    return [peers == peer for peer in sorted(both)]


def _people(table: Table) -> int:
    """Translations by people, each counted once, whatever it was compared with."""
    rows = zip(table.documents, table.groups, table.is_yes, strict=True)
    return len({(document, direction) for document, (_, direction), yes in rows if not yes})


def _threshold(truth: Flags, probabilities: Values) -> float:
    point = true_positives_at(truth.tolist(), probabilities.tolist(), FALSE_POSITIVES)
    return min(1.0, point.threshold)
