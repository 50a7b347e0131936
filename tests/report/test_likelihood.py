"""Likelihood ratios as people and programs read them."""

import json
from dataclasses import replace

import pytest

from mtpipe.report.detection import detection_record, detection_row, likelihood_in_words
from mtpipe.types import (
    Detection,
    Finding,
    LikelihoodRatio,
    Score,
    ScoreName,
    Support,
    SupportRate,
    Verdict,
)
from tests.report.test_detection import DETECTION, page_of, section, text_of

MODERATE = LikelihoodRatio(
    ratio=35.4,
    low=0.0185,
    high=118.2,
    support=Support.MODERATE,
    rates=(SupportRate(Support.STRONG, 0.0, 0.27), SupportRate(Support.MODERATE, 0.0132, 0.524)),
    innocents=903,
    measured_on="wmt13, wmt14",
)
NAMES = (ScoreName.TRANSLATION_OF, ScoreName.MACHINE_MADE)


def supported(likelihood: LikelihoodRatio, prior: float | None = None) -> Detection:
    scores = tuple(
        Score(name, 0.98, 0.5, 0.01, likelihood=likelihood if name in NAMES else None)
        for name in ScoreName
    )
    verdict = Verdict(Finding.PROBABLE_MACHINE, scores, "Because.")
    return replace(DETECTION, verdict=verdict, prior=prior)


BY_MACHINE = "times likelier if a machine translated it than if a person did"
BY_PERSON = "times likelier if a person translated it than if a machine did"


@pytest.mark.parametrize(
    ("ratio", "support", "words"),
    [
        (35.4, Support.MODERATE, f"moderate support: 35 {BY_MACHINE}"),
        (118.2, Support.STRONG, f"strong support: at least 120 {BY_MACHINE}"),
        (0.125, Support.LIMITED_AGAINST, f"limited support for the contrary: 8 {BY_PERSON}"),
        (
            1.04,
            Support.NONE,
            "no support either way: as likely if a machine translated it as if a person did",
        ),
    ],
    ids=["for", "at the bound", "against", "neither"],
)
def test_in_words(ratio: float, support: Support, words: str) -> None:
    assert likelihood_in_words(replace(MODERATE, ratio=ratio, support=support)) == words


def test_thousands_are_told_apart() -> None:
    many = replace(MODERATE, ratio=12_345.0, high=1e6, support=Support.STRONG)
    assert likelihood_in_words(many) == f"strong support: 12,000 {BY_MACHINE}"


def test_row_with_a_prior() -> None:
    row = json.loads(json.dumps(detection_row(supported(MODERATE, prior=0.01))))
    assert row["machine_made"] == 0.98
    assert row["prior"] == 0.01
    assert row["likelihood_ratios"]["machine_made"] == {
        "ratio": 35.4,
        "low": 0.0185,
        "high": 118.0,
        "support": "moderate support",
        "posterior": 0.263393,
    }
    assert set(row["likelihood_ratios"]) == {"translation_of", "machine_made"}
    assert row["verdict"] == "probably a machine's translation"


def test_row_without_a_prior() -> None:
    row = detection_row(supported(MODERATE))
    assert "prior" not in row
    assert "posterior" not in row["likelihood_ratios"]["machine_made"]
    assert "likelihood_ratios" not in detection_row(DETECTION)


def test_record_has_the_rates() -> None:
    record = detection_record(supported(MODERATE), command="x", version="1")
    score = record["scores"]["machine_made"]
    assert score["rates"]["moderate support"] == {"innocents": 0.0132, "others": 0.524}
    assert (score["innocents"], score["measured_on"]) == (903, "wmt13, wmt14")
    assert record["likelihood_ratios"]["machine_made"]["support"] == "moderate support"


def test_page() -> None:
    page = page_of(supported(MODERATE, prior=0.003))
    assert page.xpath("//header/@class") == ["head look"]
    _, card, _ = page.xpath("//div[starts-with(@class, 'card ')]")
    assert "probable" in card.get("class")
    text = text_of(card)
    assert "likelihood ratio 35 Moderate support" in text
    assert "35 times likelier if a machine translated it than if a person did." in text
    assert [[text_of(cell) for cell in row] for row in card.xpath(".//tbody/tr")] == [
        ["0.3% (as you stated)", "9.6%"],
        ["1%", "26%"],
        ["10%", "80%"],
        ["50%", "97%"],
    ]
    assert "strong support or more: none of 903 by people, 27% of machines'" in text
    assert "moderate support or more: 1.3% of 903 by people, 52% of machines'" in text
    assert "wmt13, wmt14" in text
    assert "from 0.018 to 120 " in text
    assert "threshold" not in text
    assert "Moderate support, likelihood ratio 35" in text_of(section(page, "evidence"))


@pytest.mark.parametrize(
    ("prior", "shown"), [(0.995, "99.5%"), (0.9999, "99.99%"), (0.29, "29%"), (1e-05, "0.001%")]
)
def test_a_prior_is_shown_as_it_was_given(prior: float, shown: str) -> None:
    cells = page_of(supported(MODERATE, prior=prior)).xpath("//tr[@class='users']/td")
    assert text_of(cells[0]) == f"{shown} (as you stated)"


def test_rates_say_that_they_know_no_bounds() -> None:
    rates = (SupportRate(Support.STRONG, 0.0001, 0.997),)
    page = page_of(supported(replace(MODERATE, high=16.0, rates=rates)))
    text = text_of(section(page, "verdict"))
    assert "and before the bounds below, got" in text
    assert "under 0.05% of 903 by people, over 99% of machines'" in text
    assert "to 16 for a text of this length, and none beyond" in text


def test_no_posterior_is_certainty() -> None:
    page = page_of(supported(replace(MODERATE, ratio=1e6, high=1e9)))
    cells = section(page, "verdict").xpath(".//tbody/tr[last()]/td")
    assert [text_of(cell) for cell in cells] == ["50%", "over 99%"]


def test_sentences_of_the_page_have_spaces_between_them() -> None:
    text = text_of(page_of(supported(MODERATE)))
    assert "further steps beyond). The third score has points" in text
