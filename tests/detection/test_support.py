"""Likelihood ratios in words, within what labelled texts back."""

from math import exp, log
from pathlib import Path

import pytest
import tomli_w

from mtpipe.detection.card import Scale, Weight, read_card, scale_table
from mtpipe.detection.scores import machine_score
from mtpipe.detection.support import LikelihoodScale, at_sentences, support_of
from mtpipe.errors import ConfigError
from mtpipe.types import Support, SupportRate

LIKELIHOOD = LikelihoodScale(
    base_rate=0.6,
    bounds=((3, -1.0, 2.0), (12, -4.0, 5.0)),
    rates=(SupportRate(Support.STRONG, 0.002, 0.3), SupportRate(Support.MODERATE, 0.01, 0.5)),
    innocents=900,
    measured_on="wmt13, wmt14",
)
SCALE = Scale(
    intercept=log(1.5),
    weights={"cosine_mean": Weight(2.0, 0.5, 0.1, (0.4, 0.6))},
    damping=((3, 0.5), (12, 1.0)),
    threshold=0.9,
    false_positive_rate=0.01,
    likelihood=LIKELIHOOD,
)


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (1.0, Support.NONE),
        (1.99, Support.NONE),
        (2.0, Support.LIMITED),
        (9.99, Support.LIMITED),
        (10.0, Support.MODERATE),
        (100.0, Support.STRONG),
        (1e6, Support.STRONG),
        (0.5, Support.LIMITED_AGAINST),
        (0.1, Support.MODERATE_AGAINST),
        (0.01, Support.STRONG_AGAINST),
    ],
)
def test_words(ratio: float, word: Support) -> None:
    assert support_of(log(ratio)) is word


@pytest.mark.parametrize(
    ("sentences", "value"), [(1, 1 / 3), (3, 1.0), (6, 2.0), (12, 4.0), (99, 4.0)]
)
def test_between_measured_lengths_is_interpolated(sentences: int, value: float) -> None:
    assert at_sentences([(3, 1.0), (12, 4.0)], sentences) == pytest.approx(value)


def test_a_ratio_presumes_nothing() -> None:
    """At the base rate's odds alone the ratio is 1, for any length."""
    for sentences in (3, 12):
        found = SCALE.likelihood_ratio({"cosine_mean": 0.5}, sentences)
        assert found
        assert found.ratio == pytest.approx(1.0)
        assert SCALE.probability({"cosine_mean": 0.5}, sentences) == pytest.approx(0.6)


def test_a_short_text_supports_less() -> None:
    whole, short = (SCALE.likelihood_ratio({"cosine_mean": 0.55}, n) for n in (12, 3))
    assert whole
    assert short
    assert whole.ratio == pytest.approx(exp(1.0))
    assert short.ratio == pytest.approx(exp(0.5))
    assert not whole.is_bound


@pytest.mark.parametrize(
    ("value", "sentences", "ratio"),
    [(9.0, 12, exp(5)), (9.0, 3, exp(2)), (-9.0, 12, exp(-4)), (-9.0, 3, exp(-1))],
)
def test_no_more_is_said_than_is_backed(value: float, sentences: int, ratio: float) -> None:
    found = SCALE.likelihood_ratio({"cosine_mean": value}, sentences)
    assert found
    assert found.ratio == pytest.approx(ratio)
    assert found.is_bound


@pytest.mark.parametrize(("value", "is_yes"), [(0.82, True), (0.7, False)])
def test_a_score_counts_as_shown_from_strong_support_on(value: float, is_yes: bool) -> None:
    score = machine_score({"cosine_mean": value}, SCALE, 12)
    assert score.likelihood
    assert (score.likelihood.support is Support.STRONG) is is_yes
    assert score.is_yes is is_yes
    assert score.is_probable
    assert score.probability is not None
    assert (score.probability >= score.threshold) is is_yes
    assert score.threshold == pytest.approx(150 / 151)
    assert (score.false_positive_rate, score.true_positive_rate) == (0.002, 0.3)


def test_bayes() -> None:
    found = SCALE.likelihood_ratio({"cosine_mean": 9.0}, 12)
    assert found
    assert found.posterior(0.01) == pytest.approx(exp(5) / (exp(5) + 99))


def test_a_card_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    table = scale_table(SCALE)
    path.write_text(tomli_w.dumps({"translation_of": table, "machine_made": table}))
    read = read_card(path).machine_made.likelihood
    assert read == LIKELIHOOD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bounds", []),
        ("bounds", [[3, 1.0, 2.0]]),
        ("bounds", [[3, float("nan"), 2.0]]),
        ("bounds", [[3, -1.0, float("inf")]]),
        ("base_rate", 1.0),
        ("rates", {"boundless support": [0.1, 0.2]}),
    ],
)
def test_a_damaged_one_is_refused(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "card.toml"
    table = scale_table(SCALE)
    table["likelihood"][name] = value
    path.write_text(tomli_w.dumps({"translation_of": table, "machine_made": table}))
    with pytest.raises(ConfigError, match="no card"):
        read_card(path)
