"""A hub with a tiny model on it."""

import pytest

from mtpipe.models.card import Card
from tests.models.hub_server import Repository, StandIn
from tests.models.tiny_marian import HUB_ID, contents, tiny_marian, write_tiny_card


@pytest.fixture
def repository(stand_in: StandIn) -> Repository:
    """The tiny model, and the card that mtpipe has of it."""
    held = Repository(contents(tiny_marian()))
    stand_in.repositories[HUB_ID] = held
    return held


@pytest.fixture
def card(repository: Repository) -> Card:
    return write_tiny_card()
