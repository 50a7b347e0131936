import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.engines.splitting import split_long


def words(text: str) -> int:
    return len(text.split())


def letters(text: str) -> int:
    """As in SentencePiece, where white space belongs to the word that follows."""
    return len("".join(text.split()))


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        pytest.param("one two", 5, ["one two"], id="short"),
        pytest.param("", 5, [], id="empty"),
        pytest.param(
            "One two three. Four five six. Seven.", 4, ["One two three.", "Four five six. Seven."],
            id="sentences",
        ),
        pytest.param("a b c; d e f, g h i", 4, ["a b c;", "d e f,", "g h i"], id="clauses"),
        pytest.param("a b c d e", 2, ["a b", "c d", "e"], id="words"),
    ],
)  # fmt: skip
def test_cuts_at_the_strongest_boundary(text: str, limit: int, pieces: list[str]) -> None:
    # Padded, since texts of fewer characters than the limit has tokens aren't counted at all.
    assert split_long(text, limit, words) == pieces


def test_a_word_without_end_is_cut_anywhere() -> None:
    pieces = split_long("x" * 1_000_000, 100, len)
    assert "".join(pieces) == "x" * 1_000_000
    assert max(map(len, pieces)) <= 100


def test_characters_of_several_tokens_are_counted() -> None:
    pieces = split_long("a " + "🤌" * 30, 40, lambda text: len(text.encode()))
    assert "".join(pieces) == "a" + "🤌" * 30
    assert max(len(piece.encode()) for piece in pieces) <= 40


@given(st.text(alphabet="ab .,;!", max_size=300), st.integers(1, 40))
def test_nothing_is_lost_and_nothing_too_long(text: str, limit: int) -> None:
    pieces = split_long(text, limit, letters)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < letters(piece) <= limit for piece in pieces)
