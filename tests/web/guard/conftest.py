"""A small application for the guards' tests, on the loopback or for others."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mtpipe.web.settings import ServeSettings
from tests.web.guard.small import client_of, for_others, small_app


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return small_app(ServeSettings(home=tmp_path))


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return client_of(app)


@pytest.fixture
def locked_app(tmp_path: Path) -> FastAPI:
    """Of a server that needs keys."""
    return small_app(for_others(tmp_path))


@pytest.fixture
def locked(locked_app: FastAPI) -> TestClient:
    return client_of(locked_app, host="192.0.2.1:8000", address="198.51.100.7")
