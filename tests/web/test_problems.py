"""Errors as answers, in three forms, and nothing in them that is only for the log."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from mtpipe.errors import (
    ConfigError,
    DependencyMissing,
    EmptyArticle,
    EngineError,
    InputError,
    MalformedRecord,
    ModelCorrupt,
    ModelNotFound,
    MtpipeError,
    OutOfMemory,
    OutputError,
    UnreadableArticle,
    UnsupportedDirection,
)
from mtpipe.web.problems import Problem, as_problem
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy, TimedOut, WorkerBug, WorkerDied
from tests.web.guard.small import client_of, small_app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return small_app(ServeSettings(home=tmp_path))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return client_of(app)


ERRORS: list[tuple[Exception, int, str]] = [
    (InputError("no text"), 422, "input-error"),
    (EmptyArticle("nothing is left"), 422, "empty-article"),
    (UnreadableArticle("not text"), 422, "unreadable-article"),
    (MalformedRecord("/srv/jobs/x.jsonl", 3, "no id"), 422, "malformed-record"),
    (ConfigError("beam is 0"), 422, "config-error"),
    (ModelNotFound("no model named x"), 422, "model-not-found"),
    (UnsupportedDirection("not de-fi"), 422, "unsupported-direction"),
    (ModelCorrupt("wrong sha256"), 500, "model-corrupt"),
    (DependencyMissing("torch isn't installed"), 501, "dependency-missing"),
    (EngineError("it failed"), 500, "engine-error"),
    (OutOfMemory("no memory"), 503, "out-of-memory"),
    (OutputError("the disk is full"), 507, "output-error"),
    (MtpipeError("something"), 500, "mtpipe-error"),
    (Busy(7), 503, "busy"),
    (TimedOut(60), 504, "timed-out"),
    (WorkerDied(), 500, "worker-died"),
    (WorkerBug(), 500, "worker-bug"),
    (HTTPException(418, "no coffee"), 418, "i'm-a-teapot"),
    (Problem(409, "it is running", kind="job-runs"), 409, "job-runs"),
    (Problem(499, "nobody waits", kind="client-gone"), 499, "client-gone"),
]


def every_error() -> set[type[MtpipeError]]:
    found, new = set(), [MtpipeError]
    while new:
        found.add(kind := new.pop())
        new += kind.__subclasses__()
    return found


@pytest.mark.parametrize(("error", "status", "kind"), ERRORS, ids=lambda v: type(v).__name__)
def test_each_error_has_its_status(
    app: FastAPI, client: TestClient, error: Exception, status: int, kind: str
) -> None:
    app.state.raised = error
    answer = client.get("/api/v1/raised")
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:mtpipe:problem:{kind}"
    assert problem["instance"] == "/api/v1/raised"
    assert problem["title"]


def test_no_error_of_mtpipe_is_without_a_status() -> None:
    for kind in every_error():
        error = kind.__new__(kind)
        error.message, error.hint = "x", None
        error.__dict__.update(line=1, retry_after_s=1)
        assert 400 <= as_problem(error)["status"] < 600


def test_hints_are_passed_on(app: FastAPI, client: TestClient) -> None:
    app.state.raised = InputError("no text", hint="give some")
    assert client.get("/api/v1/raised").json()["hint"] == "give some"


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(Busy(7.4), "7"), (Busy(0.1), "1"), (OutOfMemory("x"), "10"), (EngineError("x"), None)],
    ids=["busy", "hardly busy", "memory", "broken"],
)
def test_when_to_try_again(
    app: FastAPI, client: TestClient, error: Exception, seconds: str | None
) -> None:
    app.state.raised = error
    assert client.get("/api/v1/raised").headers.get("retry-after") == seconds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/home/u/x.jsonl:3: no id", "x.jsonl:3: no id"),
        ("can't read '/tmp/a/b.html'", "can't read 'b.html'"),
        (r"C:\Users\u\x.txt is empty", "x.txt is empty"),
        ("~/models/x isn't there", "x isn't there"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("for and/or against, de/en", "for and/or against, de/en"),
        ("ask /api/v1/jobs/7", "ask /api/v1/jobs/7"),
        ("1 / 2 </p>", "1 / 2 </p>"),
    ],
)
def test_folders_of_the_server_are_not_told(text: str, shown: str) -> None:
    problem = as_problem(InputError(text, hint=text))
    assert (problem["detail"], problem["hint"]) == (shown, shown)


def test_what_nobody_foresaw_is_for_the_log(
    app: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.raised = ValueError("password=hunter2 in /etc/x")
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/raised")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "ValueError" not in answer.text
    (record,) = [record for record in caplog.records if record.name == "mtpipe.web.problems"]
    assert answer.json()["id"] in record.getMessage()
    assert "hunter2" in str(record.exc_info)


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(app: FastAPI) -> None:
    with pytest.raises(RuntimeError, match="the rest"):
        TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)).get("/api/v1/broken")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("PUT", "/api/v1/order", 405),
        ("OPTIONS", "/api/v1/order", 405),
        ("TRACE", "/api/v1/order", 405),
        ("HEAD", "/api/v1/order", 405),
    ],
)
def test_paths_and_methods_that_are_not_there(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"texts": "SECRET"}, "body.texts"),
        ({"texts": ["a"], "beam": "SECRET"}, "body.beam"),
        ({"texts": [{"SECRET": 1}]}, "body.texts.0"),
        ({}, "body.texts"),
    ],
    ids=["no list", "no number", "no text", "missing"],
)
def test_what_is_invalid_is_named_and_not_repeated(
    client: TestClient, body: Any, where: str
) -> None:
    answer = client.post("/api/v1/order", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where
    assert answer.json()["errors"][0].keys() == {"where", "message"}
    assert "SECRET" not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b'{"texts": ["\\ud800"], "beam": "\\ud800"}',
        b'{"texts": NaN}',
        b'{"texts": [], "beam": 1e999}',
        b'{"texts": [], "beam": ' + b"9" * 5000 + b"}",
        b'{"texts": ',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"texts": [' + b"1," * 10_000 + b"1]}",
        b"",
    ],
    ids=["surrogate", "NaN", "infinite", "digits", "cut", "bytes", "deep", "many errors", "empty"],
)
def test_bodies_that_are_no_order(client: TestClient, content: bytes) -> None:
    answer = client.post(
        "/api/v1/order", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 10_000
    json.loads(answer.text)


def test_half_a_surrogate_pair_in_a_message_can_be_written(
    app: FastAPI, client: TestClient
) -> None:
    app.state.raised = InputError("no language \ud800")
    assert client.get("/api/v1/raised").json()["detail"] == "no language \ud800"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("no", hint="do"), 400),
        (Problem(401, "no", hint="do"), 403),
        (Problem(429, "no", hint="do", headers={"Retry-After": "3"}), 429),
        (MtpipeError("no", hint="do"), 500),
    ],
)
def test_libretranslate_has_its_own_form(
    app: FastAPI, client: TestClient, error: Exception, status: int
) -> None:
    app.state.raised = error
    answer = client.get("/languages")
    assert (answer.status_code, answer.json()) == (status, {"error": "no (do)"})
    assert answer.headers.get("retry-after") == ("3" if status == 429 else None)


def test_people_get_a_page(app: FastAPI, client: TestClient) -> None:
    app.state.raised = InputError("<script>alert(1)</script>")
    answer = client.get("/ui/raised")
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_the_pages_may_have_a_template_of_their_own(app: FastAPI, client: TestClient) -> None:
    def page(request: Request, problem: dict[str, Any]) -> HTMLResponse:
        return HTMLResponse(f"{request.url.path}: {problem['detail']}")

    app.state.problem_page = page
    answer = client.get("/ui/nothing")
    assert (answer.status_code, answer.text) == (404, "/ui/nothing: Not Found")


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/nothing", "text/html,*/*", "text/html"),
        ("/nothing", "*/*", "application/problem+json"),
        ("/api/v1/nothing", "text/html", "application/problem+json"),
        ("/ui/nothing", "application/json", "text/html"),
        ("/ui/static/nothing", "text/html", "application/problem+json"),
    ],
)
def test_who_gets_which_form(client: TestClient, path: str, accept: str, kind: str) -> None:
    answer = client.get(path, headers={"accept": accept})
    assert answer.status_code == 404
    assert answer.headers["content-type"].partition(";")[0] == kind
