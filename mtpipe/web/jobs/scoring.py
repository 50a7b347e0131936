"""Jobs that score translations: the page, and the same figures in every form that files have."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import mtpipe
from mtpipe.report import score_formats
from mtpipe.report.score_page import score_page
from mtpipe.results import ScoreReport
from mtpipe.web.jobs.results import keep
from mtpipe.web.jobs.task import Order

__all__ = ["score"]

_EXAMPLES = 50


def score(order: Order) -> dict[str, Any]:
    """Score one or several systems.

    Returns:
        The scores of each system by metric.
    """
    request = order.request
    hypotheses = {name: _segments(order, one) for name, one in request["hypotheses"].items()}
    references = [_segments(order, one) for one in request.get("references", ())]
    source = _segments(order, request["source"]) if request.get("source") else None
    languages = request.get("languages") or (None, None)
    report = mtpipe.score(
        hypotheses,
        references,
        source=source,
        metrics=request.get("metrics") or ("bleu", "chrf"),
        paired=request.get("paired"),
        languages=(languages[0], languages[1]),
        confidence=bool(request.get("confidence")),
        by=("segment",) if request.get("segments") else (),
        model=order.tools.model(request.get("model")),
        examples=_EXAMPLES,
        on_progress=lambda note, done, total: order.progress(done, total, note),
    )
    report = _in_names(order, report)
    for name, text in (
        ("score.html", score_page(report)),
        ("score.json", score_formats.json_report(report)),
        ("score.csv", score_formats.csv_report(report)),
        ("score.md", score_formats.markdown_report(report)),
        ("score.tex", score_formats.latex_report(report)),
    ):
        keep(order.folder, name, text)
    whole = report.tables[0]
    return {
        "segments": whole.segments,
        "systems": {
            row.system: {
                column.metric: round(cell.value, 4)
                for column, cell in zip(report.columns, row.cells, strict=True)
            }
            for row in whole.rows
        },
    }


def _segments(order: Order, source: Mapping[str, Any]) -> list[str] | Path:
    """A column: texts given one by one, or a file."""
    texts = order.of([source]).sentences()
    return order.folder.input(source["file"]) if texts is None else texts


def _in_names(order: Order, report: ScoreReport) -> ScoreReport:
    """The report with the names of uploads where it has paths of ours."""
    shown = {}
    for one in (*order.request["hypotheses"].values(), *order.request.get("references", ())):
        shown[str(order.folder.input(one["file"]))] = one["upload"]
    if source := order.request.get("source"):
        shown[str(order.folder.input(source["file"]))] = source["upload"]
    inputs = [
        replace(
            each,
            path=shown.get(each.path, each.path),
            name=next((name for place, name in shown.items() if Path(place).name == each.name), each.name),
        )
        for each in report.inputs
    ]  # fmt: skip
    return replace(report, inputs=tuple(inputs))
