"""By which names a server may be called: DNS rebinding, and headers that are no names."""

import socket
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import ConfigError
from mtpipe.web.guard.hosts import name_and_port
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import client_of, small_app

OURS = [
    "localhost", "localhost:8000", "localhost:9", "LOCALHOST:8000", "localhost.", "127.0.0.1",
    "127.0.0.1:8000", "127.1.2.3", "[::1]", "[::1]:8000", "[0:0:0:0:0:0:0:1]:8000",
]  # fmt: skip
OTHERS = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
    "127.0.0.1.nip.io:8000", "localhost-evil", "xn--localhost", "192.168.1.5", "0.0.0.0", "[::]",
    "169.254.169.254", "2130706433", "0x7f000001", "[::ffff:8.8.8.8]", "metadata.google.internal",
]  # fmt: skip
NO_NAMES = [
    "", " ", "localhost:8000:80", "localhost:", "localhost:x", "localhost/", "localhost#x",
    "user@localhost", "localhost evil.example", "evil.example,localhost", "[::1", "::1", "..:8000:1",
    "localhost:999999", "localhost\t", "local\u00e9host", "a" * 300, "localhost\\evil",
]  # fmt: skip


def asked(client: TestClient, host: str, path: str = "/api/v1/me") -> int:
    return client.get(path, headers={"Host": host.encode("latin-1")}).status_code


@pytest.mark.parametrize("host", OURS)
def test_names_of_this_machine(client: TestClient, host: str) -> None:
    assert asked(client, host) == 200


@pytest.mark.parametrize("path", ["/api/v1/me", "/healthz", "/ui/static/page.css", "/metrics"])
@pytest.mark.parametrize("host", OTHERS)
def test_names_that_somebody_let_point_here(client: TestClient, host: str, path: str) -> None:
    assert asked(client, host, path) == 421


@pytest.mark.parametrize("host", NO_NAMES, ids=repr)
def test_what_is_no_name(client: TestClient, host: str) -> None:
    assert asked(client, host) == 400


def test_two_names_are_one_too_many(client: TestClient) -> None:
    headers = [("Host", "localhost"), ("Host", "evil.example")]
    assert client.get("/api/v1/me", headers=headers).status_code == 400


LAN = "192.168.1.5"


@pytest.mark.parametrize(
    ("options", "host", "status"),
    [
        # Whoever needs a key is safe by it.
        ({}, "anything.example", 401),
        ({"trusted_hosts": ("mt.example.org",)}, "mt.example.org", 401),
        ({"trusted_hosts": ("mt.example.org",)}, "MT.example.org:443", 401),
        ({"trusted_hosts": ("mt.example.org",)}, "evil.example", 421),
        # Where nobody does, a page elsewhere must not get at it by a name of its own.
        ({"is_open": True}, f"{LAN}:8000", 200),
        ({"is_open": True}, "10.0.0.9", 200),
        ({"is_open": True}, "[fd00::5]:8000", 200),
        ({"is_open": True}, "localhost", 200),
        ({"is_open": True}, socket.gethostname(), 200),
        ({"is_open": True}, "evil.example", 421),
        ({"is_open": True, "trusted_hosts": ("mt.example.org",)}, "mt.example.org", 200),
        ({"host": "mt.example.org", "is_open": True}, "mt.example.org", 200),
        ({"host": "localhost", "trusted_hosts": ("mt.example.org",)}, "mt.example.org", 200),
    ],
    ids=str,
)
def test_servers_for_others(
    tmp_path: Path, options: dict[str, Any], host: str, status: int
) -> None:
    app = small_app(ServeSettings(**({"host": LAN, "home": tmp_path} | options)))
    assert asked(client_of(app), host) == status


@pytest.mark.parametrize("name", ["*", "", "a:80", "https://a", "a/b", "*.example.org", "a b"])
def test_names_that_nobody_could_be_called_by(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="trusted-hosts"):
        small_app(ServeSettings(home=tmp_path, trusted_hosts=(name,)))


def test_the_refusal_says_what_repairs_it(client: TestClient) -> None:
    answer = client.get("/api/v1/me", headers={"Host": "mt.example.org:80"})
    assert answer.json()["hint"] == "MTPIPE_SERVE_TRUSTED_HOSTS=mt.example.org mtpipe serve"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("a.B", ("a.b", None)),
        ("a:80", ("a", 80)),
        ("[::1]:80", ("[::1]", 80)),
        ("[::1", None),
        ("a:b", None),
    ],
)
def test_name_and_port(header: str, found: object) -> None:
    assert name_and_port(header) == found
