"""Bodies that are too large, too slow or lie about their length, by sockets to the real server."""

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtpipe.web.guard import bodies
from mtpipe.web.guard.bodies import Bodies
from mtpipe.web.problems import Problem
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import served, small_app

LIMIT = 100_000
UPLOADS = 300_000


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home: Path = tmp_path_factory.mktemp("home")
    settings = ServeSettings(
        home=home, max_request_bytes=LIMIT, max_upload_bytes=UPLOADS, body_seconds=0.5
    )
    with served(small_app(settings), settings) as port:
        yield port


@pytest.fixture(scope="module")
def locked_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    settings = ServeSettings(home=tmp_path_factory.mktemp("home"), needs_keys=True)
    with served(small_app(settings), settings) as port:
        yield port


class Raw:
    """A connection that may send anything."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def head(self, *headers: str, path: str = "/api/v1/length") -> "Raw":
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        return self

    def send(self, data: bytes) -> bool:
        """Whether the other end still took it."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def answer(self) -> tuple[int, bytes]:
        """Status and everything until the server closes, or a whole answer is there."""
        found = b""
        while b"}" not in found:
            if not (part := self.socket.recv(65_536)):
                break
            found += part
        return int(found.split(b" ", 2)[1]), found

    def is_closed(self) -> bool:
        """Whether the server closes the connection within two seconds."""
        self.socket.settimeout(2)
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


@pytest.fixture
def raw(port: int) -> Iterator[Raw]:
    raw = Raw(port)
    yield raw
    raw.socket.close()


MULTIPART = "Content-Type: multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("length", "kind", "status"),
    [
        (0, "", 200),
        (LIMIT, "", 200),
        (LIMIT + 1, "", 413),
        (LIMIT + 1, MULTIPART, 200),
        (UPLOADS, MULTIPART.upper(), 200),
        (UPLOADS + 1, MULTIPART, 413),
    ],
)
def test_lengths(raw: Raw, length: int, kind: str, status: int) -> None:
    raw.head(f"Content-Length: {length}", *filter(None, [kind])).send(b"x" * length)
    found, answer = raw.answer()
    assert found == status
    if status == 200:
        assert b'{"bytes":%d}' % length in answer
    else:
        assert b"body-too-large" in answer


def test_a_length_that_is_too_much_is_refused_before_it_comes(raw: Raw) -> None:
    began = time.monotonic()
    raw.head("Content-Length: 99999999999999999999", "Expect: 100-continue")
    assert raw.answer()[0] == 413
    assert time.monotonic() - began < 1
    assert raw.is_closed()


def test_what_has_no_length_is_counted(raw: Raw) -> None:
    raw.head("Transfer-Encoding: chunked")
    chunk = b"%x\r\n" % 10_000 + b"x" * 10_000 + b"\r\n"
    for _ in range(11):
        raw.send(chunk)
    raw.send(b"0\r\n\r\n")
    assert raw.answer()[0] == 413


def test_chunks_without_an_end_dont_go_on_for_ever(raw: Raw) -> None:
    raw.head("Transfer-Encoding: chunked")
    chunk = b"%x\r\n" % 1_000_000 + b"x" * 1_000_000 + b"\r\n"
    sent, began = 0, time.monotonic()
    while raw.send(chunk) and sent < 1000:
        sent += 1
    # What is on the way is thrown away for a moment, so that the answer is seen, and no longer.
    assert sent < 200
    assert time.monotonic() - began < 8


def test_chunks_within_the_limit(raw: Raw) -> None:
    raw.head("Transfer-Encoding: chunked").send(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
    status, answer = raw.answer()
    assert status == 200
    assert answer.endswith(b'{"bytes":5}')


@pytest.mark.parametrize("pause_s", [0.1, 10.0], ids=["a byte now and then", "nothing"])
def test_a_body_that_comes_too_slowly(raw: Raw, pause_s: float) -> None:
    raw.head("Content-Length: 1000")
    began = time.monotonic()
    raw.socket.settimeout(pause_s)
    while time.monotonic() - began < 5:
        try:
            status, answer = raw.answer()
        except TimeoutError:
            raw.send(b"x")
            continue
        break
    assert status == 408
    assert b"slow-body" in answer
    assert time.monotonic() - began < 2
    assert raw.is_closed()


def test_a_bad_line_is_waited_for(raw: Raw) -> None:
    raw.head("Content-Length: 60000")
    began = time.monotonic()
    while time.monotonic() - began < 1.5:  # three times what a body without a byte may take
        raw.send(b"x" * 6000)
        time.sleep(0.15)
    assert raw.answer()[0] == 200


@pytest.mark.parametrize("path", ["/api/v1/unread", "/api/v1/nothing"])
def test_a_body_that_nobody_reads_ends_the_connection(raw: Raw, path: str) -> None:
    raw.head("Content-Length: 90000", path=path).send(b"x" * 10)
    status, answer = raw.answer()
    assert status in (200, 404)
    assert b"connection: close" in answer.lower()
    assert raw.is_closed()


def test_a_connection_is_kept_after_a_whole_body(raw: Raw) -> None:
    for _ in range(2):
        raw.head("Content-Length: 3").send(b"abc")
        assert raw.answer()[0] == 200


def test_strangers_cant_have_a_body_read(locked_port: int) -> None:
    raw = Raw(locked_port)
    began = time.monotonic()
    raw.head("Content-Length: 9000000", "Expect: 100-continue")
    status, answer = raw.answer()
    assert (status, b"100 Continue" in answer) == (401, False)
    assert time.monotonic() - began < 1
    raw.socket.close()


SMUGGLED = {
    "two lengths": b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
    "chunks twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "another encoding": b"Transfer-Encoding: gzip\r\n\r\nabc",
    "a negative length": b"Content-Length: -5\r\n\r\n",
    "a length with a sign": b"Content-Length: +5\r\n\r\nabcde",
    "a length in hex": b"Content-Length: 0x5\r\n\r\nabcde",
    "a space in a name": b"Content-Length : 5\r\n\r\nabcde",
    "a folded header": b"X: a\r\n b\r\nContent-Length : 5\r\n\r\nabcde",
    "a chunk that lies": b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc",
    "a null byte": b"X: a\x00b\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED)
def test_requests_within_requests(raw: Raw, rest: bytes) -> None:
    raw.send(b"POST /api/v1/length HTTP/1.1\r\nHost: localhost\r\n" + rest)
    found = b""
    raw.socket.settimeout(3)
    try:
        while part := raw.socket.recv(65_536):
            found += part
    except (ConnectionError, TimeoutError):
        pass
    statuses = [line.split()[1] for line in found.split(b"\r\n") if line.startswith(b"HTTP/1.1")]
    assert len(statuses) <= 1, "a second request was seen"
    assert statuses in ([b"400"], [b"408"], [b"501"])


def test_who_goes_away_is_no_error(port: int, caplog: pytest.LogCaptureFixture) -> None:
    raw = Raw(port).head("Content-Length: 1000")
    raw.send(b"x" * 10)
    raw.socket.close()
    other = Raw(port).head("Content-Length: 0")
    assert other.answer()[0] == 200
    other.socket.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    ("headers", "size", "status"),
    [
        ([], 50_000, 403),
        ([], 200_000, 413),
        (["Authorization: Bearer {}"], 200_000, 200),
        (["X-API-Key: {}"], 200_000, 200),
        (["X-API-Key: x"], 200_000, 403),
        (["Authorization: Basic eDp5"], 200_000, 413),
    ],
    ids=["small", "large", "bearer", "key", "wrong key", "no key"],
)
def test_files_of_strangers_arent_kept(
    tmp_path: Path, headers: list[str], size: int, status: int
) -> None:
    settings = ServeSettings(
        home=tmp_path, needs_keys=True, max_request_bytes=LIMIT, max_upload_bytes=UPLOADS
    )
    app = small_app(settings)
    key = app.state.services.keys.new("Ada")
    form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
    form += b"x" * size + b"\r\n--x--\r\n"
    with served(app, settings) as port:
        raw = Raw(port).head(
            f"Content-Length: {len(form)}",
            MULTIPART,
            *(header.format(key) for header in headers),
            path="/translate",
        )
        raw.send(form)
        assert raw.answer()[0] == status
        raw.socket.close()


def test_all_bodies_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_LEAST_HELD_BYTES", 50)
    taken: list[int] = []

    async def run() -> None:
        go_on = asyncio.Event()

        async def app(scope: object, receive: Any, send: object) -> None:
            taken.append(len((await receive())["body"]))
            await go_on.wait()

        guard = Bodies(app, ServeSettings(home=tmp_path, max_upload_bytes=10))

        def request() -> asyncio.Task[None]:
            scope = {"type": "http", "path": "/", "headers": [(b"content-length", b"30")]}

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": b"x" * 30}

            async def send(_: object) -> None:
                return

            return asyncio.create_task(guard(scope, receive, send))

        first = request()
        await asyncio.sleep(0)
        second = request()
        with pytest.raises(Problem, match="at once") as caught:
            await second
        assert caught.value.status_code == 503
        go_on.set()
        await first
        await request()

    asyncio.run(run())
    assert taken == [30, 30]
