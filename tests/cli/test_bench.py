"""``mtpipe bench``, with the real model and real measuring processes where it is run."""

import json
import re

import pytest

from mtpipe.cli import main


@pytest.fixture(scope="module")
def testset(tmp_path_factory):
    path = tmp_path_factory.mktemp("sets") / "tiny.de-en.tsv"
    path.write_text("Guten Morgen.\tGood morning.\nVielen Dank!\tThank you very much!\n")
    return path


QUICK = ("--rounds", "1", "--device", "cpu", "--threads", "1")


@pytest.fixture(scope="module")
def results(testset, tmp_path_factory):
    """A folder with a report; tests of one module may run in several processes."""
    folder = tmp_path_factory.mktemp("results")
    assert main(["bench", "starter", "-t", str(testset), "-o", str(folder), *QUICK]) == 0
    return folder


def test_a_model_is_measured_once(run, testset, tmp_path):
    arguments = ("bench", "starter", "-t", str(testset), "-o", str(tmp_path), *QUICK)
    code, out, err = run(*arguments)
    assert code == 0, err
    assert "starter ctranslate2 int8 beam 4" in out.decode()
    assert "2 measurements made" in err
    report = json.loads((tmp_path / "report.json").read_text())
    [row] = report["sets"][0]["directions"]["de-en"]
    search = r"\|beam:4\|length_penalty:1.4\|repetition_penalty:1.02\|patience:2"
    assert re.search(search + r"\|reranked:lexicon@[0-9a-f]{12}\*0.05$", row["signature"])
    assert 0 < row["quality"]["chrF2"]["value"] <= 100
    assert 10 < row["speed"]["peak_mb"]["value"] < 2_000
    assert 10 < row["size_mb"] < 50
    code, out, err = run(*arguments, "--json")
    assert code == 0
    assert "0 measurements made" in err
    assert json.loads(out) == report


def test_reports_are_compared(run, testset, results):
    path = str(results / "report.json")
    code, out, _ = run("bench", "compare", path, path, "--json")
    assert code == 0
    assert {each["verdict"] for each in json.loads(out)} == {"same"}


def test_what_is_gone_is_shown_and_fails_the_floors(run, results, tmp_path):
    after = results / "report.json"
    record = json.loads(after.read_text())
    rows = record["sets"][0]["directions"]["de-en"]
    rows.append(json.loads(json.dumps(rows[0])))
    rows[1]["configuration"] |= {"beam": 9, "label": "the other"}
    before = tmp_path / "report.json"
    before.write_text(json.dumps(record))
    code, out, _ = run("bench", "compare", str(before), str(after))
    assert code == 0
    [line] = [line for line in out.decode().splitlines() if "the other" in line]
    assert line.split()[-2:] == ["-", "gone"]
    floors = tmp_path / "floors.toml"
    floors.write_text("[tolerance]\nchrF2 = 1\n")
    code, _, err = run("bench", "compare", str(before), str(after), "--floors", str(floors))
    assert code == 7
    assert "the other wasn't measured any more" in " ".join(err.split())


def test_a_report_steers_no_terminal(run, results, tmp_path):
    record = json.loads((results / "report.json").read_text())
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31mevil"
    record["sets"][0]["name"] = hostile
    record["sets"][0]["directions"]["de-en"][0]["configuration"]["label"] = hostile
    path = tmp_path / "report.json"
    path.write_text(json.dumps(record))
    code, out, _ = run("bench", "compare", str(path), str(path))
    assert code == 0
    assert "evil" in out.decode()
    assert all(char.isprintable() or char == "\n" for char in out.decode())


def test_a_regression_has_its_exit_code(run, testset, results, tmp_path):
    floors = tmp_path / "floors.toml"
    floors.write_text("[floors.tiny.de-en]\nchrF2 = 101\n")
    path = str(results / "report.json")
    code, _, err = run("bench", "compare", path, path, "--floors", str(floors))
    assert code == 7
    assert "the floor 101.00" in err


def test_an_alignment_is_measured(run, tmp_path):
    lines = [f"Satz {n}.\n" for n in range(4)], [f"Phrase {n}.\n" for n in range(4)]
    (tmp_path / "t.de").write_text("".join(lines[0]))
    (tmp_path / "t.fr").write_text("".join(lines[1]))
    (tmp_path / "t.defr").write_text("".join(f"[{n}]:[{n}]\n" for n in range(4)))
    out = tmp_path / "out"
    code, _, err = run(
        *("bench", "run", "static", "--task", "align", "-t", str(tmp_path / "t"), "-o", str(out)),
        *QUICK,
    )
    assert code == 0, err
    report = json.loads((out / "report.json").read_text())
    [row] = report["sets"][0]["directions"]["de-fr"]
    assert row["quality"]["strict F1"]["value"] == 100
    assert row["items"] == 8


def test_a_detector_is_measured(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "my_detector.py").write_text(
        "def rate(pairs):\n    return [0.9 if 'machine' in p.candidate[0] else 0.2 for p in pairs]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    rows = [
        {"pair": pair, "label": label, "source": ["a"], "candidate": [label]}
        for pair in ("de-en", "fr-en")
        for label in ("human", "machine", "machine")
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    out = tmp_path / "out"
    code, _, err = run(
        *("bench", "my_detector:rate", "--task", "detect", "-t", str(path), "-o", str(out)), *QUICK
    )
    assert code == 0, err
    each = json.loads((out / "report.json").read_text())["sets"][0]
    quality = {name: figure["value"] for name, figure in each["overall"][0]["quality"].items()}
    assert (quality["ROC area"], quality["TPR at 1 % FPR"]) == (1, 1)
    # Four machines at 0.9, two humans at 0.2: (4 * 0.1 + 2 * 0.2) / 6.
    assert quality["calibration error"] == pytest.approx(0.8 / 6, abs=1e-6)
    assert sum(b["count"] for b in each["reliability"]["my_detector:rate"]) == 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("bench", "starter"), 2, "--testset"),
        (("bench", "-t", "x"), 2, "MODEL"),
        (("bench", "startr", "-t", "{set}"), 4, "did you mean starter"),
        (("bench", "starter", "-t", "nothing-there"), 3, "no test set"),
        (("bench", "starter", "-t", "{set}", "--direction", "fr-en"), 4, "it has de-en"),
        (("bench", "x", "-t", "{set}", "--task", "detect"), 4, "package.module:function"),
        (
            ("bench", "static", "-t", "x", "--task", "align", "--beam", "1", "--metric", "ter"),
            2,
            "--beam, --metric has no effect on --task align",
        ),
        (
            ("bench", "static", "-t", "x", "--task", "align", "--max-lines", "5"),
            2,
            "--max-lines has no",
        ),
        (("bench", "compare", "{set}", "{set}"), 3, "can't read"),
    ],
    ids=[
        "no set",
        "no model",
        "model",
        "set",
        "direction",
        "detector",
        "beam of align",
        "lines of align",
        "no report",
    ],
)
def test_mistakes_say_what_repairs_them(run, testset, tmp_path, arguments, code, message):
    filled = [argument.replace("{set}", str(testset)) for argument in arguments]
    if "compare" not in filled:
        filled += ["-o", str(tmp_path / "out")]
    found, _, err = run(*filled)
    assert found == code
    assert message in " ".join(err.split())


def test_small_figures_are_compared_with_more_digits(run, results, tmp_path):
    paths = [tmp_path / name for name in ("a.json", "b.json")]
    for path, value in zip(paths, (0.9876, 0.9912), strict=True):
        record = json.loads((results / "report.json").read_text())
        record["sets"][0]["directions"]["de-en"][0]["quality"] = {"ROC area": {"value": value}}
        path.write_text(json.dumps(record))
    code, out, _ = run("bench", "compare", *map(str, paths))
    assert code == 0
    [line] = [line for line in out.decode().splitlines() if "ROC area" in line]
    assert line.split()[-5:] == ["0.9876", "0.9912", "+0.0036", "not", "tested"]
