"""By which names this server may be called.

A page elsewhere can let its own name point to this machine, and its script would then be of one
origin with a server here that asks nobody for a key (DNS rebinding). It can't choose the name that
the browser sends, though. Ports are left alone, since tunnels change them.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from mtpipe.errors import ConfigError
from mtpipe.web.guard.binding import asks_for_keys, is_loopback
from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings

__all__ = ["Hosts", "check_hosts", "name_and_port"]

_HOST = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::([0-9]{1,5}))?")


def name_and_port(host: str) -> tuple[str, int | None] | None:
    """What a ``Host`` header says, the name in small letters; None if it isn't one."""
    if not (match := _HOST.fullmatch(host)):
        return None
    return match[1].rstrip(".").lower(), int(match[2]) if match[2] else None


def check_hosts(settings: ServeSettings) -> None:
    """Make sure that what the server may be called by are names.

    Raises:
        ConfigError: one isn't.
    """
    for host in settings.trusted_hosts:
        found = name_and_port(host)
        if found is None or found[1] is not None:
            raise ConfigError(
                f"trusted-hosts: {host!r} is no name of a host", hint="for example mt.example.org"
            )


class Hosts:
    """ASGI middleware: refuses a request for another server, 421.

    Whoever needs a key is safe anyway: a page that pretends to be this server has none.

    Args:
        app: what is guarded.
        settings: of the server.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._is_loopback = is_loopback(settings.host)
        self._takes_any = (
            not self._is_loopback and asks_for_keys(settings) and not settings.trusted_hosts
        )
        self._names = _own_names(settings.host, settings.trusted_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the name, and pass the request on."""
        if scope["type"] in ("http", "websocket"):
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            found = name_and_port(hosts[0].decode("latin-1")) if len(hosts) == 1 else None
            if found is None:
                raise Problem(400, "a request needs one Host header, with a name", kind="bad-host")
            name = found[0]
            if not self._takes_any and not self._is_ours(name):
                raise Problem(
                    421,
                    f"this server isn't called {name}",
                    kind="other-host",
                    hint=f"MTPIPE_SERVE_TRUSTED_HOSTS={name} mtpipe serve",
                )
        await self._app(scope, receive, send)

    def _is_ours(self, name: str) -> bool:
        if name in self._names or is_loopback(name):
            return True
        if self._is_loopback:
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True  # no name, so nobody can have let it point here


def _own_names(host: str, trusted: Iterable[str]) -> frozenset[str]:
    names = {host, *trusted}
    if not is_loopback(host):
        names |= {socket.gethostname(), f"{socket.gethostname()}.local"}
    return frozenset(name.strip("[]").rstrip(".").lower() for name in names)
