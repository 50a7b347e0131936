"""What stands where in a row of a pair of texts; detection, calibration and its benchmark read the same.

A row is ``{"original": {"language", "text"}, "candidate": {"language", "text"}}``, or
``{"pair": "de-en", "source", "candidate"}``. What the texts have to be, who reads them decides.
"""

from typing import Any

from mtpipe.types import Direction, Language

Side = tuple[Language, Any]
"""A language, and what stands for the text."""


def sides_of(record: Any) -> tuple[Side | None, Side]:
    """Original and candidate of a row; there may be no original.

    Raises:
        KeyError, TypeError, ValueError: it isn't such a row.
        UnsupportedDirection: a language isn't one of mtpipe's.
    """
    if not isinstance(record, dict):
        raise TypeError("isn't a JSON object")
    if "pair" in record:
        direction = Direction.parse(str(record["pair"]))
        original = direction.source, record["source"]
        return original, (direction.target, record["candidate"])
    given = record.get("original")
    return None if given is None else _side(given), _side(record["candidate"])


def maker_of(record: dict[str, Any]) -> str:
    """What made the candidate, where the row says so; else empty."""
    return str(record.get("system") or record.get("engine") or "")


def _side(value: Any) -> Side:
    if not isinstance(value, dict):
        raise TypeError("a side isn't an object with language and text")
    return Language.parse(str(value["language"])), value["text"]
