"""LibreTranslate's API, so that its clients can be pointed at this server.

Not for what it doesn't have, such as detection and alignment: see :mod:`mtpipe.web.api`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import APIRouter

    router: APIRouter

__all__ = ["router"]


def __getattr__(name: str) -> Any:
    """The routes, loaded on first use: workers, which cut pages here, have none."""
    if name != "router":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fastapi import APIRouter  # noqa: PLC0415

    from mtpipe.web.libretranslate import file_routes, routes  # noqa: PLC0415

    router = globals()["router"] = APIRouter()
    router.include_router(routes.router)
    router.include_router(file_routes.router)
    return router
