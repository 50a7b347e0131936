"""Quotation marks of the French kind, « word », in a German text.

German sets the same marks the other way round, »word«, so that a pair in the French order also
stands between any two German quotations. Marks are therefore paired from the beginning of their
paragraph, and a page that quotes in the German order anywhere has none of the French kind.
"""

from collections.abc import Iterator

import regex

from mtpipe.detection.observations import Examined, Observation
from mtpipe.detection.rules import Scope

__all__ = ["spaced_guillemets"]

_MARK = regex.compile(r"[«»]|\n")
_GERMAN_ORDER = regex.compile(r"^[^«»\n]*+»", regex.MULTILINE)
_SPACES = " \u00a0\u202f\u2009"
_LONGEST_CHARS = 300


def spaced_guillemets(examined: Examined) -> Observation | None:
    """Quotations that « opens and » closes, with spaces inside; Switzerland's have none."""
    searched = examined.page[Scope.TEXT]
    if _GERMAN_ORDER.search(searched.text):
        return None
    found = [
        quotation
        for start, end in _pairs(searched.text)
        if _is_spaced(searched.text, start, end)
        and (quotation := searched.quotation(start, end)) is not None
    ]
    return Observation(tuple(found), len(found)) if found else None


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of what « and » enclose, paired from a paragraph's beginning."""
    opened: int | None = None
    for match in _MARK.finditer(text):
        if opened is not None and match[0] == "»":
            yield opened, match.end()
            opened = None
        elif match[0] == "\n":
            opened = None
        elif opened is None and match[0] == "«":
            opened = match.start()


def _is_spaced(text: str, start: int, end: int) -> bool:
    """Whether spaces stand inside both marks, and no word outside touches them."""
    inside = text[start + 1 : end - 1]
    touched = text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
    return (
        len(inside) <= _LONGEST_CHARS
        and len(inside.strip(_SPACES)) > 0
        and inside[0] in _SPACES
        and inside[-1] in _SPACES
        and not touched
    )
