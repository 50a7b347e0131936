"""The API over workers and jobs that compute nothing."""

from pathlib import Path

import pytest
from fastapi import FastAPI

from mtpipe.web import create_app
from mtpipe.web.settings import ServeSettings
from tests.web.api.answers import ANSWERS
from tests.web.api.fake_jobs import FakeJobs
from tests.web.fakes import FakePool

API = "/api/v1"


@pytest.fixture
def settings(tmp_path: Path) -> ServeSettings:
    """With an archive, which is never opened; and little that is computed at once."""
    return ServeSettings(
        home=tmp_path / "serve", archive=str(tmp_path / "originals"), max_text_chars=2000
    )


@pytest.fixture
def pool() -> FakePool:
    return FakePool(ANSWERS)


@pytest.fixture
def jobs(tmp_path: Path) -> FakeJobs:
    return FakeJobs(tmp_path / "results")


@pytest.fixture
def app(settings: ServeSettings, pool: FakePool, jobs: FakeJobs) -> FastAPI:
    app = create_app(settings, pool=pool)
    app.state.services.jobs = jobs
    return app
