"""Labelled pairs in, the card of the verdict out: redone for every new set of engines.

Both scores are logistic regressions on standardised features; scikit-learn fits them, their
parameters go into the card as numbers. Documents, not rows, are cross-validated, and what is said
of an engine or a pair of languages is said by a model that never saw it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from mtpipe import __version__
from mtpipe._optional import require
from mtpipe.detect.card import Scale, Weight, scale_table
from mtpipe.detect.features import Family, Features
from mtpipe.detect.scores import family_of
from mtpipe.errors import InputError, OutputError
from mtpipe.models.cards import find_installed
from mtpipe.pipeline.measuring import Instruments
from mtpipe.pipeline.pairs import Pair
from mtpipe.pipeline.systems import load_system
from mtpipe.records import replacement
from mtpipe.score.classification import (
    calibration_error,
    reliability,
    roc_area,
    true_positives_at,
)
from mtpipe.types import Direction

FOLDS = 5
FALSE_POSITIVES = 0.01
BASE_RATE = 0.6
"""Share of yes that the probabilities presume, whatever it is in the labelled data."""

RATED_BY = "starter"
"""The model whose log-probabilities are measured: the one that everybody has."""

_REGULARISATION = 1.0
_SHORTER = (3, 6)
"""Sentences of the shortened articles that damping is fitted on."""
_SHORTENED_EVERY = 3

Progress = Callable[[int], None]
Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass
class Table:
    """Measured articles, row by row.

    Attributes:
        features: of each.
        is_yes: what it really is.
        groups: the engine and the pair of languages of each; the engine is empty for a no.
        documents: rows of the same document belong together.
        sentences: that were measured.
    """

    features: list[Features] = field(default_factory=list)
    is_yes: list[bool] = field(default_factory=list)
    groups: list[tuple[str, str]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)

    def add(
        self, features: Features, pair: Pair, direction: Direction, *, is_yes: bool, sentences: int
    ) -> None:
        """Add a row."""
        self.features.append(features)
        self.is_yes.append(is_yes)
        self.groups.append((engine_family(pair.engine) if is_yes else "", str(direction)))
        self.documents.append(document_of(pair))
        self.sentences.append(sentences)

    def without(self, family: Family) -> "Table":
        """The same rows, with the features of a family left out."""
        rows = [
            {name: value for name, value in row.items() if family_of(name) is not family}
            for row in self.features
        ]
        return replace(self, features=rows)

    @property
    def names(self) -> list[str]:
        """Of the features."""
        return list(self.features[0])

    def matrix(self, names: Sequence[str]) -> Matrix:
        """Features as numbers, shape (rows, names)."""
        return np.array([[row[name] for name in names] for row in self.features])

    def folds(self) -> NDArray[np.int64]:
        """Fold of each row, the same for all rows of a document."""
        digests = [hashlib.sha256(document.encode()).digest()[0] for document in self.documents]
        return np.array(digests, np.int64) % FOLDS


@dataclass(frozen=True)
class Figures:
    """How well a score does on articles that its model never saw.

    Attributes:
        roc_area: by engine and pair of languages: of that engine's rows against the innocent.
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


def engine_family(engine: str) -> str:
    """Engines that are versions of each other count as one: ``bergamot-tiny`` is ``bergamot``."""
    return engine.split("-", maxsplit=1)[0]


def document_of(pair: Pair) -> str:
    """What ties rows together: the document, in whatever language it is the original."""
    if pair.document:
        return pair.document
    text = "\n".join(pair.original.sentences if pair.original else pair.candidate.sentences)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def machine_tables(
    pairs: Iterable[Pair], instruments: Instruments, progress: Progress = lambda _: None
) -> dict[int, Table]:
    """Measure labelled pairs for ``machine_made``, whole (key 0) and shortened.

    Raises:
        InputError: a label is neither human nor machine.
    """
    tables = {size: Table() for size in (0, *_SHORTER)}
    for number, pair in enumerate(pairs, 1):
        if pair.label not in ("human", "machine"):
            raise InputError(f"row {pair.id} is labelled {pair.label!r}, not human or machine")
        if pair.original and pair.original.language != pair.candidate.language:
            direction = Direction(pair.original.language, pair.candidate.language)
            for size, table in tables.items():
                if size and number % _SHORTENED_EVERY:
                    continue
                source, target = (
                    side.sentences[:size] if size else side.sentences
                    for side in (pair.original, pair.candidate)
                )
                measured = instruments.measure(source, target, direction)
                if measured.linked:
                    table.add(
                        measured.closeness,
                        pair,
                        direction,
                        is_yes=pair.label == "machine",
                        sentences=measured.linked,
                    )
        progress(number)
    return tables


def relation_table(
    pairs: Sequence[Pair], instruments: Instruments, progress: Progress = lambda _: None
) -> Table:
    """Measure pairs for ``translation_of``: true ones, partial ones, and the nearest other article.

    A partial candidate is half a translation and half another article. One candidate a document
    and pair of languages is taken, in turn of each engine.
    """
    chosen: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        if pair.original and pair.original.language != pair.candidate.language:
            languages = f"{pair.original.language}-{pair.candidate.language}"
            chosen.setdefault((document_of(pair), languages), []).append(pair)
    taken = [rows[number % len(rows)] for number, rows in enumerate(chosen.values())]
    vectors = {
        side: np.array([_unit(_vector(getattr(p, side).sentences, instruments)) for p in taken])
        for side in ("original", "candidate")
    }
    likeness = vectors["original"] @ vectors["candidate"].T
    table = Table()
    for row, pair in enumerate(taken):
        assert pair.original  # noqa: S101 - chosen so
        direction = Direction(pair.original.language, pair.candidate.language)
        others = [
            number
            for number in np.argsort(-likeness[row])[:200]
            if taken[number].candidate.language is pair.candidate.language
            and document_of(taken[number]) != document_of(pair)
        ]
        if not others:
            continue
        other = taken[others[0]].candidate.sentences
        half = len(pair.candidate.sentences) // 2
        own = pair.candidate.sentences
        for candidate, is_yes in (
            (own, True),
            ((*own[:half], *other[half:]), True),
            (other, False),
            (taken[others[-1]].candidate.sentences, False),
        ):
            measured = instruments.measure(pair.original.sentences, candidate, direction)
            table.add(
                measured.relation,
                pair,
                direction,
                is_yes=is_yes,
                sentences=min(len(measured.original), len(candidate)),
            )
        progress(row + 1)
    return table


def fit(table: Table, shorter: Iterable[Table] = (), *, system: str = "") -> Scale:
    """Fit a score.

    The threshold is the lowest probability that at most one in a hundred innocent articles
    reaches in cross-validation, but never below one half.

    Args:
        table: rows of whole articles.
        shorter: tables of shortened ones, for damping.
        system: the translation model whose log-probabilities are among the features.
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
    point = true_positives_at(truth.tolist(), probabilities.tolist(), FALSE_POSITIVES)
    threshold = max(0.5, min(point.threshold, 1.0))
    centers, deviations = matrix.mean(axis=0), np.maximum(matrix.std(axis=0), 1e-9)
    typical = [matrix[truth == side].mean(axis=0) for side in (False, True)]
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
    )


def figures(table: Table, *, leave: str = "engine") -> Figures:
    """Cross-validate a score, leaving out an engine or a pair of languages, too.

    Args:
        table: rows of whole articles.
        leave: ``engine`` or ``pair``: rows of the one that is tested aren't trained on, unless
            there is no other.
    """
    names = table.names
    truth = np.array(table.is_yes)
    engines = np.array([engine for engine, _ in table.groups])
    directions = np.array([direction for _, direction in table.groups])
    areas, found = {}, {}
    by_group: dict[str, NDArray[np.float64]] = {}
    probabilities: list[NDArray[np.float64]] = []
    truths: list[Flags] = []
    for engine in sorted(set(engines.tolist()) - {""}):
        for direction in sorted(set(directions.tolist())):
            tested = ((engines == engine) | ~truth) & (directions == direction)
            if not (truth & tested).any() or not (~truth & tested).any():
                continue
            group = engine if leave == "engine" else direction
            if group not in by_group:
                left_out = truth & (engines == group) | (directions == group)
                if not (truth & ~left_out).any() or not (~truth & ~left_out).any():
                    left_out = np.zeros_like(truth)  # there is nothing else to learn from
                by_group[group] = cross_validated(table, names, left_out=left_out)
            log_odds = by_group[group]
            scores = _sigmoid(log_odds[tested])
            labels = truth[tested]
            areas[engine, direction] = roc_area(labels.tolist(), scores.tolist())
            found[engine, direction] = true_positives_at(
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
) -> NDArray[np.float64]:
    """Log-odds of every row by a model that saw no row of its document.

    Args:
        table: rows to train on.
        names: features to use.
        left_out: rows that aren't trained on at all.
        tested: rows to score, if others than the table's.
    """
    folds, matrix, truth = table.folds(), table.matrix(names), np.array(table.is_yes)
    scored_folds, scored = (tested.folds(), tested.matrix(names)) if tested else (folds, matrix)
    log_odds = np.zeros(len(scored))
    for fold in range(FOLDS):
        rows = folds != fold
        if left_out is not None:
            rows &= ~left_out
        model = _fitted(matrix[rows], truth[rows])
        here = scored_folds == fold
        if here.any():
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


def _vector(texts: Sequence[str], instruments: Instruments) -> NDArray[np.float32]:
    total: NDArray[np.float32] = instruments.sentences(texts).vectors.sum(axis=0)
    return total


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -50, 50))), np.float64)


def calibrate(
    pairs: Sequence[Pair], output: Path, *, engine: bool = True, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Learn the verdict from labelled pairs and write its card.

    Args:
        pairs: labelled ``human`` or ``machine``, with what made them as ``engine``.
        output: the card's file.
        engine: make a scale with the log-probabilities of the model that ships as well.
        progress: told how many of twice the pairs are done.

    Returns:
        The figures of cross-validation, which the card has, too.

    Raises:
        DependencyMissing: scikit-learn isn't installed.
        InputError: the pairs don't do: labels, engines or documents are too few.
        OutputError: the card can't be written.
    """
    require("sklearn", extra="calibrate")
    kinds = {pair.label for pair in pairs}
    if not {"human", "machine"} <= kinds or len({document_of(pair) for pair in pairs}) < 5 * FOLDS:
        raise InputError(
            f"calibration needs candidates labelled human and machine, of {5 * FOLDS} documents "
            "or more",
            hint='rows have "label": "human" or "machine", and "system" for what made them',
        )
    system = load_system(find_installed(RATED_BY), device="cpu") if engine else None
    relations = relation_table(pairs, Instruments(), progress)
    tables = machine_tables(pairs, Instruments(system), lambda n: progress(len(pairs) + n))
    card, measured = learn(relations, tables, system.name if system else "")
    header = {
        "title": "how features of a candidate become probabilities, and from where on that is a yes",
        "origin": "mtpipe detect --calibrate",
        "version": __version__,
        "directions": [],
        "pairs": len(pairs),
        "engines": sorted({pair.engine for pair in pairs if pair.label == "machine"}),
    }
    try:
        with replacement(output) as file:
            file.write(tomli_w.dumps(header | card | {"figures": measured}).encode())
    except OSError as exc:
        raise OutputError(f"can't write {output}: {exc.strerror}") from exc
    return measured


def learn(
    relations: Table, tables: Mapping[int, Table], system: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """From measured tables to the card and the figures that go with it.

    Args:
        relations: of :func:`relation_table`.
        tables: of :func:`machine_tables`.
        system: whose log-probabilities the latter have; empty for none.
    """
    whole, shorter = tables[0], [tables[size] for size in _SHORTER]
    plain = whole.without(Family.ENGINE)
    card = {
        "base_rate": BASE_RATE,
        "translation_of": scale_table(fit(relations)),
        "machine_made": scale_table(
            fit(plain, [table.without(Family.ENGINE) for table in shorter])
        ),
    }
    measured = {
        "translation_of": _rounded_figures(figures(relations)),
        "machine_made": _rounded_figures(figures(plain)),
        "machine_made_pair_left_out": _rounded_figures(figures(plain, leave="pair")),
    }
    if system:
        card["machine_made_engine"] = scale_table(fit(whole, shorter, system=system))
        measured |= {
            "machine_made_engine": _rounded_figures(figures(whole)),
            "machine_made_engine_pair_left_out": _rounded_figures(figures(whole, leave="pair")),
        }
    measured["roc_area_without"] = {
        family.value: round(figures(whole.without(family)).means[0], 4)
        for family in Family
        if any(family_of(name) is family for name in whole.names)
    }
    return card, measured


def _rounded_figures(measured: Figures) -> dict[str, Any]:
    area, found = measured.means
    return {
        "roc_area": round(area, 4),
        "true_positives_at_1_percent": round(found, 3),
        "calibration_error": round(measured.calibration_error, 4),
        "roc_areas": {" ".join(key): round(value, 3) for key, value in measured.roc_area.items()},
    }
