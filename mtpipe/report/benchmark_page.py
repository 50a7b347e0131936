"""A benchmark as one HTML page that stands alone: charts, tables that can be sorted, segments.

It loads nothing from anywhere; the one script in it sorts tables, and the page's policy allows
no other one.
"""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from mtpipe.report import charts
from mtpipe.report.benchmark import group_sheet, sheet
from mtpipe.report.pages import TEMPLATES, render
from mtpipe.types.benchmark import LESS_IS_BETTER, BenchmarkReport, BenchmarkRow, SetReport


def html_page(report: BenchmarkReport, *, with_charts: bool = True) -> str:
    """Render the page.

    Args:
        report: what was measured.
        with_charts: whether to draw charts.

    Raises:
        DependencyMissing: charts are wanted, and matplotlib isn't installed.
    """
    script = (TEMPLATES / "sort.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render(
        "benchmark.html.j2",
        report=report,
        sets=[_set(each, with_charts=with_charts) for each in report.sets],
        with_charts=with_charts,
        script=script,
        script_digest=digest,
    )


def _set(each: SetReport, *, with_charts: bool) -> dict[str, Any]:
    sections = [("All directions", each.overall)] if each.overall else []
    sections += list(each.directions.items())
    tables = [(title, sheet(each, rows)) for title, rows in sections]
    tables += [
        (f"Parts: {label}", group_sheet(some)) for label, some in each.groups.items() if some
    ]
    signatures = {r.configuration.label: r.signature for _, rows in sections for r in rows}
    return {
        "report": each,
        "sections": tables,
        "charts": _charts(each) if with_charts else [],
        "clusters": [(direction, _clusters(rows)) for direction, rows in each.directions.items()],
        "signatures": {label: text for label, text in signatures.items() if text},
    }


def _charts(each: SetReport) -> list[tuple[str, str]]:
    """Captions and SVGs; none where there is nothing to set against each other."""
    rows = [row for row in each.rows if row.speed and row.quality]
    found = []
    if rows:
        name = next(iter(rows[0].quality))
        for caption, cost, attribute, less in (
            ("Quality against speed", f"{each.task.unit} per second", "per_second", False),
            ("Quality against memory", "peak memory, MB", "peak_mb", True),
        ):
            points = [
                charts.Point(
                    row.configuration.label,
                    getattr(row.speed, attribute).value,
                    row.quality[name].value,
                )
                for row in rows
            ]
            svg = charts.pareto_chart(
                points,
                cost=cost,
                quality=name,
                less_is_better=less,
                errors=name in LESS_IS_BETTER,
            )
            found.append((caption, svg))
    if each.reliability:
        found.append(("Reliability", charts.reliability_chart(each.reliability)))
    if any(each.tippett.values()):
        found.append(("Likelihood ratios (Tippett plot)", charts.tippett_chart(each.tippett)))
    return found


def _clusters(rows: Sequence[BenchmarkRow]) -> list[tuple[int, list[str]]]:
    """Ranks and the labels that share them."""
    found: dict[int, list[str]] = {}
    for row in rows:
        if row.rank:
            found.setdefault(row.rank, []).append(row.configuration.label)
    return sorted(found.items())
