import pytest
from fastapi.testclient import TestClient

from tests.web.api.fake_jobs import DONE


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        pytest.param("/jobs", "GET, POST", id="two"),
        pytest.param(f"/jobs/{DONE}", "DELETE, GET", id="with an id"),
        pytest.param("/archive/articles", "DELETE, GET, POST", id="three"),
        pytest.param("/detect", "POST", id="one"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_other_methods_are_told_which_there_are(
    client: TestClient, path: str, allowed: str, method: str
) -> None:
    answer = client.request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/jobs"])
def test_paths_that_arent_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
