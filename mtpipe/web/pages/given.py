"""What a form's field for a text has: something pasted, files, or an address."""

import html
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mtpipe.report.pages import web_address
from mtpipe.web.jobs.uploads import MOST_UPLOADS, Upload
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services, services
from mtpipe.web.settings import ServeSettings

__all__ = ["Given", "NotGiven", "SentForm", "given", "kept_fields", "text_of"]

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>([^<]{1,500})</title", re.IGNORECASE)
_MOST_TITLE_CHARS = 100
_HEAD_CHARS = 20_000
_BYTES_PER_CHAR = 4
_MOST_FIELDS = 200


class NotGiven(Exception):
    """A field that can't be used as it is.

    Args:
        key: of the text that says why.
        **values: for that text.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Given:
    """What was given in one field.

    Attributes:
        sources: as jobs want them.
        uploads: that the sources name.
        titles: of each, for people.
    """

    sources: tuple[dict[str, Any], ...]
    uploads: tuple[Upload, ...]
    titles: tuple[str, ...]

    @property
    def size(self) -> int:
        """Characters of what was pasted, bytes of files."""
        texts = sum(len(source.get("text") or source.get("data") or "") for source in self.sources)
        return texts + sum(upload.size_bytes for upload in self.uploads)


async def _sent_form(
    request: Request, owned: Annotated[Services, Depends(services)]
) -> AsyncIterator[FormData]:
    """The fields of a form, whose files are closed in the end.

    Raises:
        Problem: 413, there is too much of something; 400, it is no form.
    """
    most = owned.settings.max_text_chars * _BYTES_PER_CHAR + 10_000
    try:
        form = await request.form(
            max_files=MOST_UPLOADS, max_fields=_MOST_FIELDS, max_part_size=most
        )
    except HTTPException as exc:
        if "exceed" in str(exc.detail).lower() or "too many" in str(exc.detail).lower():
            raise Problem(413, "the form has more than this server takes") from exc
        raise
    try:
        yield form
    finally:
        await form.close()


SentForm = Annotated[FormData, Depends(_sent_form)]
"""The dependency; behind the caller's, so that nothing is read of whom nobody knows."""


def text_of(form: FormData, name: str) -> str:
    """A field as text; empty if it isn't there, or is a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def kept_fields(form: FormData) -> dict[str, str]:
    """What stands in the fields, to be shown again; files aren't part of it."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def given(form: FormData, name: str, settings: ServeSettings, *, many: bool = False) -> Given:
    """What was given in a field.

    What its choice says goes first; whoever filled another part only, means that.

    Args:
        form: that was sent.
        name: of the field.
        settings: of the server.
        many: whether several files may be given.

    Raises:
        NotGiven: it is empty, or can't be used.
    """
    text = text_of(form, f"{name}_text").replace("\r\n", "\n").replace("\r", "\n")
    address = text_of(form, f"{name}_address").strip()
    files = [
        one for one in form.getlist(f"{name}_file") if isinstance(one, UploadFile) and one.filename
    ]
    filled = [
        way
        for way, there in (("text", text.strip()), ("file", files), ("address", address))
        if there
    ]
    chosen = text_of(form, f"{name}_way")
    if not filled:
        raise NotGiven("given.nothing_or_address" if settings.allow_fetch else "given.nothing")
    way = chosen if chosen in filled else filled[0]
    if way == "text":
        return _pasted(text, settings)
    if way == "address":
        return _address(address, settings)
    if len(files) > 1 and not many:
        raise NotGiven("given.too_many")
    return await _uploaded(files)


def _pasted(text: str, settings: ServeSettings) -> Given:
    if len(text) > settings.max_text_chars:
        raise NotGiven("given.too_long", count=len(text), most=settings.max_text_chars)
    head = text[:_HEAD_CHARS].lstrip()
    if not (head.startswith("<") and _PAGE.search(head)):
        return Given(({"text": text},), (), (_first_line(text),))
    found = _TITLE.search(head)
    title = _first_line(html.unescape(found[1])) if found else ""
    data = text.encode("utf-8", "replace")
    return Given(({"data": data, "name": "page.html", "charset": "utf-8"},), (), (title,))


def _address(address: str, settings: ServeSettings) -> Given:
    if not settings.allow_fetch:
        raise NotGiven("given.no_fetching")
    if not web_address(address):
        raise NotGiven("given.no_address")
    return Given(({"url": address},), (), (address[:_MOST_TITLE_CHARS],))


async def _uploaded(files: Sequence[UploadFile]) -> Given:
    uploads = []
    for file in files:
        name = file.filename or "upload"
        data = await file.read()
        if not data:
            raise NotGiven("given.empty_file", name=name[:_MOST_TITLE_CHARS])
        uploads.append(Upload(name, data))
    sources = tuple({"upload": upload.name} for upload in uploads)
    return Given(sources, tuple(uploads), tuple(upload.name for upload in uploads))


def _first_line(text: str) -> str:
    """The first line with something in it, cut at a word."""
    line = next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")
    if len(line) <= _MOST_TITLE_CHARS:
        return line
    return line[:_MOST_TITLE_CHARS].rsplit(" ", 1)[0] + " …"
