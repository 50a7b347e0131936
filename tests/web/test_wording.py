"""Messages about articles are for whoever sent them, not for the command line."""

import io

import pytest

from mtpipe import FurnitureRules, read_articles
from mtpipe.config import FurnitureSettings
from mtpipe.types import Failure
from mtpipe.web.wording import for_request

BUILT_IN = FurnitureRules()
ALL = FurnitureRules(FurnitureSettings(drop_text=(".",)))


@pytest.mark.parametrize(
    ("content", "rules", "said"),
    [
        ("12 34", BUILT_IN, "(say which language it is in)"),
        ("Ὁ δὲ ἀνεξέταστος βίος οὐ βιωτὸς ἀνθρώπῳ.", BUILT_IN, "say which language it is in"),
        ("The bridge is open.", ALL, "nothing but furniture"),
    ],
    ids=["no words", "another language", "nothing but furniture"],
)
def test_no_options_are_left(content: str, rules: FurnitureRules, said: str) -> None:
    [failure] = read_articles("-", stdin=io.BytesIO(content.encode()), rules=rules)
    assert isinstance(failure, Failure)
    assert "--" in failure.error
    message = for_request(failure.error)
    assert said in message
    assert "--" not in message
