import json

import pytest

from mtpipe.errors import ConfigError, InputError, QualityRegression
from mtpipe.pipeline.bench.compare import (
    Verdict,
    compare_reports,
    read_floors,
    require_floors,
)
from mtpipe.pipeline.bench.publish import publish
from mtpipe.pipeline.bench.run import measure


@pytest.fixture
def reports(plan, worker, tmp_path):
    """Two reports: beam 4 gets everything right, beam 1 little of it at four times the speed."""

    def make(*beams):
        out = tmp_path / "-".join(map(str, beams))
        publish(measure(plan(*beams), out), out)
        return out / "report.json"

    return make


def verdicts(found):
    return {each.figure: each.verdict for each in found}


def test_better_and_worse(reports):
    found = compare_reports(reports(4), reports(1))
    assert verdicts(found) == {
        "chrF2": Verdict.WORSE,
        "BLEU": Verdict.WORSE,
        "per_second": Verdict.BETTER,
        "peak_mb": Verdict.BETTER,
        "size_mb": Verdict.BETTER,
    }
    assert found[0].test.startswith("p = 0.0")
    assert found[0].change < -40


def test_the_same_is_the_same(reports):
    path = reports(2, 1)
    assert {each.verdict for each in compare_reports(path, path)} == {Verdict.SAME}


def test_without_counts_the_intervals_decide(reports):
    paths = reports(4), reports(1)
    for path in paths:
        for counts in path.parent.rglob("*.npz"):
            counts.unlink()
    found = compare_reports(*paths)
    assert (found[0].verdict, found[0].test) == (Verdict.WORSE, "intervals")


def test_configurations_are_matched_by_label(reports):
    found = compare_reports(reports(1, 2), reports(2, 4))
    assert {each.label for each in found} == {"starter ctranslate2 int8 beam 2"}


def test_other_lines_cannot_be_compared(reports, testset):
    before = reports(1)
    testset.write_text(testset.read_text() + "Noch einer.\tOne more.\n")
    with pytest.raises(InputError, match="isn't the same"):
        compare_reports(before, reports(2))


def test_what_is_no_report(tmp_path):
    path = tmp_path / "x.json"
    for text in ("{}", "[]", "?", '{"format": 1, "task": "translate", "sets": [1]}'):
        path.write_text(text)
        with pytest.raises(InputError):
            compare_reports(path, path)


def test_floors(reports, tmp_path):
    path = tmp_path / "floors.toml"
    before, after = reports(4), reports(1)
    found = compare_reports(before, after)
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


@pytest.mark.parametrize("text", ["x", "[other]\n", "[tolerance]\nchrF2 = 'a'\n", "floors = 1\n"])
def test_a_bad_floor_file(tmp_path, text):
    path = tmp_path / "floors.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        read_floors(path)


def test_a_speed_that_varies_is_not_called_slower(reports):
    before, after = reports(1), reports(2)
    record = json.loads(after.read_text())
    row = record["sets"][0]["directions"]["de-en"][0]
    row["speed"]["per_second"] = {"value": 20.0, "low": 5.0, "high": 50.0}
    after.write_text(json.dumps(record))
    assert verdicts(compare_reports(before, after))["per_second"] is Verdict.SAME
