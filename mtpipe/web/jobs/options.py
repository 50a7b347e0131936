"""What may be asked of each kind of job beside its sources, and within which bounds."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from mtpipe.errors import InputError
from mtpipe.types import Language
from mtpipe.types.choices import DocumentFormat
from mtpipe.web.jobs.job import JobKind

__all__ = ["canonical", "checked"]

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""The name of a card; a folder isn't one, since strangers don't name ours."""
_METRIC = re.compile(r"[a-z+-]{1,20}")
_Check = Callable[[Any], Any]


def checked(kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a request; None is the same as leaving one out.

    Raises:
        InputError: there is no such option, it has another type, or is out of its bounds.
        UnsupportedDirection: a language isn't one of ours.
    """
    allowed = _OPTIONS[kind]
    kept = {}
    for name, value in request.items():
        if name not in allowed:
            raise InputError(f"a job of kind {kind} has no option {name[:100]!r}")
        if value is None:
            continue
        try:
            kept[name] = allowed[name](value)
        except (ValueError, TypeError, KeyError):
            raise InputError(f"{name} can't be {str(value)[:100]!r}") from None
    if kind is JobKind.TRANSLATE and "target" not in kept:
        raise InputError("target is missing", hint='the language to translate into: "en"')
    return kept


def canonical(request: Mapping[str, Any]) -> str:
    """The same text for the same request."""
    return json.dumps(request, sort_keys=True, separators=(",", ":"))


def _language(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return Language.parse(value).value


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(least: int, most: int) -> _Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return check


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError
    return float(value)


def _prior(value: Any) -> float:
    if not 0 < _share(value) < 1:
        raise ValueError
    return float(value)


def _like(pattern: re.Pattern[str]) -> _Check:
    def check(value: Any) -> str:
        if not pattern.fullmatch(value):
            raise ValueError
        return str(value)

    return check


def _some_of(check: _Check) -> _Check:
    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= 20:
            raise TypeError
        return list(dict.fromkeys(check(one) for one in value))

    return check_all


def _pair_of_codes(value: Any) -> list[str | None]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise TypeError
    return [None if code is None else _like(re.compile("[A-Za-z_-]{2,15}"))(code) for code in value]


_OPTIONS: dict[JobKind, dict[str, _Check]] = {
    JobKind.TRANSLATE: {
        "source": _language,
        "target": _language,
        "model": _like(_MODEL),
        "formats": _some_of(lambda value: DocumentFormat(value).value),
    },
    JobKind.DETECT: {
        "use_archive": _yes,
        "translate": _yes,
        "prior": _prior,
        "within_days": _whole(0, 100_000),
    },
    JobKind.ALIGN: {"max_bead": _whole(2, 12), "min_score": _share},
    JobKind.SCORE: {
        "metrics": _some_of(_like(_METRIC)),
        "paired": lambda value: {"bootstrap": value, "randomisation": value}[value],
        "languages": _pair_of_codes,
        "segments": _yes,
        "confidence": _yes,
        "model": _like(_MODEL),
    },
    JobKind.ARCHIVE_ADD: {},
}
