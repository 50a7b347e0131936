import json

import pytest

from mtpipe.errors import ConfigError, InputError, QualityRegression
from mtpipe.pipeline.bench.compare import compare_figures
from mtpipe.pipeline.bench.floors import SCORES, read_floors, require_floors
from mtpipe.pipeline.bench.quality import alignment_quality, detection_quality, translation_quality
from mtpipe.pipeline.bench.units import Unit
from mtpipe.types import Direction
from mtpipe.types.choices import MetricName


def test_floors(reports, tmp_path):
    path = tmp_path / "floors.toml"
    before, after = reports(4), reports(1)
    found = compare_figures(before, after)
    for text, message in (
        ("[tolerance]\nchrF2 = 1.0\n", "chrF2 went from"),
        ("[tolerance]\nchrF2 = 90.0\n", None),
        ("[tolerance]\nspeed = 0.1\n", None),
        ("[floors.news.de-en]\nchrF2 = 99\n", "the floor 99.00"),
        ("[floors.news.de-en]\nchrF2 = 1\n", None),
        ("[floors.news.de-en]\nper_second = 1000\n", "per_second is 40.00"),
        ("[floors.news.de-en]\npeak_mb = 5\n", "peak_mb is 10.00"),
        ("[floors.news.de-en]\nsize_mb = 5\n", None),
    ):
        path.write_text(text)
        if message is None:
            require_floors(read_floors(path), found, after)
        else:
            with pytest.raises(QualityRegression, match=message) as error:
                require_floors(read_floors(path), found, after)
            assert error.value.exit_code == 7


def test_a_floor_under_nothing_is_an_error(reports, tmp_path):
    path = tmp_path / "floors.toml"
    after = reports(1)
    for text in ("[floors.other.de-en]\nchrF2 = 1\n", "[floors.news.de-en]\nTER = 1\n"):
        path.write_text(text)
        with pytest.raises(InputError, match="wasn't measured"):
            require_floors(read_floors(path), [], after)


@pytest.mark.parametrize(
    "text", ["x", "[tolerance]\nchrF2 = 'a'\n", "[tolerance]\nchrF2 = nan\n", "floors = 1\n"]
)
def test_a_bad_floor_file(tmp_path, text):
    path = tmp_path / "floors.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_floors(path)


@pytest.mark.parametrize(
    ("text", "name", "known"),
    [
        ("[tolerance]\nBLUE = 3\n", "BLUE", "BLEU"),
        ("[tolerance]\nchrf = 3\n", "chrf", "chrF2"),
        ("[tolerance]\nper_second = 3\n", "per_second", "speed"),
        ("[floors.news.de-en]\nspeed = 3\n", "speed", "per_second"),
        ("[tolerances]\nchrF2 = 3\n", "tolerances", "tolerance"),
    ],
    ids=str,
)
def test_what_nothing_is_called_is_refused(tmp_path, text, name, known):
    path = tmp_path / "floors.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"'{name}'") as error:
        read_floors(path)
    assert known in error.value.hint.removeprefix("it can be ").split(", ")


def test_every_figure_of_quality_can_have_a_floor():
    direction = Direction.parse("de-en")
    bead, label = ((0,), (0,)), (("a",), "human")
    unit = Unit(direction, ("a",), (("a",),))
    figures = translation_quality(unit, [("a", [])], [*MetricName])[0]["figures"]
    figures |= alignment_quality(Unit(direction, ("a",), (("a",),), (bead,)), [bead])["figures"]
    gold = (label, (("a",), "machine"))
    figures |= detection_quality(Unit(direction, (("a",),) * 2, (), gold), [0.1, 0.9])["figures"]
    assert set(figures) == set(SCORES)


@pytest.mark.parametrize(
    ("figure", "values", "tolerance", "falls"),
    [
        ("ROC area", (0.95, 0.93), 0.01, True),
        ("ROC area", (0.95, 0.945), 0.01, False),
        ("ROC area", (0.93, 0.95), 0.01, False),
        ("Cllr", (0.40, 0.50), 0.05, True),
        ("Cllr", (0.50, 0.40), 0.05, False),
        ("strict F1", (90.0, 80.0), 5.0, True),
    ],
)
def test_a_figure_without_a_test_is_held_by_its_difference(
    reports, tmp_path, figure, values, tolerance, falls
):
    before, after = reports(1), reports(2)
    for path, value in zip((before, after), values, strict=True):
        record = json.loads(path.read_text())
        record["sets"][0]["directions"]["de-en"][0]["quality"] = {figure: {"value": value}}
        path.write_text(json.dumps(record))
    floors = tmp_path / "floors.toml"
    floors.write_text(f'[tolerance]\n"{figure}" = {tolerance}\n')
    found = compare_figures(before, after)
    if falls:
        with pytest.raises(QualityRegression, match=f"{figure} went from"):
            require_floors(read_floors(floors), found, after)
    else:
        require_floors(read_floors(floors), found, after)


def test_what_is_gone_is_a_failure(reports, tmp_path):
    path = tmp_path / "floors.toml"
    path.write_text("[tolerance]\nchrF2 = 90\n")
    before, after = reports(1, 2), reports(2, 4)
    with pytest.raises(QualityRegression, match="int8 beam 1 wasn't measured any more"):
        require_floors(read_floors(path), compare_figures(before, after), after)


def test_a_figure_that_is_gone_is_a_failure_where_it_has_a_tolerance(reports, tmp_path):
    path = tmp_path / "floors.toml"
    before, after = reports(1), reports(2)
    record = json.loads(after.read_text())
    record["sets"][0]["directions"]["de-en"][0]["speed"] = None
    after.write_text(json.dumps(record))
    found = compare_figures(before, after)
    path.write_text("[tolerance]\nchrF2 = 1\n")
    require_floors(read_floors(path), found, after)
    path.write_text("[tolerance]\nspeed = 1\n")
    with pytest.raises(QualityRegression, match="per_second wasn't measured any more"):
        require_floors(read_floors(path), found, after)


def test_the_baseline_has_no_ratio_to_be_below_a_floor(reports, tmp_path):
    """Beam 4 takes four times as long as the baseline, beam 1."""
    path = tmp_path / "floors.toml"
    report = reports(1, 4)
    found = compare_figures(report, report)
    path.write_text("[floors.news.de-en]\nratio = 0.2\n")
    require_floors(read_floors(path), found, report)
    path.write_text("[floors.news.de-en]\nratio = 0.3\n")
    with pytest.raises(QualityRegression, match=r"beam 4: ratio is 0\.2500"):
        require_floors(read_floors(path), found, report)
    with pytest.raises(InputError, match="wasn't measured"):
        require_floors(read_floors(path), [], reports(2))


def test_a_speed_that_can_not_be_tested_is_held_by_its_difference(reports, tmp_path):
    before, after = reports(1), reports(4)
    record = json.loads(after.read_text())
    after.write_text(json.dumps({**record, "machine": "another"}))
    path = tmp_path / "floors.toml"
    path.write_text("[tolerance]\nspeed = 0.1\n")
    found = compare_figures(before, after)
    with pytest.raises(QualityRegression, match=r"from 40.00 to 10.00 \(on another machine"):
        require_floors(read_floors(path), found, after)
    require_floors(read_floors(path), compare_figures(after, before), before)
