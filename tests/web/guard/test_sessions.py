"""Signing in on the pages."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.guard import sessions as module
from mtpipe.web.guard.keys import KeyStore
from mtpipe.web.guard.sessions import COOKIE, Sessions, safe_next
from tests.web.guard.small import client_of


def signed_in(app: FastAPI, client: TestClient, query: str = "") -> str:
    """Sign in as Ada; where the answer leads to."""
    key = app.state.services.keys.new("Ada")
    answer = client.post(f"/ui/sign-in{query}", data={"key": f" {key}\n"})
    assert answer.status_code == 303
    assert key not in str(answer.headers)
    location: str = answer.headers["location"]
    return location


def test_a_cookie_instead_of_a_key(locked_app: FastAPI, locked: TestClient) -> None:
    assert locked.get("/ui/jobs/7").status_code == 303
    assert signed_in(locked_app, locked, "?next=%2Fui%2Fjobs%2F7%3Fa%3Db") == "/ui/jobs/7?a=b"
    assert locked.get("/ui/jobs/7").status_code == 200
    assert locked.get("/api/v1/me").json()["name"] == "Ada"
    answer = locked.post("/ui/sign-out")
    assert answer.headers["location"] == "/ui/sign-in"
    assert COOKIE not in locked.cookies
    assert locked.get("/ui/jobs/7").status_code == 303


def test_the_old_cookie_is_worth_nothing_after_signing_out(
    locked_app: FastAPI, locked: TestClient
) -> None:
    signed_in(locked_app, locked)
    token = locked.cookies[COOKIE]
    locked.post("/ui/sign-out")
    assert locked.get("/api/v1/me", headers={"Cookie": f"{COOKIE}={token}"}).status_code == 401


def test_a_cookie_that_was_there_before_is_never_taken_over(
    locked_app: FastAPI, locked: TestClient
) -> None:
    locked.cookies.set(COOKIE, "A" * 43)
    key = locked_app.state.services.keys.new("Ada")
    answer = locked.post("/ui/sign-in", data={"key": key})
    assert answer.cookies[COOKIE] != "A" * 43
    again = locked.post("/ui/sign-in", data={"key": key})
    old = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}
    fresh = client_of(locked_app, host="192.0.2.1")
    assert again.cookies[COOKIE] != answer.cookies[COOKIE]
    assert fresh.get("/api/v1/me", headers=old).status_code in (200, 401)


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_what_the_browser_may_do_with_it(locked_app: FastAPI, scheme: str, is_secure: bool) -> None:
    client = client_of(locked_app, host="192.0.2.1")
    client.base_url = client.base_url.copy_with(scheme=scheme)
    key = locked_app.state.services.keys.new("Ada")
    cookie = client.post("/ui/sign-in", data={"key": key}).headers["set-cookie"].lower()
    parts = {part.strip() for part in cookie.split(";")}
    assert {"httponly", "samesite=strict", "path=/"} <= parts
    assert ("secure" in parts) is is_secure
    assert not any(part.startswith("domain") for part in parts)


def test_a_revoked_key_ends_its_sessions(locked_app: FastAPI, locked: TestClient) -> None:
    signed_in(locked_app, locked)
    locked_app.state.services.keys.revoke("Ada")
    assert locked.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("key", ["", "x", "mtp_" + "A" * 43, "\r\nSet-Cookie: a=b"], ids=repr)
def test_a_key_that_is_none(locked: TestClient, key: str) -> None:
    answer = locked.post("/ui/sign-in", data={"key": key})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_sessions_end(tmp_path: Path) -> None:
    now = 0.0
    keys = KeyStore(tmp_path / "keys.sqlite")
    keys.new("Ada")
    (info,) = keys.listed()
    sessions = Sessions(keys, lambda: now)
    token = sessions.begin(info.id)
    assert sessions.find(token) == info
    now = 12 * 3600.0
    assert sessions.find(token) is None
    now = 0.0
    assert sessions.find(token) is None  # it is gone for good
    for wrong in ("", token[:-1], token + "A", "\ud800", "A" * 10**6):
        assert sessions.find(wrong) is None


def test_many_sessions_take_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 10)
    sessions = Sessions(KeyStore(tmp_path / "keys.sqlite"))
    for _ in range(100):
        sessions.begin("x")
    assert len(sessions._known) == 10


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/ui/jobs/7", "/ui/jobs/7"),
        ("/ui/jobs?state=done", "/ui/jobs?state=done"),
        ("", "/ui/detect"),
        ("https://evil.example/ui/", "/ui/detect"),
        ("//evil.example/ui/", "/ui/detect"),
        ("///evil.example/ui/", "/ui/detect"),
        ("/\\evil.example/ui/", "/ui/detect"),
        ("/ui/\\..\\..", "/ui/detect"),
        ("\\\\evil.example/ui/", "/ui/detect"),
        ("javascript:alert(1)", "/ui/detect"),
        ("javascript:/ui/alert(1)", "/ui/detect"),
        ("/ui/../../evil", "/ui/detect"),
        ("/ui/a\r\nSet-Cookie: x=y", "/ui/detect"),
        ("/ui/\tx", "/ui/detect"),
        ("/ui/sign-in", "/ui/detect"),
        ("/ui/sign-out", "/ui/detect"),
        ("/api/v1/jobs", "/ui/detect"),
        ("ui/jobs", "/ui/detect"),
        ("http:///ui/x", "/ui/detect"),
        ("http://[/ui/", "/ui/detect"),
        (" /ui/jobs", "/ui/detect"),
        ("/ui/jobs#x", "/ui/jobs"),
        ("//[/ui/x", "/ui/detect"),
        ("/ui/archive?words=so..//so", "/ui/archive?words=so..//so"),
        ("/ui/..?words=so", "/ui/detect"),
        ("/ui/archive?words=\r\nSet-Cookie: x=y", "/ui/detect"),
    ],
    ids=repr,
)
def test_links_lead_to_our_own_pages_only(wanted: str, path: str) -> None:
    assert safe_next(wanted) == path
