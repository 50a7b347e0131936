"""A hub with a tiny model on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.models.cards import Card
from tests.models.hub_server import Repository, StandIn, hub_of_test
from tests.models.tiny_marian import HUB_ID, contents, tiny_marian, write_tiny_card


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with hub_of_test(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def repository(stand_in: StandIn) -> Repository:
    """The tiny model, and the card that mtpipe has of it."""
    held = Repository(contents(tiny_marian()))
    stand_in.repositories[HUB_ID] = held
    return held


@pytest.fixture
def card(repository: Repository) -> Card:
    return write_tiny_card()
