from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.web.settings import ServeSettings
from tests.web.api.answers import ADDED, FOUND, STATISTICS
from tests.web.fakes import FakePool

ARCHIVE = "/api/v1/archive"
ARTICLES = f"{ARCHIVE}/articles"


def test_figures(client: TestClient) -> None:
    assert client.get(ARCHIVE).json() == STATISTICS


def test_a_list_leads_from_page_to_page(client: TestClient, pool: FakePool) -> None:
    first = client.get(ARTICLES, params={"containing": "pont & rivière", "limit": 1}).json()
    assert first["articles"][0]["id"] == "pont.txt"
    second = client.get(first["next"]).json()
    assert second["next"] is None
    assert pool.asked("archive_list") == [
        {"containing": "pont & rivière", "language": None, "after": after, "limit": 1}
        for after in (None, "pont.txt")
    ]


@pytest.mark.parametrize(
    ("params", "where"),
    [
        pytest.param({"limit": 0}, "query.limit", id="none"),
        pytest.param({"limit": 10_000}, "query.limit", id="all"),
        pytest.param({"language": "es"}, "query.language", id="language"),
    ],
)
def test_wrong_parameters_are_named(client: TestClient, params: dict[str, Any], where: str) -> None:
    answer = client.get(ARTICLES, params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where


def test_articles_are_added(client: TestClient, pool: FakePool) -> None:
    body = {"articles": [{"text": "Le pont.", "id": "pont", "language": "fr"}, {"html": "<p>a"}]}
    assert client.post(ARTICLES, json=body).json() == ADDED
    [asked] = pool.asked("archive_add")
    assert asked["sources"][0] == {"text": "Le pont.", "id": "pont", "language": "fr"}
    assert asked["sources"][1]["data"] == b"<p>a"


def test_articles_are_removed(client: TestClient) -> None:
    both = {"id": ["pont.txt", "https://example.org/a?b=c&d"]}
    assert client.delete(ARTICLES, params=both).json() == {"removed": ["pont.txt"]}


def test_removing_what_isnt_there(client: TestClient) -> None:
    answer = client.delete(ARTICLES, params={"id": "x"})
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:mtpipe:problem:not-found")
    assert client.delete(ARTICLES).status_code == 422


def test_originals_are_found(client: TestClient, pool: FakePool) -> None:
    body = {"candidate": {"text": "Die Brücke."}, "limit": 2, "language": "fr"}
    assert client.post(f"{ARCHIVE}/search", json=body).json() == FOUND
    assert pool.asked("archive_find") == [
        {
            "candidate": {"text": "Die Brücke."},
            "limit": 2,
            "min_score": 0.0,
            "language": "fr",
            "within_days": None,
        }
    ]


class TestWithoutArchive:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> ServeSettings:
        return ServeSettings(home=tmp_path / "serve")

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            pytest.param("GET", ARCHIVE, None, id="figures"),
            pytest.param("GET", ARTICLES, None, id="list"),
            pytest.param("POST", ARTICLES, {"articles": [{"text": "a"}]}, id="add"),
            pytest.param("DELETE", f"{ARTICLES}?id=a", None, id="remove"),
            pytest.param("POST", f"{ARCHIVE}/search", {"candidate": {"text": "a"}}, id="search"),
        ],
    )
    def test_there_is_none(
        self, client: TestClient, pool: FakePool, method: str, path: str, body: Any
    ) -> None:
        answer = client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["detail"]) == (404, "this server has no archive")
        assert not pool.calls
