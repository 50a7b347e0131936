"""Marks on the words that differ."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.report import word_diff as module
from mtpipe.report.word_diff import word_diff


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a b", "a b", ([("a b", False)], [("a b", False)])),
        ("a b c", "a x c", ([("a ", False), ("b", True), (" c", False)],
                            [("a ", False), ("x", True), (" c", False)])),
        ("a", "", ([("a", True)], [])),
        ("", "", ([], [])),
        ("one two", "six ten", ([("one two", True)], [("six ten", True)])),
        ("end", "end.", ([("end", False)], [("end", False), (".", True)])),
    ],
    ids=["same", "one word", "nothing", "both nothing", "a run is one mark", "full stop"],
)  # fmt: skip
def test_marks(first: str, second: str, expected: object) -> None:
    assert word_diff(first, second) == expected


@given(st.text("ab .,", max_size=40), st.text("ab .,", max_size=40))
def test_pieces_are_the_texts_again(first: str, second: str) -> None:
    one, other = word_diff(first, second)
    assert ("".join(t for t, _ in one), "".join(t for t, _ in other)) == (first, second)
    for pieces in (one, other):
        assert all(a[1] != b[1] for a, b in pairwise(pieces))


def test_very_long_texts_arent_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TOKENS", 4)
    assert word_diff("a b c", "a x") == ([("a b c", False)], [("a x", False)])
