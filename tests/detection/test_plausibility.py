"""How much likelier than expected a text is, counted by hand."""

import numpy as np
import pytest

from mtpipe.detection.plausibility import Rated, plausibility


def test_kinds_of_tokens_are_measured_apart() -> None:
    tokens = ["▁The", "▁may", "or", "ess", "▁said", "▁«", "4", "<0xE2>", "</s>"]
    surplus = np.array([0.5, -1.0, 0.1, 0.3, -0.1, 0.2, 0.4, -3.0, 9.0])
    expected = -np.array([1.0, 3.0, 0.5, 0.5, 2.0, 1.0, 1.0, 1.0, 7.0])
    found = plausibility([Rated(tokens, expected + surplus, expected)])
    assert found == pytest.approx(
        {
            "engine_words": 0.2,
            "engine_beginnings": -1.0,
            "engine_parts": 0.2,
            "engine_marks": -0.8,
            "engine_entropy": 1.4,
        }
    )


def test_sentences_are_taken_together() -> None:
    one = Rated(["▁Yes", "</s>"], np.array([-1.0, -5.0]), np.array([-2.0, -0.1]))
    other = Rated(["▁No", "▁no", "</s>"], np.array([-4.0, -3.0, 0.0]), np.array([-2.0, -2.0, 0.0]))
    assert plausibility([one, other])["engine_words"] == pytest.approx(-2 / 3)


def test_a_word_that_is_the_last_is_whole() -> None:
    rated = Rated(["▁Ja", "</s>"], np.array([-1.0, 0.0]), np.array([-1.5, 0.0]))
    found = plausibility([rated, rated])
    assert found["engine_words"] == pytest.approx(0.5)
    assert found["engine_beginnings"] == found["engine_parts"] == 0.0


def test_without_words_nothing_is_measured() -> None:
    rated = Rated(["</s>"], np.array([-1.0]), np.array([-1.0]))
    assert set(plausibility([rated]).values()) == {0.0}
