"""The article that a page describes in JSON-LD, and the people and publishers it names.

What is named by ``@id`` only, as in the ``@graph`` of blog systems, is looked up.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml.html import HtmlElement

from mtpipe.ingest.page import collapse

__all__ = ["as_stated", "decoded", "first", "json_ld_article", "names", "strings"]

_JSON_LD_CHARS = 1 << 20
_LIST_ITEMS = 200
_STATED_CHARS = 4_000
"""Of a name, a title, keywords; twice the longest address that counts, so none becomes another."""

_REFERRING = ("author", "creator", "publisher")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S|/|#|www\.|\S[^\s.]*\.\S[^\s/]*/\S*$", re.IGNORECASE)


def json_ld_article(tree: HtmlElement) -> dict[str, Any]:
    """The first JSON-LD node of a page that describes an article; empty without one."""
    by_id: dict[str, dict[str, Any]] = {}
    found: dict[str, Any] = {}
    for script in tree.xpath("//script[@type='application/ld+json']"):
        source = script.text or ""
        if len(source) > _JSON_LD_CHARS:
            continue
        try:
            nodes = list(_nodes(json.loads(source, strict=False)))
        except (ValueError, RecursionError):
            continue
        for node in nodes:
            name = node.get("@id")
            if isinstance(name, str) and len(node) > 1:
                by_id.setdefault(name, node)
            if not found and any(
                kind.endswith(("Article", "Posting", "Report"))
                for kind in strings(node.get("@type"))
            ):
                found = node
    return {
        field: _resolved(value, by_id) if field in _REFERRING else value
        for field, value in found.items()
    }


def strings(value: object) -> tuple[str, ...]:
    """The names or addresses in a JSON-LD value: a string, an object, or a list of either."""
    return _texts(value, ("name", "url", "@id", "headline"))


def names(value: object) -> tuple[str, ...]:
    """The names in a JSON-LD value; an address is no name."""
    return tuple(name for name in _texts(value, ("name",)) if not _ADDRESS.match(name))


def first(value: object) -> str:
    """The first of the :func:`strings`; empty without one."""
    return next(iter(strings(value)), "")


def decoded(text: str) -> str:
    """A text as it shows, with entities decoded that some system had escaped once too often."""
    for _ in range(2):
        if not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return collapse(text)


def as_stated(text: str) -> str:
    """What a page states of itself, :func:`decoded`, up to a length that nobody needs."""
    return decoded(text[:_STATED_CHARS])


def _texts(value: object, fields: tuple[str, ...]) -> tuple[str, ...]:
    items: Iterable[object] = value if isinstance(value, list) else [value]
    found = []
    for item in items:
        if isinstance(item, dict):
            stated = (item.get(name) for name in fields)
            item = next((text for text in stated if isinstance(text, str)), "")  # noqa: PLW2901
        if isinstance(item, str) and (text := as_stated(item)):
            found.append(text)
    return tuple(found[:_LIST_ITEMS])


def _nodes(data: object) -> Iterator[dict[str, Any]]:
    """The objects at the top of a JSON-LD document, in lists and under ``@graph``; and what a page is about."""
    for item in data if isinstance(data, list) else [data]:
        if isinstance(item, dict):
            yield item
            graph = item.get("@graph")
            nodes = graph if isinstance(graph, list) else []
            yield from (node for node in [*nodes, item.get("mainEntity")] if isinstance(node, dict))


def _resolved(value: object, by_id: dict[str, dict[str, Any]]) -> object:
    """A value with the nodes in it that it only refers to."""
    if isinstance(value, list):
        return [
            _resolved(item, by_id) for item in value[:_LIST_ITEMS] if not isinstance(item, list)
        ]
    name = value.get("@id") if isinstance(value, dict) and "name" not in value else value
    return by_id.get(name, value) if isinstance(name, str) else value
