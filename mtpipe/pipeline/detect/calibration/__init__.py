"""Labelled pairs in, the card of the verdict out: redone for every new set of engines.

Both scores are logistic regressions on standardised features; scikit-learn fits them, their
parameters go into the card as numbers. Documents, not rows, are cross-validated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from mtpipe import __version__
from mtpipe._optional import require
from mtpipe.blas import single_threaded
from mtpipe.detection.card import scale_table
from mtpipe.detection.engine_names import engine_family, generation_of
from mtpipe.detection.features import Family
from mtpipe.detection.support import BASE_RATE
from mtpipe.errors import InputError, OutputError
from mtpipe.files import replacement
from mtpipe.models.cards import find_installed
from mtpipe.pipeline.detect.calibration.fitting import fit
from mtpipe.pipeline.detect.calibration.measures import Progress, measure_all
from mtpipe.pipeline.detect.calibration.planning import (
    SHORTER,
    agreement_rows,
    document_of,
    machine_rows,
    rated,
    refuse_one_sided,
    relation_rows,
)
from mtpipe.pipeline.detect.calibration.tables import FOLDS, Table, tables_of
from mtpipe.pipeline.detect.calibration.validation import Figures, LeftOut, figures
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.pipeline.systems.choosing import system_name

_LEFT_OUT = (LeftOut.PAIR, LeftOut.GENERATION, LeftOut.SET)

_PLAIN = frozenset(Family) - {Family.ENGINE, Family.AGREEMENT}
"""Families that the scale without a model learns from."""

_EXPECTED = frozenset({Family.MEANING, Family.ENGINE})
"""Families that the scale with a model's expectations learns from. The others add habits of the engines
and translators that they are learnt from: with them, large language models that it has never seen
cost .67 bits instead of .49."""

RATED_BY = "starter"
"""The model whose expectations are measured: the one that everybody has."""


def calibrate(
    pairs: Sequence[Pair],
    output: Path,
    *,
    engine: bool = True,
    measures: Path | None = None,
    progress: Progress = lambda _done, _total: None,
) -> dict[str, Any]:
    """Learn the verdict from labelled pairs and write its card.

    Args:
        pairs: labelled ``human`` or ``machine``, with what made them as ``engine``.
        output: the card's file.
        engine: make a scale with the expectations of the model that ships as well.
        measures: a file that keeps what is measured, row by row: a run that was stopped goes on
            where it was, and a later one, with more pairs say, measures only what is new.
        progress: told how many measurements are done, and of how many.

    Returns:
        The figures of cross-validation, which the card has, too.

    Raises:
        DependencyMissing: scikit-learn isn't installed.
        InputError: the pairs don't do: labels, engines or documents are too few.
        MalformedRecord: the file of measures has something else in it.
        OutputError: the card or the measures can't be written.
    """
    require("sklearn", extra="calibrate")
    kinds = {pair.label for pair in pairs}
    if not {"human", "machine"} <= kinds or len({document_of(pair) for pair in pairs}) < 5 * FOLDS:
        raise InputError(
            f"calibration needs candidates labelled human and machine, of {5 * FOLDS} documents "
            "or more",
            hint='rows have "label": "human" or "machine", and "system" for what made them',
        )
    rated_by = RATED_BY if engine else ""
    tables = _measured_tables(pairs, rated_by, measures, progress)
    with single_threaded():  # threads would wait for one another more than they compute
        card, figures_ = learn(*tables, system_name(find_installed(rated_by)) if rated_by else "")
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
            file.write(tomli_w.dumps(header | card | {"figures": figures_}).encode())
    except OSError as exc:
        raise OutputError(f"can't write {output}: {exc.strerror}") from exc
    return figures_


def _measured_tables(
    pairs: Sequence[Pair], rated_by: str, measures: Path | None, progress: Progress
) -> tuple[dict[int, Table], dict[int, Table], dict[int, Table]]:
    """What :func:`learn` learns from."""
    close = list(machine_rows(pairs))
    plans = [close, list(relation_rows(pairs, Instruments())), list(agreement_rows(pairs))]
    people, machines = (
        {engine_family(row.peer) for row in plans[2] if row.is_yes is side}
        for side in (False, True)
    )
    if not people & machines:
        plans[2] = []  # no two engines translated what people did
    # Before what may take half an hour.
    refuse_one_sided(*({(row.size, row.is_yes) for row in plan} for plan in plans))
    if rated_by:
        plans.append(list(rated(close)))
    tasks = [row.task for plan in plans for row in plan]
    found = iter(measure_all(tasks, rated_by, kept=measures, progress=progress))
    closeness, relation, agreement, *expectations = ([next(found) for _ in plan] for plan in plans)
    for expected in expectations:
        closeness = [
            replace(one, features=one.features | more.features)
            for one, more in zip(closeness, expected, strict=True)
        ]
    return (
        tables_of(plans[1], relation),
        tables_of(close, closeness),
        tables_of(plans[2], agreement),
    )


def learn(
    relations: Mapping[int, Table],
    tables: Mapping[int, Table],
    agreements: Mapping[int, Table],
    system: str,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """From measured tables to the card and the figures that go with it.

    Args:
        relations: for ``translation_of``, by the number of sentences that articles were cut to; 0
            for whole ones.
        tables: for ``machine_made``, likewise.
        agreements: the same, beside other engines' translations; may be empty.
        system: whose expectations the tables have; empty for none.
    """
    # Again, since rows of which nothing could be measured are left out.
    refuse_one_sided(
        *(
            {(size, is_yes) for size, table in by_size.items() for is_yes in table.is_yes}
            for by_size in (tables, relations, agreements)
        )
    )
    whole, shorter = tables[0], [tables[size] for size in SHORTER]
    plain = whole.of_families(_PLAIN)
    card = {
        "base_rate": BASE_RATE,
        "translation_of": scale_table(fit(relations[0], [relations[size] for size in SHORTER])),
        "machine_made": scale_table(fit(plain, [table.of_families(_PLAIN) for table in shorter])),
    }
    measured = _measured("translation_of", relations[0])
    measured |= _measured("machine_made", plain, *_LEFT_OUT)
    if system:
        expected = whole.of_families(_EXPECTED)
        parts = [table.of_families(_EXPECTED) for table in shorter]
        card["machine_made_engine"] = scale_table(fit(expected, parts, system=system))
        measured |= _measured("machine_made_engine", expected, *_LEFT_OUT)
    if agreements:
        compared, parts = agreements[0], [agreements[size] for size in SHORTER]
        card["machine_made_agreement"] = scale_table(fit(compared, parts))
        measured |= _measured("machine_made_agreement", compared, LeftOut.SET)
    return card, measured


def _measured(name: str, table: Table, *leaves: LeftOut) -> dict[str, Any]:
    """The figures of a score, and those with more left out, where there is more than one of it."""
    measured: dict[str, Any] = {name: _rounded_figures(figures(table))}
    generations = {generation_of(engine) for engine, _ in table.groups if engine}
    for leave in leaves:
        if (leave is LeftOut.SET and len(set(table.test_sets)) < 2) or (
            leave is LeftOut.GENERATION and len(generations) < 2
        ):
            continue
        measured[f"{name}_{leave}_left_out"] = _rounded_figures(figures(table, leave))
    return measured


def _rounded_figures(measured: Figures) -> dict[str, Any]:
    area, found = measured.means
    return {
        "roc_area": round(area, 4),
        "true_positives_at_1_percent": round(found, 3),
        "calibration_error": round(measured.calibration_error, 4),
        "cllr": round(measured.cllr, 4),
        "minimum_cllr": round(measured.minimum_cllr, 4),
        "support": {
            rate.support.value: {
                "people": round(rate.innocents, 4),
                "machines": round(rate.others, 4),
            }
            for rate in measured.rates
        },
        "roc_areas": {" ".join(key): round(value, 3) for key, value in measured.roc_area.items()},
    }
