"""What a request asks for: the same names in JSON, in a form and in the query."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings

__all__ = [
    "TranslateOrder",
    "Upload",
    "key_of",
    "missing",
    "named",
    "parameters",
    "texts_of",
    "too_much",
    "translate_order",
    "upload_of",
]

_BYTES_PER_CHAR = 12
"""At most, in an encoded form."""
_MOST_FIELDS = 100
_MOST_TEXTS = 5_000
_MOST_ALTERNATIVES = 10
FORMATS = ("text", "html")


@dataclass(frozen=True, slots=True)
class TranslateOrder:
    """What ``POST /translate`` is to do.

    Attributes:
        texts: that are to be translated.
        is_batch: whether the request had a list of them.
        source: code of their language, or ``auto``.
        target: code of the language of the translations.
        is_html: whether they are HTML.
        alternatives: further translations of each that are wanted.
    """

    texts: list[str]
    is_batch: bool
    source: str
    target: str
    is_html: bool
    alternatives: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a request, and the name that it was sent with."""

    name: str
    data: bytes


async def parameters(request: Request, settings: ServeSettings) -> dict[str, Any]:
    """The fields of a request by their names.

    A field of the query goes before one of the form, as LibreTranslate has it; if one is there
    several times, the first counts.

    Raises:
        Problem: the body can't be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return _of_json(await request.body())
    fields: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        fields.setdefault(name, _lines(value))
    # Nothing longer is decoded, as the server does nothing else meanwhile.
    most = min(settings.max_request_bytes, settings.max_text_chars * _BYTES_PER_CHAR + 10_000)
    async with request.form(max_files=1, max_fields=_MOST_FIELDS, max_part_size=most) as form:
        for name, given in form.multi_items():
            if isinstance(given, UploadFile):
                fields.setdefault(name, Upload(given.filename or "", await given.read()))
            else:
                fields.setdefault(name, _lines(given))
    return fields


def _of_json(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Problem(400, "Invalid JSON format") from exc
    if not isinstance(fields, dict):
        raise Problem(400, "Invalid JSON format")
    return fields


def _lines(text: str) -> str:
    """Text of a form, whose lines end with CR LF, with those of everything else."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def missing(name: str) -> Problem:
    """A field isn't there."""
    return Problem(400, f"Invalid request: missing {name} parameter")


def named(fields: Mapping[str, Any], name: str) -> str:
    """A field that has to be there and is text.

    Raises:
        Problem: it isn't.
    """
    value = fields.get(name)
    if not value:
        raise missing(name)
    if not isinstance(value, str):
        raise _not_text(name)
    return value


def texts_of(fields: Mapping[str, Any], settings: ServeSettings) -> tuple[list[str], bool]:
    """The texts of ``q``, and whether it is a list of them.

    Raises:
        Problem: there are none, or too many; or it is something else.
    """
    given = fields.get("q")
    if not given:
        raise missing("q")
    is_batch = isinstance(given, list)
    texts = given if is_batch else [given]
    if not all(isinstance(text, str) for text in texts):
        raise _not_text("q")
    if len(texts) > _MOST_TEXTS:
        raise too_much(len(texts), _MOST_TEXTS)
    chars = sum(map(len, texts))
    if chars > settings.max_text_chars:
        raise too_much(chars, settings.max_text_chars)
    return [_whole(text) for text in texts], is_batch


def translate_order(fields: Mapping[str, Any], settings: ServeSettings) -> TranslateOrder:
    """What is to be translated, and how.

    Raises:
        Problem: something isn't there, or isn't as it should be.
    """
    texts, is_batch = texts_of(fields, settings)
    source, target = named(fields, "source"), named(fields, "target")
    form = fields.get("format") or "text"
    if form not in FORMATS:
        raise Problem(400, f"{str(form)[:40]} format is not supported")
    return TranslateOrder(
        texts, is_batch, source, target, form == "html", _alternatives(fields.get("alternatives"))
    )


def _alternatives(given: Any) -> int:
    try:
        number = max(0, int(given or 0))
    except (ValueError, TypeError, OverflowError) as exc:
        raise Problem(400, "Invalid request: alternatives parameter is not a number") from exc
    if number > _MOST_ALTERNATIVES:
        raise Problem(
            400, f"Invalid request: alternatives parameter must be <= {_MOST_ALTERNATIVES}"
        )
    return number


def key_of(fields: Mapping[str, Any]) -> str | None:
    """The key of the request, if it has one."""
    key = fields.get("api_key")
    return key if isinstance(key, str) else None


def upload_of(fields: Mapping[str, Any]) -> Upload:
    """The file of the request.

    Raises:
        Problem: there is none.
    """
    file = fields.get("file")
    if not isinstance(file, Upload):
        raise missing("file")
    if not file.name:
        raise Problem(400, "Invalid request: empty file")
    return file


def _whole(text: str) -> str:
    """Text with no half of a pair of surrogates, which JSON may have and UTF-8 can't."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _not_text(name: str) -> Problem:
    return Problem(400, f"Invalid request: {name} parameter is not a text")


def too_much(size: int, limit: int) -> Problem:
    """A request is larger than it may be."""
    return Problem(400, f"Invalid request: request ({size}) exceeds text limit ({limit})")
