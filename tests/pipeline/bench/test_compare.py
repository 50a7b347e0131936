import json

import pytest

from mtpipe.errors import InputError
from mtpipe.pipeline.bench.compare import compare_figures
from mtpipe.types.benchmark import FigureVerdict


def change(path, how):
    """Change the rows of a report."""
    record = json.loads(path.read_text())
    how(record["sets"][0]["directions"]["de-en"])
    path.write_text(json.dumps(record))


def verdicts(found):
    return {each.figure: each.verdict for each in found}


def test_better_and_worse(reports):
    found = compare_figures(reports(4), reports(1))
    assert verdicts(found) == {
        "chrF2": FigureVerdict.WORSE,
        "BLEU": FigureVerdict.WORSE,
        "per_second": FigureVerdict.BETTER,
        "peak_mb": FigureVerdict.BETTER,
        "size_mb": FigureVerdict.BETTER,
    }
    assert found[0].test.startswith("p = 0.0")
    assert found[0].change < -40


def test_the_same_is_the_same(reports):
    path = reports(2, 1)
    assert {each.verdict for each in compare_figures(path, path)} == {FigureVerdict.SAME}


def test_without_counts_the_intervals_decide(reports):
    paths = reports(4), reports(1)
    for path in paths:
        for counts in path.parent.rglob("*.npz"):
            counts.unlink()
    found = compare_figures(*paths)
    assert (found[0].verdict, found[0].test) == (FigureVerdict.WORSE, "intervals")


def test_configurations_are_matched_by_label(reports):
    found = compare_figures(reports(1, 2), reports(2, 4))
    assert {each.label for each in found if each.verdict is FigureVerdict.SAME} == {
        "starter ctranslate2 int8 beam 2"
    }


def test_what_the_later_report_lacks_is_gone(reports):
    found = compare_figures(reports(1, 2), reports(2, 4))
    [gone] = [each for each in found if each.verdict is FigureVerdict.GONE]
    assert (gone.label, gone.figure) == ("starter ctranslate2 int8 beam 1", "chrF2")
    assert (gone.after, gone.change, gone.words) == (None, None, "gone")


def test_a_direction_without_figures_is_gone_like_any_other(reports):
    before, after = reports(1, 2), reports(2, 4)
    change(before, lambda rows: [row.update(quality={}) for row in rows])
    [gone] = [e for e in compare_figures(before, after) if e.verdict is FigureVerdict.GONE]
    assert (gone.label, gone.figure) == ("starter ctranslate2 int8 beam 1", "items")
    assert gone.before == 8


def test_a_set_that_is_gone(reports):
    before, after = reports(1), reports(1, 2)
    record = json.loads(before.read_text())
    record["sets"].append({**record["sets"][0], "name": "web"})
    before.write_text(json.dumps(record))
    found = compare_figures(before, after)
    assert [each.set_name for each in found if each.verdict is FigureVerdict.GONE] == ["web"]
    # The other way round nothing is gone; what is new isn't compared.
    assert all(each.verdict is FigureVerdict.SAME for each in compare_figures(after, after))


def test_a_figure_that_is_gone(reports):
    before, after = reports(1), reports(2)
    change(after, lambda rows: (rows[0]["quality"].pop("BLEU"), rows[0].update(speed=None)))
    assert {
        figure: verdict
        for figure, verdict in verdicts(compare_figures(before, after)).items()
        if figure not in ("chrF2", "size_mb")
    } == dict.fromkeys(("BLEU", "per_second", "peak_mb"), FigureVerdict.UNMEASURED)


def test_nothing_in_common(reports, tmp_path):
    before, after = reports(1, 2), reports(4)
    with pytest.raises(InputError, match="in common"):
        compare_figures(before, after)


def test_one_on_each_side_are_compared_under_both_labels(reports):
    found = compare_figures(reports(4), reports(1))
    assert {each.label for each in found} == {
        "starter ctranslate2 int8 beam 4 -> starter ctranslate2 int8 beam 1"
    }
    path = reports(2)
    assert {each.label for each in compare_figures(path, path)} == {
        "starter ctranslate2 int8 beam 2"
    }


def test_two_revisions_of_one_label_are_told_apart(reports):
    path = reports(1, 2)

    def rename(rows):
        for row, digit in zip(rows, "ab", strict=True):
            row["configuration"] |= {"label": "m", "beam": 0, "revision": digit * 12}

    change(path, rename)
    values = {each.label: each.before for each in compare_figures(path, path)[::5]}
    assert values.keys() == {"m @aaaaaa", "m @bbbbbb"}
    assert values["m @aaaaaa"] < values["m @bbbbbb"]
    other = reports(2, 1)
    change(other, rename)
    change(other, lambda rows: rows.pop())
    found = compare_figures(path, other)
    assert [each.label for each in found if each.verdict is FigureVerdict.GONE] == ["m @bbbbbb"]


def test_means_over_other_directions_are_not_compared(reports):
    before, after = reports(1), reports(2)
    for path, directions in ((before, 3), (after, 2)):
        record = json.loads(path.read_text())
        [each] = record["sets"]
        each["overall"] = each["directions"]["de-en"]
        for name in ("de-fr", "fr-de")[: directions - 1]:
            each["directions"][name] = each["directions"]["de-en"]
            each["sha256"][name] = each["sha256"]["de-en"]
        path.write_text(json.dumps(record))
    assert {each.direction for each in compare_figures(before, before)} == {
        *("mean", "de-en", "de-fr", "fr-de")
    }
    found = compare_figures(before, after)
    assert {each.direction for each in found if each.verdict is not FigureVerdict.GONE} == {
        "de-en",
        "de-fr",
    }
    assert {each.direction for each in found if each.verdict is FigureVerdict.GONE} == {"fr-de"}


def test_other_lines_cannot_be_compared(reports, testset):
    before = reports(1)
    testset.write_text(testset.read_text() + "Noch einer.\tOne more.\n")
    with pytest.raises(InputError, match="isn't the same"):
        compare_figures(before, reports(2))


def test_what_is_no_report(tmp_path):
    path = tmp_path / "x.json"
    for text in ("{}", "[]", "?", '{"format": 1, "task": "translate", "sets": [1]}'):
        path.write_text(text)
        with pytest.raises(InputError):
            compare_figures(path, path)


def test_a_speed_that_varies_is_not_called_slower(reports):
    before, after = reports(1), reports(2)
    record = json.loads(after.read_text())
    row = record["sets"][0]["directions"]["de-en"][0]
    row["speed"]["per_second"] = {"value": 20.0, "low": 5.0, "high": 50.0}
    after.write_text(json.dumps(record))
    assert verdicts(compare_figures(before, after))["per_second"] is FigureVerdict.SAME


def test_counts_of_a_later_run_are_not_taken_for_those_of_a_report(reports):
    """A report that was put aside in the same folder, before what is beside it was measured again."""
    after = reports(1)
    before = after.with_name("before.json")
    record = json.loads(after.read_text())
    row = record["sets"][0]["directions"]["de-en"][0]
    row["quality"]["chrF2"] = {"value": 90.0, "low": 89.0, "high": 91.0}
    before.write_text(json.dumps(record))
    [chrf] = [each for each in compare_figures(before, after) if each.figure == "chrF2"]
    assert (chrf.verdict, chrf.test) == (FigureVerdict.WORSE, "intervals")


@pytest.mark.parametrize(("field", "value"), [("machine", "another"), ("threads", 64)])
def test_speeds_of_different_machines_are_not_judged(reports, field, value):
    before, after = reports(4), reports(1)
    record = json.loads(after.read_text())
    after.write_text(json.dumps({**record, field: value}))
    found = {each.figure: each for each in compare_figures(before, after)}
    for figure in ("per_second", "peak_mb"):
        assert found[figure].words == "not tested (on another machine, or with other threads)"
    assert found["size_mb"].verdict is FigureVerdict.BETTER
    assert found["chrF2"].verdict is FigureVerdict.WORSE


def test_one_round_says_nothing_of_chance(reports):
    before, after = reports(4), reports(1)
    change(after, lambda rows: rows[0]["speed"].update(rounds=1))
    found = {each.figure: each for each in compare_figures(before, after)}
    assert found["per_second"].words == "not tested (one round)"


def test_what_no_test_is_of_is_not_called_the_same(reports):
    before, after = reports(1), reports(2)
    for path, value in ((before, 95.0), (after, 80.0)):
        change(path, lambda rows, v=value: rows[0].update(quality={"strict F1": {"value": v}}))
    assert verdicts(compare_figures(before, after))["strict F1"] is FigureVerdict.UNTESTED
    assert verdicts(compare_figures(before, before))["strict F1"] is FigureVerdict.SAME
