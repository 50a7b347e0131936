"""The archive's pages."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import InputError
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool
from tests.web.pages.conftest import LISTED, page_of, text_of

STRANGE = 'a&b="c" d\u202e\u200b/ü%41.html'


def test_figures_and_articles(client: TestClient) -> None:
    answer = client.get("/ui/archive", headers={"Accept-Language": "de"})
    said = text_of(answer)
    assert "Artikel 1.234 Sätze 56.789" in said
    assert "Deutsch: 34" in said
    assert "2. Januar 2019 – 14. März 2025" in said
    assert "12,3 MB" in said
    [row] = page_of(answer).xpath("//tbody/tr")
    assert row.xpath(".//a[1]/@href")[0] == LISTED["address"]


def test_search_and_pages(client: TestClient, pool: FakePool) -> None:
    pool.answers["archive_list"] = {"articles": [LISTED], "next": "b & c"}
    answer = client.get("/ui/archive", params={"words": ' pont & "eau" ', "language": "fr"})
    assert pool.asked("archive_list") == [
        {"language": "fr", "containing": 'pont & "eau"', "after": None, "limit": 50}
    ]
    [following] = page_of(answer).xpath("//nav[@class='pages']/a/@href")
    assert parse_qs(urlsplit(following).query) == {
        "words": ['pont & "eau"'],
        "language": ["fr"],
        "after": ["b & c"],
    }
    client.get(following)
    assert pool.asked("archive_list")[1]["after"] == "b & c"


@pytest.mark.parametrize(
    ("found", "query", "message"),
    [
        ({"articles": [], "next": None}, "?words=x", "No article matches."),
        ({"articles": [], "next": None}, "", "The archive is empty."),
        (InputError("there is no archive"), "", "The archive is empty."),
    ],
    ids=["nothing found", "empty", "not made yet"],
)
def test_nothing_to_list(
    client: TestClient, pool: FakePool, found: Any, query: str, message: str
) -> None:
    pool.answers["archive_list"] = found
    assert message in text_of(client.get(f"/ui/archive{query}"))


def test_without_an_archive(client: TestClient, pool: FakePool) -> None:
    owned = client.app.state.services  # type: ignore[attr-defined]
    owned.settings = ServeSettings(home=owned.settings.home)
    assert "mtpipe archive add originals articles/" in text_of(client.get("/ui/archive"))
    assert client.post("/ui/archive/remove", data={"id": "a"}).status_code == 404
    assert client.post("/ui/archive/add", data={"articles_text": "A."}).status_code == 404
    assert not pool.calls


@pytest.mark.parametrize("article_id", ["barrage.html", STRANGE, "https://x.example/?a=1&b=2"])
def test_removing_asks_first(client: TestClient, pool: FakePool, article_id: str) -> None:
    pool.answers["archive_list"] = {"articles": [LISTED | {"id": article_id}], "next": None}
    listed = page_of(client.get("/ui/archive"))
    [question] = [href for href in listed.xpath("//tbody//a/@href") if "/remove" in href]
    asked = page_of(client.get(question))
    assert not pool.asked("archive_remove")
    [form] = asked.xpath("//main//form")
    answer = client.post(form.get("action"), data=dict(form.form_values()))
    assert pool.asked("archive_remove") == [{"ids": [article_id]}]
    assert (
        page_of(answer).xpath("//*[@role='status']")[0].text_content().startswith("The article was")
    )


def test_removing_what_isn_t_there(client: TestClient, pool: FakePool) -> None:
    pool.answers["archive_remove"] = {"removed": []}
    answer = client.post("/ui/archive/remove", data={"id": "a"})
    assert "There is no such article any more: a" in text_of(answer)
    assert client.post("/ui/archive/remove", data={}).status_code == 422
