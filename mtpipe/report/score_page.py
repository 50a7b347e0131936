"""Scores as an HTML page that stands alone: tables, and the segments on which systems differ.

It loads nothing from anywhere and runs no script.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from mtpipe.report.pages import render
from mtpipe.report.scores import (
    WHOLE,
    ComparedSegment,
    ScoreReport,
    ScoreTable,
    best_rows,
    describe_test,
    p_text,
    score_text,
    signatures,
)
from mtpipe.report.word_diff import word_diff

_PAGE_ROWS = 500
"""Rows of a split that a page shows; the other formats have all."""


def score_page(report: ScoreReport) -> str:
    """Render the page."""
    comparison = report.comparison
    sections: list[dict[str, Any]] = []
    if comparison is not None:
        alone = not comparison.second_better and any(
            segment.scores[0] is None for segment in comparison.first_better
        )
        headings = (
            [f"The worst segments by {comparison.metric}"]
            if alone
            else [
                f"{name} is better by {comparison.metric}"
                for name in (comparison.first, comparison.second)
            ]
        )
        for heading, segments in zip(
            headings, (comparison.first_better, comparison.second_better), strict=False
        ):
            # It is the first metric that they are ordered by.
            digits = report.columns[0].digits
            sections.append(
                {"heading": heading, "segments": [_segment(each, digits) for each in segments]}
            )
    tables = [
        (kind, list(group)) for kind, group in groupby(report.tables, key=lambda table: table.kind)
    ]
    return render(
        "score.html.j2",
        report=report,
        whole=report.tables[0],
        splits=[
            {
                "kind": kind,
                "rows": rows[:_PAGE_ROWS],
                "left_out": max(0, len(rows) - _PAGE_ROWS),
            }
            for kind, group in tables
            if kind != WHOLE
            for rows in [_rows(report, group)]
        ],
        rows=_rows(report, tables[0][1]),
        test=describe_test(report.test) if report.test else "",
        pairs=_pairs(report),
        sections=sections,
        signatures=signatures(report),
    )


def _rows(report: ScoreReport, tables: list[ScoreTable]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for table in tables:
        best = [
            best_rows(table, i, higher_is_better=column.higher_is_better)
            for i, column in enumerate(report.columns)
        ]
        for row in table.rows:
            cells = []
            for column, cell, winners in zip(report.columns, row.cells, best, strict=True):
                p_value = (
                    f"p = {p_text(cell.p_value, significant=cell.significant)}"
                    if cell.p_value is not None
                    else "baseline"
                    if cell.cluster is not None
                    else ""
                )
                cells.append(
                    {
                        "score": score_text(cell, column.digits),
                        "best": row.system in winners,
                        "note": f"{p_value} #{cell.cluster}" if cell.cluster else p_value,
                    }
                )
            rows.append(
                {
                    "part": table.name,
                    "segments": table.segments,
                    "system": row.system,
                    "cells": cells,
                }
            )
    return rows


def _pairs(report: ScoreReport) -> list[dict[str, Any]]:
    """A line for each pair of systems, if there are more than the table shows."""
    if report.test is None or len(report.tables[0].rows) < 3:
        return []
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    digits = {column.metric: column.digits for column in report.columns}
    for pair in report.pairs:
        found.setdefault((pair.first, pair.second), []).append(
            {
                "difference": f"{pair.difference:+.{digits[pair.metric]}f}",
                "p": p_text(pair.p_value, significant=pair.significant),
            }
        )
    return [{"first": a, "second": b, "cells": cells} for (a, b), cells in found.items()]


def _segment(segment: ComparedSegment, digits: int) -> dict[str, Any]:
    first, second = word_diff(segment.first, segment.second)
    show: Callable[[float | None], str] = lambda score: (  # noqa: E731
        "" if score is None else f"{score:.{digits}f}"
    )
    return {
        "number": segment.number,
        "label": segment.label,
        "source": segment.source,
        "references": segment.references,
        "versions": [
            {"pieces": first, "score": show(segment.scores[0])},
            {"pieces": second, "score": show(segment.scores[1])},
        ],
    }
