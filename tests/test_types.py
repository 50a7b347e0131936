import pytest

from mtpipe.errors import UnsupportedDirection
from mtpipe.types import Direction, Language


@pytest.mark.parametrize(
    ("code", "language"),
    [("de", "de"), ("FR-ca", "fr"), ("en_GB", "en"), ("deu", "de"), ("fre", "fr"), (" eng ", "en")],
)
def test_language_codes(code: str, language: str) -> None:
    assert Language.parse(code) == language


@pytest.mark.parametrize("code", ["", "nl", "deutsch", "-de"])
def test_unknown_language(code: str) -> None:
    with pytest.raises(UnsupportedDirection, match="unknown language"):
        Language.parse(code)


def test_direction_prints_and_reads() -> None:
    direction = Direction.parse("de-en")
    assert str(direction) == "de-en"
    assert str(direction.reversed) == "en-de"
    assert direction == Direction(Language.DE, Language.EN)


@pytest.mark.parametrize("text", ["de", "de-de", "de-nl", ""])
def test_no_direction(text: str) -> None:
    with pytest.raises(UnsupportedDirection):
        Direction.parse(text)
