"""The task that examines a candidate."""

from datetime import UTC, datetime
from typing import Any

from mtpipe import __version__
from mtpipe.report.detection import detection_page, detection_record, detection_row
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.sources import article_of
from mtpipe.web.workers.tools import Tools

__all__ = ["detect"]


def detect(tools: Tools, arguments: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """Examine one candidate.

    Args:
        tools: with the detector.
        arguments: ``candidate``; ``original``, ``use_archive``, ``translate``, ``prior``,
            ``within_days``, and ``report`` for the page as well.

    Returns:
        ``record`` and ``row`` of the detection, and the page as ``report_html`` or None.
    """
    allow_fetch = tools.settings.allow_fetch
    stated = arguments.get("original")
    candidate = article_of(arguments["candidate"], allow_fetch=allow_fetch)
    original = article_of(stated, allow_fetch=allow_fetch) if stated else None
    detector = tools.detector(
        use_archive=bool(arguments.get("use_archive")) and original is None,
        prior=arguments.get("prior"),
        within_days=arguments.get("within_days"),
    )
    wants_page = bool(arguments.get("report"))
    detection = detector.examine(
        candidate, original, translate=bool(arguments.get("translate", wants_page))
    )
    made = {
        "command": "",
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return {
        "record": detection_record(detection, **made),
        "row": detection_row(detection),
        "report_html": detection_page(detection, **made) if wants_page else None,
    }
