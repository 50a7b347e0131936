"""Fetch a page by its address, without letting the address reach into the internal network.

Every connection, those of redirects included, resolves its host once, refuses it unless all of
its IP addresses are public, and connects to one of the addresses that were checked: a name that
resolves otherwise the second time gains nothing. Proxies in the environment aren't used, because
behind a proxy it is the proxy that resolves names.
"""

import ipaddress
import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import connection

from mtpipe.errors import InputError

__all__ = ["Fetched", "fetch", "is_address"]

_TIMEOUT_S = 10.0
_DEADLINE_S = 60.0
_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_OK = 200
# What the standard library takes for global, though it leads inside: site-local addresses, and
# IPv4 ones in other clothes (compatible, translated, NAT64 of the network's own).
_INTERNAL = tuple(
    map(ipaddress.ip_network, ("fec0::/10", "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48"))
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetched page.

    Attributes:
        data: its bytes, decompressed.
        address: where it was found in the end, after redirects.
        media_type: as the server declares it, e.g. ``text/html``; empty if it doesn't.
        charset: as the server declares it; None if it doesn't.
    """

    data: bytes
    address: str
    media_type: str
    charset: str | None


def is_address(text: str) -> bool:
    """Whether an input is an ``http(s)`` address and not a path."""
    return text.lower().startswith(("http://", "https://"))


def fetch(address: str, *, max_bytes: int, allow_private: bool = False) -> Fetched:
    """Fetch a page.

    Args:
        address: an ``http(s)`` address.
        max_bytes: the longest page to take, counted after decompression.
        allow_private: reach internal hosts too; for tests and intranets, never for a service
            that takes addresses from others.

    Raises:
        InputError: refused, unreachable, too long, too slow, or a status other than 200.
    """
    pool = _pool(allow_private=allow_private)
    watch = _Watch(_DEADLINE_S)
    try:
        if urlsplit(address).username is not None:
            raise InputError("addresses with a user name or password aren't fetched")
        with watch:
            response = pool.request("GET", address, preload_content=False)
            try:
                if response.status != _OK:
                    raise InputError(f"the server answered with status {response.status}")
                data = bytearray()
                while chunk := response.read1(_CHUNK_BYTES, decode_content=True):
                    data += chunk
                    if len(data) > max_bytes:
                        raise InputError(f"the page is longer than {max_bytes:,} bytes")
            finally:
                response.close()
        if watch.is_over:  # what came is cut off
            raise InputError(f"the page took longer than {_DEADLINE_S:.0f} s")
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
        if watch.is_over:
            raise InputError(f"the page took longer than {_DEADLINE_S:.0f} s") from exc
        raise InputError(f"can't be fetched: {getattr(exc, 'reason', None) or exc}") from exc
    media_type, _, parameters = response.headers.get("Content-Type", "").partition(";")
    charset = parameters.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    return Fetched(
        data=bytes(data),
        address=response.geturl() or address,
        media_type=media_type.strip().lower(),
        charset=charset or None,
    )


class _Watch:
    """Ends the connections that are made under it when its time is over.

    Timeouts of the socket don't: a server that sends a byte now and then never reaches one.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.is_over = False

    def __enter__(self) -> None:
        self._token = _watch.set(self)
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _watch.reset(self._token)

    def add(self, connected: socket.socket) -> None:
        """Watch a connection, too."""
        with self._lock:
            self._sockets.append(connected)
        if self.is_over:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            for connected in self._sockets:
                with suppress(OSError):  # closed meanwhile
                    connected.shutdown(socket.SHUT_RDWR)


_watch: ContextVar[_Watch] = ContextVar("_watch")


class _WatchedHTTPConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        # The response keeps the socket, the connection may give it up.
        _watch.get().add(self.sock)


class _WatchedHTTPSConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        # The response keeps the socket, the connection may give it up.
        _watch.get().add(self.sock)


class _PublicHTTPConnection(_WatchedHTTPConnection):
    """Connects to public addresses only."""

    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _PublicHTTPSConnection(_WatchedHTTPSConnection):
    """Connects to public addresses only; the certificate is checked against the name as ever."""

    def _new_conn(self) -> socket.socket:
        return _connect(self)


def _pools(
    http: type[HTTPConnection], https: type[HTTPSConnection]
) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Classes of pools of such connections, by scheme."""
    return {
        "http": type("_HTTPPool", (urllib3.HTTPConnectionPool,), {"ConnectionCls": http}),
        "https": type("_HTTPSPool", (urllib3.HTTPSConnectionPool,), {"ConnectionCls": https}),
    }


@cache
def _pool(*, allow_private: bool) -> urllib3.PoolManager:
    pool = urllib3.PoolManager(
        headers={"User-Agent": "mtpipe", "Accept": "text/html,text/plain;q=0.8"},
        timeout=urllib3.Timeout(_TIMEOUT_S),
        retries=urllib3.Retry(total=_REDIRECTS, connect=0, read=0, other=0, redirect=_REDIRECTS),
    )
    pool.pool_classes_by_scheme = (
        _pools(_WatchedHTTPConnection, _WatchedHTTPSConnection)
        if allow_private
        else _pools(_PublicHTTPConnection, _PublicHTTPSConnection)
    )
    return pool


def _connect(conn: HTTPConnection) -> socket.socket:
    host = conn.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, conn.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as exc:
        raise InputError(f"no host is known by the name {host}") from exc
    resolved = [str(info[4][0]) for info in found]
    if not resolved or not all(map(_is_public, resolved)):
        raise InputError(
            f"{host} is no public host", hint="internal addresses aren't fetched; save the page"
        )
    return connection.create_connection(
        (resolved[0], conn.port), conn.timeout, socket_options=conn.socket_options
    )


def _is_public(address: str) -> bool:
    """Whether an IP address, and any IPv4 address that it carries inside, is globally reachable."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner: list[ipaddress.IPv4Address | ipaddress.IPv6Address | None] = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _INTERNAL):
            return False
        nat64 = ip in ipaddress.ip_network("64:ff9b::/96")
        inner += [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if nat64 else None)
        if ip.ipv4_mapped:
            inner.remove(ip)
    return all(part.is_global and not part.is_multicast for part in inner if part is not None)
