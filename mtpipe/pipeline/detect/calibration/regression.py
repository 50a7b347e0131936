"""Regressions on measured rows, each of which has seen nothing of a part of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe._optional import require
from mtpipe.pipeline.detect.calibration.tables import Flags, Matrix, Table

Values = NDArray[np.float64]

_REGULARISATION = 0.1
"""Inverse strength; the best of 1, .1, .01 and .001 on test sets that were left out."""


@dataclass(frozen=True)
class Rows:
    """A table as arrays.

    Attributes:
        matrix: features, shape (rows, features).
        truth: what each row is.
        folds: of each row, by name: the test set, or a part of the documents.
    """

    matrix: Matrix
    truth: Flags
    folds: NDArray[np.str_]

    @classmethod
    def of(cls, table: Table, *, by_set: bool = False) -> "Rows":
        """The rows of a table, with its own features.

        Args:
            table: any.
            by_set: folds are test sets; else groups of documents.
        """
        folds = table.test_sets if by_set else [str(fold) for fold in table.folds()]
        return cls(table.matrix(table.names), np.array(table.is_yes), np.array(folds))


class Folded:
    """Regressions, each of which has seen nothing of one fold.

    Args:
        rows: to train on.
        left_out: rows that none is trained on.
    """

    def __init__(self, rows: Rows, left_out: Flags | None = None) -> None:
        self._models: dict[str, Any] = {}
        kept = np.ones_like(rows.truth) if left_out is None else ~left_out
        for fold in sorted(set(rows.folds.tolist())):
            chosen = kept & (rows.folds != fold)
            if rows.truth[chosen].all() or not rows.truth[chosen].any():
                chosen = kept  # there is nothing else to learn from
            self._models[fold] = fitted(rows.matrix[chosen], rows.truth[chosen])

    def log_odds(self, rows: Rows) -> Values:
        """Of rows, at even odds, each by the model that hasn't seen its fold."""
        result = np.zeros(len(rows.matrix))
        for fold, model in self._models.items():
            here = rows.folds == fold
            if here.any():
                result[here] = model.decision_function(rows.matrix[here])
        return result


def fitted(matrix: Matrix, is_yes: Flags) -> Any:
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
