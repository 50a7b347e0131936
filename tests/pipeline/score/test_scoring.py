"""Scoring as a call: material in, report out."""

import itertools
from pathlib import Path

import pytest
from sacrebleu.metrics import CHRF

from mtpipe.errors import ConfigError, InputError
from mtpipe.pipeline.score.examples import compare_segments
from mtpipe.pipeline.score.scoring import (
    Material,
    ScoreOptions,
    parse_metric,
    read_material,
    score_material,
)
from mtpipe.scoring.metrics import Metric
from mtpipe.scoring.quality import QualityName
from mtpipe.scoring.significance import PairedMethod, Sampling
from mtpipe.types import Direction
from mtpipe.types.choices import MetricName

REFERENCE = ("one two three", "four five six", "seven eight nine")
MATERIAL = Material(
    systems={
        "a": ("one two three", "four x", "seven eight nine"),
        "b": ("one y", "four five six", "seven eight nine"),
    },
    references=(REFERENCE,),
    labels={"document": ("d1", "d2", "d1")},
)


@pytest.mark.parametrize(("text", "metric"), [("chrF++", MetricName.CHRF_PLUS_PLUS),
                                              ("CometKiwi", QualityName.COMET_KIWI)])  # fmt: skip
def test_metrics_have_names(text: str, metric: object) -> None:
    assert parse_metric(text) is metric
    with pytest.raises(ConfigError, match="no metric 'bluh'"):
        parse_metric("bluh")


def test_documents_are_scored_as_files_of_their_own() -> None:
    options = ScoreOptions(metrics=(MetricName.CHRF,), by=("document",))
    _, first, second = score_material(MATERIAL, options).tables
    assert (first.name, first.segments, second.name, second.segments) == ("d1", 2, "d2", 1)
    for row in first.rows:
        texts = MATERIAL.systems[row.system]
        expected = CHRF().corpus_score([texts[0], texts[2]], [[REFERENCE[0], REFERENCE[2]]])
        assert row.cells[0].value == expected.score


def test_each_system_is_measured_once_by_each_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = itertools.count()
    measure = Metric.measure
    monkeypatch.setattr(Metric, "measure", lambda *a: (next(calls), measure(*a))[1])
    plan: list[int] = []
    steps: list[str] = []
    options = ScoreOptions(
        paired=PairedMethod.BOOTSTRAP,
        sampling=Sampling(20),
        by=("document", "segment"),
        examples=2,
    )
    report = score_material(MATERIAL, options, on_plan=plan.append, on_step=steps.append)
    assert next(calls) == 4
    assert plan == [len(steps)] == [6]
    assert len(report.tables) == 1 + 2 + 3
    assert report.comparison is not None


def test_segments_that_differ_most() -> None:
    measured = {
        name: Metric(MetricName.CHRF, MATERIAL.references).measure(texts)
        for name, texts in MATERIAL.systems.items()
    }
    found = compare_segments(MATERIAL, measured, examples=5)
    assert [segment.number for segment in found.first_better] == [1]
    assert [segment.number for segment in found.second_better] == [2]
    assert found.differing == 2
    assert found.first_better[0].label == "d1"
    turned = compare_segments(MATERIAL, measured, examples=5, between=("b", "a"))
    assert [segment.number for segment in turned.first_better] == [2]


def test_worst_segments_of_one_system_by_a_metric_where_less_is_better() -> None:
    material = Material({"a": MATERIAL.systems["a"]}, MATERIAL.references)
    measured = {"a": Metric(MetricName.TER, MATERIAL.references).measure(material.systems["a"])}
    found = compare_segments(material, measured, examples=5)
    assert [segment.number for segment in found.first_better] == [2]
    assert (found.first_better[0].first, found.first) == (REFERENCE[1], "reference")


def test_sources_come_with_what_translate_wrote(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text(
        '{"id": "a", "paragraphs": [{"sentences": [{"source": "s", "target": "t"}]}]}\n'
    )
    (tmp_path / "ref").write_text("r\n")
    direction = Direction.parse("de-en")
    material = read_material(
        [f"x={tmp_path / 'out.jsonl'}"], [str(tmp_path / "ref")], direction=direction
    )
    assert material.systems == {"x": ("t",)}
    assert (material.source, material.labels) == (("s",), {"document": ("a",)})
    assert material.direction == direction
    assert [entry.role for entry in material.inputs] == ["reference", "hypothesis", "source"]


def test_a_label_file_of_another_length(tmp_path: Path) -> None:
    for name, text in (("a", "x\ny\n"), ("ids", "1\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"ids has 1 segments, but .*a has 2"):
        read_material([str(tmp_path / "a")], labels={"document": str(tmp_path / "ids")})
