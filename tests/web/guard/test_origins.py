"""What pages of other origins can have a browser do (CSRF), by what browsers say of themselves."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.errors import ConfigError
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import client_of, for_others, small_app

SELF = "http://localhost:8000"
EVIL = "https://evil.example"
ATTACKS: dict[str, dict[str, str]] = {
    "a form": {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    "a form, older browser": {"Origin": EVIL},
    "a form, oldest": {"Referer": f"{EVIL}/page"},
    "a form without a referrer": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "a sandboxed frame": {"Origin": "null"},
    "a file": {"Origin": "file://"},
    "another port": {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    "another port, older": {"Origin": "http://localhost:3000"},
    "the scheme's own port": {"Origin": "http://localhost"},
    "a name that begins alike": {"Origin": "http://localhost.evil.example:8000"},
    "a name that ends alike": {"Origin": "http://evil-localhost:8000"},
    "a user that looks alike": {"Origin": "http://localhost:8000@evil.example"},
    "the other loopback": {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "cross-site"},
    "two origins": {"Origin": f"{SELF} {EVIL}"},
    "an origin with the like": {"Origin": f"{EVIL}/{SELF}"},
    "an extension": {"Origin": "chrome-extension://abcdef", "Sec-Fetch-Site": "cross-site"},
    "an empty origin": {"Origin": ""},
    "text that is JSON": {"Origin": EVIL, "Content-Type": "text/plain"},
    "a browser's password": {"Origin": EVIL, "Authorization": "Basic bXRwOng="},
    "an empty key": {"Origin": EVIL, "X-API-Key": " "},
    "an unknown site": {"Sec-Fetch-Site": "other"},
    "a broken origin": {"Origin": "http://[::1"},
}
OWN: dict[str, dict[str, str]] = {
    "a program": {},
    "our page": {"Origin": SELF, "Sec-Fetch-Site": "same-origin"},
    "our page, older browser": {"Origin": SELF},
    "our page, oldest": {"Referer": f"{SELF}/ui/detect"},
    "behind TLS": {"Origin": "https://localhost:8000"},
    "our form, without an origin": {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    "a person": {"Sec-Fetch-Site": "none"},
}


@pytest.mark.parametrize("path", ["/api/v1/me", "/translate", "/ui/sign-in", "/api/v1/nothing"])
@pytest.mark.parametrize("headers", ATTACKS.values(), ids=ATTACKS)
def test_other_pages_change_nothing(client: TestClient, headers: dict[str, str], path: str) -> None:
    answer = client.post(path, headers=headers, content=b'{"texts": []}')
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "LINK"])
def test_nor_by_another_method(client: TestClient, method: str) -> None:
    assert client.request(method, "/api/v1/me", headers={"Origin": EVIL}).status_code == 403


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN)
def test_our_own_pages_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/me", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": EVIL}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Origin": EVIL}, 403),
        ({"Referer": EVIL}, 200),
    ],
    ids=["link", "typed", "own", "picture", "script", "other port", "older browser", "old link"],
)
def test_reading(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.get("/api/v1/me", headers=headers).status_code == status


def test_a_key_in_a_header_is_no_browsers_doing(locked_app: FastAPI, locked: TestClient) -> None:
    key = locked_app.state.services.keys.new("Ada")
    headers = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
    assert locked.post("/api/v1/me", headers=headers).status_code == 403
    good = headers | {"Authorization": f"Bearer {key}"}
    assert locked.post("/api/v1/me", headers=good).status_code == 200
    assert locked.post("/api/v1/me", headers=headers | {"X-API-Key": "x"}).status_code == 401


PREFLIGHT = {
    "Origin": EVIL,
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "cors",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,x-api-key",
    "Access-Control-Request-Private-Network": "true",
}


@pytest.mark.parametrize("path", ["/api/v1/me", "/translate", "/ui/sign-in", "/metrics", "/"])
def test_nobody_is_let_in_by_default(client: TestClient, path: str) -> None:
    answer = client.options(path, headers=PREFLIGHT)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


FRIEND = "https://friend.example"


@pytest.fixture
def friendly(tmp_path: Path) -> TestClient:
    settings = ServeSettings(home=tmp_path, cors_origins=(FRIEND,))
    return client_of(small_app(settings))


@pytest.mark.parametrize(
    ("origin", "path", "is_let_in"),
    [
        (FRIEND, "/api/v1/me", True),
        (FRIEND, "/translate", True),
        (FRIEND, "/ui/sign-in", False),
        (FRIEND, "/metrics", False),
        (EVIL, "/api/v1/me", False),
        (f"{FRIEND}.evil.example", "/api/v1/me", False),
        ("http://friend.example", "/api/v1/me", False),
        ("null", "/api/v1/me", False),
    ],
)
def test_origins_that_are_named(
    friendly: TestClient, origin: str, path: str, is_let_in: bool
) -> None:
    before = friendly.options(path, headers=PREFLIGHT | {"Origin": origin})
    after = friendly.post(path, headers={"Origin": origin, "Sec-Fetch-Site": "cross-site"})
    assert (before.status_code == 200) is is_let_in
    assert (after.status_code == 200) is is_let_in
    assert (after.headers.get("access-control-allow-origin") == origin) is is_let_in
    assert "access-control-allow-credentials" not in after.headers


def test_they_see_why_they_are_refused(tmp_path: Path) -> None:
    settings = for_others(tmp_path, cors_origins=(FRIEND,))
    client = client_of(small_app(settings), host="192.0.2.1")
    answer = client.get("/api/v1/me", headers={"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == FRIEND


def test_they_never_act_as_whom_the_browser_has_signed_in(tmp_path: Path) -> None:
    # Another port of the same name is the same site, to which even a strict cookie goes.
    app = small_app(for_others(tmp_path, cors_origins=("http://192.0.2.1:3000",)))
    client = client_of(app, host="192.0.2.1:8000")
    key = app.state.services.keys.new("Ada")
    signed_in = client.post("/ui/sign-in", data={"key": key})
    assert signed_in.status_code == 303
    assert client.post("/api/v1/me").status_code == 200
    headers = {"Origin": "http://192.0.2.1:3000", "Sec-Fetch-Site": "same-site"}
    assert client.post("/api/v1/me", headers=headers).status_code == 401


def test_all_origins_may_be_let_in(tmp_path: Path) -> None:
    client = client_of(small_app(ServeSettings(home=tmp_path, cors_origins=("*",))))
    answer = client.post("/translate", headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert client.post("/ui/sign-out", headers={"Origin": EVIL}).status_code == 403


@pytest.mark.parametrize(
    "origin", ["friend.example", "ftp://a", "", "null", "https://", "https://a/", "https://a/b"]
)
def test_what_is_no_origin(tmp_path: Path, origin: str) -> None:
    with pytest.raises(ConfigError, match="origin"):
        small_app(ServeSettings(home=tmp_path, cors_origins=(origin,)))
