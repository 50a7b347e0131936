"""What stands between strangers and the routes: names, origins, keys, limits, headers.

Each guard is a middleware of its own that knows nothing of the others; :func:`install` puts them
in order. None of them reads a body, so whoever is refused has cost next to nothing.
"""

import ipaddress
from typing import Any

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from mtpipe.errors import ConfigError
from mtpipe.web.guard.access import Access
from mtpipe.web.guard.bodies import Bodies
from mtpipe.web.guard.headers import Headers
from mtpipe.web.guard.heads import Heads
from mtpipe.web.guard.hosts import Hosts, check_hosts
from mtpipe.web.guard.origins import CrossOrigin, Origins, check_origins
from mtpipe.web.guard.record import Record
from mtpipe.web.guard.sessions import Sessions
from mtpipe.web.problems import AsProblems
from mtpipe.web.settings import ServeSettings

__all__ = ["install"]


def install(app: FastAPI, settings: ServeSettings) -> None:
    """Put the guards before an application, which has its services already.

    Raises:
        ConfigError: an origin, a host's name or a proxy's address isn't one.
    """
    check_origins(settings)
    check_hosts(settings)
    app.state.sessions = Sessions(app.state.services.keys)
    proxies = _proxies(settings)
    guards: list[tuple[Any, dict[str, Any]]] = [
        (ProxyHeadersMiddleware, {"trusted_hosts": proxies}),  # whose address it is, for all others
        (Record, {}),
        (Headers, {}),
        (Bodies, {"settings": settings}),  # outside the next, whose answers end a connection
        (CrossOrigin, {"settings": settings}),  # likewise: its pages see why they are refused
        (AsProblems, {}),
        (Heads, {}),
        (Hosts, {"settings": settings}),
        (Origins, {"settings": settings}),
        (Access, {"settings": settings}),
    ]
    for guard, options in reversed(guards):
        app.add_middleware(guard, **options)


def _proxies(settings: ServeSettings) -> list[str]:
    """Addresses and networks whose word on a client's address is taken.

    Raises:
        ConfigError: one is neither, or stands for everybody, who could then choose an address.
    """
    proxies = [proxy.strip() for proxy in settings.forwarded_allow_ips.split(",") if proxy.strip()]
    for proxy in proxies:
        try:
            is_everybody = ipaddress.ip_network(proxy).prefixlen == 0
        except ValueError:
            is_everybody = True
        if is_everybody:
            raise ConfigError(
                f"forwarded-allow-ips: {proxy} is no address and no network of proxies",
                hint="for example 10.0.0.5, or 172.16.0.0/12",
            )
    return proxies
