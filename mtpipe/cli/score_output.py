"""What ``mtpipe score`` prints: tables for the terminal, or a format for programs and papers."""

from functools import partial
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mtpipe.cells import one_line
from mtpipe.cli import console
from mtpipe.cli.output import print_to, write_texts
from mtpipe.types.choices import ScoreFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table
    from rich.text import Text

    from mtpipe.report.scores import ScoreCell, ScoreReport, ScoreTable


def write_scores(output: Path, report: "ScoreReport", form: ScoreFormat) -> None:
    """Write scores.

    Raises:
        OutputError: they can't be written.
    """
    if form is ScoreFormat.TABLE:
        print_to(output, partial(_print_tables, report))
    else:
        write_texts(output, [_formatted(report, form)])


def _formatted(report: "ScoreReport", form: ScoreFormat) -> str:
    from mtpipe.report import score_formats  # noqa: PLC0415 - not on the way to --help

    if form is ScoreFormat.JSON:
        return score_formats.json_report(report)
    if form is ScoreFormat.CSV:
        return score_formats.csv_report(report)
    if form is ScoreFormat.LATEX:
        return score_formats.latex_report(report)
    if form is ScoreFormat.MARKDOWN:
        return score_formats.markdown_report(report)
    from mtpipe.report.score_page import score_page  # noqa: PLC0415

    return score_page(report)


def _print_tables(report: "ScoreReport", stream: IO[str]) -> None:
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help

    from mtpipe.report.scores import describe_test, signatures  # noqa: PLC0415

    terminal = Console(file=stream)
    for table in _tables(report):
        terminal.print(table)
    if report.test:
        terminal.print(describe_test(report.test), markup=False, highlight=False)
    lines = ["|".join(pair) for pair in signatures(report)]
    if console.is_verbose():
        lines += _details(report)
    for line in lines:
        terminal.print(one_line(line), markup=False, highlight=False, soft_wrap=True)


def _details(report: "ScoreReport") -> "Iterator[str]":
    """The further figures of all segments."""
    for row in report.tables[0].rows:
        for column, cell in zip(report.columns, row.cells, strict=True):
            if cell.details:
                yield f"{row.system}: {column.name} {cell.value:.{column.digits}f} {cell.details}"


def _tables(report: "ScoreReport") -> "Iterator[Table]":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    for kind, group in groupby(report.tables, key=lambda table: table.kind):
        tables = list(group)
        whole = tables[0] is report.tables[0]
        grid = Table(box=box.SIMPLE, pad_edge=False)
        if whole:
            grid.add_column(f"{tables[0].segments} segments", overflow="fold")
        else:
            grid.add_column(Text(one_line(kind)), overflow="fold")
            grid.add_column("segments", justify="right")
            grid.add_column("system", overflow="fold")
        for column in report.columns:
            arrow = "↑" if column.higher_is_better else "↓"
            grid.add_column(Text(f"{column.name} {arrow}"), justify="right")
        for table in tables:
            best = _best(report, table)
            for number, row in enumerate(table.rows):
                place = (
                    []
                    if whole
                    else [Text(one_line(table.name)), str(table.segments)]
                    if number == 0
                    else ["", ""]
                )
                cells = [
                    _cell(report, cell, i, best=row.system in best[i])
                    for i, cell in enumerate(row.cells)
                ]
                grid.add_row(*place, Text(one_line(row.system)), *cells)
        yield grid


def _best(report: "ScoreReport", table: "ScoreTable") -> list[set[str]]:
    from mtpipe.report.scores import best_rows  # noqa: PLC0415

    return [
        best_rows(table, i, higher_is_better=column.higher_is_better)
        for i, column in enumerate(report.columns)
    ]


def _cell(report: "ScoreReport", cell: "ScoreCell", column: int, *, best: bool) -> "Text":
    """Score and interval; below, p-value and cluster."""
    from rich.text import Text  # noqa: PLC0415

    from mtpipe.report.scores import p_text, score_text  # noqa: PLC0415

    text = Text(score_text(cell, report.columns[column].digits), style="bold" if best else "")
    if cell.p_value is not None:
        text.append(
            f"\np={p_text(cell.p_value, significant=cell.significant)}",
            style="not bold green" if cell.significant else "not bold yellow",
        )
    elif cell.cluster is not None:
        text.append("\nbaseline", style="not bold dim")
    if cell.cluster is not None:
        text.append(f" #{cell.cluster}", style="not bold")
    return text
