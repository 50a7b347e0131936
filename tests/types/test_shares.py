"""Nothing that isn't exactly none or all is said to be."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.types.shares import fine_percent, percent, percent_of_probability

SHARES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("share", "digits", "shown"),
    [
        (0.0, 0, "0%"),
        (0.004, 0, "under 1%"),
        (0.005, 0, "under 1%"),
        (0.006, 0, "1%"),
        (0.994, 0, "99%"),
        (0.995, 0, "over 99%"),
        (0.997, 0, "over 99%"),
        (1.0, 0, "100%"),
        (0.0004, 1, "under 0.1%"),
        (0.0126, 1, "1.3%"),
        (0.9996, 1, "over 99.9%"),
    ],
)
def test_percent(share: float, digits: int, shown: str) -> None:
    assert percent(share, digits) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0%"),
        (0.0001, "under 0.05%"),
        (0.0042, "0.42%"),
        (0.0132, "1.3%"),
        (0.0999, "10%"),
        (0.524, "52%"),
        (0.9949, "99%"),
        (0.995, "over 99%"),
        (1.0, "100%"),
    ],
)
def test_small_shares_are_shown_finely(share: float, shown: str) -> None:
    assert fine_percent(share) == shown


@given(SHARES)
def test_none_and_all_are_exact(share: float) -> None:
    for shown in (percent(share), percent(share, 1), fine_percent(share)):
        number = float(re.findall(r"\d+(?:\.\d+)?", shown)[0])
        assert (number == 0) == (share == 0)
        assert (number == 100) == (share == 1)


@pytest.mark.parametrize("fine", [True, False])
def test_no_probability_is_certainty(fine: bool) -> None:
    assert percent_of_probability(1.0, fine=fine) == "over 99%"
    assert percent_of_probability(0.0, fine=fine).startswith("under ")
