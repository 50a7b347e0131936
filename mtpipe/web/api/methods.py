"""What a path answers to methods that it doesn't have: all of those that it has.

Starlette names in ``Allow`` those of one route only, where a path has several.
"""

from collections.abc import Callable, Iterable

from fastapi import APIRouter
from fastapi.routing import APIRoute

from mtpipe.web.problems import Problem

__all__ = ["refuse_others"]

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def refuse_others(router: APIRouter, rooms: Iterable[APIRouter]) -> None:
    """Add a route for the other methods to each path that has several operations.

    Args:
        router: gets the routes; what the rooms have goes before.
        rooms: whose paths they are.
    """
    operations: dict[str, set[str]] = {}
    for room in rooms:
        for route in room.routes:
            if isinstance(route, APIRoute):
                operations.setdefault(route.path, set()).update(route.methods or ())
    for path, allowed in operations.items():
        if len(allowed) > 1:
            others = sorted(_METHODS - allowed)
            router.add_api_route(path, _refusal(allowed), methods=others, include_in_schema=False)


def _refusal(allowed: set[str]) -> Callable[[], None]:
    named = ", ".join(sorted(allowed))

    def refuse() -> None:
        raise Problem(405, f"only {named} can be used here", headers={"Allow": named})

    return refuse
