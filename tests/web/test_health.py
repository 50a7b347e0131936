"""Whether it lives, whether it is ready, and who is told how much it does."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.errors import OutputError
from mtpipe.web.guard.callers import Scope
from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import client_of, for_others, small_app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return small_app(ServeSettings(home=tmp_path))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return client_of(app)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_lives_whatever_the_workers_do(app: FastAPI, client: TestClient, method: str) -> None:
    app.state.services.pool.is_ready = False
    assert client.request(method, "/healthz").status_code == 200


def test_it_is_ready(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"workers": "ok", "jobs": "ok", "archive": "ok"},
    }


@pytest.mark.parametrize(
    ("missing", "change"),
    [
        ("workers", lambda services: setattr(services.pool, "is_ready", False)),
        ("jobs", lambda services: setattr(services.jobs, "problem", OutputError("/srv/x: full"))),
        ("jobs", lambda services: setattr(services.jobs, "problem", sqlite3.OperationalError("x"))),
    ],
)
def test_it_says_what_is_missing(
    app: FastAPI, client: TestClient, missing: str, change: Any
) -> None:
    change(app.state.services)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["checks"][missing] == "not ready"
    assert "/srv" not in answer.text


@pytest.mark.parametrize(
    ("archive", "status"), [(None, 200), ("here", 200), ("gone", 503), ("s3://bucket/a", 200)]
)
def test_the_archive(tmp_path: Path, archive: str | None, status: int) -> None:
    (tmp_path / "here").mkdir()
    uri = str(tmp_path / archive) if archive in ("here", "gone") else archive
    client = client_of(small_app(ServeSettings(home=tmp_path, archive=uri)))
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert str(tmp_path) not in answer.text


def figures(client: TestClient, **options: Any) -> dict[str, float]:
    answer = client.get("/metrics", **options)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_what_is_counted(app: FastAPI, client: TestClient) -> None:
    services = app.state.services
    services.jobs.states = {"running": 2, "done": 5}
    services.metrics.batch(12, 3)
    client.get("/api/v1/jobs/7")
    client.get("/api/v1/jobs/8")
    client.get("/nothing")
    client.request("BREW", "/api/v1/jobs/9")
    client.get("/api/v1/me", headers={"Host": "evil.example"})
    found = figures(client)
    route = 'method="GET",route="/api/v1/jobs/{job_id}"'
    assert found[f'mtpipe_requests_total{{{route},status="200"}}'] == 2
    assert found[f"mtpipe_request_seconds_count{{{route}}}"] == 2
    assert found['mtpipe_requests_total{method="GET",route="none",status="404"}'] == 1
    assert found['mtpipe_requests_total{method="GET",route="none",status="421"}'] == 1
    assert (
        found['mtpipe_requests_total{method="other",route="/api/v1/jobs/{job_id}",status="405"}']
        == 1
    )
    assert found['mtpipe_jobs{state="running"}'] == 2
    assert found['mtpipe_jobs{state="done"}'] == 5
    assert found['mtpipe_workers{state="ready"}'] == 2
    assert found["mtpipe_orders_waiting"] == 0
    assert found["mtpipe_worker_restarts_total"] == 0
    assert found['mtpipe_batch_segments_bucket{le="8.0"}'] == 0
    assert found['mtpipe_batch_segments_bucket{le="16.0"}'] == 1
    assert found["mtpipe_batch_requests_total"] == 3


def test_refusals_are_counted(tmp_path: Path) -> None:
    client = client_of(small_app(ServeSettings(home=tmp_path, requests_per_minute=1)))
    for _ in range(3):
        client.get("/api/v1/me")
    assert figures(client)["mtpipe_rate_limited_total"] == 2


def test_no_label_comes_from_a_client(client: TestClient) -> None:
    before = len(figures(client))
    for number in range(50):
        client.get(f"/secret-{number}", headers={"X-API-Key": f"secret-{number}"})
        client.get(f"/api/v1/jobs/secret-{number}?a=secret")
        client.request(f"SECRET{number}", "/healthz")
    text = client.get("/metrics").text
    assert "secret" not in text.lower()
    assert len(figures(client)) < before + 100
    assert re.fullmatch(r"(.*\n)+", text)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("198.51.100.7", {}, 403),
        ("198.51.100.7", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": ""}, 403),
        ("127.0.0.1", {"Forwarded": "for=198.51.100.7"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
        ("127.0.0.1", {"Host": "mt.example.org"}, 403),
    ],
    ids=str,
)
def test_figures_are_for_this_machine(
    tmp_path: Path, address: str, headers: dict[str, str], status: int
) -> None:
    app = small_app(for_others(tmp_path))
    client = client_of(app, address=address)
    assert client.get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("scopes", "status"), [((Scope.ALL,), 200), (tuple(set(Scope) - {Scope.ALL}), 403)]
)
@pytest.mark.parametrize("is_open", [False, True])
def test_or_for_a_key_that_is_good_for_everything(
    tmp_path: Path, scopes: tuple[Scope, ...], status: int, is_open: bool
) -> None:
    app = small_app(for_others(tmp_path, is_open=is_open))
    key = app.state.services.keys.new("Ada", scopes)
    client = client_of(app, host="192.0.2.1", address="198.51.100.7")
    assert client.get("/metrics", headers={"X-API-Key": key}).status_code == status
    assert client.get("/metrics").status_code == 403
