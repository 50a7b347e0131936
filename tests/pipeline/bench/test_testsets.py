import gzip
import json
import lzma

import pytest

from mtpipe.errors import ConfigError, InputError, MalformedRecord, UnsupportedDirection
from mtpipe.models.cards import sha256_of
from mtpipe.pipeline.bench.manifests import read_manifest, shipped_directory
from mtpipe.pipeline.bench.testsets import read_testset
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkTask

TRANSLATE, ALIGN, DETECT = BenchmarkTask.TRANSLATE, BenchmarkTask.ALIGN, BenchmarkTask.DETECT

XML = """<dataset id="t"><collection><doc origlang="de" id="a">
<src lang="de"><p><seg id="2">zwei</seg><seg id="10">zehn</seg><seg id="11">allein</seg></p></src>
<ref lang="en" translator="B"><p><seg id="2">two B</seg></p></ref>
<ref lang="en" translator="A"><p><seg id="10">ten A</seg><seg id="2">two
A</seg></p></ref>
<hyp lang="en" system="s"><p><seg id="2">to</seg></p></hyp></doc>
<doc testsuite="x" origlang="de" id="b"><src lang="de"><seg id="1">no</seg></src>
<ref lang="en" translator="A"><seg id="1">no</seg></ref></doc></collection></dataset>"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "news.2020.de-en.tsv").write_text("eins\tone\tuno\nzwei\ttwo\tdue\n")
    for language, text in (("de", "a\nb\n"), ("en", "c\nd\n"), ("fr", "e\nf\n")):
        (tmp_path / f"par.{language}").write_text(text)
    (tmp_path / "wmt.de-en.all.xml").write_text(XML)
    (tmp_path / "notes.txt").write_text("not a test set")
    return tmp_path


def names(sets):
    return {each.name: [unit.name for unit in each.units] for each in sets}


ALL = ["de-en", "de-fr", "en-de", "en-fr", "fr-de", "fr-en"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", {"news.2020": ["de-en"], "par": ALL, "wmt": ["de-en"]}),
        ("news.2020.de-en.tsv", {"news.2020": ["de-en"]}),
        ("par", {"par": ALL}),
        ("par.fr", {"par": ALL}),
        ("wmt.de-en.all.xml", {"wmt": ["de-en"]}),
    ],
    ids=["folder", "tsv", "stem", "one of parallel files", "xml"],
)
def test_names_of_sets(folder, spec, expected):
    assert names(read_testset(str(folder / spec), TRANSLATE)) == expected


def test_columns_are_references(folder):
    [each] = read_testset(str(folder / "news.2020.de-en.tsv"), TRANSLATE)
    assert each.units[0].sources == ("eins", "zwei")
    assert each.units[0].targets == (("one", "two"), ("uno", "due"))


def test_parallel_lines_go_both_ways(folder):
    [each] = read_testset(str(folder / "par"), TRANSLATE, directions=[Direction.parse("fr-de")])
    [unit] = each.units
    assert (unit.sources, unit.targets) == (("e", "f"), (("a", "b"),))


def test_wmt_xml_as_sacrebleu_reads_it(folder):
    [each] = read_testset(str(folder / "wmt.de-en.all.xml"), TRANSLATE)
    # In the order of the numbers; without the test suite and the segment that has no reference.
    assert each.units[0].sources == ("zwei", "zehn")
    assert each.units[0].targets == (("two B", None), ("two A", "ten A"))


def test_fewer_lines_are_another_set(folder):
    whole, first = (
        read_testset(str(folder / "par"), TRANSLATE, max_items=count)[0] for count in (None, 1)
    )
    assert [len(unit.sources) for unit in first.units] == [1] * 6
    assert whole.units[0].sha256 != first.units[0].sha256


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.de-en.tsv", "one column\n"),
        ("x.de-en.tsv", "a\tb\nc\td\te\n"),
        ("x.de-en.tsv", ""),
        ("x.xml", "<doc"),
        ("x.xml", "<doc/>"),
        ("x.xml", '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><d>&e;</d>'),
    ],
    ids=["one column", "ragged", "empty", "broken XML", "no sides", "entity"],
)
def test_what_cannot_be_read_is_an_error(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError):
        read_testset(str(tmp_path / name), TRANSLATE)


def test_parallel_files_have_the_same_number_of_lines(tmp_path):
    (tmp_path / "x.de").write_text("a\n")
    (tmp_path / "x.en").write_text("a\nb\n")
    with pytest.raises(InputError, match="1 lines"):
        read_testset(str(tmp_path / "x"), TRANSLATE)


def test_a_name_that_is_nothing_says_what_a_set_looks_like(tmp_path):
    with pytest.raises(InputError) as error:
        read_testset(str(tmp_path / "nothing"), TRANSLATE)
    assert "de-en.tsv" in (error.value.hint or "")


def test_a_direction_that_is_not_there(folder):
    with pytest.raises(UnsupportedDirection, match="fr-en"):
        read_testset(
            str(folder / "wmt.de-en.all.xml"), TRANSLATE, directions=[Direction.parse("fr-en")]
        )


def test_gold_alignments(tmp_path):
    (tmp_path / "t.de").write_text("a\nb\n")
    (tmp_path / "t.fr").write_text("c\nd\n")
    (tmp_path / "t.defr").write_text("[0]:[0]\n[1]:[1]\n")
    [each] = read_testset(str(tmp_path), ALIGN)
    [unit] = each.units
    assert unit.name == "de-fr"
    assert unit.gold == (((0,), (0,)), ((1,), (1,)))
    (tmp_path / "t.defr").write_text("[0]:[7]\n")
    with pytest.raises(InputError, match="sentence 7"):
        read_testset(str(tmp_path), ALIGN)


PAIR = {"pair": "de-en", "label": "human", "source": ["a"], "candidate": ["b"], "more": 1}


@pytest.mark.parametrize(
    ("name", "pack"),
    [("d.jsonl.gz", gzip.compress), ("d.JSONL.GZ", gzip.compress), ("d.jsonl.xz", lzma.compress)],
)
def test_labelled_pairs_by_direction(tmp_path, name, pack):
    rows = [PAIR, {**PAIR, "pair": "en-de", "label": "machine"}, PAIR]
    path = tmp_path / name
    path.write_bytes(pack("\n".join(map(json.dumps, rows)).encode()))
    [each] = read_testset(str(path), DETECT)
    assert names([each]) == {"d": ["de-en", "en-de"]}
    assert each.units[0].gold == ((("b",), "human"),) * 2


def test_what_can_not_be_held_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "d.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(PAIR) + "\n").encode() * 50, mtime=0))
    monkeypatch.setattr("mtpipe.pipeline.bench.labelled.MAX_BYTES", 2_000)
    with pytest.raises(InputError, match="when decompressed"):
        read_testset(str(path), DETECT)
    lines = tmp_path / "t.de-en.tsv"
    lines.write_text("a\tb\n" * 30)
    monkeypatch.setattr("mtpipe.pipeline.bench.testsets.MAX_LINES", 20)
    with pytest.raises(InputError, match="more than 20 lines"):
        read_testset(str(lines), TRANSLATE)


@pytest.mark.parametrize(
    "row",
    [{**PAIR, "label": "?"}, {**PAIR, "source": "a"}, {"pair": "de-en"}, [], {**PAIR, "pair": "x"}],
    ids=["label", "no list", "missing", "no object", "direction"],
)
def test_a_bad_labelled_pair_is_named(tmp_path, row):
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps(PAIR) + "\n" + json.dumps(row) + "\n")
    with pytest.raises(MalformedRecord) as error:
        read_testset(str(path), DETECT)
    assert error.value.line == 2


def test_a_manifest_is_held_against_the_files(folder):
    path = folder / "news.2020.de-en.tsv"
    manifest = folder / "news.2020.toml"
    known = 'title = "t"\nlicence = "CC0-1.0"\norigin = "o"\n[sha256]\n"{}" = "{}"\n'
    for digest, verified in ((sha256_of(path), True), ("0" * 64, False)):
        manifest.write_text(known.format(path.name, digest))
        [each] = read_testset(str(path), TRANSLATE)
        assert each.manifest
        assert (each.manifest.licence, each.verified) == ("CC0-1.0", verified)
    manifest.unlink()
    [each] = read_testset(str(path), TRANSLATE)
    assert (each.manifest, each.verified) == (None, None)


def test_shipped_manifests_parse_and_hold_no_text():
    paths = sorted(shipped_directory().glob("*.toml"))
    assert len(paths) >= 7
    for path in paths:
        manifest = read_manifest(path)
        assert manifest.licence
        assert all(len(digest) == 64 for digest in manifest.sha256.values())


def test_shipped_manifests_are_of_the_evaluation_data(shared):
    for name, task in (("translate", TRANSLATE), ("align", ALIGN)):
        sets = read_testset(str(shared / "eval" / name), task)
        assert {each.name: each.verified for each in sets} == {each.name: True for each in sets}


def test_a_set_of_sacrebleu(tmp_path, monkeypatch):
    from sacrebleu import utils

    (tmp_path / "s").write_text("eins\n")
    (tmp_path / "r").write_text("one\n")
    monkeypatch.setattr(utils, "get_langpairs_for_testset", lambda name: ["de-en", "zh-en"])
    monkeypatch.setattr(utils, "get_source_file", lambda name, pair: str(tmp_path / "s"))
    monkeypatch.setattr(utils, "get_reference_files", lambda name, pair: [str(tmp_path / "r")])
    [each] = read_testset("wmt99/dev", TRANSLATE)
    assert names([each]) == {"wmt99_dev": ["de-en"]}
    assert each.units[0].targets == (("one",),)


def test_a_set_of_sacrebleu_without_a_network(monkeypatch):
    from sacrebleu import utils

    def no_network(name, pair):
        raise SystemExit(1)

    monkeypatch.setattr(utils, "get_source_file", no_network)
    with pytest.raises(InputError, match="network"):
        read_testset("wmt19", TRANSLATE)


def test_another_encoding_is_told_once_a_file(tmp_path, caplog):
    (tmp_path / "news.de").write_bytes("Guten Tag.\nGrüße.\n".encode("cp1252"))
    (tmp_path / "news.en").write_text("Good day.\nGreetings.\n")
    (tmp_path / "news.fr").write_text("Bonjour.\nSalutations à\x07 tous.\n")
    [each] = read_testset(str(tmp_path / "news"), BenchmarkTask.TRANSLATE)
    assert len(each.units) == 6
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}/news.de: line 2 isn't UTF-8, read as Windows-1252 (1 such lines)",
        f"{tmp_path}/news.fr: line 2 has control characters, which were left out (1 such lines)",
    ]


@pytest.mark.parametrize("task", [TRANSLATE, ALIGN, DETECT])
def test_a_file_that_is_called_otherwise_is_not_said_to_be_missing(tmp_path, task):
    path = tmp_path / "news.txt"
    path.write_text("a\tb\n")
    for place in (path, tmp_path):
        with pytest.raises(InputError, match="nothing there has a name like a test set's"):
            read_testset(str(place), task)


def test_no_name_of_a_file_is_none_of_a_set():
    with pytest.raises(InputError, match="no such file"):
        read_testset("x" * 5_000, TRANSLATE)


@pytest.mark.parametrize("field", ["licence = 5", 'sha256 = "x"', "[sha256]\nx = 5"])
def test_a_manifest_of_other_than_texts_is_refused(folder, field):
    manifest = folder / "news.2020.toml"
    known = 'title = "t"\norigin = "o"\n' + ("" if "licence" in field else 'licence = "l"\n')
    manifest.write_text(f"{known}{field}\n")
    with pytest.raises(ConfigError, match="is no manifest"):
        read_testset(str(folder / "news.2020.de-en.tsv"), TRANSLATE)
