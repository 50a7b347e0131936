from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.web.jobs.job import JobKind, JobState
from mtpipe.web.settings import ServeSettings
from tests.web.api.fake_jobs import DONE, FAILED, FOREIGN, RUNNING, FakeJobs

JOBS = "/api/v1/jobs"
TRANSLATE = {"kind": "translate", "sources": [{"text": "Guten Morgen."}], "target": "en"}


def test_a_job_is_made_once(client: TestClient, jobs: FakeJobs) -> None:
    first = client.post(JOBS, json={**TRANSLATE, "title": "Dam"})
    second = client.post(JOBS, json={**TRANSLATE, "title": "Dam"})
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json() == second.json()
    assert first.headers["location"] == f"{JOBS}/{first.json()['id']}" == first.json()["address"]
    assert (first.json()["kind"], first.json()["state"]) == ("translate", "queued")
    assert jobs.asked[0] == (
        JobKind.TRANSLATE,
        {"sources": [{"text": "Guten Morgen."}], "target": "en", "model": "auto"},
        [],
        "anyone",
        "Dam",
    )


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(
            {"kind": "detect", "candidates": [{"url": "https://example.org/a"}], "prior": 0.5},
            {
                "candidates": [{"url": "https://example.org/a"}],
                "use_archive": True,
                "translate": False,
                "prior": 0.5,
            },
            id="detect",
        ),
        pytest.param(
            {"kind": "detect", "candidates": [{"text": "a"}], "original": {"text": "b"}},
            {
                "candidates": [{"text": "a"}],
                "original": {"text": "b"},
                "use_archive": False,
                "translate": False,
            },
            id="detect with an original",
        ),
        pytest.param(
            {"kind": "align", "source": {"sentences": ["a"]}, "target": {"text": "b"}},
            {
                "source": {"sentences": ["a"]},
                "target": {"text": "b"},
                "max_bead": 6,
                "min_score": 0.0,
            },
            id="align",
        ),
        pytest.param(
            {
                "kind": "score",
                "hypotheses": {"a": {"sentences": ["x"]}},
                "references": [{"sentences": ["y"]}],
                "paired": "randomisation",
                "source_language": "de",
            },
            {
                "hypotheses": {"a": {"sentences": ["x"]}},
                "references": [{"sentences": ["y"]}],
                "metrics": ["bleu", "chrf"],
                "paired": "randomisation",
                "languages": ["de", None],
                "segments": False,
            },
            id="score",
        ),
        pytest.param(
            {"kind": "archive_add", "sources": [{"text": "a", "id": "b"}]},
            {"sources": [{"text": "a", "id": "b"}]},
            id="archive",
        ),
    ],
)
def test_every_kind(
    client: TestClient, jobs: FakeJobs, body: dict[str, Any], kept: dict[str, Any]
) -> None:
    answer = client.post(JOBS, json=body)
    assert answer.status_code == 202
    assert jobs.asked[0][:2] == (JobKind(body["kind"]), kept)


def test_jobs_are_listed_page_by_page(client: TestClient) -> None:
    first = client.get(JOBS, params={"limit": 2, "kind": "detect"}).json()
    assert [each["id"] for each in first["jobs"]] == [RUNNING, DONE]
    second = client.get(first["next"]).json()
    assert [each["id"] for each in second["jobs"]] == [FAILED]
    assert second["next"] is None


def test_jobs_of_a_state(client: TestClient) -> None:
    [failed] = client.get(JOBS, params={"state": "failed"}).json()["jobs"]
    assert failed["problem"] == {
        "title": "The job failed",
        "detail": "x",
        "hint": None,
        "error": "E",
    }


def test_a_job_and_its_files(client: TestClient) -> None:
    answer = client.get(f"{JOBS}/{DONE}").json()
    assert (answer["state"], answer["summary"]) == ("done", {"verdict": "x"})
    assert answer["files"] == [
        {
            "name": "report.html",
            "media_type": "text/html; charset=utf-8",
            "size_bytes": 6,
            "address": f"{JOBS}/{DONE}/files/report.html",
        },
        {
            "name": "reports/a b.html",
            "media_type": "text/html; charset=utf-8",
            "size_bytes": None,
            "address": f"{JOBS}/{DONE}/files/reports/a%20b.html",
        },
    ]
    for file in answer["files"]:
        fetched = client.get(file["address"])
        assert (fetched.status_code, fetched.text) == (200, "<html>")
        assert fetched.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in fetched.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("other.html", id="another"),
        pytest.param("../jobs.sqlite", id="above"),
        pytest.param("%2e%2e/jobs.sqlite", id="above, escaped"),
        pytest.param("/etc/passwd", id="from the root"),
        pytest.param("report.html%00", id="nul"),
    ],
)
def test_no_other_file_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"{JOBS}/{DONE}/files/{name}").status_code == 404


@pytest.mark.parametrize("path", ["", "/events", "/files/report.html"])
@pytest.mark.parametrize("name", [FOREIGN, "0" * 32], ids=["foreign", "unknown"])
def test_jobs_of_others_arent_there(client: TestClient, name: str, path: str) -> None:
    answer = client.get(f"{JOBS}/{name}{path}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such job")


@pytest.mark.parametrize("name", ["x", "A" * 32, "'; drop table jobs; --"])
def test_what_is_no_id(client: TestClient, name: str) -> None:
    assert client.get(f"{JOBS}/{name}").status_code == 422


def test_a_job_that_runs_is_cancelled_and_then_removed(client: TestClient, jobs: FakeJobs) -> None:
    answer = client.delete(f"{JOBS}/{RUNNING}")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    answer = client.delete(f"{JOBS}/{RUNNING}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert RUNNING not in jobs.jobs
    assert client.delete(f"{JOBS}/{RUNNING}").status_code == 404


def test_others_cancel_nothing(client: TestClient, jobs: FakeJobs) -> None:
    assert client.delete(f"{JOBS}/{FOREIGN}").status_code == 404
    assert FOREIGN in jobs.jobs


@pytest.mark.parametrize(
    ("name", "status"),
    [
        pytest.param(FAILED, 202, id="failed"),
        pytest.param(DONE, 409, id="done"),
        pytest.param(RUNNING, 409, id="running"),
    ],
)
def test_what_failed_is_tried_again(
    client: TestClient, jobs: FakeJobs, name: str, status: int
) -> None:
    answer = client.post(f"{JOBS}/{name}/retry")
    assert answer.status_code == status
    assert (jobs.jobs[name].state is JobState.QUEUED) is (status == 202)


class TestBehindAProxy:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> ServeSettings:
        return ServeSettings(home=tmp_path / "serve", root_path="/mt")

    @pytest.mark.parametrize("path", ["/mt", ""], ids=["whole", "stripped"])
    def test_addresses_have_its_path(self, client: TestClient, path: str) -> None:
        job = client.get(f"{path}{JOBS}/{DONE}").json()
        assert job["address"] == f"/mt{JOBS}/{DONE}"
        assert job["files"][0]["address"] == f"/mt{JOBS}/{DONE}/files/report.html"
        listed = client.get(f"{path}{JOBS}?limit=1").json()
        assert listed["next"] == f"/mt{JOBS}?limit=1&after={RUNNING}"
        description = client.get(f"{path}/api/v1/openapi.json").json()
        assert description["servers"] == [{"url": "/mt"}]
