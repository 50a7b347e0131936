"""What one address may hold open, by sockets to the real server."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.web.guard import connections
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import served, small_app

HEAD_S = 0.5
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    settings = ServeSettings(home=tmp_path_factory.mktemp("home"))
    with served(small_app(settings), settings, head_s=HEAD_S) as port:
        yield port


@pytest.fixture
def connection(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=4) as connection:
        yield connection


def is_answered(connection: socket.socket) -> bool:
    """Whether a whole answer of health comes."""
    found = b""
    while b'{"status":"ok"}' not in found:
        if not (part := connection.recv(65_536)):
            return False
        found += part
    return b"200 OK" in found


def closes_within(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(65_536) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("begun", [b"", b"GET / HT", GET, GET + b"X-A: b\r\nX-B: "], ids=repr)
def test_a_head_that_never_ends(connection: socket.socket, begun: bytes) -> None:
    connection.sendall(begun)
    assert closes_within(connection, 2)


def test_a_head_by_the_byte(connection: socket.socket) -> None:
    began = time.monotonic()
    try:
        for byte in GET + b"X-A: " + b"a" * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
    except OSError:
        pass
    assert time.monotonic() - began < 2


def test_nor_the_second_one(connection: socket.socket) -> None:
    connection.sendall(GET + b"\r\n")
    assert is_answered(connection)
    connection.sendall(b"GET /healthz HT")
    assert closes_within(connection, 2)


def test_requests_one_after_the_other(connection: socket.socket) -> None:
    for _ in range(4):
        connection.sendall(GET)
        time.sleep(HEAD_S / 2)
        connection.sendall(b"\r\n")
        assert is_answered(connection)


def test_requests_at_once(connection: socket.socket) -> None:
    connection.sendall((GET + b"\r\n") * 5)
    found = b""
    while found.count(b"200 OK") < 5:
        found += connection.recv(65_536)


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"a" * 100_000 + b"\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(20_000)),
        b"Cookie: " + b"a=b; " * 20_000 + b"\r\n",
    ],
    ids=["long", "many", "cookies"],
)
def test_heads_that_are_too_large(connection: socket.socket, headers: bytes) -> None:
    try:
        connection.sendall(GET + headers + b"\r\n")
        found = connection.recv(65_536)
    except ConnectionError:
        return
    assert found[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431")


def test_an_address_that_is_too_long(connection: socket.socket) -> None:
    connection.sendall(b"GET /healthz?" + b"a" * 70_000 + GET[12:] + b"\r\n")
    assert connection.recv(65_536)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 414")


def test_one_address_has_so_many_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ServeSettings(home=tmp_path)
    # This machine's own connections aren't counted, so it has to pass for another one.
    monkeypatch.setattr(connections, "is_loopback", lambda _: False)
    with served(small_app(settings), settings, most=3) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=4) for _ in range(3)]
        with socket.create_connection(("127.0.0.1", port), timeout=4) as further:
            assert closes_within(further, 2)
        held[0].close()
        time.sleep(0.1)
        with socket.create_connection(("127.0.0.1", port), timeout=4) as further:
            further.sendall(GET + b"\r\n")
            assert is_answered(further)
        for connection in held:
            connection.close()


def test_this_machine_has_any_number(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), timeout=4) for _ in range(150)]
    held[-1].sendall(GET + b"\r\n")
    assert is_answered(held[-1])
    for connection in held:
        connection.close()


def test_a_proxys_connections_arent_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ServeSettings(home=tmp_path, forwarded_allow_ips="127.0.0.1")
    monkeypatch.setattr(connections, "is_loopback", lambda _: False)
    with served(small_app(settings), settings, most=1) as port:
        held = [socket.create_connection(("127.0.0.1", port), timeout=4) for _ in range(3)]
        held[-1].sendall(GET + b"\r\n")
        assert is_answered(held[-1])
        for connection in held:
            connection.close()
