"""A detector's probabilities by engine, generation, test set and direction, and ratio by ratio."""

import json
from math import log10

import pytest

from mtpipe.errors import MalformedRecord
from mtpipe.pipeline.bench.detection import detection_groups, ratio_shares
from mtpipe.pipeline.bench.labelled import read_labelled
from mtpipe.pipeline.bench.quality import detection_quality
from mtpipe.pipeline.bench.units import Unit
from mtpipe.pipeline.detect.pairs import read_pairs
from mtpipe.types import Direction

DE_EN, FR_EN = map(Direction.parse, ("de-en", "fr-en"))


def unit(direction: Direction, *cases: tuple[str, str, str]) -> Unit:
    """Of label, engine and test set each."""
    return Unit(
        direction,
        (("a",),) * len(cases),
        (),
        tuple((("b",), label) for label, _, _ in cases),
        tuple(case[1:] for case in cases),
    )


UNITS = (
    unit(
        DE_EN,
        ("human", "reference", "wmt18"),
        ("human", "reference", "wmt23"),
        ("machine", "bergamot-tiny", "wmt18"),
        ("machine", "bergamot-base", "wmt23"),
        ("machine", "GPT4-5shot", "wmt23"),
    ),
    unit(FR_EN, ("human", "reference", "wmt18"), ("machine", "bergamot-tiny", "wmt18")),
)
# At even odds these are ratios of 1, 4, 99, 19, 1/4; 1/9 and 999.
OUTPUTS = ([0.5, 0.8, 0.99, 0.95, 0.2], [0.1, 0.999])


def test_parts() -> None:
    groups = {(g.kind, g.name): g for g in detection_groups(UNITS, OUTPUTS, 0.5)}
    assert list(groups) == [
        ("engine", "bergamot"),
        ("engine", "gpt4"),
        ("generation", "large language model"),
        ("generation", "translation model"),
        ("test set", "wmt18"),
        ("test set", "wmt23"),
        ("direction", "de-en"),
        ("direction", "fr-en"),
    ]
    bergamot, gpt = groups["engine", "bergamot"], groups["engine", "gpt4"]
    assert (bergamot.machines, bergamot.people, bergamot.roc_area) == (3, 3, 1.0)
    assert bergamot.support["moderate support"] == (1.0, 0.0)
    assert bergamot.support["strong support"] == pytest.approx((1 / 3, 0.0))
    assert gpt.roc_area == pytest.approx(1 / 3)
    assert groups["test set", "wmt23"].people == 1


def test_a_kind_of_one_name_is_no_part() -> None:
    groups = detection_groups(UNITS[1:], OUTPUTS[1:], 0.5)
    assert not groups


def test_a_part_without_people_has_no_area() -> None:
    only = (unit(DE_EN, ("human", "", "a"), ("machine", "x", "b")),)
    groups = {g.name: g for g in detection_groups(only, ([0.1, 0.9],), 0.5)}
    assert groups["a"].roc_area is None
    assert groups["b"].people == 0


def test_shares_that_reach_a_ratio() -> None:
    points = ratio_shares(UNITS, OUTPUTS, 0.5)
    assert len(points) == 7
    assert points[0].machines == points[0].people == 1.0
    assert points[-1].log10_ratio == pytest.approx(log10(999), abs=0.01)
    assert (points[-1].machines, points[-1].people) == (0.25, 0.0)
    assert ratio_shares((unit(DE_EN, ("human", "", "")),), ([0.5],), 0.5) == ()


@pytest.mark.parametrize(("prior", "cost"), [(0.5, 1.0), (0.6, 1.0)])
def test_saying_what_was_presumed_is_saying_nothing(prior: float, cost: float) -> None:
    found = detection_quality(UNITS[1], [prior, prior], prior)
    assert found["figures"]["Cllr"]["value"] == pytest.approx(cost)
    assert found["figures"]["minimum Cllr"]["value"] == pytest.approx(1.0)


def test_certain_and_wrong_is_reported_as_it_is() -> None:
    """A cost that is infinite has no place in JSON; the largest number stands for it."""
    found = detection_quality(UNITS[1], [1.0, 0.0], 0.5)
    text = json.dumps(found, allow_nan=False)
    assert json.loads(text)["figures"]["Cllr"]["value"] > 100


def test_of_one_kind_alone_nothing_is_said() -> None:
    found = detection_quality(unit(DE_EN, ("machine", "x", "a")), [0.9])
    assert (found["items"], found["figures"]) == (1, {})


def test_origins_are_read_and_change_no_digest(tmp_path) -> None:
    row = {"pair": "de-en", "label": "human", "source": ["a"], "candidate": ["b"]}
    plain, named = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    plain.write_text(json.dumps(row))
    named.write_text(json.dumps({**row, "system": "reference", "set": "wmt18"}))
    [without], [having] = read_labelled(plain), read_labelled(named)
    assert without.origins == (("", ""),)
    assert having.origins == (("reference", "wmt18"),)
    assert without.sha256 == having.sha256


def test_rows_are_those_that_calibration_reads(tmp_path) -> None:
    row = {
        "label": "machine",
        "engine": "google",
        "original": {"language": "de", "text": ["a"]},
        "candidate": {"language": "en", "text": ["b"]},
    }
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row))
    [unit] = read_labelled(path)
    assert (unit.name, unit.sources, unit.gold) == ("de-en", (("a",),), ((("b",), "machine"),))
    assert unit.origins == (("google", ""),)
    [pair] = read_pairs(path)
    assert (pair.engine, pair.label, str(pair.direction)) == ("google", "machine", "de-en")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"original": None}, "no original"),
        ({"original": {"language": "de", "text": "a"}}, "lists of sentences"),
        ({"candidate": ["b"]}, "isn't an object"),
    ],
    ids=["no original", "a text that isn't cut", "no language"],
)
def test_rows_that_can_not_be_measured_are_named(tmp_path, change, words) -> None:
    side = {"language": "de", "text": ["a"]}
    row = {"label": "human", "original": side, "candidate": {**side, "language": "en"}}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row | change))
    with pytest.raises(MalformedRecord, match=words):
        list(read_labelled(path))


def test_the_calibration_error_says_what_share_it_is_of() -> None:
    signatures = detection_quality(UNITS[1], [0.1, 0.9], 0.6)["metric_signatures"]
    assert "presume 60% machines" in signatures["calibration error"]
