import pytest

from mtpipe.engines.safety import is_translatable


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("Guten Tag", True),
        ("Ja", True),
        ("Où ?", True),
        ("siehe https://example.org/a", True),
        ("", False),
        ("   ", False),
        ("12.000", False),
        ("— …", False),
        ("🙂", False),
        ("https://example.org/ein/artikel", False),
        ("redaktion@example.org", False),
        ("www.example.org", False),
    ],
)
def test_only_words_are_translated(segment: str, expected: bool) -> None:
    assert is_translatable(segment) is expected
