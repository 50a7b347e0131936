from fastapi.testclient import TestClient

from tests.web.api.answers import MODELS


def test_models_and_directions(client: TestClient) -> None:
    answer = client.get("/api/v1/models")
    assert (answer.status_code, answer.json()) == (200, MODELS)
