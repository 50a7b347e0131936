"""Who gets in where, by which key, and what they see of others."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.guard.access import Caller, Scope
from mtpipe.web.guard.binding import is_loopback
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import client_of, for_others, small_app


def key_of(app: FastAPI, *scopes: Scope, name: str = "Ada") -> str:
    key: str = app.state.services.keys.new(name, scopes or (Scope.ALL,))
    return key


def test_on_the_loopback_nobody_needs_a_key(client: TestClient) -> None:
    assert client.get("/api/v1/me").json() == {
        "name": "anyone",
        "owner": "anyone",
        "has_key": False,
    }


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 401),
        ({"host": "0.0.0.0"}, 401),
        ({"host": "::"}, 401),
        ({"host": "10.0.0.1"}, 401),
        ({"host": "example.org"}, 401),
        ({"host": "127.0.0.1", "needs_keys": True}, 401),
        ({"is_open": True, "needs_keys": True}, 401),
        ({"is_open": True}, 200),
        ({"host": "127.0.0.1"}, 200),
        ({"host": "127.9.9.9"}, 200),
        ({"host": "::1"}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "localhost.example.org"}, 401),
        ({"host": "127.0.0.1.example.org"}, 401),
    ],
    ids=str,
)
def test_where_keys_are_needed(tmp_path: Path, options: dict[str, Any], status: int) -> None:
    settings = ServeSettings(**({"host": "192.0.2.1", "home": tmp_path} | options))
    name = "localhost" if is_loopback(settings.host) else settings.host
    client = client_of(small_app(settings), host=f"[{name}]" if ":" in name else name)
    assert client.get("/api/v1/me").status_code == status


OPEN = ["/healthz", "/ui/sign-in", "/ui/static/page.css"]
CLOSED = [
    "/api/v1/me", "/api/v1/nothing", "/api/v1", "/openapi.json", "/nothing", "/ui/jobs/7",
    "/ui/staticx", "/ui/sign-in/x", "//ui/static/page.css", "/UI/static/page.css", "/healthz/",
    "/ui/languages", "/api/v1/me/", "/translate/", "/%2e/healthz", "/ui/static", "/metricsx",
]  # fmt: skip


@pytest.mark.parametrize("path", OPEN)
def test_what_is_for_everybody(locked: TestClient, path: str) -> None:
    assert locked.get(path).status_code == 200


@pytest.mark.parametrize("path", CLOSED)
def test_everything_else_is_closed(locked: TestClient, path: str) -> None:
    answer = locked.get(path)
    if path.startswith("/ui/"):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/ui/sign-in?next=%2Fui")
    else:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    [("Authorization", "Bearer {}"), ("authorization", "bearer  {}"), ("X-API-Key", "{}")],
    ids=["bearer", "small letters", "x-api-key"],
)
def test_keys_in_headers(locked_app: FastAPI, locked: TestClient, header: tuple[str, str]) -> None:
    name, form = header
    answer = locked.get("/api/v1/me", headers={name: form.format(key_of(locked_app))})
    assert answer.json()["name"] == "Ada"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic {}"},
        {"Authorization": "{}"},
        {"Authorization": "Bearer {}x"},
        {"Authorization": "Bearer x{}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer " + "A" * 10_000},
        {"X-API-Key": "{}, {}"},
        {"X-API-Key": "sha256"},
        {"Cookie": "mtpipe_session={}"},
        {"Cookie": "api_key={}"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Host": "localhost"},
        {"X-Original-URL": "/healthz"},
        {"X-Rewrite-URL": "/healthz"},
    ],
    ids=lambda headers: " ".join(next(iter(headers.items())))[:30],
)
def test_what_gets_nobody_in(
    locked_app: FastAPI, locked: TestClient, headers: dict[str, str]
) -> None:
    key = key_of(locked_app)
    answer = locked.get("/api/v1/me", headers={k: v.replace("{}", key) for k, v in headers.items()})
    assert answer.status_code == 401
    assert key not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/me", "/ui/sign-in", "/languages"])
@pytest.mark.parametrize("query", ["api_key={}", "KEY=x", "a=b&access_token=x", "q=see+{}+there"])
def test_keys_in_addresses_are_refused_even_if_they_are_good(
    locked_app: FastAPI, locked: TestClient, path: str, query: str
) -> None:
    key = key_of(locked_app)
    answer = locked.get(f"{path}?{query.format(key)}")
    assert answer.status_code == 400
    assert key not in answer.text


def test_libretranslates_clients_may_as_they_know_no_other_way(
    locked_app: FastAPI, locked: TestClient
) -> None:
    assert (
        locked.post(f"/translate?api_key={key_of(locked_app)}").status_code == 403
    )  # by its route


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        ((Scope.ALL,), 200),
        ((Scope.TRANSLATE,), 200),
        ((Scope.DETECT, Scope.TRANSLATE), 200),
        ((Scope.DETECT,), 403),
        (tuple(set(Scope) - {Scope.ALL, Scope.TRANSLATE}), 403),
    ],
    ids=["all", "one", "two", "other", "all others"],
)
def test_scopes(
    locked_app: FastAPI, locked: TestClient, scopes: tuple[Scope, ...], status: int
) -> None:
    key = key_of(locked_app, *scopes)
    assert locked.get("/api/v1/me", headers={"X-API-Key": key}).status_code == status
    answer = locked.post("/translate", data={"api_key": key})
    assert answer.status_code == status
    if status == 403:
        assert "translate" in answer.json()["error"]


def test_a_key_in_a_body(locked_app: FastAPI, locked: TestClient) -> None:
    key = key_of(locked_app)
    assert locked.post("/translate", data={"api_key": key}).json() == {"name": "Ada"}
    assert locked.post("/translate", data={}).status_code == 403
    assert locked.post("/translate", headers={"X-API-Key": key}).json() == {"name": "Ada"}
    revoked = key_of(locked_app, name="Bob")
    locked_app.state.services.keys.revoke("Bob")
    answer = locked.post("/translate", data={"api_key": key}, headers={"X-API-Key": revoked})
    assert answer.status_code == 403


def test_a_key_in_a_body_counts_for_the_key(tmp_path: Path) -> None:
    app = small_app(for_others(tmp_path, requests_per_minute=2))
    client = client_of(app, host="192.0.2.1")
    keys = [key_of(app, name=name) for name in ("Ada", "Bob", "Cid")]
    for key in keys:  # all from one address, which has two requests a minute without one
        statuses = [client.post("/translate", data={"api_key": key}).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_strangers_cant_have_bodies_read_without_end(tmp_path: Path) -> None:
    app = small_app(for_others(tmp_path, requests_per_minute=2))
    client = client_of(app, host="192.0.2.1")
    statuses = [client.post("/translate", data={}).status_code for _ in range(3)]
    assert statuses == [403, 403, 429]


def test_where_none_is_needed_any_key_will_do(app: FastAPI, client: TestClient) -> None:
    assert client.post("/translate", data={"api_key": "whatever"}).json() == {"name": "anyone"}
    assert client.get("/api/v1/me", headers={"X-API-Key": "x"}).json()["owner"] == "anyone"
    key = key_of(app)
    assert client.post("/translate", data={"api_key": key}).json() == {"name": "Ada"}
    assert client.get("/api/v1/me", headers={"X-API-Key": key}).json()["has_key"]


def test_strangers_on_an_open_server_dont_see_each_others_jobs(tmp_path: Path) -> None:
    app = small_app(for_others(tmp_path, is_open=True))
    owners = {
        client_of(app, host="192.0.2.1", address=address).get("/api/v1/me").json()["owner"]
        for address in ("203.0.113.5", "203.0.113.6", "2001:db8::1", "2001:db8::2")
    }
    assert owners == {"address:203.0.113.5", "address:203.0.113.6", "address:2001:db8::/64"}


def test_strangers_change_no_archive(tmp_path: Path) -> None:
    caller = Caller.stranger("203.0.113.5")
    assert {scope for scope in Scope if not caller.may(scope)} == {Scope.ARCHIVE_WRITE, Scope.ALL}
    app = small_app(for_others(tmp_path, is_open=True))
    client = client_of(app, host="192.0.2.1")
    assert client.post("/api/v1/archive").status_code == 401
    assert client.post("/api/v1/archive", headers={"X-API-Key": key_of(app)}).status_code == 200
    assert client_of(small_app(ServeSettings(home=tmp_path))).post("/api/v1/archive").is_success


def test_a_revoked_key_is_refused_at_once(locked_app: FastAPI, locked: TestClient) -> None:
    headers = {"X-API-Key": key_of(locked_app)}
    assert locked.get("/api/v1/me", headers=headers).status_code == 200
    locked_app.state.services.keys.revoke("Ada")
    assert locked.get("/api/v1/me", headers=headers).status_code == 401


def test_paths_below_a_proxys(tmp_path: Path) -> None:
    app = small_app(for_others(tmp_path))
    client = client_of(app, host="192.0.2.1", root_path="/mt")
    assert client.get("/mt/ui/static/page.css").status_code == 200
    for prefix in ("", "/mt"):
        assert client.get(f"{prefix}/healthz").status_code == 200
        assert client.get(f"{prefix}/api/v1/me").status_code == 401
        answer = client.get(f"{prefix}/ui/jobs/7?a=b")
        assert answer.headers["location"] == "/mt/ui/sign-in?next=%2Fui%2Fjobs%2F7%3Fa%3Db"
