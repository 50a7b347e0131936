"""No line of evidence reads the other way than it counts."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.detection.card import Scale, Weight, read_card
from mtpipe.detection.features import Family
from mtpipe.detection.scores import family_of, machine_score, translation_score
from mtpipe.detection.wording import machine_evidence, translation_evidence
from mtpipe.models.cards import bundled_directory
from mtpipe.types import Evidence

CARD = read_card(bundled_directory() / "verdict" / "card.toml")
SCALES = {
    "without a model": CARD.machine_made,
    "with the starter": CARD.machine_made_engine,
    "with a good model": CARD.machine_made_agreement,
}
FIGURE = re.compile(r"[-+]?\d+(?:\.\d+)?")
BESIDE = re.compile(r"\((?:people|other articles) ([^,]+), (?:machines|translations) ([^;)]+)")


def reading(evidence: Evidence) -> float:
    """Below 0 what reads against, above 0 what reads for it, from the words alone."""
    said, _, rest = evidence.description.partition(" (")
    if not (beside := BESIDE.search(f"({rest}")):
        return 0.0
    no, yes = (float(text.strip("%")) for text in beside.groups())
    value = float(FIGURE.findall(said)[-1])
    return (value - no) / (yes - no) - 0.5


def features_between(scale: Scale, places: list[float]) -> dict[str, float]:
    """A value for each feature, so far from what is typical of a no to what is of a yes."""
    return {
        name: weight.typical[0] + place * (weight.typical[1] - weight.typical[0])
        for (name, weight), place in zip(scale.weights.items(), places, strict=False)
    }


PLACES = st.lists(st.floats(-1.5, 2.5), min_size=120, max_size=120)


@pytest.mark.parametrize("name", SCALES)
@settings(max_examples=40, deadline=None)
@given(places=PLACES)
def test_evidence_of_machines_reads_as_it_counts(name: str, places: list[float]) -> None:
    scale = SCALES[name]
    score = machine_score(features_between(scale, places), scale, 12)
    families = {family_of(feature) for feature in scale.weights}
    assert len(score.evidence) >= len(families)
    for evidence in score.evidence:
        said = reading(evidence)
        # Rounding may bring a value to the middle between the typical ones, not beyond it.
        assert said * evidence.weight >= 0 or abs(said) < 0.3, evidence


@settings(max_examples=40, deadline=None)
@given(places=PLACES)
def test_evidence_of_translation_reads_as_it_counts(places: list[float]) -> None:
    scale = CARD.translation_of
    score = translation_score(features_between(scale, places), scale, 12)
    assert len(score.evidence) == len(scale.weights)
    for evidence in score.evidence:
        assert reading(evidence) * evidence.weight >= 0 or abs(reading(evidence)) < 0.1, evidence


def scale_of(**weights: Weight) -> Scale:
    return Scale(0.0, weights, ((12, 1.0),), 0.5, 0.01, "")


FORM = scale_of(
    punctuation_differs=Weight(-1.0, 0.12, 0.1, (0.16, 0.11)),
    comma_differs=Weight(1.0, 0.65, 0.6, (0.74, 0.61)),
    stop_differs=Weight(2.0, 0.11, 0.1, (0.11, 0.11)),
)


@pytest.mark.parametrize(
    ("total", "values", "feature", "begins"),
    [
        pytest.param(
            -0.9, (0.20, 0.5, 0.1), "punctuation_differs", "20% of", id="a people's value"
        ),
        pytest.param(
            0.9, (0.10, 0.9, 0.1), "punctuation_differs", "10% of", id="a machine's value"
        ),
        pytest.param(
            -0.9, (0.10, 0.9, 0.1), "comma_differs", "Commas differ by 0.90", id="another"
        ),
        pytest.param(
            -0.9,
            (0.10, 0.5, 0.9),
            "",
            "Length and punctuation of the sentences: all measures together are more like people's",
            id="none reads so",
        ),
    ],
)
def test_the_measure_that_carries_the_sign_is_shown(
    total: float, values: tuple[float, ...], feature: str, begins: str
) -> None:
    features = dict(zip(FORM.weights, values, strict=True))
    added = FORM.contributions(features, 12)
    [evidence] = machine_evidence({Family.FORM: total}, added, features, FORM)
    assert evidence.id == "form"
    assert evidence.weight == total
    assert evidence.feature == feature
    assert evidence.value == features.get(feature)
    assert evidence.description.startswith(begins)


def test_a_feature_that_corrects_others_stands_without_what_is_typical() -> None:
    scale = scale_of(numbers_shared=Weight(-0.5, 0.5, 0.4, (0.24, 0.79)))
    features = {"numbers_shared": 0.9}
    [evidence] = translation_evidence(scale.contributions(features, 12), features, scale)
    assert evidence.weight < 0
    assert evidence.description == "90% of the figures of the article with fewer are in both"


@pytest.mark.parametrize(
    ("value", "begins"),
    [
        (1.0, "100% of the figures"),
        (0.998, "Over 99% of the figures"),
        (0.002, "Under 1% of the figures"),
        (0.0, "0% of the figures"),
    ],
)
def test_nearly_all_is_not_all(value: float, begins: str) -> None:
    scale = scale_of(numbers_shared=Weight(0.5, 0.5, 0.4, (0.004, 0.999)))
    features = {"numbers_shared": value}
    [evidence] = translation_evidence(scale.contributions(features, 12), features, scale)
    assert evidence.description.startswith(begins)
    assert "(other articles under 1%, translations over 99%)" in evidence.description
