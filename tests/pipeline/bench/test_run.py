"""What is measured, and above all what isn't measured again."""

import hashlib
import json
import re
import shutil
from dataclasses import replace

import pytest

import mtpipe
from mtpipe.errors import ConfigError, InputError, OutOfMemory, OutputError
from mtpipe.pipeline.bench import speed, speed_run
from mtpipe.pipeline.bench.compare import compare_figures
from mtpipe.pipeline.bench.publish import publish
from mtpipe.pipeline.bench.run import measure
from mtpipe.pipeline.bench.speed import SpeedPlan
from mtpipe.pipeline.bench.store import Store, alone
from mtpipe.pipeline.bench.summary import summarise
from mtpipe.types import Direction
from mtpipe.types.choices import MetricName
from tests.pipeline.bench.conftest import REFERENCES


def timed(worker):
    return [beam for order, _, beam in worker.log if order == "time"]


def translated(worker):
    return [beam for order, _, beam in worker.log if order == "run"]


def test_everything_is_measured_once(plan, worker, tmp_path):
    out = tmp_path / "out"
    state = measure(plan(1, 2), out)
    assert translated(worker) == [1, 2]
    # Two rounds, both in turn, the order rotating.
    assert timed(worker) == [1, 2, 2, 1]
    assert state.measured == 2 + 4
    worker.log.clear()
    assert measure(plan(1, 2), out).measured == 0
    assert worker.log == []


def test_only_what_is_missing_is_run(plan, worker, tmp_path):
    out = tmp_path / "out"
    measure(plan(1, 2), out)
    worker.log.clear()
    state = measure(plan(1, 2, 4), out)
    assert translated(worker) == [4]
    # The new one beside the baseline, which its speed is compared with; not the other one.
    assert set(timed(worker)) == {1, 4}
    worker.log.clear()
    assert measure(plan(1, 2, 4), out).measured == 0
    report, _ = publish(state, out)
    ratios = [row.speed.ratio for row in report.sets[0].rows]
    assert ratios[0] is None
    assert [ratio.value for ratio in ratios[1:]] == pytest.approx([0.5, 0.25])


@pytest.mark.parametrize("orders", [1, 2, 3, 5, 6, 7, 9, 12, 14, 17])
def test_a_killed_run_goes_on(plan, worker, tmp_path, orders):
    out = tmp_path / "out"
    worker.dies_after = orders
    with pytest.raises(KeyboardInterrupt):
        measure(plan(1, 2), out)
    worker.log.pop()  # the order that was never carried out
    before = translated(worker)
    worker.dies_after = None
    worker.log.clear()
    state = measure(plan(1, 2), out)
    # A translation that was finished isn't done again; rounds are kept as a whole.
    assert before + translated(worker) == [1, 2]
    report, _ = publish(state, out)
    assert [row.speed.rounds for row in report.sets[0].rows] == [2, 2]
    worker.log.clear()
    assert measure(plan(1, 2), out).measured == 0


def test_force_measures_again(plan, worker, tmp_path):
    out = tmp_path / "out"
    measure(plan(1), out)
    worker.log.clear()
    state = measure(plan(1, force=True), out)
    assert (translated(worker), timed(worker)) == ([1], [1, 1])
    report, _ = publish(state, out)
    assert report.sets[0].rows[0].speed.rounds == 2


def test_another_set_of_the_same_name_is_measured_anew(plan, worker, tmp_path, testset):
    out = tmp_path / "out"
    measure(plan(1), out)
    worker.log.clear()
    testset.write_text("".join(testset.read_text().splitlines(keepends=True)[:5]))
    measure(plan(1), out)
    assert (translated(worker), timed(worker)) == ([1], [1, 1])


def test_a_run_on_the_first_lines_stands_beside_the_whole(plan, worker, tmp_path):
    out = tmp_path / "out"
    whole, _ = publish(measure(plan(1, 4), out), out)
    first, _ = publish(measure(plan(1, 4, max_items=3), out), out, worst=1)
    assert [row.items for row in first.sets[0].rows] == [3, 3]
    # Of the first three lines beam 1 gets two right, of all eight a quarter.
    assert first.sets[0].rows[0].quality["chrF2"].value > 60
    worker.log.clear()
    again, _ = publish(measure(plan(1, 4), out), out, worst=8)
    assert worker.log == []
    assert [replace(each, worst=()) for each in again.sets] == list(whole.sets)
    assert len(again.sets[0].worst) == 2 * 8
    assert len(list(out.glob("outputs/*/news.de-en@*.txt"))) == 2 * 2


def test_what_was_measured_of_other_lines_does_not_count(plan, worker, tmp_path, testset):
    out = tmp_path / "out"
    measure(plan(1), out)
    testset.write_text("Etwas anderes.\tSomething else.\n")
    worker.broken = {"int8"}
    state = measure(plan(1), out)
    assert state.failures
    assert summarise(state, Store(out, state.plan.task)).sets[0].directions == {}


def test_a_run_that_fails_leaves_the_report_alone(plan, worker, tmp_path, testset):
    out = tmp_path / "out"
    _, files = publish(measure(plan(1), out), out)
    before = [path.read_bytes() for path in files]
    worker.broken = {"float32"}
    report, written = publish(measure(plan(1, precisions=("float32",)), out), out)
    assert (written, report.sets[0].directions) == ([], {})
    assert "it is broken" in report.warnings[0]
    assert [path.read_bytes() for path in files] == before


def test_the_report_is_of_what_the_run_names_and_the_rest_is_kept(plan, worker, tmp_path, testset):
    out = tmp_path / "out"
    first, [path, *_] = publish(measure(plan(1), out), out)
    other = tmp_path / "web.de-en.tsv"
    other.write_text(testset.read_text())
    publish(measure(replace(plan(1), testsets=[str(other)]), out), out)
    assert [each["name"] for each in json.loads(path.read_text())["sets"]] == ["web"]
    worker.log.clear()
    assert publish(measure(plan(1), out), out)[0] == first
    assert worker.log == []


def test_only_figures_that_were_asked_for_are_shown(plan, worker, tmp_path):
    out = tmp_path / "out"
    measure(plan(1), out)
    metrics = (MetricName.BLEU,)
    report, _ = publish(measure(plan(1, metrics=metrics), out), out)
    assert list(report.sets[0].rows[0].quality) == ["BLEU"]
    worker.broken = {"int8"}
    report, _ = publish(measure(plan(1, metrics=(MetricName.TER,)), out), out)
    assert report.sets[0].directions == {}


def test_directions_of_which_other_metrics_are_known_are_summed_up(plan, worker, tmp_path, testset):
    testset.with_name("news.en-de.tsv").write_text(testset.read_text())
    out = tmp_path / "out"
    for directions, metrics in (
        ([Direction.parse("en-de")], (MetricName.TER, MetricName.CHRF)),
        ([Direction.parse("de-en")], (MetricName.CHRF, MetricName.BLEU)),
        ([], (MetricName.CHRF,)),
    ):
        wanted = plan(1, directions=directions, metrics=metrics, speed=None)
        report, _ = publish(measure(replace(wanted, testsets=[str(testset.parent)]), out), out)
    [each] = report.sets
    rows = [*each.overall, *(row for rows in each.directions.values() for row in rows)]
    assert [list(row.quality) for row in rows] == [["chrF2"]] * 3
    assert rows[0].quality["chrF2"].value == pytest.approx(rows[1].quality["chrF2"].value)


def test_two_sets_of_one_name_are_refused(plan, worker, tmp_path, testset):
    other = tmp_path / "other" / testset.name
    other.parent.mkdir()
    other.write_text("Etwas anderes.\tSomething else.\n")
    with pytest.raises(InputError, match="two test sets are called news") as error:
        measure(replace(plan(1), testsets=[str(testset), str(other)]), tmp_path / "out")
    assert "rename one" in error.value.hint
    assert worker.log == []


def test_more_rounds_are_added(plan, worker, tmp_path):
    from mtpipe.pipeline.bench.speed import SpeedPlan

    out = tmp_path / "out"
    measure(plan(1), out)
    worker.log.clear()
    measure(plan(1, speed=SpeedPlan(lines=4, singles=2, rounds=3)), out)
    assert (translated(worker), timed(worker)) == ([], [1])


def test_one_that_fails_does_not_stop_the_others(plan, worker, tmp_path):
    worker.broken = {"float32"}
    out = tmp_path / "out"
    state = measure(plan(1, precisions=("float32", "int8")), out)
    assert [failure.article_id for failure in state.failures] == [
        "starter ctranslate2 float32 beam 1"
    ]
    report, _ = publish(state, out)
    assert [row.configuration.precision for row in report.sets[0].rows] == ["int8"]
    assert "it is broken" in report.warnings[0]


def test_without_speed(plan, worker, tmp_path):
    out = tmp_path / "out"
    report, _ = publish(measure(plan(1, speed=None), out), out)
    assert timed(worker) == []
    assert report.sets[0].rows[0].speed is None


def test_results_of_another_format_are_not_overwritten(plan, worker, tmp_path):
    out = tmp_path / "out"
    measure(plan(1), out)
    [path] = out.glob("starter/*/news.json")
    path.write_text('{"format": 99}')
    with pytest.raises(InputError, match="isn't from this version"):
        measure(plan(1), out)
    assert path.read_text() == '{"format": 99}'


@pytest.fixture
def trained():
    """Make a model of the starter's files, with weights of its own."""

    def make(folder, weights):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_text(weights)
        (folder / "card.toml").write_text(
            'title = "x"\norigin = "x"\nrevision = "local"\nlicence = "x"\ndirections = ["de-en"]\n'
        )
        return str(folder)

    return make


def test_models_of_one_name_are_told_apart_by_their_revisions(plan, worker, tmp_path, trained):
    models = [trained(tmp_path / n / "tuned", n) for n in "ab"]
    models.append(trained(tmp_path / "run" / "model", "c"))
    out = tmp_path / "out"
    report, _ = publish(measure(replace(plan(1), models=models), out), out)
    labels = [row.configuration.label for row in report.sets[0].rows]
    revisions = [hashlib.sha256(n.encode()).hexdigest()[:6] for n in "ab"]
    assert labels == [
        *(f"tuned@{revision} ctranslate2 int8 beam 1" for revision in revisions),
        "run ctranslate2 int8 beam 1",
    ]
    found = compare_figures(out / "report.json", out / "report.json")
    assert {(each.label, each.verdict.value) for each in found} == {(n, "same") for n in labels}


def test_a_model_without_the_direction(plan, worker, tmp_path):
    from mtpipe.pipeline.bench.contenders import contenders, require_directions
    from mtpipe.types import Direction
    from mtpipe.types.benchmark import BenchmarkTask

    [each] = contenders(BenchmarkTask.TRANSLATE, ["starter"], plan(1).options)
    require_directions([each], [Direction.parse("de-en")])
    object.__setattr__(each, "directions", (Direction.parse("fr-en"),))
    with pytest.raises(ConfigError, match="none of the directions"):
        require_directions([each], [Direction.parse("de-en")])


def test_a_model_that_is_searched_otherwise_is_measured_again(plan, starter, tmp_path):
    from mtpipe.pipeline.bench.contenders import contenders
    from mtpipe.types.benchmark import BenchmarkTask

    folder = tmp_path / "tuned"
    shutil.copytree(starter.directory, folder)
    card, settings = folder / "card.toml", folder / "generation_config.json"

    def revision() -> str:
        [each] = contenders(BenchmarkTask.TRANSLATE, [str(folder)], plan(1).options)
        return each.configuration.revision

    revisions = [revision()]
    settings.write_text('{"length_penalty": 0.5}', encoding="utf-8")
    revisions.append(revision())
    stated = card.read_text(encoding="utf-8")
    card.write_text("rerank_weight = 0.75\n" + re.sub("(?m)^rerank_weight.*$", "", stated))
    revisions.append(revision())
    settings.unlink()
    card.write_text(re.sub("(?m)^rerank_weight.*$", "", stated))
    assert revision() == starter.weights_sha256[:12]
    assert len({*revisions, revision()}) == 4


def test_figures_and_signatures_of_the_report(plan, worker, tmp_path):
    out = tmp_path / "out"
    report, files = publish(measure(plan(4, 1), out), out)
    [each] = report.sets
    best, other = each.rows
    # Beam 4 gets all eight lines right, beam 1 two.
    assert best.quality["chrF2"].value == pytest.approx(100)
    assert other.quality["chrF2"].value < 60
    assert (best.rank, other.rank) == (1, 2)
    assert other.problems == {"length": 6}
    assert (best.size_mb, best.speed.peak_mb.value) == (4, 40)
    assert best.speed.per_second.value == pytest.approx(4 / 0.4)
    assert best.speed.latency_p50_ms.value == pytest.approx(80)
    assert best.speed.latency_p95_ms.value == pytest.approx(116)
    assert best.signature == "fake|int8|beam:4"
    assert each.metric_signatures["chrF2"].startswith("nrefs:1|bs:1000|seed:12345|case:mixed")
    assert {path.name for path in files} == {"report.json", "report.md", "report.html"}


def test_results_hold_figures_only_and_outputs_are_ignored_by_git(plan, worker, tmp_path):
    out = tmp_path / "out"
    publish(measure(plan(1, 2), out), out)
    kept = [path for path in out.rglob("*") if path.is_file() and "outputs" not in path.parts]
    assert {path.suffix for path in kept} == {".json", ".npz", ".md", ".html"}
    for path in kept:
        assert b"Satz Nummer" not in path.read_bytes()
        assert b"sentence number" not in path.read_bytes()
    assert (out / "outputs" / ".gitignore").read_text() == "*\n"
    assert len(list(out.glob("outputs/*/news.de-en@*.txt"))) == 2


def test_the_worst_segments_are_shown_on_demand(plan, worker, tmp_path):
    out = tmp_path / "out"
    report, _ = publish(measure(plan(1), out), out, worst=2)
    assert [segment.hypothesis for segment in report.sets[0].worst] == ["wrong wrong"] * 2
    assert "Satz Nummer" in (out / "report.html").read_text()
    assert "Satz Nummer" not in (out / "report.json").read_text()


def test_significance_is_tested_once(plan, worker, tmp_path, monkeypatch):
    from mtpipe.pipeline.bench import ranks

    out = tmp_path / "out"
    publish(measure(plan(1, 4), out), out)
    monkeypatch.setattr(ranks, "_tested", None)
    report, _ = publish(measure(plan(1, 4), out), out)
    assert [row.rank for row in report.sets[0].rows] == [2, 1]
    assert json.loads((out / "significance.json").read_text())
    assert report.sets[0].significance.startswith("paired bootstrap, centred, on chrf|bs:1000")
    assert any("two-sided" in sentence for sentence in report.method)


def test_tests_of_another_method_are_made_anew(plan, worker, tmp_path, monkeypatch):
    from mtpipe.pipeline.bench import ranks

    out = tmp_path / "out"
    monkeypatch.setattr(ranks, "METHOD", "bootstrap")
    publish(measure(plan(1, 4, speed=None), out), out)
    monkeypatch.setattr(ranks, "METHOD", "centred")
    publish(measure(plan(1, 4, speed=None), out), out)
    assert len(json.loads((out / "significance.json").read_text())) == 2


def test_the_public_call(worker, testset, tmp_path):
    steps = []
    out = tmp_path / "out"
    options = {"beams": [1, 4], "quantizations": ["int8", "float32"], "device": "cpu"}
    worker.broken = {"float32"}
    report = mtpipe.bench(
        "starter",
        testset,
        output=out,
        speed=False,
        on_progress=lambda *s: steps.append(s),
        **options,
    )
    assert [row.configuration.beam for row in report.sets[0].rows] == [1, 4]
    assert [failure.stage for failure in report.failures] == ["quality on news"] * 2
    assert (report.measured, len(report.files)) == (2, 3)
    assert steps[-1][2] == 4 * 8
    again = mtpipe.bench(["starter"], [str(testset)], output=out, speed=False, **options)
    assert again.measured == 0
    found = mtpipe.compare_reports(out / "report.json", out / "report.json")
    assert {each.verdict.value for each in found.figures} == {"same"}
    assert found.regression is None
    floors = tmp_path / "floors.toml"
    floors.write_text("[floors.news.de-en]\nchrF2 = 101\n")
    found = mtpipe.compare_reports(out / "report.json", out / "report.json", floors=floors)
    assert "the floor 101.00" in str(found.regression)


@pytest.mark.parametrize(
    "options",
    [{"task": "sing"}, {"engines": ["x"]}, {"quantizations": ["auto"]}, {"metrics": ["x"]}],
)
def test_options_that_can_not_be(worker, testset, tmp_path, options):
    with pytest.raises(ConfigError):
        mtpipe.bench("starter", testset, output=tmp_path / "out", **options)


def test_ranks_are_of_what_was_measured_last(plan, worker, tmp_path, monkeypatch):
    out = tmp_path / "out"
    first, _ = publish(measure(plan(1, 4, speed=None), out), out)
    assert [row.rank for row in first.sets[0].rows] == [2, 1]
    call = worker.call

    def improved(self, order, **arguments):
        answer = call(self, order, **arguments)
        if order == "run":
            answer["output"] = [[text, []] for text in REFERENCES]
        return answer

    monkeypatch.setattr(worker, "call", improved)
    again, _ = publish(measure(plan(1, 4, speed=None, force=True), out), out)
    assert [row.rank for row in again.sets[0].rows] == [1, 1]


def test_other_metrics_take_nothing_away(plan, worker, tmp_path):
    out = tmp_path / "out"
    whole, _ = publish(measure(plan(1, speed=None), out), out)
    measure(plan(1, speed=None, metrics=(MetricName.TER,)), out)
    worker.log.clear()
    again, _ = publish(measure(plan(1, speed=None), out), out)
    assert worker.log == []
    assert again.sets == whole.sets


def test_fewer_rounds_than_there_are(plan, worker, tmp_path):
    out = tmp_path / "out"
    measure(plan(1, speed=SpeedPlan(lines=4, singles=2, rounds=3)), out)
    report, _ = publish(measure(plan(1), out), out)
    assert report.sets[0].rows[0].speed.rounds == 2
    assert any("median of 2 rounds" in sentence for sentence in report.method)


def test_signatures_say_which_direction_they_are_of(plan, worker, tmp_path, testset):
    rows = testset.read_text().splitlines()
    other = testset.with_name("news.en-de.tsv")
    other.write_text("".join(f"{row}\tAnother one.\n" for row in rows))
    wanted = plan(1, speed=None)
    measured = measure(replace(wanted, testsets=[str(tmp_path)]), tmp_path / "out")
    report, _ = publish(measured, tmp_path / "out")
    signature = report.sets[0].metric_signatures["chrF2"]
    one, two = signature.split("; ")
    assert one.startswith("de-en: nrefs:1|")
    assert two.startswith("en-de: nrefs:2|")


def test_a_row_has_the_signature_that_it_was_measured_with(
    plan, worker, tmp_path, testset, monkeypatch
):
    testset.with_name("news.en-de.tsv").write_text(testset.read_text())
    out, call = tmp_path / "out", worker.call
    wanted = replace(plan(1, speed=None), testsets=[str(tmp_path)])
    measure(replace(wanted, directions=[Direction.parse("de-en")]), out)

    def elsewhere(self, order, **arguments):
        answer = call(self, order, **arguments)
        return {**answer, "signature": "elsewhere"} if order == "load" else answer

    monkeypatch.setattr(worker, "call", elsewhere)
    report, _ = publish(measure(wanted, out), out)
    signatures = {name: rows[0].signature for name, rows in report.sets[0].directions.items()}
    assert signatures == {"de-en": "fake|int8|beam:1", "en-de": "elsewhere"}
    assert report.sets[0].overall[0].signature == "fake|int8|beam:1 or elsewhere"


def test_another_run_at_the_same_folder_is_refused(plan, worker, tmp_path):
    out = tmp_path / "out"
    with alone(out), pytest.raises(OutputError, match="another run is writing to"):
        measure(plan(1), out)
    assert worker.log == []
    assert measure(plan(1), out).measured == 3
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_one_that_fails_while_it_is_timed_does_not_stop_the_others(
    plan, worker, tmp_path, monkeypatch
):
    call = worker.call

    def full(self, order, **arguments):
        if order == "time" and self._specification["beam"] == 2:
            raise OutOfMemory("it was killed")
        return call(self, order, **arguments)

    monkeypatch.setattr(worker, "call", full)
    state = measure(plan(1, 2, 4), tmp_path / "out")
    [failure] = state.failures
    assert failure.article_id == "starter ctranslate2 int8 beam 2"
    assert failure.stage == "speed on news"
    report, _ = publish(state, tmp_path / "out")
    assert [bool(row.speed) for row in report.sets[0].rows] == [True, False, True]


def test_the_report_says_that_the_model_is_measured_alone(plan, worker, tmp_path):
    report, _ = publish(measure(plan(1), tmp_path / "out"), tmp_path / "out")
    assert any("the model alone" in sentence for sentence in report.method)


def test_speed_is_that_of_this_version(plan, worker, tmp_path, monkeypatch):
    out = tmp_path / "out"
    measure(plan(1), out)
    for module in (speed, speed_run):
        monkeypatch.setattr(module, "__version__", "99.0")
    worker.log.clear()
    report, _ = publish(measure(plan(1), out), out)
    assert (translated(worker), timed(worker)) == ([], [1, 1])
    assert report.sets[0].rows[0].speed.rounds == 2
    worker.log.clear()
    assert measure(plan(1), out).measured == 0
