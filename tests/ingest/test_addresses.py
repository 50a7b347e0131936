import gzip
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mtpipe.errors import InputError
from mtpipe.ingest import addresses
from mtpipe.ingest.addresses import fetch, is_address

LIMIT = 10_000


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/page":
            self.answer(
                200, "Brücke".encode("cp1252"), ("Content-Type", 'text/html; charset="cp1252"')
            )
        elif self.path == "/moved":
            self.answer(302, b"", ("Location", "/page"))
        elif self.path == "/elsewhere":
            port = self.server.server_port
            self.answer(302, b"", ("Location", f"http://localhost:{port}/page"))
        elif self.path == "/loop":
            self.answer(302, b"", ("Location", "/loop"))
        elif self.path == "/away":
            self.answer(302, b"", ("Location", "ftp://127.0.0.1/x"))
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
    assert fetched.address.endswith("/page")


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
