from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import ModelNotFound
from mtpipe.web.workers.errors import Busy, TimedOut
from tests.web.api.answers import TRANSLATION
from tests.web.fakes import FakePool

TEXTS = "/api/v1/translate"
ARTICLE = "/api/v1/translate/article"


def test_texts_are_translated_in_their_order(client: TestClient, pool: FakePool) -> None:
    answer = client.post(TEXTS, json={"texts": ["a", "b"], "source": "de", "target": "en"})
    assert answer.status_code == 200
    assert answer.json() == {
        "source_language": "de",
        "language": "en",
        "signature": "",
        "translations": [
            {"source": text, "target": text.upper(), "score": -0.1, "flags": [], "alternatives": []}
            for text in "ab"
        ],
    }
    assert not pool.asked("identify")


def test_the_language_is_identified_where_it_isnt_given(client: TestClient, pool: FakePool) -> None:
    answer = client.post(TEXTS, json={"texts": ["Guten", "Morgen"], "target": "en"})
    assert answer.json()["source_language"] == "de"
    assert pool.asked("identify") == [{"texts": ["Guten\nMorgen"]}]


def test_flags_and_alternatives(client: TestClient, pool: FakePool) -> None:
    pool.answers["translate_segments"] = [
        {
            "text": "A",
            "score": -1.0,
            "flags": [{"problem": "numbers", "remedy": "wider beam"}],
            "alternatives": ["B"],
        }
    ]
    body = {"texts": ["a"], "source": "de", "target": "en", "alternatives": 1, "beam": 2}
    [translation] = client.post(TEXTS, json=body).json()["translations"]
    assert translation["flags"] == [{"problem": "numbers", "remedy": "wider beam"}]
    assert translation["alternatives"] == ["B"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        pytest.param({}, "body.texts", id="nothing"),
        pytest.param({"texts": [], "target": "en"}, "body.texts", id="no texts"),
        pytest.param({"texts": "Guten Morgen.", "target": "en"}, "body.texts", id="one string"),
        pytest.param({"texts": ["a"], "target": "es"}, "body.target", id="language"),
        pytest.param({"texts": ["a"], "target": "en", "beam": 100}, "body.beam", id="beam"),
        pytest.param({"texts": ["a"], "target": "en", "to": "fr"}, "body.to", id="unknown field"),
        pytest.param(
            {"texts": ["a"], "target": "en", "model": "../weights"}, "body.model", id="a folder"
        ),
        pytest.param({"texts": ["a"], "target": "en", "model": ".."}, "body.model", id="dots"),
    ],
)
def test_wrong_fields_are_named(client: TestClient, body: dict[str, Any], where: str) -> None:
    answer = client.post(TEXTS, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["where"] == where


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"{", 422, id="cut off"),
        pytest.param(b'{"texts": ["a"], "target": "en", "beam": 1e999}', 422, id="infinity"),
        pytest.param(b'{"texts": ["a"], "target": "en", "beam": NaN}', 422, id="nan"),
        pytest.param(b"[" * 100_000, 400, id="deep"),
        pytest.param(b'"\xff"', 400, id="no UTF-8"),
        pytest.param(rb'{"texts": ["\ud800"], "target": "en"}', 422, id="half a pair"),
        pytest.param(rb'{"texts": ["a"], "target": "en", "\ud800": 1}', 422, id="half a name"),
        pytest.param(b"", 422, id="empty"),
    ],
)
def test_bodies_that_arent_json(client: TestClient, content: bytes, status: int) -> None:
    answer = client.post(TEXTS, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_the_same_language_twice(client: TestClient) -> None:
    answer = client.post(TEXTS, json={"texts": ["a"], "target": "de"})
    assert answer.status_code == 422
    assert "both de" in answer.json()["detail"]


def test_long_texts_are_told_of_jobs(client: TestClient, pool: FakePool) -> None:
    answer = client.post(TEXTS, json={"texts": ["a" * 1500] * 2, "source": "de", "target": "en"})
    assert answer.status_code == 413
    assert answer.json()["hint"] == "make it a job: POST /api/v1/jobs"
    assert not pool.calls


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(Busy(7), 503, id="busy"),
        pytest.param(TimedOut(60), 504, id="time"),
        pytest.param(ModelNotFound("no model is called 'x'"), 422, id="model"),
    ],
)
def test_errors_are_problems(
    client: TestClient, pool: FakePool, error: Exception, status: int
) -> None:
    pool.answers["translate_segments"] = error
    answer = client.post(TEXTS, json={"texts": ["a"], "source": "de", "target": "en"})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert ("retry-after" in answer.headers) is (status == 503)


def test_an_article_as_a_record(client: TestClient, pool: FakePool) -> None:
    body = {"article": {"text": "Neue Brücke", "language": "de", "id": "x"}, "target": "en"}
    answer = client.post(ARTICLE, json=body).json()
    assert answer["translation"] == TRANSLATION
    assert (answer["flagged"], answer["failures"], "content" in answer) == (1, [], False)
    [asked] = pool.asked("translate_articles")
    assert asked["sources"] == [{"text": "Neue Brücke", "language": "de", "id": "x"}]
    assert (asked["source"], asked["form"], asked["markup"]) == ("de", "jsonl", False)


def test_an_article_as_a_document(client: TestClient, pool: FakePool) -> None:
    body = {"article": {"html": "<p>Brücke"}, "target": "en", "format": "html"}
    answer = client.post(ARTICLE, json=body).json()
    assert (answer["content"], answer["media_type"]) == ("<p>New bridge</p>", "text/html")
    [asked] = pool.asked("translate_articles")
    [source] = asked["sources"]
    assert source == {"data": "<p>Brücke".encode(), "name": "page.html", "charset": "utf-8"}
    assert (asked["form"], asked["markup"]) == ("html", True)


def test_an_article_that_cant_be_read(client: TestClient, pool: FakePool) -> None:
    failure = {"id": "-", "stage": "read", "error": "nothing left after extraction"}
    pool.answers["translate_articles"] = {
        "content": "",
        "media_type": "",
        "articles": 0,
        "flagged": 0,
        "failures": [failure],
    }
    answer = client.post(ARTICLE, json={"article": {"text": "-"}, "target": "en"})
    assert (answer.status_code, answer.json()["detail"]) == (422, failure["error"])


@pytest.mark.parametrize(
    ("article", "where"),
    [
        pytest.param({}, "body.article.text.text", id="nothing"),
        pytest.param({"text": "a", "html": "b"}, "body.article.text.html", id="two of them"),
        pytest.param({"url": "file:///etc/passwd"}, "body.article.url.url", id="file"),
        pytest.param({"url": "ftp://host/a"}, "body.article.url.url", id="ftp"),
        pytest.param({"text": ""}, "body.article.text.text", id="empty"),
        pytest.param("a", "body.article.text", id="a string"),
    ],
)
def test_articles_are_one_thing(client: TestClient, article: object, where: str) -> None:
    answer = client.post(ARTICLE, json={"article": article, "target": "en"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where
