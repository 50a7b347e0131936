"""Fixtures for the whole suite."""

import logging
from pathlib import Path

import pytest

from mtpipe.models.cards import InstalledModel, find_installed

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
def starter() -> InstalledModel:
    """The model that ships with the package."""
    return find_installed("starter")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data that isn't part of the project, beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("the evaluation data isn't here: no folder 'shared' beside the checkout")
    return SHARED
