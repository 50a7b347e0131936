"""Fixtures for the whole suite."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.models.cards import InstalledModel, find_installed
from tests.models.hub_server import StandIn, hub_of_test

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One user folder for the whole session, so that the starter is converted once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the models of whoever runs it."""
    monkeypatch.setenv("MTPIPE_HOME", str(home))


@pytest.fixture(autouse=True)
def fresh_log() -> None:
    """Undo what a command's --verbose or --quiet left behind."""
    log = logging.getLogger("mtpipe")
    log.handlers, log.propagate = [], True
    log.setLevel(logging.NOTSET)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A hub on this machine, with nothing on it."""
    with hub_of_test(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def starter() -> InstalledModel:
    """The model that ships with the package."""
    return find_installed("starter")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data that isn't part of the project, beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the evaluation data isn't here: no folder 'shared' beside the checkout")
    return SHARED
