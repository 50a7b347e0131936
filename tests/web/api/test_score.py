from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.api.answers import REPORT
from tests.web.fakes import FakePool

SCORE = "/api/v1/score"


def test_the_answer_is_the_command_lines(client: TestClient, pool: FakePool) -> None:
    body = {
        "hypotheses": {"a": ["The cat sat."], "b": ["A cat."]},
        "references": [["A cat sat."]],
        "metrics": ["chrf++", "ter"],
        "paired": "bootstrap",
        "target_language": "en",
        "segments": True,
    }
    answer = client.post(SCORE, json=body)
    assert (answer.status_code, answer.json()) == (200, REPORT)
    assert pool.asked("score") == [
        {
            "hypotheses": body["hypotheses"],
            "references": body["references"],
            "source": None,
            "metrics": ["chrf++", "ter"],
            "paired": "bootstrap",
            "languages": [None, "en"],
            "segments": True,
            "form": "json",
        }
    ]


def test_a_document_comes_beside(client: TestClient) -> None:
    body = {"hypotheses": {"a": ["x"]}, "references": [["y"]], "format": "csv"}
    answer = client.post(SCORE, json=body).json()
    assert answer == {**REPORT, "content": "BLEU", "media_type": "text/csv"}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        pytest.param({"hypotheses": {}}, "body.hypotheses", id="no system"),
        pytest.param({"hypotheses": {"a": "text"}}, "body.hypotheses.a", id="one string"),
        pytest.param({"hypotheses": {"a": ["x"]}, "metrics": ["comet"]}, "body.metrics.0", id="comet"),
        pytest.param({"hypotheses": {"a": ["x"]}, "metrics": []}, "body.metrics", id="no metric"),
        pytest.param({"hypotheses": {"a": ["x"]}, "paired": "t"}, "body.paired", id="test"),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(client: TestClient, body: dict[str, Any], where: str) -> None:
    answer = client.post(SCORE, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where
