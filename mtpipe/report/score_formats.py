"""Scores as tables: JSON and CSV for programs, Markdown and LaTeX for papers."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from mtpipe import __version__
from mtpipe.cells import inert_name, one_line, plain_json
from mtpipe.report.scores import (
    WHOLE,
    ScoreCell,
    ScoreColumn,
    ScoreReport,
    ScoreTable,
    best_rows,
    describe_test,
    p_text,
    score_text,
    signatures,
)


def json_report(report: ScoreReport) -> str:
    """The report as JSON; figures in full precision."""
    whole = report.tables[0]
    document = {
        "mtpipe": __version__,
        "inputs": [asdict(entry) for entry in report.inputs],
        "metrics": [asdict(column) for column in report.columns],
        "test": asdict(report.test) if report.test else None,
        "segments": whole.segments,
        "systems": _systems(report, whole),
        "pairs": [asdict(pair) for pair in report.pairs],
        "parts": [
            {
                "kind": table.kind,
                "name": table.name,
                "segments": table.segments,
                "systems": _systems(report, table),
            }
            for table in report.tables[1:]
        ],
    }
    return plain_json(document, indent=1) + "\n"


def _systems(report: ScoreReport, table: ScoreTable) -> list[dict[str, Any]]:
    return [
        {
            "system": row.system,
            "scores": {
                column.metric: {
                    name: value
                    for name, value in (
                        ("score", cell.value),
                        ("mean", cell.mean),
                        ("ci", cell.half_width),
                        ("p_value", cell.p_value),
                        ("significant", cell.significant),
                        ("cluster", cell.cluster),
                        ("details", cell.details or None),
                    )
                    if value is not None
                }
                for column, cell in zip(report.columns, row.cells, strict=True)
            },
        }
        for row in table.rows
    ]


def csv_report(report: ScoreReport) -> str:
    """One line for each figure, with a header; figures in full precision."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        [
            "part",
            "name",
            "segments",
            "system",
            "metric",
            "score",
            "mean",
            "ci",
            "p_value",
            "significant",
            "cluster",
            "signature",
        ]
    )
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(report.columns, row.cells, strict=True):
                writer.writerow(
                    [
                        inert_name(table.kind),
                        inert_name(table.name),
                        table.segments,
                        inert_name(row.system),
                        column.metric,
                        cell.value,
                        cell.mean,
                        cell.half_width,
                        cell.p_value,
                        "" if cell.significant is None else str(cell.significant).lower(),
                        cell.cluster,
                        column.signature_of(table.kind),
                    ]
                )
    return buffer.getvalue()


def markdown_report(report: ScoreReport) -> str:
    """Tables in GitHub's Markdown, best figures in bold, then test and signatures."""
    parts: list[str] = []
    for heading, header, lines in _grids(report):
        if heading:
            parts.append(f"### {_markdown(heading)}\n")
        parts.append(f"| {' | '.join(map(_markdown, header))} |")
        parts.append("|---" * _text_columns(header, report) + "|---:" * len(report.columns) + "|")
        parts += [
            f"| {' | '.join(f'**{_markdown(t)}**' if bold else _markdown(t) for t, bold in line)} |"
            for line in lines
        ]
        parts.append("")
    if report.test:
        parts.append(f"{_markdown(describe_test(report.test))}\n")
    parts += [
        f"- {_markdown(name)}: `{one_line(signature)}`" for name, signature in signatures(report)
    ]
    return "\n".join(parts) + "\n"


def latex_report(report: ScoreReport) -> str:
    r"""Tables for ``\usepackage{booktabs}``, best figures in bold; test and signatures as comments."""
    parts: list[str] = []
    for heading, header, lines in _grids(report):
        if heading:
            parts.append(f"% {_comment(heading)}")
        alignment = "l" * _text_columns(header, report) + "r" * len(report.columns)
        parts += [
            f"\\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            " & ".join(map(_latex, header)) + r" \\",
            r"\midrule",
            *(
                " & ".join(f"\\textbf{{{_latex(t)}}}" if bold else _latex(t) for t, bold in line)
                + r" \\"
                for line in lines
            ),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    if report.test:
        parts.append(f"% {_comment(describe_test(report.test))}")
    parts += [f"% {name}: {_comment(signature)}" for name, signature in signatures(report)]
    return "\n".join(parts) + "\n"


_Line = list[tuple[str, bool]]


def _grids(report: ScoreReport) -> Iterator[tuple[str, list[str], list[_Line]]]:
    """Heading, header and lines of cells (text, whether it is the best) for each kind of table."""
    metrics = [
        f"{column.name} {'↑' if column.higher_is_better else '↓'}" for column in report.columns
    ]
    for kind, group in groupby(report.tables, key=lambda table: table.kind):
        tables = list(group)
        lines: list[_Line] = []
        for table in tables:
            best = [
                best_rows(table, i, higher_is_better=column.higher_is_better)
                for i, column in enumerate(report.columns)
            ]
            for row in table.rows:
                split = [] if kind == WHOLE else [(table.name, False), (str(table.segments), False)]
                lines.append(
                    [
                        *split,
                        (row.system, False),
                        *(
                            (_full_text(cell, column), row.system in winners)
                            for cell, column, winners in zip(
                                row.cells, report.columns, best, strict=True
                            )
                        ),
                    ]
                )
        if kind == WHOLE:
            yield "", ["System", *metrics], lines
        else:
            yield f"By {kind}", [kind, "segments", "System", *metrics], lines


def _text_columns(header: list[str], report: ScoreReport) -> int:
    return len(header) - len(report.columns)


def _full_text(cell: ScoreCell, column: ScoreColumn) -> str:
    text = score_text(cell, column.digits)
    if cell.p_value is not None:
        text += f" (p = {p_text(cell.p_value, significant=cell.significant)})"
    return text if cell.cluster is None else f"{text} #{cell.cluster}"


def _markdown(text: str) -> str:
    text = " ".join(one_line(text).split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{character}" if character in "\\`*_[]|" else character for character in text)


_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def _latex(text: str) -> str:
    return "".join(
        _LATEX.get(character, character) for character in " ".join(one_line(text).split())
    )


def _comment(text: str) -> str:
    return " ".join(one_line(text).split())
