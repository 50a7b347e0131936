"""Jobs that examine candidates: a row each, a report each, and what stands in them for pages."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from mtpipe import Detector, __version__
from mtpipe.report.detection import detection_record
from mtpipe.types import Article, Detection
from mtpipe.web.jobs.names import report_name
from mtpipe.web.jobs.results import keep, keep_failures
from mtpipe.web.jobs.task import MOST_SHOWN, Order, failures_shown, require_something

__all__ = ["detect"]

_ROWS = "rows.jsonl"


def detect(order: Order) -> dict[str, Any]:
    """Examine one or many candidates against an original, the archive, or by their page alone.

    A candidate whose row and report are there isn't examined again.

    Returns:
        Verdict and scores of one; rows and failures of many.
    """
    request, given = order.request, order.given("candidates")
    original = order.given("original").article() if request.get("original") else None
    detector = order.tools.detector(
        use_archive=bool(request.get("use_archive")) and original is None,
        prior=request.get("prior"),
        within_days=request.get("within_days"),
    )
    total = given.total
    with detector.examine_all(
        given.articles(),
        original=original,
        translate=bool(request.get("translate")),
        rows=order.folder.result(_ROWS),
        is_complete=lambda candidate: _is_reported(order, candidate),
    ) as results:
        for result in results:
            if isinstance(result, Detection):
                _write_report(order, detector, result)
            order.progress(results.summary.done, total, f"{len(results.summary.failures)} failed")
    summary = results.summary
    examined = summary.done - len(summary.failures)
    require_something(examined, summary.failures)
    keep_failures(order.folder, summary.failures)
    if examined == 1 and not summary.failures:
        return _of_one(order)
    findings = summary.findings + summary.skipped
    return {
        "examined": examined,
        "findings": {finding.value: count for finding, count in findings.most_common()},
        "rows": [_row(row) for row in islice(_rows(order), MOST_SHOWN)],
        **failures_shown(summary.failures),
    }


def _is_reported(order: Order, candidate: Article) -> bool:
    """Whether there is a report on a candidate, be it in front already."""
    name = f"reports/{report_name(candidate.id)}.html"
    return order.folder.result(name).exists() or order.folder.result("report.html").exists()


def _write_report(order: Order, detector: Detector, found: Detection) -> None:
    """Write the record and the page; the page last: where it is, both are."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    page = detector.report(found, created=created)
    record = detection_record(found, command="", version=__version__, created=created)
    name = f"reports/{report_name(found.candidate.id)}"
    keep(order.folder, f"{name}.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    keep(order.folder, f"{name}.html", page)


def _rows(order: Order) -> Iterator[dict[str, Any]]:
    with order.folder.result(_ROWS).open("rb") as file:
        for line in file:
            yield json.loads(line)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """What a page shows of a row."""
    return {
        "id": row["id"],
        "verdict": row["verdict"],
        "original": row["original"],
        "report": f"reports/{report_name(row['id'])}.html",
    }


def _of_one(order: Order) -> dict[str, Any]:
    """The summary of the only candidate; its report comes to stand in front."""
    name = f"reports/{report_name(next(_rows(order))['id'])}"
    for end in ("json", "html"):  # the page last, as it was written
        if (found := order.folder.result(f"{name}.{end}")).exists():
            found.replace(order.folder.result(f"report.{end}"))
    with suppress(OSError):
        order.folder.result("reports").rmdir()
    record = json.loads(order.folder.result("report.json").read_bytes())
    original, ratios = record["original"], record.get("likelihood_ratios", {})
    return {
        "verdict": record["verdict"],
        "explanation": record["explanation"],
        "original": original["id"] if original else None,
        "original_title": original["title"] if original else "",
        "scores": {
            score: {
                "probability": found["probability"],
                "yes": found["yes"],
                "support": ratios.get(score, {}).get("support"),
            }
            for score, found in record["scores"].items()
        },
    }
