"""Floor files: what may not happen from one benchmark to the next."""

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError, InputError, QualityRegression
from mtpipe.pipeline.bench.compare import TESTED, compare_figures
from mtpipe.pipeline.bench.report_files import PublishedReport, PublishedRow
from mtpipe.types.benchmark import (
    LESS_IS_BETTER,
    FigureComparison,
    FigureVerdict,
    ReportComparison,
)

SCORES = (
    *("chrF2", "BLEU", "chrF2++", "TER"),
    *("strict F1", "strict precision", "strict recall"),
    *("lax F1", "lax precision", "lax recall"),
    *("ROC area", "TPR at 1 % FPR", "calibration error", "Cllr", "minimum Cllr"),
)
"""Figures of quality, as they are called in reports."""

COSTS = (
    *("per_second", "ratio", "latency_p50_ms", "latency_p95_ms", "load_s", "peak_mb", "size_mb"),
)
"""Figures of cost that can have a floor."""

SHARES = {"per_second": "speed", "peak_mb": "memory", "size_mb": "size"}
"""Figures of cost that can have a tolerance, which is a share, and its name."""

_HELD = (FigureVerdict.WORSE, FigureVerdict.UNTESTED)
"""What a figure of cost is held by its tolerance for."""


@dataclass(frozen=True)
class Floors:
    """What may not happen.

    Attributes:
        tolerance: by figure, the largest significant loss that is allowed: of a score in points,
            of ``speed``, ``memory`` and ``size`` as a share. Where no test is possible, as of
            alignment and detection or on another machine, any loss counts.
        floors: by set, direction (or ``mean``) and figure, the least (of a cost the most) that is
            allowed.
    """

    tolerance: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)


def compare_reports(
    before: str | Path, after: str | Path, *, floors: str | Path | None = None
) -> ReportComparison:
    r"""Compare two benchmarks, figure by figure; safe to call from several threads at once.

    >>> from pathlib import Path
    >>> from mtpipe import bench, compare_reports
    >>> size = Path("few.de-en.tsv").write_text("Guten Morgen.\tGood morning.\n")
    >>> report = bench("starter", "few.de-en.tsv", output="few", speed=False)
    >>> compare_reports("few/report.json", "few/report.json").figures[0].words
    'same (identical counts)'

    Args:
        before: a report.json.
        after: another one.
        floors: TOML file with what may not happen.

    Raises:
        InputError: one of them is no report, they have nothing in common, or there is a floor
            under a figure that wasn't measured.
        ConfigError: the floor file can't be read.
    """
    wanted = read_floors(Path(floors)) if floors else None
    found = compare_figures(Path(before), Path(after))
    regression = None
    if wanted:
        try:
            require_floors(wanted, found, Path(after))
        except QualityRegression as exc:
            regression = exc
    return ReportComparison(tuple(found), regression)


def read_floors(path: Path) -> Floors:
    """Read a floor file.

    Raises:
        ConfigError: it doesn't parse, something in it isn't a number, or has a name that nothing
            is called.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        _require_known(path, raw, ("tolerance", "floors"), "table")
        tolerance = _numbers(path, raw.get("tolerance", {}), (*SCORES, *SHARES.values()))
        floors = {
            name: {
                direction: _numbers(path, figures, (*SCORES, *COSTS))
                for direction, figures in directions.items()
            }
            for name, directions in raw.get("floors", {}).items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise ConfigError(
            f"{path} is no floor file: {exc}", hint="mtpipe bench compare --help shows one"
        ) from exc
    return Floors(tolerance, floors)


def _numbers(path: Path, table: Mapping[str, Any], known: Sequence[str]) -> dict[str, float]:
    _require_known(path, table, known, "figure")
    numbers = {name: float(value) for name, value in table.items()}
    for name, value in numbers.items():
        if math.isnan(value):
            raise ValueError(f"{name} isn't a number")
    return numbers


def _require_known(path: Path, names: Iterable[str], known: Sequence[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(
                f"{path}: there is no {what} {name!r}", hint=f"it can be {', '.join(known)}"
            )


def require_floors(floors: Floors, found: Sequence[FigureComparison], after: Path) -> None:
    """Complain of what fell beyond what is allowed, and of what isn't there any more.

    Args:
        floors: what is allowed.
        found: all comparisons.
        after: the later report.

    Raises:
        QualityRegression: lists everything that did.
        InputError: there is a floor under a figure that wasn't measured.
    """
    problems = [
        *_missing(floors, found),
        *_beyond_tolerance(floors, found),
        *_below_floor(floors, PublishedReport(after)),
    ]
    if problems:
        raise QualityRegression(
            "the benchmark fell below what is allowed:\n  " + "\n  ".join(problems),
            hint="if that is intended, change the floor file in the same commit",
        )


def _missing(floors: Floors, found: Sequence[FigureComparison]) -> Iterator[str]:
    for each in found:
        where = f"{each.set_name} {each.direction}, {each.label}"
        if each.verdict is FigureVerdict.GONE:
            yield f"{where} wasn't measured any more"
        elif (
            each.verdict is FigureVerdict.UNMEASURED and _tolerated(each.figure) in floors.tolerance
        ):
            yield f"{where}: {each.figure} wasn't measured any more"


def _tolerated(figure: str) -> str:
    return SHARES.get(figure, figure)


def _beyond_tolerance(floors: Floors, found: Sequence[FigureComparison]) -> Iterator[str]:
    for each in found:
        name = _tolerated(each.figure)
        if name not in floors.tolerance or each.after is None:
            continue
        if each.figure in TESTED and each.verdict is not FigureVerdict.WORSE:
            continue
        if each.figure in SHARES and each.verdict not in _HELD:
            continue
        fall = each.before - each.after
        loss = -fall if each.figure in LESS_IS_BETTER else fall
        if loss > floors.tolerance[name] * (each.before if each.figure in SHARES else 1):
            yield (
                f"{each.set_name} {each.direction}, {each.label}: {each.figure} went from "
                f"{_shown(each.before)} to {_shown(each.after)} ({each.test or each.verdict})"
            )


def _below_floor(floors: Floors, report: PublishedReport) -> Iterator[str]:
    for name, directions in floors.floors.items():
        table: dict[str, list[PublishedRow]] = (
            report.sets[name].directions if name in report.sets else {}
        )
        for direction, figures in directions.items():
            if direction not in table:
                raise InputError(
                    f"there is a floor under {name} {direction}, which wasn't measured"
                )
            for figure, least in figures.items():
                for row in _with_floor(table[direction], figure):
                    value = row.figure(figure)
                    if value is None:
                        raise InputError(
                            f"there is a floor under {figure} of {name} {direction}, which "
                            "wasn't measured"
                        )
                    below = value > least if figure in LESS_IS_BETTER else value < least
                    if below:
                        yield (
                            f"{name} {direction}, {row.label}: {figure} is {_shown(value)}, "
                            f"the floor {_shown(least)}"
                        )


def _with_floor(rows: Sequence[PublishedRow], figure: str) -> Sequence[PublishedRow]:
    """The rows that have a floor under a figure: the baseline has no ratio to itself."""
    if figure != "ratio":
        return rows
    return [r for r in rows if not r.record["speed"] or r.figure(figure) is not None] or rows


def _shown(value: float) -> str:
    """A figure with so many digits that one below its floor doesn't look like it."""
    return f"{value:.2f}" if abs(value) > 1 else f"{value:.4f}"
