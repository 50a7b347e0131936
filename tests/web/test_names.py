import pytest

from mtpipe.web.names import unique


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
