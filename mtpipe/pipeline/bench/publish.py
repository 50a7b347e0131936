"""The report of a run, in its three forms, beside the measurements."""

import json
from pathlib import Path

from mtpipe.pipeline.bench.plan import Measured
from mtpipe.pipeline.bench.store import Store
from mtpipe.pipeline.bench.summary import summarise
from mtpipe.pipeline.bench.units import TestSet
from mtpipe.report import charts
from mtpipe.report.benchmark import report_record
from mtpipe.report.benchmark_markdown import markdown
from mtpipe.report.benchmark_page import html_page
from mtpipe.types.benchmark import BenchmarkReport, WorstSegment


def publish(
    state: Measured, directory: Path, *, worst: int = 0
) -> tuple[BenchmarkReport, list[Path]]:
    """Write report.json, report.md and report.html on the configurations and sets of a run.

    They replace those of the last run, which stay as they are only where nothing of what was asked
    for is measured.

    Args:
        state: of the run.
        directory: the run's.
        worst: segments of each configuration and direction to show in the page; these are test
            sentences, which the other files never have.

    Returns:
        The report, and the files that were written.

    Raises:
        OutputError: they can't be written.
    """
    store = Store(directory, state.plan.task)

    def chosen(each: TestSet) -> tuple[WorstSegment, ...]:
        if not worst:
            return ()
        from mtpipe.pipeline.bench.worst import worst_segments  # noqa: PLC0415

        return worst_segments(state, store, each, worst)

    report = summarise(state, store, worst=chosen)
    if not any(each.directions for each in report.sets):
        return report, []
    record = json.dumps(report_record(report), ensure_ascii=False, indent=1) + "\n"
    files = {
        "report.json": record,
        "report.md": markdown(report),
        "report.html": html_page(report, with_charts=charts.are_available()),
    }
    for name, text in files.items():
        store.write(directory / name, text)
    return report, [directory / name for name in files]
