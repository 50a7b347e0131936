"""Addresses in answers, and lists a page at a time: ``limit`` items, then what comes ``after``."""

from typing import Annotated

from fastapi import Query, Request

from mtpipe.web.paths import root_path, route_path

__all__ = ["Limit", "address_of", "next_page"]

Limit = Annotated[int, Query(ge=1, le=200, description="Items of a page.")]


def address_of(request: Request, path: str) -> str:
    """A path of this server as clients ask for it: with what a proxy in front strips."""
    return f"{root_path(request.scope)}{path}"


def next_page(request: Request, cursor: str | None) -> str | None:
    """Path and query of the next page, with all that this one was asked with; None on the last."""
    if cursor is None:
        return None
    query = request.url.include_query_params(after=cursor).query
    return f"{address_of(request, route_path(request.scope))}?{query}"
