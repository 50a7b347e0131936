"""How much likelier than expected a text is, counted by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from mtpipe.detection.plausibility import Rated, plausibility


def rated(
    tokens: Sequence[str],
    log_probs: Sequence[float],
    expected: Sequence[float],
    chosen: Sequence[int] = (),
) -> Rated:
    """A sentence; ``chosen`` are the places where the model's own first choice stands."""
    is_first_choice = np.isin(np.arange(len(tokens)), chosen)
    return Rated(tokens, np.array(log_probs), np.array(expected), is_first_choice)


def test_kinds_of_tokens_are_measured_apart() -> None:
    tokens = ["▁The", "▁may", "or", "ess", "▁said", "▁«", "4", "<0xE2>", "</s>"]
    surplus = np.array([0.5, -1.0, 0.1, 0.3, -0.1, 0.2, 0.4, -3.0, 9.0])
    expected = -np.array([1.0, 3.0, 0.5, 0.5, 2.0, 1.0, 1.0, 1.0, 7.0])
    found = plausibility([rated(tokens, expected + surplus, expected)])
    surpluses = {name: value for name, value in found.items() if "chosen" not in name}
    assert surpluses == pytest.approx(
        {
            "engine_words": 0.2,
            "engine_beginnings": -1.0,
            "engine_parts": 0.2,
            "engine_marks": -0.8,
            "engine_entropy": 1.4,
        }
    )


def test_own_choices_are_counted_by_how_open_the_place_is() -> None:
    tokens = ["▁The", "▁may", "or", "▁said", "▁so", "▁«", "</s>"]
    expected = [-0.1, -0.2, -0.1, -1.5, -4.0, -0.1, -0.1]
    found = plausibility([rated(tokens, expected, expected, chosen=[0, 2, 3, 5, 6])])
    chosen = [found[f"engine_chosen_{number}"] for number in range(5)]
    # Two beginnings where little is open, one of them chosen; parts, marks and ends don't count.
    assert chosen == pytest.approx([1 / 5, 0.0, 1 / 4, 0.0, 0.0])


def test_sentences_are_taken_together() -> None:
    one = rated(["▁Yes", "</s>"], [-1.0, -5.0], [-2.0, -0.1])
    other = rated(["▁No", "▁no", "</s>"], [-4.0, -3.0, 0.0], [-2.0, -2.0, 0.0])
    assert plausibility([one, other])["engine_words"] == pytest.approx(-2 / 3)


def test_a_word_that_is_the_last_is_whole() -> None:
    one = rated(["▁Ja", "</s>"], [-1.0, 0.0], [-1.5, 0.0])
    found = plausibility([one, one])
    assert found["engine_words"] == pytest.approx(0.5)
    assert found["engine_beginnings"] == found["engine_parts"] == 0.0


def test_without_words_nothing_is_measured() -> None:
    assert set(plausibility([rated(["</s>"], [-1.0], [-1.0], chosen=[0])]).values()) == {0.0}
