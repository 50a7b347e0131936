import numpy as np
import pytest

from mtpipe.archive.keys import key_hashes, keys, shared_keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("À Genève, il pleut.", ["geneve"], id="accents-and-case"),
        pytest.param("24 Millionen", ["24", "millionen"], id="number"),
        pytest.param("1,200 or 1.200 or 1 200 or 1’200", ["1200"], id="thousands"),
        pytest.param("3,5 Prozent; 3.5 percent", ["3.5", "prozent"], id="decimals"),
        pytest.param("7 ponts", [], id="one-digit"),
        pytest.param("in 2020 500 people", ["2020", "500"], id="a-year-before-a-number"),
        pytest.param("1 200 000 francs", ["1200000"], id="millions"),
        pytest.param("Der Ire", [], id="short-words"),
        pytest.param("", [], id="empty"),
    ],
)
def test_keys_are_the_same_in_all_languages(text: str, expected: list[str]) -> None:
    assert list(keys(text)) == expected


def test_shared_keys_are_worded_as_in_the_first_text() -> None:
    candidate = "Die Bürgermeisterin von Genève zahlte 1.200 Franken."
    original = "La maire de Geneve a payé 1 200 francs."
    assert shared_keys(candidate, original) == ("Genève", "1.200")


def test_hashes_are_sorted_and_unique() -> None:
    hashes = key_hashes("Rhône Rhone 24 24 Genève")
    assert len(hashes) == 3
    assert np.all(np.diff(hashes.astype(np.int64)) > 0)
