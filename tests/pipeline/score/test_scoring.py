"""Scoring as a call: material in, report out."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sacrebleu.metrics import CHRF

import mtpipe
from mtpipe.errors import ConfigError, InputError
from mtpipe.pipeline.score.examples import compare_segments
from mtpipe.pipeline.score.material import Material, read_material
from mtpipe.pipeline.score.options import ScoreOptions, parse_metric
from mtpipe.pipeline.score.scoring import score_material
from mtpipe.scoring.metrics import Metric
from mtpipe.scoring.quality import QualityName
from mtpipe.scoring.resampling import Sampling
from mtpipe.scoring.significance import PairedMethod
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
    steps: list[tuple[str, int, int]] = []
    options = ScoreOptions(
        paired=PairedMethod.BOOTSTRAP,
        sampling=Sampling(20),
        by=("document", "segment"),
        examples=2,
    )
    report = score_material(MATERIAL, options, on_progress=lambda *step: steps.append(step))
    assert next(calls) == 4
    assert [(done, total) for _, done, total in steps] == [(done, 6) for done in range(7)]
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
        [Path(f"x={tmp_path / 'out.jsonl'}")], [tmp_path / "ref"], direction=direction
    )
    assert material.systems == {"x": ("t",)}
    assert (material.source, material.labels) == (("s",), {"document": ("a",)})
    assert material.direction == direction
    assert [entry.role for entry in material.inputs] == ["reference", "hypothesis", "source"]


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"text": "t"}, None),
        ({"hypothesis": "t", "text": "t"}, None),
        ({"text": "t", "src": "s"}, ("s",)),
        ({"translation": "t", "source": "s"}, ("s",)),
    ],
    ids=["a text alone", "and the hypothesis", "src", "source"],
)
def test_a_systems_own_text_is_no_source(
    tmp_path: Path, fields: dict[str, str], source: tuple[str, ...] | None
) -> None:
    path = tmp_path / "hyp.jsonl"
    path.write_text(json.dumps(fields))
    material = read_material([path])
    assert (material.source, list(material.systems.values())) == (source, [("t",)])
    if source is None:
        with pytest.raises(InputError, match="needs the sources"):
            mtpipe.score([path], metrics=["cometkiwi"])


def test_a_label_file_of_another_length(tmp_path: Path) -> None:
    for name, text in (("a", "x\ny\n"), ("ids", "1\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"ids has 1 segments, but .*a has 2"):
        read_material([tmp_path / "a"], labels={"document": tmp_path / "ids"})


def test_segments_in_memory_are_those_of_files(tmp_path: Path) -> None:
    files = {"ref": REFERENCE, **MATERIAL.systems}
    for name, texts in files.items():
        (tmp_path / name).write_text("".join(f"{text}\n" for text in texts))
    options = {"paired": "bootstrap", "samples": 20, "by": ["document"]}
    in_memory = mtpipe.score(
        MATERIAL.systems, REFERENCE, labels={"document": MATERIAL.labels["document"]}, **options
    )
    (tmp_path / "ids").write_text("d1\nd2\nd1\n")
    in_files = mtpipe.score(
        [tmp_path / "a", tmp_path / "b"],
        tmp_path / "ref",
        labels={"document": tmp_path / "ids"},
        **options,
    )
    assert (in_memory.tables, in_memory.pairs) == (in_files.tables, in_files.pairs)
    digests = [{e.role + e.name: e.sha256 for e in r.inputs} for r in (in_memory, in_files)]
    assert list(digests[0].values()) == list(digests[1].values())


def test_one_system_and_two_references_in_memory() -> None:
    report = mtpipe.score(["one y"], [["one two"], ["one y"]], metrics=["chrf"])
    [row] = report.tables[0].rows
    assert (row.system, round(row.cells[0].value)) == ("system", 100)
    assert [entry.name for entry in report.inputs] == ["reference 1", "reference 2", "system"]


@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "words"),
    [
        ("one", ["one"], TypeError, "single text"),
        (["one"], "one", TypeError, "single text"),
        ([1], ["one"], TypeError, "aren't text"),
        ([], ["one"], InputError, "no segments"),
        (["one", "two"], ["one"], InputError, "system has 2 segments, but reference has 1"),
        (["one"], (), InputError, "needs a reference"),
    ],
)
def test_mistakes_in_memory(
    hypotheses: object, references: object, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        mtpipe.score(hypotheses, references)


@pytest.mark.parametrize("name", ["t-test", "centred"])
def test_an_unknown_test_is_refused(name: str) -> None:
    """The benchmarks' own is one: reports of scores have no words for it."""
    with pytest.raises(ConfigError, match=f"no paired test '{name}'") as error:
        mtpipe.score({"a": ["x"], "b": ["y"]}, ["x"], paired=name)
    assert error.value.hint == "it can be bootstrap, randomisation"


def test_threads_get_what_one_gets() -> None:
    def run(_: int) -> object:
        return mtpipe.score(MATERIAL.systems, REFERENCE, paired="bootstrap", samples=50)

    with ThreadPoolExecutor(8) as pool:
        assert all(report == run(0) for report in pool.map(run, range(16)))
