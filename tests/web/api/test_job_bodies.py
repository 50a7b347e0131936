import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.api.fake_jobs import FakeJobs

JOBS = "/api/v1/jobs"
FILES = [
    ("files", ("a.html", b"<p>a", "text/html")),
    ("files", ("b.txt", b"\xff", "text/plain")),
]


def post(client: TestClient, request: object, files: list[Any] | None = None) -> Any:
    text = request if isinstance(request, str) else json.dumps(request)
    return client.post(JOBS, data={"request": text}, files=FILES if files is None else files)


@pytest.mark.parametrize(
    ("request_", "kept"),
    [
        pytest.param(
            {"kind": "translate", "target": "en"},
            {"sources": [{"upload": "a.html"}, {"upload": "b.txt"}]},
            id="all of them",
        ),
        pytest.param(
            {
                "kind": "translate",
                "target": "en",
                "sources": [{"upload": "b.txt", "charset": "latin-1", "language": "fr"}],
            },
            {"sources": [{"upload": "b.txt", "charset": "latin-1", "language": "fr"}]},
            id="one by its name",
        ),
        pytest.param(
            {"kind": "detect", "original": {"upload": "b.txt"}},
            {"candidates": [{"upload": "a.html"}], "original": {"upload": "b.txt"}},
            id="all but the original",
        ),
        pytest.param(
            {"kind": "archive_add"},
            {"sources": [{"upload": "a.html"}, {"upload": "b.txt"}]},
            id="archive",
        ),
    ],
)
def test_files_are_named_by_the_request(
    client: TestClient, jobs: FakeJobs, request_: dict[str, Any], kept: dict[str, Any]
) -> None:
    answer = post(client, request_)
    assert answer.status_code == 202
    _, asked, uploads, _, _ = jobs.asked[0]
    assert {name: asked[name] for name in kept} == kept
    assert uploads == [("a.html", b"<p>a"), ("b.txt", b"\xff")]


def test_the_request_may_be_a_file_of_json(client: TestClient, jobs: FakeJobs) -> None:
    request = ("request", ("r.json", b'{"kind": "archive_add"}', "application/json"))
    assert client.post(JOBS, files=[request, FILES[0]]).status_code == 202
    assert jobs.asked[0][2] == [("a.html", b"<p>a")]


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        pytest.param({}, "body", id="no kind"),
        pytest.param({"kind": "train"}, "body", id="kind"),
        pytest.param({"kind": "translate"}, "body.translate.target", id="no target"),
        pytest.param(
            {"kind": "align", "source": {"text": "a"}, "target": {"path": "/etc/passwd"}},
            "body.align.target.text.text",
            id="a path",
        ),
        pytest.param("{", "body", id="cut off"),
        pytest.param(r'{"kind": "\ud800"}', "body", id="half a pair"),
    ],
)
@pytest.mark.parametrize("is_form", [False, True], ids=["json", "form"])
def test_wrong_requests_are_told(
    client: TestClient, jobs: FakeJobs, request_: Any, where: str, is_form: bool
) -> None:
    text = request_ if isinstance(request_, str) else json.dumps(request_)
    json_ = {"content-type": "application/json"}
    answer = post(client, text) if is_form else client.post(JOBS, content=text, headers=json_)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where
    assert not jobs.asked


def test_further_fields_of_a_form(client: TestClient) -> None:
    data = {"request": '{"kind": "archive_add"}', "note": "x"}
    answer = client.post(JOBS, data=data, files=FILES)
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "body.note")


def test_a_form_without_a_request(client: TestClient) -> None:
    answer = client.post(JOBS, files=FILES)
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "body.request")


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        pytest.param("text/plain", b"{}", 415, id="text"),
        pytest.param("application/x-www-form-urlencoded", b"request={}", 415, id="plain form"),
        pytest.param("multipart/form-data", b"x", 400, id="no boundary"),
        pytest.param("multipart/form-data; boundary=x", b"--y\r\n", 400, id="another boundary"),
        pytest.param("", b"{}", 415, id="none"),
    ],
)
def test_other_bodies(client: TestClient, media_type: str, content: bytes, status: int) -> None:
    answer = client.post(JOBS, content=content, headers={"content-type": media_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_many_fields(client: TestClient) -> None:
    fields = {f"field{number}": "x" for number in range(20)}
    answer = client.post(JOBS, data=fields, files=FILES)
    assert answer.status_code == 400
