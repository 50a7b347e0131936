"""Cells of tables that a spreadsheet may open, where text can be taken for a formula.

What came out of a page isn't to be run when a result is looked at
(https://owasp.org/www-community/attacks/CSV_Injection). TSV and CSV can't say that a cell is text;
an apostrophe in front is what spreadsheets take for that, and :func:`verbatim` takes it off again.

Nor is a terminal to be steered by names that are printed: :func:`one_line` and :func:`plain_json`
leave no control character in what they return.
"""

import json
import re
from typing import Any

__all__ = ["TSV_HEADER", "inert", "inert_name", "one_line", "plain_json", "verbatim"]

TSV_HEADER = "id\tsentence\tdirection\tsource\ttarget\tscore\tflags"
"""First line of the tables of translations, by which they are known again."""

# "＝" and the like count in Japanese settings. Spaces, which some programs cut off, may precede.
_SIGNS = "=+\\-@＝＋－＠"
_NAME = re.compile(rf"'*[\s\0]*[{_SIGNS}\t\r]")
_FORMULA = re.compile(rf"'*[\s\0]*(?:[=＝]|[{_SIGNS}][^(|（｜]*[(|（｜])")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def inert(text: str) -> str:
    """A text as a cell that no spreadsheet runs, and the same text in nearly all cases.

    Guarded is what begins with ``=``, or with ``+``, ``-`` or ``@`` and has a bracket or a bar
    behind it: no formula does anything without a call or a link. So speech behind a dash, numbers
    and names of accounts stay as they are for the programs that read tables.

    >>> inert("=1+1")
    "'=1+1"
    >>> inert("- Oui, dit-il.")
    '- Oui, dit-il.'
    """
    return f"'{text}" if _FORMULA.match(text) else text


def inert_name(text: str) -> str:
    """A name as a cell of a table for spreadsheets: anything but a number is guarded."""
    return f"'{text}" if _NAME.match(text) and not _NUMBER.fullmatch(text) else text


def verbatim(cell: str) -> str:
    """The text that :func:`inert` made a cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def one_line(text: str) -> str:
    """A text with a space for each character that is no sign: line breaks, controls, C1, bidi."""
    return "".join(char if char.isprintable() else " " for char in text)


def plain_json(value: Any, *, indent: int | None = None) -> str:
    """JSON in which every character that is no sign is escaped; it reads back as the same value.

    JSON itself asks for the escape of some control characters only.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
