"""A benchmark as a table of texts, which the terminal, Markdown and the HTML page share."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mtpipe.types.benchmark import (
    BenchmarkReport,
    BenchmarkRow,
    DetectionGroup,
    Figure,
    SetReport,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: for people.
        order: what it is sorted by; None where there is nothing.
        note: the spread, or the like.
    """

    text: str
    order: float | str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table.

    Attributes:
        headers: of the columns; the first one is text, the others are numbers.
        rows: of cells.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def sheet(report: SetReport, rows: Sequence[BenchmarkRow]) -> Sheet:
    """Rows as a table; columns that no row has anything in are left out."""
    names = list(dict.fromkeys(name for row in rows for name in row.quality))
    unit = report.task.unit
    columns: list[tuple[str, list[Cell]]] = [
        ("configuration", [Cell(r.configuration.label, r.configuration.label) for r in rows])
    ]
    columns += [(name, [_quality(row.quality.get(name)) for row in rows]) for name in names]
    columns.append(("rank", [Cell(str(r.rank), r.rank) if r.rank else _NOTHING for r in rows]))
    for header, attribute, digits in (
        (f"{unit}/s", "per_second", 1),
        ("times", "ratio", 2),
        ("p50 ms", "latency_p50_ms", 1),
        ("p95 ms", "latency_p95_ms", 1),
        ("load s", "load_s", 2),
        ("peak MB", "peak_mb", 0),
    ):
        cells = [_spread(getattr(r.speed, attribute) if r.speed else None, digits) for r in rows]
        columns.append((header, cells))
    columns.append(("disk MB", [_plain(row.size_mb, 1) for row in rows]))
    problems = list(dict.fromkeys(p for row in rows for p in row.problems))
    columns += [
        (problem, [Cell(str(n := row.problems.get(problem, 0)), n) for row in rows])
        for problem in sorted(problems)
    ]
    kept = [(header, cells) for header, cells in columns if any(cell.text for cell in cells)]
    return Sheet(
        tuple(header for header, _ in kept),
        tuple(zip(*(cells for _, cells in kept), strict=True)),
    )


def group_sheet(groups: Sequence[DetectionGroup]) -> Sheet:
    """How a detector does on parts of the pairs, as a table: a row a part."""
    words = list(groups[0].support)
    headers = ["part", "machines", "people", "ROC area"]
    headers += [f"{side}, {word}" for word in words for side in ("machines", "people")]
    rows = []
    for group in groups:
        name = f"{group.kind} {group.name}"
        cells = [Cell(name, name), *(Cell(str(n), n) for n in (group.machines, group.people))]
        cells.append(_plain(group.roc_area, 3))
        for word in words:
            machines, people = group.support[word]
            cells.append(_plain(machines if group.machines else None, 3))
            cells.append(_plain(people if group.people else None, 3))
        rows.append(tuple(cells))
    return Sheet(tuple(headers), tuple(rows))


def report_record(report: BenchmarkReport) -> dict[str, Any]:
    """The report as JSON values: figures only, no segments, and nothing of the run itself."""
    record = asdict(report)
    for name in ("failures", "measured", "files"):
        del record[name]
    for each in record["sets"]:
        del each["worst"]
        for row in [*each["overall"], *(r for rows in each["directions"].values() for r in rows)]:
            row["configuration"]["label"] = _label(report, row["configuration"])
    return {"format": 1, **record}


def _label(report: BenchmarkReport, configuration: dict[str, Any]) -> str:
    for each in report.sets:
        for rows in (each.overall, *each.directions.values()):
            for row in rows:
                if asdict(row.configuration).items() <= configuration.items():
                    return row.configuration.label
    return ""


_NOTHING = Cell("", None)


def _quality(figure: Figure | None) -> Cell:
    if figure is None:
        return _NOTHING
    digits = 4 if figure.value <= 1 else 2
    if figure.low is None or figure.high is None:
        return Cell(f"{figure.value:.{digits}f}", figure.value)
    half = (figure.high - figure.low) / 2
    return Cell(f"{figure.value:.{digits}f}", figure.value, f"± {half:.2f}")


def _spread(figure: Figure | None, digits: int) -> Cell:
    if figure is None:
        return _NOTHING
    text = f"{figure.value:,.{digits}f}"
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return Cell(text, figure.value)
    return Cell(text, figure.value, f"{figure.low:,.{digits}f}-{figure.high:,.{digits}f}")


def _plain(value: float | None, digits: int) -> Cell:
    return _NOTHING if value is None else Cell(f"{value:,.{digits}f}", value)
