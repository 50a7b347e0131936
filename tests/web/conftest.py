"""A server in the test's own process, with a pool that computes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web import create_app
from mtpipe.web.settings import ServeSettings
from tests.web.fakes import FakePool


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    """Those of a server on the loopback; override it where others are needed."""
    return ServeSettings(home=tmp_path / "serve")


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def app(settings: ServeSettings, pool: FakePool) -> FastAPI:
    return create_app(settings, pool=pool)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(
        app, base_url="http://localhost:8000", client=("127.0.0.1", 50_000), follow_redirects=False
    ) as client:
        yield client
