"""From features to probabilities, and from probabilities to a verdict."""

from dataclasses import replace
from math import exp, log
from pathlib import Path

import pytest
import tomli_w

from mtpipe.detection.card import Scale, Weight, read_card, scale_table
from mtpipe.detection.copies import copied_share
from mtpipe.detection.scores import with_reservation
from mtpipe.detection.support import support_of
from mtpipe.detection.verdict import decide
from mtpipe.errors import ConfigError
from mtpipe.types import (
    Direction,
    Evidence,
    Finding,
    LikelihoodRatio,
    Score,
    ScoreName,
    Support,
    SupportRate,
)

SCALE = Scale(
    intercept=1.0,
    weights={"cosine_mean": Weight(2.0, 0.5, 0.1, (0.4, 0.6))},
    damping=((3, 0.4), (6, 0.7), (12, 1.0)),
    threshold=0.9,
    false_positive_rate=0.01,
    true_positive_rate=0.25,
)


@pytest.mark.parametrize(
    ("value", "sentences", "log_odds"),
    [
        (0.5, 12, 1.0),
        (0.6, 12, 3.0),
        (0.6, 100, 3.0),
        (0.6, 3, 1.2),
        (0.6, 9, 2.55),
        (0.4, 6, -0.7),
        (0.6, 1, 0.4),
    ],
    ids=["center", "one deviation", "long", "short", "between", "below", "a single sentence"],
)
def test_probability(value: float, sentences: int, log_odds: float) -> None:
    found = SCALE.probability({"cosine_mean": value}, sentences)
    assert found == pytest.approx(1 / (1 + exp(-log_odds)))


def test_contributions_add_up() -> None:
    assert SCALE.contributions({"cosine_mean": 0.7}, 12) == pytest.approx({"cosine_mean": 4.0})


def test_a_card_of_other_features_is_refused() -> None:
    with pytest.raises(ConfigError, match="wants cosine_mean"):
        SCALE.contributions({"engine_words": 0.7}, 12)


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    table = scale_table(SCALE)
    path.write_text(
        tomli_w.dumps({"calibrated_on": ["de-en"], "translation_of": table, "machine_made": table})
    )
    card = read_card(path)
    assert card.machine_made == SCALE
    assert card.machine_made_engine is None
    assert card.directions == {Direction.parse("de-en")}
    assert len(card.sha256) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[translation_of]\nintercept = 'x'",
        "machine_made = 3",
        "[translation_of]\nfeatures = [1]",
        "a = " + "[" * 100_000,
    ],
    ids=["empty", "no TOML", "wrong type", "no table", "no features", "deep"],
)
def test_what_is_no_card_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="no card"):
        read_card(path)


def score(name: ScoreName, probability: float | None) -> Score:
    return Score(name, probability, 0.9, note="" if probability is not None else "not measured")


@pytest.mark.parametrize(
    ("translation", "machine", "page", "words", "original", "finding"),
    [
        (0.99, 0.95, 0.1, 300, True, Finding.MACHINE_REPUBLICATION),
        (0.99, 0.5, 0.95, 300, True, Finding.MACHINE_REPUBLICATION),
        (0.99, 0.5, 0.1, 300, True, Finding.TRANSLATION),
        (0.99, 0.05, 0.95, 300, True, Finding.TRANSLATION),  # the wording is too free
        (0.99, None, 0.95, 300, True, Finding.SIGNS),
        (0.92, 0.05, 0.95, 300, True, Finding.RELATED),
        (0.92, 0.05, 0.1, 300, True, Finding.RELATED),
        (0.92, 0.5, 0.1, 300, True, Finding.TRANSLATION),
        (0.1, 0.99, 0.1, 300, True, Finding.UNRELATED),
        (0.1, 0.99, 0.99, 300, True, Finding.UNRELATED),
        (None, None, 0.1, 300, True, Finding.INSUFFICIENT),
        (0.99, 0.99, 0.1, 12, True, Finding.INSUFFICIENT),
        (None, None, 0.95, 300, False, Finding.SIGNS),
        (None, None, 0.95, 12, False, Finding.SIGNS),
        (None, None, 0.1, 300, False, Finding.NO_SIGNS),
        (None, None, None, 12, False, Finding.INSUFFICIENT),
    ],
)
def test_verdict(
    translation: float | None,
    machine: float | None,
    page: float | None,
    words: int,
    original: bool,
    finding: Finding,
) -> None:
    verdict = decide(
        score(ScoreName.TRANSLATION_OF, translation),
        score(ScoreName.MACHINE_MADE, machine),
        score(ScoreName.REPUBLICATION, page),
        words=words,
        has_original=original,
    )
    assert verdict.finding is finding
    assert verdict.explanation.endswith(".")


@pytest.mark.parametrize(("machine", "page"), [(0.95, 0.1), (0.5, 0.95)])
def test_nobody_is_accused_whose_page_says_that_all_is_in_order(
    machine: float, page: float
) -> None:
    own = Evidence(
        "edition-of-original", ScoreName.REPUBLICATION, "Both are on one site", -3.5, None
    )
    verdict = decide(
        score(ScoreName.TRANSLATION_OF, 0.99),
        score(ScoreName.MACHINE_MADE, machine),
        replace(score(ScoreName.REPUBLICATION, page), evidence=(own,)),
        words=300,
        has_original=True,
    )
    assert verdict.finding is Finding.TRANSLATION
    assert "Both are on one site." in verdict.explanation


def test_what_renders_a_part_is_said_to() -> None:
    covered = Evidence("candidate_covered", ScoreName.TRANSLATION_OF, "", 1.0, 0.42)
    verdict = decide(
        replace(score(ScoreName.TRANSLATION_OF, 0.99), evidence=(covered,)),
        score(ScoreName.MACHINE_MADE, 0.5),
        score(ScoreName.REPUBLICATION, 0.1),
        words=300,
        has_original=True,
    )
    assert verdict.explanation.startswith("A part of the candidate (42%) renders the original")


def test_another_pair_of_languages_is_noted() -> None:
    known = [Direction.parse("de-en")]
    given = score(ScoreName.MACHINE_MADE, 0.5)
    assert with_reservation(given, known[0], known) == given
    assert with_reservation(given, Direction.parse("de-fr"), []) == given
    noted = with_reservation(given, Direction.parse("de-fr"), known)
    assert noted.note == "calibrated on de-en; how it does for de-fr was not measured"


def test_where_nothing_was_found_is_said() -> None:
    scores = [score(name, None) for name in ScoreName]
    verdict = decide(*scores, words=300, has_original=False, sought="originals/")
    assert "In originals/ there is nothing like the candidate" in verdict.explanation


def test_a_copy_is_said_to_be_one() -> None:
    scores = [score(name, None) for name in ScoreName]
    verdict = decide(*scores, words=300, has_original=True, copied=0.8)
    assert verdict.finding is Finding.COPY
    assert "80%" in verdict.explanation
    verdict = decide(*scores, words=300, has_original=True, copied=0.05)
    assert verdict.finding is Finding.UNRELATED
    assert "5% of the wording" in verdict.explanation


def test_copied_share_counts_runs_of_five_words() -> None:
    original = ["One two three four five six seven."]
    assert copied_share(original, ["one two three four five six seven"]) == 1.0
    # "two three four five six" of two runs
    assert copied_share(original, ["Two three four five six eight."]) == 0.5
    assert copied_share(original, ["one two"]) == 0.0


RATES = (SupportRate(Support.STRONG, 0.0, 0.27), SupportRate(Support.MODERATE, 0.013, 0.52))


def supported(ratio: float) -> Score:
    """``machine_made`` with a likelihood ratio, and a probability that presumes six in ten."""
    likelihood = LikelihoodRatio(
        ratio, 0.02, 300.0, support_of(log(ratio)), RATES, 903, "news of 2013"
    )
    return Score(ScoreName.MACHINE_MADE, likelihood.posterior(0.6), 0.999, likelihood=likelihood)


@pytest.mark.parametrize(
    ("ratio", "page", "finding"),
    [
        (150.0, 0.1, Finding.MACHINE_REPUBLICATION),
        (30.0, 0.1, Finding.PROBABLE_MACHINE),
        (30.0, 0.95, Finding.MACHINE_REPUBLICATION),
        (5.0, 0.1, Finding.TRANSLATION),
        (5.0, 0.95, Finding.MACHINE_REPUBLICATION),
        (0.03, 0.95, Finding.TRANSLATION),
        (0.03, 0.1, Finding.TRANSLATION),
    ],
)
def test_support_decides_where_it_was_calibrated(
    ratio: float, page: float, finding: Finding
) -> None:
    verdict = decide(
        score(ScoreName.TRANSLATION_OF, 0.99),
        supported(ratio),
        score(ScoreName.REPUBLICATION, page),
        words=300,
        has_original=True,
    )
    assert verdict.finding is finding


@pytest.mark.parametrize(
    ("ratio", "rate"),
    [
        (150.0, "Of 903 translations by people none got as much support, of machines' 27%"),
        (30.0, "Of 903 translations by people 1.3% got as much support, of machines' 52%"),
    ],
)
def test_a_finding_says_how_often_it_is_wrong(ratio: float, rate: str) -> None:
    verdict = decide(
        score(ScoreName.TRANSLATION_OF, 0.99),
        supported(ratio),
        score(ScoreName.REPUBLICATION, 0.1),
        words=300,
        has_original=True,
    )
    assert f"{rate} (news of 2013)." in verdict.explanation


@pytest.mark.parametrize(
    ("copied", "words"),
    [
        (0.997, "Of the wording over 99% stands in the original already."),
        (1.0, "Of the wording 100% stands in the original already."),
        (0.004, "under 1% of the wording is the same"),
        (0.0, "0% of the wording is the same"),
    ],
)
def test_nearly_all_is_not_all(copied: float, words: str) -> None:
    names = (ScoreName.TRANSLATION_OF, ScoreName.MACHINE_MADE, ScoreName.REPUBLICATION)
    verdict = decide(*(score(n, 0.1) for n in names), words=300, has_original=True, copied=copied)
    assert words in verdict.explanation


@pytest.mark.parametrize("ratio", [30.0, 150.0])
def test_no_support_outweighs_what_exonerates(ratio: float) -> None:
    own = Evidence("edition-of-original", ScoreName.REPUBLICATION, "Both are on one site", -3.5)
    verdict = decide(
        score(ScoreName.TRANSLATION_OF, 0.99),
        supported(ratio),
        replace(score(ScoreName.REPUBLICATION, 0.1), evidence=(own,)),
        words=300,
        has_original=True,
    )
    assert verdict.finding is Finding.TRANSLATION
    assert "it isn't called a machine's" in verdict.explanation
