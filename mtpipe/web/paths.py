"""What a path of this server is for, by which guards and answers differ.

Routing decides by the same text, so nothing is one thing to a guard and another to a route.
"""

from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

__all__ = ["BODY_KEY_PATHS", "Room", "asked_address", "room_of", "root_path", "route_path"]

BODY_KEY_PATHS = frozenset({"/translate", "/translate_file", "/detect", "/suggest"})
"""Where LibreTranslate's clients have their key in the body."""
_LIBRETRANSLATE = BODY_KEY_PATHS | {"/languages", "/health", "/frontend/settings", "/download_file"}
_HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})


class Room(StrEnum):
    """Who a path belongs to."""

    API = "api"
    PAGES = "pages"
    STATIC = "static"
    LIBRETRANSLATE = "libretranslate"
    HEALTH = "health"
    OTHER = "other"


def root_path(scope: MutableMapping[str, Any]) -> str:
    """What a proxy in front strips from paths, such as ``/mtpipe``; mostly empty."""
    # Within a mounted application, such as that of static files, root_path is the mount's.
    return str(scope.get("app_root_path", scope.get("root_path", "")))


def route_path(scope: MutableMapping[str, Any]) -> str:
    """The path of a request without what a proxy in front strips."""
    path, root = str(scope.get("path", "")), root_path(scope)
    if root and (path == root or path.startswith(f"{root}/")):
        return path[len(root) :]
    return path


def asked_address(scope: MutableMapping[str, Any]) -> str:
    """Path and query of a request without what a proxy in front strips, to be asked for again.

    It begins with one slash: behind two, browsers take what follows for another host.
    """
    path = quote(route_path(scope).lstrip("/"), errors="surrogatepass")
    query = str(scope.get("query_string", b""), "latin-1")
    return f"/{path}?{query}" if query else f"/{path}"


def room_of(scope: MutableMapping[str, Any]) -> Room:
    """Who the path of a request belongs to."""
    path = route_path(scope)
    if path.startswith("/api/"):
        return Room.API
    if path.startswith("/ui/static/"):
        return Room.STATIC
    if path in ("", "/", "/ui") or path.startswith("/ui/"):
        return Room.PAGES
    if path in _HEALTH:
        return Room.HEALTH
    if path in _LIBRETRANSLATE or path.startswith("/download_file/"):
        return Room.LIBRETRANSLATE
    return Room.OTHER
