import gzip
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

import pytest

from mtpipe.errors import InputError
from mtpipe.ingest import addresses
from mtpipe.ingest.addresses import fetch, is_address

LIMIT = 10_000


LOCATIONS = {
    "/moved": "/page",
    "/elsewhere": "http://localhost:{port}/page",
    "/loop": "/loop",
    "/away": "ftp://127.0.0.1/x",
    "/to/utf-8": "/brücke?x".encode().decode("latin-1"),
    "/to/latin-1": "/br%C3%BCcke",
    "/to/host": "//localhost:{port}/page",
    "/to/spaces": " \t/page \t",
    "/to/escape": "/a\x07\x1b[2J",
    "/to/user": "http://user@localhost/page",
    "/to/password": "//user:secret@localhost/page",
    "/to/empty user": "http://@localhost/page",
    "/to/bracket": "http://[bad/",
    "/to/file": "file:///etc/passwd",
    "/to/script": "javascript:alert(1)",
}
"""Where redirects lead, by path."""


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/page":
            self.answer(
                200, "Brücke".encode("cp1252"), ("Content-Type", 'text/html; charset="cp1252"')
            )
        elif location := LOCATIONS.get(unquote(self.path)):
            port = str(self.server.server_port)
            self.answer(302, b"", ("Location", location.replace("{port}", port)))
        elif self.path == "/long":
            self.answer(200, b"x" * (LIMIT + 1))
        elif self.path in ("/drip", "/drip-header"):
            self.send_response(200)
            self.wfile.flush()
            if self.path == "/drip":
                self.end_headers()
            for _ in range(100):
                time.sleep(0.05)
                self.wfile.write(b"x")
        elif self.path == "/bomb":
            self.answer(200, gzip.compress(b"x" * 10_000_000), ("Content-Encoding", "gzip"))
        elif self.path.startswith("/later-"):
            status = int(self.path.removeprefix("/later-"))
            self.answer(status, b"", ("Retry-After", "86400"), ("Location", "/page"))
        elif self.path == "/long-redirect":
            self.send_response(302)
            self.send_header("Location", "/page")
            self.end_headers()
            with suppress(OSError):
                for _ in range(100):
                    time.sleep(0.05)
                    self.wfile.write(b"x" * 1000)
        elif self.path.startswith(("/br%C3%BCcke", "/a%0")):
            self.answer(200, b"x")
        else:
            self.answer(404, b"")

    def answer(self, status, data, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/page", "/moved"])
def test_page_is_fetched_with_what_the_server_says_of_it(site, path):
    fetched = fetch(site + path, max_bytes=LIMIT, allow_private=True)
    assert fetched.data.decode(fetched.charset) == "Brücke"
    assert fetched.media_type == "text/html"
    assert fetched.address == f"{site}/page"


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("utf-8", "{site}/brücke?x"),
        ("latin-1", "{site}/br%C3%BCcke"),
        ("host", "http://localhost:{port}/page"),
        ("spaces", "{site}/page"),
        ("escape", "{site}/a%07%1B[2J"),
    ],
)
def test_the_address_in_the_end_has_its_host_and_nothing_unseen(site, location, expected):
    fetched = fetch(f"{site}/to/{location}", max_bytes=LIMIT, allow_private=True)
    assert fetched.address == expected.format(site=site, port=site.rpartition(":")[2])


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("user", "user name or password"),
        ("password", "user name or password"),
        ("empty user", "user name or password"),
        ("bracket", "can't be fetched"),
        ("file", r"isn't http\(s\)"),
        ("script", r"isn't http\(s\)"),
    ],
)
def test_redirects_to_odd_addresses_are_refused(site, location, message):
    with pytest.raises(InputError, match=message):
        fetch(f"{site}/to/{quote(location)}", max_bytes=LIMIT, allow_private=True)


@pytest.mark.parametrize("status", [413, 429, 503])
def test_no_server_says_how_long_to_wait(site, status):
    started = time.monotonic()
    with pytest.raises(InputError, match=f"status {status}"):
        fetch(f"{site}/later-{status}", max_bytes=LIMIT, allow_private=True)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("path", ["/later-301", "/later-302", "/later-307", "/long-redirect"])
def test_redirects_are_followed_at_once(site, path):
    started = time.monotonic()
    assert fetch(site + path, max_bytes=LIMIT, allow_private=True).address == f"{site}/page"
    assert time.monotonic() - started < 3  # the body of the long one takes five


def test_a_name_server_that_does_not_answer_is_left(monkeypatch):
    monkeypatch.setattr(addresses, "_DEADLINE_S", 0.3)
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **options: time.sleep(5))
    started = time.monotonic()
    with pytest.raises(InputError, match="took longer"):
        fetch("http://slow.example/", max_bytes=LIMIT)
    assert time.monotonic() - started < 3


def test_one_server_is_asked_again(site):
    for _ in range(3):
        assert fetch(f"{site}/page", max_bytes=LIMIT, allow_private=True).data


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/none", "status 404"),
        ("/loop", "too many redirects"),
        ("/away", "can't be fetched"),
        ("/long", "longer than 10,000 bytes"),
        ("/bomb", "longer than 10,000 bytes"),
    ],
)
def test_failures_say_what_is_wrong(site, path, message):
    with pytest.raises(InputError, match=message):
        fetch(site + path, max_bytes=LIMIT, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "http://localhost:8000/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://[2002:0a00:0001::]/",
        "http://[64:ff9b::a00:1]/",
    ],
)
def test_internal_addresses_are_refused(address):
    with pytest.raises(InputError, match="no public host"):
        fetch(address, max_bytes=LIMIT)


def test_every_address_of_a_name_must_be_public(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")
    ]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **options: found)
    with pytest.raises(InputError, match="no public host"):
        fetch("http://both.example/", max_bytes=LIMIT)


def test_redirect_into_the_internal_network_is_refused(site, monkeypatch):
    checked = []

    def only_the_first(ip):
        checked.append(ip)
        return len(checked) == 1

    monkeypatch.setattr(addresses, "_is_public", only_the_first)
    with pytest.raises(InputError, match="no public host"):
        fetch(site + "/elsewhere", max_bytes=LIMIT)
    assert len(checked) == 2


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http://user:secret@x.example/", "user name"),
        ("http://", "can't be fetched"),
        ("http://[bad", "can't be fetched"),
        ("http://127.0.0.1:1/", "can't be fetched"),
    ],
)
def test_odd_addresses_are_refused(address, message):
    with pytest.raises(InputError, match=message):
        fetch(address, max_bytes=LIMIT, allow_private=True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("::ffff:8.8.8.8", True),
        ("224.0.0.1", False),
    ],
)
def test_public_addresses(address, public):
    assert addresses._is_public(address) is public


@pytest.mark.parametrize(
    ("text", "expected"),
    [("https://x.example", True), ("HTTP://x", True), ("ftp://x", False), ("http.txt", False)],
)
def test_is_address(text, expected):
    assert is_address(text) is expected


@pytest.mark.parametrize("path", ["/drip", "/drip-header"])
def test_a_server_that_never_ends_is_left(site, path, monkeypatch):
    monkeypatch.setattr(addresses, "_DEADLINE_S", 0.3)
    started = time.monotonic()
    with pytest.raises(InputError, match="took longer"):
        fetch(site + path, max_bytes=LIMIT, allow_private=True)
    assert time.monotonic() - started < 3  # it would be five


@pytest.mark.parametrize(
    "address", ["fec0::1", "::7f00:1", "64:ff9b:1::a00:1", "::ffff:0:127.0.0.1", "::ffff:10.0.0.1"]
)
def test_an_internal_address_in_other_clothes_is_no_public_one(address):
    assert not addresses._is_public(address)
