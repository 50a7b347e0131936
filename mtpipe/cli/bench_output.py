"""What ``mtpipe bench`` prints: reports and comparisons, as tables or as JSON."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtpipe.cells import one_line

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from mtpipe.types.benchmark import (
        BenchmarkReport,
        BenchmarkRow,
        FigureComparison,
        SetReport,
    )


def print_report_json(report: "BenchmarkReport") -> None:
    """Print a report as report.json has it."""
    from mtpipe.report.benchmark import report_record  # noqa: PLC0415 - not on the way to --help

    sys.stdout.write(json.dumps(report_record(report), ensure_ascii=False, indent=1) + "\n")


def print_comparison_json(found: "Sequence[FigureComparison]") -> None:
    """Print what became of each figure, as JSON."""
    sys.stdout.write(json.dumps([each.record() for each in found], indent=1) + "\n")


def print_report(report: "BenchmarkReport") -> None:
    """Print a report as tables, one per test set and direction."""
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help

    terminal = Console()
    if not terminal.is_terminal:
        terminal = Console(width=200)
    for each in report.sets:
        if each.overall:
            terminal.print(_table(f"{each.name}, all directions", each, each.overall))
        for direction, rows in each.directions.items():
            terminal.print(_table(f"{each.name}, {direction}", each, rows))


def _table(title: str, each: "SetReport", rows: "tuple[BenchmarkRow, ...]") -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from mtpipe.report.benchmark import sheet  # noqa: PLC0415

    found = sheet(each, rows)
    table = Table(title=_plain(title), title_justify="left", box=box.SIMPLE, pad_edge=False)
    for header in found.headers:
        table.add_column(_plain(header), justify="right" if header != "configuration" else "left")
    for row in found.rows:
        table.add_row(*(_plain(f"{c.text} {c.note}" if "±" in c.note else c.text) for c in row))
    return table


def _plain(text: str) -> "Text":
    """What reports, manifests and names of models say, which may steer no terminal."""
    from rich.text import Text  # noqa: PLC0415

    return Text(one_line(text))


def print_comparison(found: "Sequence[FigureComparison]") -> None:
    """Print what became of each figure, as a table."""
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    terminal = Console()
    if not terminal.is_terminal:
        terminal = Console(width=160)
    table = Table(box=box.SIMPLE, pad_edge=False)
    for header in ("set", "direction", "configuration", "figure", "A", "B", "change", ""):
        numeric = header in ("A", "B", "change")
        table.add_column(header, justify="right" if numeric else "left")
    for each in found:
        values = (each.before, each.after)
        digits = 4 if all(abs(value or 0) <= 1 for value in values) else 2
        style = {"better": "green", "worse": "red", "gone": "red"}.get(each.verdict.value, "")
        table.add_row(
            *(_plain(text) for text in (each.set_name, each.direction, each.label, each.figure)),
            *("-" if value is None else f"{value:,.{digits}f}" for value in values),
            "" if each.change is None else f"{each.change:+,.{digits}f}",
            Text(each.words, style=style),
        )
    terminal.print(table)
