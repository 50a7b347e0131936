"""Signing in with a key on the pages, and a cookie for it.

The cookie is a random token and nothing else; whose it is is known to the server only, in memory,
and as a hash. A restart signs everybody out, and a key that is revoked ends its sessions.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mtpipe.web.guard.keys import KeyInfo, KeyStore
from mtpipe.web.guard.limits import address_of
from mtpipe.web.paths import root_path
from mtpipe.web.problems import Problem
from mtpipe.web.services import services

__all__ = ["COOKIE", "Sessions", "safe_next", "sign_in", "sign_out"]

COOKIE = "mtpipe_session"
_LIFE_S = 12 * 3600
_MOST = 10_000
_HOME = "/ui/detect"


class Sessions:
    """Who is signed in. Threads may share it.

    Args:
        keys: that sessions are begun with.
        clock: the time in seconds.
    """

    def __init__(self, keys: KeyStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = keys
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._turn = Lock()

    def begin(self, key_id: str) -> str:
        """Begin one.

        Returns:
            Its token, for the cookie.
        """
        token = secrets.token_urlsafe(32)
        with self._turn:
            self._known[_digest(token)] = (key_id, self._clock() + _LIFE_S)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return token

    def find(self, token: str) -> KeyInfo | None:
        """The key that a session was begun with, if neither has ended."""
        key_id, ends = self._known.get(_digest(token), ("", 0.0))
        if not key_id:
            return None
        info = self._keys.by_id(key_id) if self._clock() < ends else None
        if info is None:
            self.end(token)
        return info

    def end(self, token: str) -> None:
        """End one; nothing happens if there is none."""
        self._known.pop(_digest(token), None)


def sign_in(request: Request, key: str) -> Response:
    """Answer the form of the sign-in page.

    Args:
        request: of the form; its query says what page was wanted (``next``).
        key: from the form.

    Returns:
        A redirect to the page that was wanted, with a new cookie.

    Raises:
        Problem: 401, there is no such key; 429, too many were tried.
    """
    limits, address = services(request).limits, address_of(request.scope)
    limits.refuse_guesses(address)
    info = services(request).keys.find(key.strip())
    if info is None:
        limits.failure(address)
        raise Problem(
            401, "there is no such key", kind="unknown-key", hint="ask who runs this server for one"
        )
    sessions = _sessions(request)
    sessions.end(request.cookies.get(COOKIE, ""))
    answer = _to(request, safe_next(request.query_params.get("next", "")))
    answer.set_cookie(
        COOKIE,
        sessions.begin(info.id),
        max_age=_LIFE_S,
        path=_path(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


def sign_out(request: Request) -> Response:
    """Answer the button: end the session, forget the cookie, go to the sign-in page."""
    _sessions(request).end(request.cookies.get(COOKIE, ""))
    answer = _to(request, "/ui/sign-in")
    answer.delete_cookie(COOKIE, path=_path(request), httponly=True, samesite="strict")
    return answer


def safe_next(text: str) -> str:
    """A path of our pages to go on to, whatever a link says; else the first page."""
    address = text.partition("#")[0]
    path = address.partition("?")[0]  # what a query has leads nowhere: words may have dots
    is_ours = path.startswith("/ui/") and not path.startswith("/ui/sign-")
    if not is_ours or not address.isprintable() or "\\" in address or "//" in path or ".." in path:
        return _HOME
    return address


def _sessions(request: Request) -> Sessions:
    return cast("Sessions", request.app.state.sessions)


def _to(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(f"{root_path(request.scope)}{path}", 303)


def _path(request: Request) -> str:
    return root_path(request.scope) or "/"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
