"""The page of models."""

from fastapi.testclient import TestClient

from tests.web.pages.conftest import page_of, text_of


def test_directions_with_figures_and_what_would_be_better(client: TestClient) -> None:
    page = page_of(client.get("/ui/models"))
    rows = [" ".join(" ".join(row.itertext()).split()) for row in page.xpath("//tbody/tr")]
    assert rows[0].startswith("German → English starter flores-dev: BLEU 28.0, chrF 56.5")
    assert "opus-mt-de-en" in rows[0]
    assert "mtpipe models fetch opus-mt-de-en" in rows[0]
    assert rows[1].startswith("German → French one + two by way of a third language not measured")
    assert "the best known one is installed" in rows[1]


def test_what_translates_nothing_isn_t_listed(client: TestClient) -> None:
    answer = client.get("/ui/models", headers={"Accept-Language": "fr"})
    names = [name.text.strip() for name in page_of(answer).xpath("//article/h3")]
    assert names == ["starter", "opus-mt-de-en"]
    assert "77,0 Mo" in text_of(answer)
