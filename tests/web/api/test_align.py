from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.fakes import FakePool

ALIGN = "/api/v1/align"
SENTENCES = {"sentences": ["Guten Morgen.", "a"], "language": "de"}


@pytest.mark.parametrize(
    ("form", "document"),
    [
        pytest.param(None, None, id="default"),
        pytest.param("json", None, id="json"),
        pytest.param("tsv", "tsv", id="tsv"),
        pytest.param("vecalign", "vecalign", id="vecalign"),
    ],
)
def test_two_texts(
    client: TestClient, pool: FakePool, form: str | None, document: str | None
) -> None:
    body: dict[str, Any] = {"source": SENTENCES, "target": {"text": "Good morning."}}
    answer = client.post(ALIGN, json={**body, **({"format": form} if form else {})})
    assert answer.status_code == 200
    assert answer.json()["beads"] == [{"source": [0], "target": [0], "score": 0.8}]
    assert (answer.json()["content"] is None) is (document is None)
    assert pool.asked("align") == [
        {
            "source": SENTENCES,
            "target": {"text": "Good morning."},
            "max_bead": 6,
            "min_score": 0.0,
            "form": document,
        }
    ]


@pytest.mark.parametrize(
    ("further", "where"),
    [
        pytest.param({"format": "table"}, "body.format", id="the terminal's table"),
        pytest.param({"max_bead": 1}, "body.max_bead", id="beads"),
        pytest.param({"min_score": 2}, "body.min_score", id="score"),
        pytest.param(
            {"source": {"sentences": []}}, "body.source.sentences.sentences", id="no sentences"
        ),
    ],
)
def test_wrong_fields_are_named(client: TestClient, further: dict[str, Any], where: str) -> None:
    answer = client.post(ALIGN, json={"source": SENTENCES, "target": SENTENCES, **further})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where
