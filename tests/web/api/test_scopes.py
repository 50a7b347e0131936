"""Who may do what: every operation of the API, with a key that is for everything else."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.api import router
from mtpipe.web.api.description import describe
from mtpipe.web.guard.callers import KeyLimits, Scope
from mtpipe.web.settings import ServeSettings
from tests.web.api.fake_jobs import DONE, FakeJobs
from tests.web.fakes import FakePool

API = "/api/v1"
OPERATIONS = {
    ("post", "/translate"): Scope.TRANSLATE,
    ("post", "/translate/article"): Scope.TRANSLATE,
    ("post", "/detect"): Scope.DETECT,
    ("post", "/align"): Scope.ALIGN,
    ("post", "/score"): Scope.SCORE,
    ("get", "/archive"): Scope.ARCHIVE_READ,
    ("get", "/archive/articles"): Scope.ARCHIVE_READ,
    ("post", "/archive/articles"): Scope.ARCHIVE_WRITE,
    ("delete", "/archive/articles"): Scope.ARCHIVE_WRITE,
    ("post", "/archive/search"): Scope.ARCHIVE_READ,
    ("get", "/models"): Scope.MODELS,
    ("post", "/jobs"): Scope.JOBS,
    ("get", "/jobs"): Scope.JOBS,
    ("get", "/jobs/{job_id}"): Scope.JOBS,
    ("delete", "/jobs/{job_id}"): Scope.JOBS,
    ("post", "/jobs/{job_id}/retry"): Scope.JOBS,
    ("get", "/jobs/{job_id}/files/{name}"): Scope.JOBS,
    ("get", "/jobs/{job_id}/events"): Scope.JOBS,
}
BODIES = {
    "/translate": {"texts": ["a"], "target": "en"},
    "/translate/article": {"article": {"text": "a"}, "target": "en"},
    "/detect": {"candidate": {"text": "a"}},
    "/align": {"source": {"text": "a"}, "target": {"text": "b"}},
    "/score": {"hypotheses": {"a": ["x"]}},
    "/archive/articles": {"articles": [{"text": "a"}]},
    "/archive/search": {"candidate": {"text": "a"}},
    "/jobs": {"kind": "archive_add", "sources": [{"text": "a"}]},
}


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    return ServeSettings(home=tmp_path / "serve", archive="originals", needs_keys=True)


def ask(client: TestClient, method: str, path: str, key: str = "") -> int:
    filled = path.format(job_id=DONE, name="report.html")
    query = "?id=pont.txt" if method == "delete" and path == "/archive/articles" else ""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    body = BODIES.get(path) if method == "post" else None
    return client.request(
        method.upper(), f"{API}{filled}{query}", json=body, headers=headers
    ).status_code


def test_the_table_is_complete() -> None:
    described = {
        (method, path.removeprefix(API))
        for path, operations in describe(router.routes)["paths"].items()
        for method in operations
    }
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [pytest.param(*where, scope, id=" ".join(where)) for where, scope in OPERATIONS.items()],
)
def test_only_keys_for_it(
    app: FastAPI, client: TestClient, pool: FakePool, method: str, path: str, scope: Scope
) -> None:
    keys = app.state.services.keys
    others = keys.new("others", [each for each in Scope if each not in (scope, Scope.ALL)])
    assert ask(client, method, path) == 401
    assert ask(client, method, path, "mtp_" + "x" * 43) == 401
    assert ask(client, method, path, others) == 403
    assert not pool.calls
    everything = keys.new("everything", [Scope.ALL])
    assert ask(client, method, path, everything) in (200, 202, 204, 404, 409)


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        pytest.param([Scope.JOBS], 403, id="jobs only"),
        pytest.param([Scope.JOBS, Scope.ARCHIVE_READ], 403, id="reading"),
        pytest.param([Scope.JOBS, Scope.ARCHIVE_WRITE], 202, id="writing"),
    ],
)
def test_a_job_does_nothing_that_its_maker_may_not(
    app: FastAPI, client: TestClient, jobs: FakeJobs, scopes: list[Scope], status: int
) -> None:
    key = app.state.services.keys.new("some", scopes)
    assert ask(client, "post", "/jobs", key) == status
    assert len(jobs.asked) == (status == 202)


def test_jobs_belong_to_their_key(app: FastAPI, client: TestClient, jobs: FakeJobs) -> None:
    first, second = (
        {"x-api-key": app.state.services.keys.new(name, [Scope.ALL])} for name in ("a", "b")
    )
    made = client.post(f"{API}/jobs", json=BODIES["/jobs"], headers=first).json()
    assert client.get(made["address"], headers=first).status_code == 200
    assert client.get(made["address"], headers=second).status_code == 404
    assert client.get(f"{API}/jobs", headers=second).json()["jobs"] == []


def test_the_description_needs_one_too(client: TestClient) -> None:
    assert client.get(f"{API}/openapi.json").status_code == 401


def test_characters_of_a_day(app: FastAPI, client: TestClient) -> None:
    key = app.state.services.keys.new("few", [Scope.ALL], KeyLimits(characters_per_day=10))
    headers = {"authorization": f"Bearer {key}"}
    body = {"texts": ["abcdef"], "source": "de", "target": "en"}
    answers = [client.post(f"{API}/translate", json=body, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 429]
    assert "retry-after" in answers[1].headers
