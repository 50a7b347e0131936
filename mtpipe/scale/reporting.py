"""The report of a run, put beside its rows: a page for people and a record for programs."""

import json

from mtpipe.report.scale_page import scale_page, scale_record
from mtpipe.storage import Place
from mtpipe.types.scale import ScaleFigures

__all__ = ["PAGE", "RECORD", "write_report"]

PAGE, RECORD = "report.html", "report.json"


def write_report(output: Place, figures: ScaleFigures) -> str:
    """Write both, in place of earlier ones.

    Args:
        output: folder of the run.
        figures: of the run.

    Returns:
        Where the page is.

    Raises:
        OutputError: they can't be written.
    """
    record = json.dumps(scale_record(figures), ensure_ascii=False, indent=1, allow_nan=False)
    (output / RECORD).write(f"{record}\n".encode("utf-8", "replace"))
    page = output / PAGE
    # The page last: where it is, both are.
    page.write(scale_page(figures).encode("utf-8", "replace"))
    return page.name
