"""Fetch a page by its address, without letting the address reach into the internal network.

Every connection, those of redirects included, resolves its host once, refuses it unless all of
its IP addresses are public, and connects to one of the addresses that were checked: a name that
resolves otherwise the second time gains nothing. Proxies in the environment aren't used, because
behind a proxy it is the proxy that resolves names.
"""

import ipaddress
import socket
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import connection

from mtpipe.errors import InputError

__all__ = ["Fetched", "clean", "content_type", "fetch", "is_address"]

_TIMEOUT_S = 10.0
_DEADLINE_S = 60.0
_REDIRECTS = 5
_CHUNK_BYTES = 1 << 16
_ENDS = "".join(map(chr, range(0x21)))
_BREAKS = dict.fromkeys(map(ord, "\t\n\r"))
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
        address: where it was found in the end, after redirects: with its host, and without
            characters that can't be seen.
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
    watch = _Watch()
    result: Future[Fetched] = Future()

    def work() -> None:
        _watch.set(watch)
        try:
            result.set_result(_fetched(_pool(allow_private=allow_private), address, max_bytes))
        except BaseException as exc:  # noqa: BLE001 - it goes to whoever waits
            result.set_exception(exc)

    # In a thread, since nothing else ends a name server that doesn't answer.
    threading.Thread(target=work, name="fetch", daemon=True).start()
    try:
        finished, _ = wait([result], timeout=_DEADLINE_S)
    finally:
        watch.end()
    if not finished:
        raise InputError(f"the page took longer than {_DEADLINE_S:.0f} s")
    return result.result()


def _fetched(pool: urllib3.PoolManager, address: str, max_bytes: int) -> Fetched:
    """The page that an address leads to in the end, without limit of time."""
    address = clean(address)
    try:
        for _ in range(_REDIRECTS + 1):
            _refuse_credentials(address)
            # Bodies of redirects aren't read, and no server says how long to wait.
            response = pool.request(
                "GET", address, preload_content=False, redirect=False, retries=False
            )
            try:
                if location := response.get_redirect_location():
                    address = _led_to(address, location)
                    continue
                if response.status != _OK:
                    raise InputError(f"the server answered with status {response.status}")
                return _page(response, address, max_bytes)
            finally:
                response.close()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
        raise InputError(f"can't be fetched: {getattr(exc, 'reason', None) or exc}") from exc
    raise InputError("can't be fetched: too many redirects")


def _page(response: urllib3.BaseHTTPResponse, address: str, max_bytes: int) -> Fetched:
    data = bytearray()
    while chunk := response.read1(_CHUNK_BYTES, decode_content=True):
        data += chunk
        if len(data) > max_bytes:
            raise InputError(f"the page is longer than {max_bytes:,} bytes")
    media_type, charset = content_type(response.headers.get("Content-Type", ""))
    return Fetched(data=bytes(data), address=address, media_type=media_type, charset=charset)


def content_type(header: str) -> tuple[str, str | None]:
    """Media type and charset of a ``Content-Type``; ``""`` and None where it doesn't say."""
    media_type, _, parameters = header.partition(";")
    charset = parameters.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    return media_type.strip().lower(), charset or None


def _led_to(address: str, location: str) -> str:
    """The address that a redirect names, which may be relative.

    Raises:
        InputError: it is none that is fetched.
    """
    with suppress(UnicodeError):  # headers are read as Latin-1, but browsers send UTF-8
        location = location.encode("latin-1").decode("utf-8")
    led_to = clean(urljoin(address, clean(location)))
    if not is_address(led_to):
        raise InputError("can't be fetched: the server leads to an address that isn't http(s)")
    return led_to


def _refuse_credentials(address: str) -> None:
    parts = urlsplit(address)
    if parts.username is not None or parts.password is not None:
        raise InputError("addresses with a user name or password aren't fetched")


def clean(address: str) -> str:
    """An address without what can't be seen: such characters are percent-encoded or dropped.

    Line breaks, tabs, and control characters at the ends are dropped as browsers do
    (https://url.spec.whatwg.org/#concept-basic-url-parser); nothing else is changed.
    """
    stripped = address.strip(_ENDS).translate(_BREAKS)
    return "".join(
        char if char.isprintable() and not char.isspace() else quote(char, errors="replace")
        for char in stripped
    )


class _Watch:
    """Ends the connections that are made under it.

    Timeouts of the socket don't: a server that sends a byte now and then never reaches one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_over = False

    def add(self, connected: socket.socket) -> None:
        """Watch a connection, too.

        Raises:
            TimeoutError: the time was over before there was one.
        """
        with self._lock:
            self._sockets.append(connected)
            is_over = self._is_over
        if is_over:
            self.end()
            raise TimeoutError("too late")

    def end(self) -> None:
        """Close what there is, and whatever comes."""
        with self._lock:
            self._is_over = True
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


def _pool(*, allow_private: bool) -> urllib3.PoolManager:
    """Connections of one fetch: those kept from an earlier one nobody would watch."""
    pool = urllib3.PoolManager(
        headers={"User-Agent": "mtpipe", "Accept": "text/html,text/plain;q=0.8"},
        timeout=urllib3.Timeout(_TIMEOUT_S),
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
