"""The application of all its rooms: what is there, and what starts and ends with it."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.errors import ConfigError, OutputError
from mtpipe.web import ServeSettings, create_app
from tests.web.fakes import FakePool

BASE = {"base_url": "http://127.0.0.1:8000", "client": ("127.0.0.1", 50_000)}
PLACES = {
    "/healthz": 200,
    "/readyz": 200,
    "/api/v1/openapi.json": 200,
    "/frontend/settings": 200,
    "/ui/detect": 200,
    "/": 303,
    "/docs": 404,
    "/openapi.json": 404,
    "/redoc": 404,
}


@pytest.mark.parametrize(("path", "status"), PLACES.items(), ids=PLACES)
def test_all_rooms_are_there(client: TestClient, pool: FakePool, path: str, status: int) -> None:
    pool.answers["models"] = {"models": [], "directions": []}
    assert client.get(path).status_code == status


def test_the_pool_lives_as_long_as_the_application(app: FastAPI, pool: FakePool) -> None:
    assert not pool.is_running
    with TestClient(app, **BASE):  # type: ignore[arg-type]
        assert pool.is_running
    assert not pool.is_running


def test_the_pool_is_stopped_when_jobs_do_not_start(
    app: FastAPI, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr(app.state.services.jobs, "start", fail)
    with pytest.raises(OutputError), TestClient(app, **BASE):  # type: ignore[arg-type]
        pass
    assert not pool.is_running


def test_coalesced_batches_are_counted(app: FastAPI, client: TestClient) -> None:
    body = {"texts": ["a", "b"], "source": "de", "target": "en"}
    answer = client.post("/api/v1/translate", json=body)
    assert [each["target"] for each in answer.json()["translations"]] == ["A", "B"]
    assert "mtpipe_batch_segments_sum 2.0" in client.get("/metrics").text


ASGI: dict[str, tuple[dict[str, str], int]] = {
    "by default": ({}, 401),
    "open": ({"MTPIPE_SERVE_OPEN": "1"}, 200),
}


@pytest.mark.parametrize(("variables", "status"), ASGI.values(), ids=ASGI)
def test_under_another_server_keys_are_needed_unless_it_is_open(
    variables: dict[str, str],
    status: int,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTPIPE_SERVE_HOME", str(tmp_path / "home"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    pool = FakePool({"models": {"models": [], "directions": []}})
    with TestClient(create_app(pool=pool), **BASE) as client:  # type: ignore[arg-type]
        assert client.get("/api/v1/models").status_code == status
        assert client.get("/healthz").status_code == 200


def test_a_bad_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTPIPE_SERVE_PORT", "x")
    with pytest.raises(ConfigError, match="MTPIPE_SERVE_PORT"):
        create_app()


def test_a_home_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="can't make"):
        create_app(ServeSettings(home=tmp_path / "file" / "home"), pool=FakePool())


def test_jobs_and_keys_are_the_owners_only(settings: ServeSettings, app: Any) -> None:
    assert settings.home.stat().st_mode & 0o077 == 0


def test_behind_a_proxy_paths_begin_with_its_prefix(tmp_path: Path) -> None:
    settings = ServeSettings(home=tmp_path, root_path="/mt")
    with TestClient(create_app(settings, pool=FakePool()), **BASE) as client:  # type: ignore[arg-type]
        answer = client.get("/", follow_redirects=False)
    assert answer.headers["location"] == "/mt/ui/detect"
