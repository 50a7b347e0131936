import pytest

from mtpipe.web.names import MOST_ID_CHARS, kept_id, unique


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a (2)", "a (3)"]),
        (["a", "a (2)", "a"], ["a", "a (2)", "a (3)"]),
        (["", ""], ["", " (2)"]),
    ],
)
def test_no_two_names_are_alike(given: list[str], expected: list[str]) -> None:
    taken: set[str] = set()
    assert [unique(name, taken) for name in given] == expected


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2025-11-06/dam", "2025-11-06/dam"),
        (" a  b ", " a  b "),
        ("a\x1b[31m\nb", "a [31m b"),
        ("\ud800", ""),
        ("é" * MOST_ID_CHARS, "é" * MOST_ID_CHARS),
        ("é" * MOST_ID_CHARS + "x", "é" * MOST_ID_CHARS),
        (7, "7"),
        (" \t\n", ""),
        ("", ""),
        (None, ""),
    ],
    ids=repr,
)
def test_ids_stay_what_they_are(given: object, kept: str) -> None:
    assert kept_id(given) == kept
