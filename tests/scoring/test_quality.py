"""Scores without a reference, and learned metrics behind a program that stands in for them."""

import sys
from pathlib import Path

import pytest
from sacrebleu.metrics import CHRF

from mtpipe.errors import DependencyMissing, EngineError
from mtpipe.scoring.quality import LearnedMetric, QualityName, model_score, round_trip
from mtpipe.scoring.resampling import Sampling, confidence
from mtpipe.scoring.significance import PairedMethod, compare

SOURCE = ["Guten Tag.", "Der Rat tagt."]


def test_round_trip_is_chrf_against_the_source() -> None:
    back = ["Guten Morgen.", "Der Rat tagt."]
    score = round_trip(SOURCE, back, system="en-de|fake:1").score
    assert score.value == CHRF().corpus_score(back, [SOURCE]).score
    assert score.name == "round trip chrF2"
    assert score.signature.endswith("|back:en-de|fake:1")


def test_model_score_is_a_mean_of_segments() -> None:
    statistics = model_score([-1.0, -2.0, -6.0], system="fake")
    assert statistics.score.value == -3.0
    assert statistics.score_of([0, 1]).value == -1.5
    assert [score.value for score in statistics.segment_scores] == [-1.0, -2.0, -6.0]
    estimate = confidence(statistics, Sampling(200))
    assert -5 < estimate.mean < -2
    assert 0 < estimate.half_width < 3


@pytest.mark.parametrize("method", PairedMethod)
def test_means_are_tested_as_metrics_are(method: PairedMethod) -> None:
    better = model_score([-1.0 - i % 3 for i in range(60)], system="fake")
    worse = model_score([-2.0 - i % 3 for i in range(60)], system="fake")
    result = compare({"worse": worse, "better": better}, method, Sampling(400))
    assert [cluster.systems for cluster in result.clusters] == [("better",), ("worse",)]
    assert result.signature.endswith("|seed:12345|model:fake")


PROGRAM = """
import json, sys
options = dict(zip(sys.argv[1:], sys.argv[2:]))
if "--to_json" in options:
    rows = [len(line) / 100 for line in open(options["-t"], encoding="utf-8")]
    if "-r" in sys.argv:
        rows = [row + 1 for row in rows]
    json.dump({"t.txt": [{"COMET": row} for row in rows]}, open(options["--to_json"], "w"))
else:
    with open(options["--output_file"], "w") as out:
        for line in open(options["--input_file"], encoding="utf-8"):
            record = json.loads(line)
            value = 2.0 if "--qe" in sys.argv else float(len(record["reference"]))
            out.write(json.dumps({**record, "prediction": value}) + "\\n")
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    for variable in ("MTPIPE_COMET", "MTPIPE_METRICX"):
        monkeypatch.setenv(variable, f"{sys.executable} {path}")
    return path


@pytest.mark.parametrize(
    ("name", "value", "title", "higher"),
    [
        (QualityName.COMET, 1.04, "COMET", True),
        (QualityName.COMET_KIWI, 0.04, "CometKiwi", True),
        (QualityName.METRICX, 3.0, "MetricX", False),
        (QualityName.METRICX_QE, 2.0, "MetricX-QE", False),
    ],
)
def test_learned_metrics_run_as_programs(
    program: Path, name: QualityName, value: float, title: str, higher: bool
) -> None:
    reference = ["abc", "abc"] if name.needs_reference else None
    statistics = LearnedMetric(name).measure(SOURCE, ["äbc", "ébc"], reference)
    assert statistics.score.value == pytest.approx(value)
    assert statistics.score.name == title
    assert statistics.metric.higher_is_better is higher
    assert statistics.score.signature.startswith("model:")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('out of memory')", "failed: out of memory"),
        ("", "wrote no scores"),
        (PROGRAM.replace('"COMET"', '"other"'), "wrote no scores"),
        (PROGRAM.replace("for row in rows]}", "for row in rows[1:]]}"), "1 scores for 2"),
    ],
    ids=["exit", "nothing", "other fields", "too few"],
)
def test_what_goes_wrong_with_a_program_is_said(program: Path, code: str, message: str) -> None:
    program.write_text(code, encoding="utf-8")
    with pytest.raises(EngineError, match=message):
        LearnedMetric(QualityName.COMET).measure(SOURCE, SOURCE, SOURCE)


@pytest.mark.parametrize("name", ["MTPIPE_COMET", "MTPIPE_METRICX"])
def test_a_metric_that_isnt_installed_says_how(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "no-such-program --x")
    metric = QualityName.COMET if name == "MTPIPE_COMET" else QualityName.METRICX
    with pytest.raises(DependencyMissing, match="no-such-program") as caught:
        LearnedMetric(metric)
    assert name in (caught.value.hint or "")
