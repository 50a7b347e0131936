"""Labelled pairs in, the card of the verdict out: redone for every new set of engines.

Both scores are logistic regressions on standardised features; scikit-learn fits them, their
parameters go into the card as numbers. Documents, not rows, are cross-validated.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from mtpipe import __version__
from mtpipe._optional import require
from mtpipe.detection.card import scale_table
from mtpipe.detection.features import Family
from mtpipe.detection.scores import family_of
from mtpipe.errors import InputError, OutputError
from mtpipe.files import replacement
from mtpipe.models.cards import find_installed
from mtpipe.pipeline.detect.calibration.fitting import BASE_RATE, Figures, figures, fit
from mtpipe.pipeline.detect.calibration.tables import (
    FOLDS,
    SHORTER,
    Progress,
    Table,
    agreement_tables,
    document_of,
    machine_tables,
    relation_tables,
)
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.pipeline.systems.rating import Rater

RATED_BY = "starter"
"""The model whose expectations are measured: the one that everybody has."""


def calibrate(
    pairs: Sequence[Pair], output: Path, *, engine: bool = True, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Learn the verdict from labelled pairs and write its card.

    Args:
        pairs: labelled ``human`` or ``machine``, with what made them as ``engine``.
        output: the card's file.
        engine: make a scale with the expectations of the model that ships as well.
        progress: told how many of thrice the pairs are measured.

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
    rater = Rater(find_installed(RATED_BY)) if engine else None
    relations = relation_tables(pairs, Instruments(), progress)
    tables = machine_tables(pairs, Instruments(rater), lambda n: progress(len(pairs) + n))
    agreements = agreement_tables(pairs, lambda n: progress(2 * len(pairs) + n))
    progress(3 * len(pairs))
    card, measured = learn(relations, tables, agreements, rater.name if rater else "")
    header = {
        "title": "how features of a candidate become probabilities, and from where on that is a yes",
        "origin": "mtpipe detect --calibrate",
        "version": __version__,
        "directions": [],
        "calibrated_on": sorted({str(pair.direction) for pair in pairs if pair.direction}),
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
    relations: Mapping[int, Table],
    tables: Mapping[int, Table],
    agreements: Mapping[int, Table],
    system: str,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """From measured tables to the card and the figures that go with it.

    Args:
        relations: of :func:`relation_tables`.
        tables: of :func:`machine_tables`.
        agreements: of :func:`agreement_tables`.
        system: whose expectations the tables have; empty for none.
    """
    whole, shorter = tables[0], [tables[size] for size in SHORTER]
    plain = whole.without(Family.ENGINE)
    card = {
        "base_rate": BASE_RATE,
        "translation_of": scale_table(fit(relations[0], [relations[size] for size in SHORTER])),
        "machine_made": scale_table(
            fit(plain, [table.without(Family.ENGINE) for table in shorter])
        ),
    }
    measured = _measured("translation_of", relations[0])
    measured |= _measured("machine_made", plain, "pair", "set")
    if system:
        card["machine_made_engine"] = scale_table(fit(whole, shorter, system=system))
        measured |= _measured("machine_made_engine", whole, "pair", "set")
    if any(agreements[0].is_yes):
        compared, *parts = agreements.values()
        card["machine_made_agreement"] = scale_table(fit(compared, parts))
        measured |= _measured("machine_made_agreement", compared, "set")
    measured["roc_area_without"] = {
        family.value: round(figures(whole.without(family)).means[0], 4)
        for family in Family
        if any(family_of(name) is family for name in whole.names)
    }
    return card, measured


def _measured(name: str, table: Table, *leaves: str) -> dict[str, Any]:
    """The figures of a score, and those with more left out; test sets, if there is more than one."""
    measured: dict[str, Any] = {name: _rounded_figures(figures(table))}
    for leave in leaves:
        if leave != "set" or len(set(table.test_sets)) > 1:
            measured[f"{name}_{leave}_left_out"] = _rounded_figures(figures(table, leave=leave))
    return measured


def _rounded_figures(measured: Figures) -> dict[str, Any]:
    area, found = measured.means
    return {
        "roc_area": round(area, 4),
        "true_positives_at_1_percent": round(found, 3),
        "calibration_error": round(measured.calibration_error, 4),
        "roc_areas": {" ".join(key): round(value, 3) for key, value in measured.roc_area.items()},
    }
