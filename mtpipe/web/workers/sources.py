"""What a request gives to read, to articles: a text, a file's content, or an address.

Nothing in a request ever names a file of this machine.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from mtpipe import read_articles
from mtpipe.errors import ConfigError, EmptyArticle, InputError, UnreadableArticle
from mtpipe.ingest.inputs import FORMATS, STANDARD_INPUT, Format
from mtpipe.types import Article, Failure
from mtpipe.web.charsets import known
from mtpipe.web.names import kept_id, unique
from mtpipe.web.wording import for_request, is_empty

__all__ = ["article_of", "articles_of"]

_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f]+", re.IGNORECASE)


def article_of(source: Mapping[str, Any], *, allow_fetch: bool) -> Article:
    """Read what is to be one article.

    Args:
        source: see :func:`articles_of`.
        allow_fetch: whether addresses may be fetched.

    Raises:
        InputError: it isn't one article.
        ConfigError: an address, where none is fetched.
        UnsupportedDirection: it states a language that isn't one of mtpipe's.
    """
    found: list[Article | Failure] = []
    for item in articles_of([source], allow_fetch=allow_fetch):
        found.append(item)
        if len(found) > 1:
            raise InputError(
                "this holds more than one article", hint="give one article, or make it a job"
            )
    if not found:
        raise EmptyArticle("this holds no article")
    [item] = found
    if isinstance(item, Failure):
        raise (EmptyArticle if is_empty(item.error) else UnreadableArticle)(item.error)
    return item


def articles_of(
    sources: Iterable[Mapping[str, Any]], *, allow_fetch: bool
) -> Iterator[Article | Failure]:
    """Read articles.

    Args:
        sources: ``{"text": ...}``, ``{"data": bytes, "name": ...}`` or ``{"url": ...}``, each with
            or without ``language``, ``id``, ``charset`` and ``format``.
        allow_fetch: whether addresses may be fetched.

    Yields:
        Articles and failures in the order of the sources, with ids that are unique.

    Raises:
        InputError: a source isn't made as it should be.
        ConfigError: an address, where none is fetched.
        UnsupportedDirection: a source states a language that isn't one of mtpipe's.
    """
    seen: set[str] = set()
    for source in sources:
        name = _name_of(source)
        is_named = "url" in source and bool(kept_id(source.get("id")))  # it leads to one article
        for item in _read(source, allow_fetch=allow_fetch):
            if isinstance(item, Failure):
                own = name if is_named else _named(item.article_id, name)
                yield Failure(own, item.stage, for_request(item.error))
                continue
            own = unique(name if is_named else _named(item.id, name), seen)
            yield replace(item, id=own, source=_named(item.source, name))


def _read(source: Mapping[str, Any], *, allow_fetch: bool) -> Iterator[Article | Failure]:
    language = source.get("language") or None
    if "url" in source:
        yield from read_articles(_address(source["url"], allow_fetch), language=language)
        return
    form: Format | None = None
    if stated := source.get("format"):
        form = _format(stated)
    if "text" in source:
        data, form = str(source["text"]).encode("utf-8", "replace"), form or Format.TEXT
    elif isinstance(given := source.get("data"), bytes):
        suffix = PurePosixPath(_name_of(source)).suffix.lower()
        form = form or FORMATS.get(suffix)  # else the content tells
        data = _in_utf8(given, source.get("charset"))
    else:
        raise InputError("a source has a text, a file or an address")
    yield from read_articles(
        STANDARD_INPUT, language=language, input_format=form, stdin=io.BytesIO(data)
    )


def _address(value: object, allow_fetch: bool) -> str:
    """An address that may be fetched; read_articles would take anything else for a file's name.

    Raises:
        ConfigError: none may be.
        InputError: it isn't one.
    """
    if not allow_fetch:
        raise ConfigError(
            "this server fetches no addresses",
            hint="give the page's text or file instead",
        )
    text = str(value).strip()
    if not _ADDRESS.fullmatch(text):
        raise InputError("an address begins with http:// or https://")
    return text


def _format(stated: object) -> Format:
    try:
        return Format(str(stated))
    except ValueError as exc:
        known = ", ".join(Format)
        raise InputError("there is no such format", hint=f"it can be {known}") from exc


def _in_utf8(data: bytes, charset: object) -> bytes:
    """The data in UTF-8 where its encoding is stated; a mark in front says so.

    Raises:
        InputError: there is no such encoding, or the data isn't in it.
    """
    if not charset:
        return data
    try:
        if (encoding := known(str(charset))) is None:
            raise LookupError(charset)
        return data.decode(encoding).encode("utf-8-sig")
    except (LookupError, ValueError) as exc:
        raise InputError(f"this isn't a text in {str(charset)[:40]}") from exc


def _name_of(source: Mapping[str, Any]) -> str:
    """What an article without an id of its own is called."""
    name = kept_id(source.get("name") or source.get("url")).strip()
    return kept_id(source.get("id")) or name or "text"


def _named(found: str, name: str) -> str:
    """An id or a source that reading gave, with the name in the place of standard input's."""
    if found == STANDARD_INPUT or found.startswith(f"{STANDARD_INPUT}#"):
        return name + found.removeprefix(STANDARD_INPUT)
    return found
