"""A line of a table as TSV, for spreadsheets and for programs that read by line."""

import re
from collections.abc import Iterable

from mtpipe.cells import inert

_BREAKS = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


def tsv_line(cells: Iterable[str]) -> str:
    """Cells joined by tabs, without a line end.

    Tabs and line breaks in them become spaces. What a spreadsheet would run as a formula has an
    apostrophe in front, see :mod:`mtpipe.cells`.
    """
    return "\t".join(inert(_BREAKS.sub(" ", cell)) for cell in cells)
