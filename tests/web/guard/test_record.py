"""The log's lines: one a request, nothing secret, nothing that looks like another line."""

import logging

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.guard.record import printable


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def recorded(lines: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in lines.records if r.name == "mtpipe.web.requests"]


def test_a_line_a_request(
    locked_app: FastAPI, locked: TestClient, lines: pytest.LogCaptureFixture
) -> None:
    key = locked_app.state.services.keys.new("Ada")
    locked.get("/api/v1/me", headers={"X-API-Key": key})
    locked.get("/api/v1/me")
    first, second = recorded(lines)
    assert first.startswith("198.51.100.7 Ada GET /api/v1/me 200 ")
    assert second.startswith("198.51.100.7 - GET /api/v1/me 401 ")


def test_no_secret_is_in_any_log(
    locked_app: FastAPI, locked: TestClient, lines: pytest.LogCaptureFixture
) -> None:
    key = locked_app.state.services.keys.new("Ada")
    locked.get(f"/api/v1/me?api_key={key}")
    locked.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    locked.get("/api/v1/me", headers={"Authorization": f"Bearer {key}x"})
    locked.post("/translate", data={"api_key": key, "q": "a private text"})
    locked.post(f"/translate?api_key={key}&q=a+private+text")
    locked.post("/ui/sign-in", data={"key": key})
    assert len(recorded(lines)) == 6
    # The test client's own lines have addresses in full.
    ours = "\n".join(r.getMessage() for r in lines.records if not r.name.startswith("httpx"))
    assert key not in ours
    assert "private" not in ours
    assert locked.cookies["mtpipe_session"] not in ours


@pytest.mark.parametrize(
    "path",
    [
        "/a%0d%0a127.0.0.1 Ada GET /admin 200 1 ms",
        "/a%0a%0db",
        "/%1b[31mred",
        "/%e2%80%a8x",
        "/%e2%80%aeevil",
        "/%c2%85x",
        "/\u0085",
    ],
)
def test_a_request_has_one_line(
    client: TestClient, lines: pytest.LogCaptureFixture, path: str
) -> None:
    client.get(path)
    (line,) = recorded(lines)
    assert line.isprintable()
    assert len(line.split(" ")) == 7


def test_methods_too(client: TestClient, lines: pytest.LogCaptureFixture) -> None:
    client.request("X" * 1000, "/")
    (line,) = recorded(lines)
    assert len(line) < 400


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a%20b"),
        ("a\r\nb", r"a\r\nb"),
        ("é", "é"),
        ("\ud800", r"\ud800"),
        ("a" * 300, "a" * 200 + "..."),
    ],
    ids=["space", "lines", "letter", "half", "long"],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown
