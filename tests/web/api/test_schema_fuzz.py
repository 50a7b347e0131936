"""Requests that the API's description allows, and some that it doesn't: none brings it down."""

import hypothesis
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase

from mtpipe.web import create_app
from mtpipe.web.api import router
from mtpipe.web.api.description import describe
from mtpipe.web.settings import ServeSettings
from tests.web.api.answers import ANSWERS
from tests.web.api.fake_jobs import FakeJobs
from tests.web.fakes import FakePool

CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {"mode": "all", "deterministic": True},
        "checks": {
            # Too much is refused before anything else is looked at.
            "negative_data_rejection": {"expected-statuses": [400, 404, 405, 406, 413, 415, 422]}
        },
    }
)
schema = schemathesis.openapi.from_dict(describe(router.routes), config=CONFIG)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The server behind the description."""
    folder = tmp_path_factory.mktemp("serve")
    settings = ServeSettings(
        home=folder / "home", archive="originals", trusted_hosts=("testserver",)
    )
    app = create_app(settings, pool=FakePool(ANSWERS))
    app.state.services.jobs = FakeJobs(folder / "results")
    return app


@schema.parametrize()
@hypothesis.settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: schemathesis.Case, fuzzed: FastAPI) -> None:
    body = case.body if isinstance(case.body, dict) else {}
    # What a description can't say: two different languages; what is identified is German.
    hypothesis.assume((body.get("source") or "de") != body.get("target"))
    case.call_and_validate(base_url="http://testserver", app=fuzzed)
