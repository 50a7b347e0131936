"""Problems as pages."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import EngineError, OutputError
from mtpipe.web.problems import Problem
from mtpipe.web.workers.errors import Busy, TimedOut
from tests.web.fakes import FakePool
from tests.web.pages.conftest import page_of, text_of

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Busy(7.0), 503, "The server is busy"),
        (TimedOut(60), 504, "That took too long"),
        (EngineError("no memory left"), 500, "no memory left"),
        (OutputError("the disk is full"), 507, "the disk is full"),
        (RuntimeError("secret /root/path"), 500, "Something went wrong here"),
        (Problem(429, "too many", hint="try again in 12 s"), 429, "Try again in 12 seconds."),
        (Problem(418, "a teapot"), 418, "a teapot"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_happened_in_plain_words(
    client: TestClient, pool: FakePool, error: Exception, status: int, words: str
) -> None:
    pool.answers["models"] = error
    answer = client.get("/ui/models", headers=HTML)
    assert answer.status_code == status
    assert words in text_of(answer)
    assert "secret" not in answer.text
    assert "To the start" in text_of(answer)
    assert page_of(answer).xpath("//main//a/@href") == ["/ui/detect", "/ui/models"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Diese Seite gibt es nicht"),
        ("fr", "Cette page n’existe pas"),
        ("en", "no such page"),
    ],
)
def test_no_such_page(client: TestClient, language: str, words: str) -> None:
    answer = client.get("/ui/nothing", headers=HTML | {"Accept-Language": language})
    assert answer.status_code == 404
    assert words in text_of(answer)


def test_the_wrong_method(client: TestClient) -> None:
    answer = client.get("/ui/archive/add", headers=HTML)
    assert answer.status_code == 405
    assert "That isn’t possible here" in text_of(answer)


def test_too_much(client: TestClient) -> None:
    answer = client.post("/ui/detect", data={"candidate_text": "x" * 11_000_000}, headers=HTML)
    assert answer.status_code == 413
    assert "That is too much at once" in text_of(answer)


def test_a_field_that_is_too_long(client: TestClient) -> None:
    files: Any = [("text_text", (None, "x" * 31_000))]
    answer = client.post("/ui/translate", files=files, headers=HTML)
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"", b"--x", b"\x00\xff" * 50], ids=["empty", "begun", "bytes"])
def test_a_form_that_is_none(client: TestClient, body: bytes) -> None:
    headers = HTML | {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/ui/align", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert page_of(answer).xpath("//h1")


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Busy(7.0), "/ui/archive?words=a%26%22b"),
        (Problem(429, "too many"), "/ui/archive?words=a%26%22b"),
        (Problem(418, "a teapot"), "/ui/archive"),
    ],
    ids=["busy", "too many", "the request's own fault"],
)
def test_trying_again_asks_for_the_same(
    client: TestClient, pool: FakePool, error: Exception, again: str
) -> None:
    pool.answers["archive_list"] = error
    answer = client.get("/ui/archive?words=a%26%22b", headers=HTML)
    assert page_of(answer).xpath("//main//a/@href") == ["/ui/detect", again]
