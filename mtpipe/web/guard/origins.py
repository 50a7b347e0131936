"""Requests that a page of another origin makes in somebody's browser (CSRF).

A browser says where a request comes from. It may send forms and plain text anywhere without asking,
JSON in disguise among them, so what changes or computes something is taken from our own pages only;
from other programs, which say nothing of the kind; and with a key in a header, which no other page
can have sent. Origins that the settings name may use the API, but never the pages.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from mtpipe.errors import ConfigError
from mtpipe.web.guard.access import key_in_header
from mtpipe.web.guard.hosts import name_and_port
from mtpipe.web.paths import Room, room_of
from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings

__all__ = ["CrossOrigin", "Origins", "check_origins"]

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_FOR_OTHERS = (Room.API, Room.LIBRETRANSLATE)
_PORTS = {"http": 80, "https": 443}


def check_origins(settings: ServeSettings) -> None:
    """Make sure that what is to be let in are origins.

    Raises:
        ConfigError: one isn't.
    """
    for origin in settings.cors_origins:
        if origin != "*" and (_name_and_port_of(origin) is None or origin.count("/") != 2):
            raise ConfigError(f"{origin!r} is no origin", hint="for example https://example.org")


class CrossOrigin:
    """ASGI middleware: CORS for the origins that the settings name, on the API only.

    Cookies are never part of it.

    Args:
        app: what is guarded.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key"],
            allow_private_network=True,  # they are to reach a server that others don't see
            expose_headers=["Location", "Retry-After", "Content-Disposition"],
        )
        self._is_on = bool(settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with the headers that the origin needs."""
        is_for_others = scope["type"] == "http" and self._is_on and room_of(scope) in _FOR_OTHERS
        await (self._cors if is_for_others else self._app)(scope, receive, send)


class Origins:
    """ASGI middleware: refuses what another origin has a browser do, 403.

    Args:
        app: what is guarded.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._allowed = frozenset(settings.cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at where the request comes from, and pass it on."""
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            if _is_foreign(scope["method"], connection.headers):
                # Our cookie is no part of it, see Access.
                scope.setdefault("state", {})["is_foreign"] = True
                if not self._is_welcome(connection):
                    raise Problem(
                        403,
                        "this comes from a page of another site",
                        kind="other-origin",
                        hint="MTPIPE_SERVE_CORS_ORIGINS names sites that may use the API",
                    )
        await self._app(scope, receive, send)

    def _is_welcome(self, connection: HTTPConnection) -> bool:
        if key_in_header(connection):
            return True
        if room_of(connection.scope) not in _FOR_OTHERS:
            return False
        origin = connection.headers.get("origin", "")
        return origin in self._allowed or ("*" in self._allowed and bool(origin))


def _is_foreign(method: str, headers: Headers) -> bool:
    """Whether a page of another origin is behind a request; links and bookmarks aren't."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if method in _HARMLESS:
        is_link = headers.get("sec-fetch-mode") == "navigate" and method != "OPTIONS"
        is_other = site in ("cross-site", "same-site") or (
            site is None and origin is not None and not _is_own(origin, headers)
        )
        return is_other and not is_link
    if site is not None:
        # A browser's word, which no page can change; "none" is a person's own doing.
        return site not in ("same-origin", "none")
    if origin is not None:
        return not _is_own(origin, headers)
    referrer = headers.get("referer")
    return referrer is not None and not _is_own(referrer, headers)


def _is_own(address: str, headers: Headers) -> bool:
    """Whether an address is at the host that the request was sent to.

    The scheme doesn't count: behind a proxy with TLS it isn't known.
    """
    own, other = name_and_port(headers.get("host", "")), _name_and_port_of(address)
    if own is None or other is None or own[0] != other[0]:
        return False
    # Browsers leave the scheme's own port away, proxies may add it.
    usual = _PORTS[urlsplit(address).scheme]
    return (own[1] or usual) == (other[1] or usual)


def _name_and_port_of(address: str) -> tuple[str, int | None] | None:
    """Those of an address or an origin; None where it has none, as ``null``."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    host = parts.netloc.rpartition("@")[2]
    return name_and_port(host) if parts.scheme in _PORTS else None
