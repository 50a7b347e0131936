"""How like another translation of the original a candidate is, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.detection.agreement import agreement
from mtpipe.detection.features import Family
from mtpipe.detection.scores import family_of
from mtpipe.types import Bead

OURS = ["The old bridge is open again, says the mayor.", "It was closed for two years.", "Good."]


def aligned(*spans: tuple[int, int, int, int]) -> list[Bead]:
    return [Bead(range(a, b), range(c, d), 0.0) for a, b, c, d in spans]


ONE_TO_ONE = aligned((0, 1, 0, 1), (1, 2, 1, 2), (2, 3, 2, 3))


def test_the_same_translation_agrees_wholly() -> None:
    found = agreement(OURS, OURS, ONE_TO_ONE)
    assert found["agreement_chrf"] == pytest.approx(100)
    assert found["agreement_bleu"] == pytest.approx(100)
    assert found["agreement_chrf_sd"] == pytest.approx(0)
    assert found["agreement_same"] == 1
    # "Good" is a run of one.
    assert found["agreement_runs"] == pytest.approx(15 / 16)
    assert found["agreement_longest"] == 1
    assert {family_of(name) for name in found} == {Family.AGREEMENT}


def test_runs_are_of_four_words_and_know_no_case_nor_stops() -> None:
    other = ["The old bridge is OPEN again now, she says!", "For two years.", "Fine."]
    found = agreement(OURS, other, ONE_TO_ONE)
    # Six words, of the 9 + 3 + 1 of the other; the longest of each: six, three, none.
    assert found["agreement_runs"] == pytest.approx(6 / 13)
    assert found["agreement_longest"] == pytest.approx(9 / 13)
    assert found["agreement_same"] == 0
    assert 0 < found["agreement_chrf_low"] < found["agreement_chrf"] < 100


def test_joined_sentences_are_compared_with_what_they_render() -> None:
    joined = [" ".join(OURS[:2]), "An aside.", OURS[2]]
    found = agreement(OURS, joined, aligned((0, 2, 0, 1), (2, 3, 2, 3)))
    assert found["agreement_same"] == 1


def test_nothing_linked_is_nothing_measured() -> None:
    assert agreement(OURS, OURS, []) == {}


texts = st.lists(st.text(max_size=60), min_size=1, max_size=6)


@given(texts, texts)
def test_whatever_the_texts_all_values_are_in_their_ranges(
    ours: list[str], other: list[str]
) -> None:
    count = min(len(ours), len(other))
    links = aligned(*((n, n + 1, n, n + 1) for n in range(count)))
    found = agreement(ours[:count], other[:count], links)
    for name, value in found.items():
        is_score = name.removeprefix("agreement_").startswith(("chrf", "bleu"))
        assert -1e-6 <= value <= (100.0001 if is_score else 1), name
