"""Who may do what: keys and sessions are looked at before anything of a body is read.

What isn't named here as being for everybody needs a caller, so that a path that somebody adds is
closed until it is opened.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from mtpipe.web.guard.binding import asks_for_keys, is_for_oneself
from mtpipe.web.guard.callers import Caller, KeyLimits, Scope
from mtpipe.web.guard.keys import looks_like_key
from mtpipe.web.guard.limits import address_of
from mtpipe.web.guard.sessions import COOKIE, Sessions
from mtpipe.web.paths import BODY_KEY_PATHS, Room, room_of, route_path
from mtpipe.web.problems import Problem
from mtpipe.web.services import Services, services
from mtpipe.web.settings import ServeSettings

__all__ = [
    "Access",
    "Caller",
    "KeyLimits",
    "Scope",
    "caller_of",
    "key_in_header",
    "needs",
    "with_key",
]

_KEY_NAMES = frozenset({"api_key", "apikey", "key", "token", "access_token", "x-api-key"})
_PUBLIC_PAGES = frozenset({"", "/", "/ui", "/ui/", "/ui/sign-in", "/ui/sign-out"})
_HINT = "send it as Authorization: Bearer KEY; mtpipe serve --new-key NAME makes one"


class Access:
    """ASGI middleware: puts the :class:`Caller` in ``request.state.caller``, or refuses.

    Args:
        app: what is guarded.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._asks = asks_for_keys(settings)
        self._is_for_oneself = is_for_oneself(settings)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Find out who asks, and pass the request on."""
        if scope["type"] == "http":
            room = room_of(scope)
            state = scope.setdefault("state", {})
            state["caller"] = None
            if room is not Room.STATIC:
                self._look_at(HTTPConnection(scope), room)
        await self._app(scope, receive, send)

    def _look_at(self, connection: HTTPConnection, room: Room) -> None:
        scope = connection.scope
        _refuse_key_in_query(scope)
        owned, address = cast("Services", scope["app"].state.services), address_of(scope)
        caller = self._identified(connection, owned, address)
        scope["state"]["caller"] = caller
        if room is Room.HEALTH:
            return
        # Where the key is in the body it counts for the address until with_key has seen it.
        owned.limits.request(caller, address)
        if caller is None and not _is_public(room, route_path(scope)):
            raise _key_needed()

    def _identified(
        self, connection: HTTPConnection, owned: Services, address: str
    ) -> Caller | None:
        if key := key_in_header(connection):
            if caller := _by_key(owned, key, address, is_needed=self._asks):
                return caller
        elif not connection.scope["state"].get("is_foreign"):
            # A page of another origin may be let in, but never as whom the browser has signed in.
            sessions = cast("Sessions", connection.app.state.sessions)
            if info := sessions.find(connection.cookies.get(COOKIE, "")):
                return info.caller
        if self._asks:
            return None
        return Caller.anyone() if self._is_for_oneself else Caller.stranger(address)


def key_in_header(connection: HTTPConnection) -> str:
    """The key that a request has in a header; empty if there is none.

    No page of another origin can make a browser send one of these without being allowed to.
    """
    kind, _, key = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and key.strip():
        return key.strip()
    return connection.headers.get("x-api-key", "").strip()


async def caller_of(request: Request) -> Caller:  # async, as FastAPI else takes a thread for it
    """Who asks, for FastAPI's ``Depends``.

    Raises:
        Problem: 401, a key is needed.
    """
    caller = cast("Caller | None", request.state.caller)
    if caller is None:
        raise _key_needed()
    return caller


def needs(scope: Scope) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency of a route: a caller who may do something.

    Raises:
        Problem: 401, a key is needed; 403, the key isn't good for it.
    """

    async def allowed(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        return _allowed(caller, scope)

    return allowed


def with_key(request: Request, api_key: str | None, scope: Scope) -> Caller:
    """Who asks where the key may be in the body, as LibreTranslate's clients send it.

    Args:
        request: whose headers go before.
        api_key: from the body; None or empty if there is none.
        scope: what the caller must be allowed to do.

    Raises:
        Problem: 401, a key is needed, or there is no such key; 403, it isn't good for this; 429.
    """
    caller = cast("Caller | None", request.state.caller)
    if api_key and not (caller and caller.has_key):
        owned, address = services(request), address_of(request.scope)
        if found := _by_key(owned, api_key.strip(), address, is_needed=caller is None):
            owned.limits.request_after_all(found, address)
            caller = request.state.caller = found
    if caller is None:
        raise _key_needed()
    return _allowed(caller, scope)


def _by_key(owned: Services, key: str, address: str, *, is_needed: bool) -> Caller | None:
    """Whose key it is. Where none is needed, one that isn't known counts as none."""
    if is_needed and not owned.keys.was_found(key):
        owned.limits.refuse_guesses(address)
    if info := owned.keys.find(key):
        return info.caller
    if not is_needed:
        return None
    owned.limits.failure(address)
    raise Problem(
        401,
        "there is no such key",
        kind="unknown-key",
        hint="mtpipe serve --list-keys shows those that there are",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _allowed(caller: Caller, scope: Scope) -> Caller:
    if not caller.may(scope):
        if not caller.has_key:
            raise _key_needed()
        raise Problem(
            403,
            f"the key of {caller.name} isn't good for {scope}",
            kind="scope-missing",
            hint=f"mtpipe serve --new-key NAME --scope {scope}",
        )
    return caller


def _key_needed() -> Problem:
    return Problem(
        401,
        "this needs a key",
        kind="key-needed",
        hint=_HINT,
        headers={"WWW-Authenticate": "Bearer"},
    )


def _is_public(room: Room, path: str) -> bool:
    """Whether a path is for people without a key: to sign in, and what LibreTranslate tells all."""
    if room is Room.LIBRETRANSLATE or path in _PUBLIC_PAGES:
        return True
    return path.startswith("/ui/language/")  # the sign-in page's


def _refuse_key_in_query(scope: AsgiScope) -> None:
    """A key in an address is in histories, in proxies' logs and in what links tell other sites.

    LibreTranslate's clients may nevertheless, as some know no other way.
    """
    if route_path(scope) in BODY_KEY_PATHS:
        return
    query = bytes(scope.get("query_string", b"")).decode("latin-1")
    pairs = parse_qsl(query, keep_blank_values=True)
    if any(name.lower() in _KEY_NAMES or looks_like_key(value) for name, value in pairs):
        raise Problem(
            400,
            "a key doesn't belong into an address, where logs keep it",
            kind="key-in-address",
            hint="send it as Authorization: Bearer KEY, and revoke this one",
        )
