"""``mtpipe score`` from the command line, on made-up files and against the sacrebleu command."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.scoring.test_segments import WMT
from tests.scoring.test_significance import REFERENCE, SYSTEMS


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, texts in {"ref": REFERENCE, **SYSTEMS}.items():
        (tmp_path / name).write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    (tmp_path / "wmt.xml").write_text(WMT, encoding="utf-8")
    return tmp_path


def sacrebleu(*arguments: str, seed: str = "12345") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sacrebleu", "ref", *arguments],
        env={**os.environ, "SACREBLEU_SEED": seed},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def as_json(run: Run, *arguments: str) -> dict:
    code, out, err = run("score", *arguments, "-f", "json")
    assert code == 0, err
    return json.loads(out)


def test_single_scores_are_those_of_the_command(run: Run) -> None:
    theirs = json.loads(
        sacrebleu("-i", "a", "-m", "bleu", "chrf", "ter", "-w", "10", "--confidence")
    )
    ours = as_json(run, "a", "-r", "ref", "-m", "bleu", "-m", "chrf", "-m", "ter", "--confidence")
    [system] = ours["systems"]
    for expected, metric in zip(theirs, ours["metrics"], strict=True):
        cell = system["scores"][metric["metric"]]
        assert (metric["name"], metric["signature"]) == (expected["name"], expected["signature"])
        assert round(cell["score"], 10) == expected["score"]
        assert round(cell["mean"], 10) == expected["confidence_mean"]
        assert round(cell["ci"], 10) == expected["confidence_var"]


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("bootstrap", ("--paired-bs", "--paired-bs-n", "300")),
        ("randomisation", ("--paired-ar", "--paired-ar-n", "300")),
    ],
)
def test_paired_tests_are_those_of_the_command(
    run: Run, method: str, options: tuple[str, ...]
) -> None:
    theirs = json.loads(sacrebleu("-i", "a", "b", "c", "-m", "bleu", *options, seed="77"))
    ours = as_json(
        run, "a", "b", "c", "-r", "ref", "-m", "bleu", "--paired", method, "--samples", "300",
        "--seed", "77",
    )  # fmt: skip
    for expected, system in zip(theirs, ours["systems"], strict=True):
        cell, figures = system["scores"]["bleu"], expected["BLEU"]
        assert cell["score"] == figures["score"]
        assert cell.get("p_value") == figures["p_value"]
        assert cell.get("mean") == figures["mean"]
        assert cell.get("ci") == figures["ci"]


def test_segments_are_those_of_the_command(run: Run) -> None:
    theirs = sacrebleu("-i", "a", "-m", "bleu", "--sentence-level", "-w", "10", "-b").split()
    ours = as_json(run, "a", "-r", "ref", "-m", "bleu", "--by", "segment")
    values = [part["systems"][0]["scores"]["bleu"]["score"] for part in ours["parts"]]
    assert [f"{value:.10f}" for value in values] == theirs


def test_segments_have_their_own_signature(run: Run) -> None:
    arguments = ("score", "a", "-r", "ref", "-m", "bleu", "--by", "segment")
    code, out, _ = run(*arguments, "-f", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert "|eff:no|" in rows[0]["signature"]
    assert all("|eff:yes|" in row["signature"] for row in rows[1:])
    _, out, _ = run(*arguments)
    assert "BLEU of segments|nrefs:1|case:mixed|eff:yes" in out.decode()


def test_details(run: Run) -> None:
    import sacrebleu as theirs

    expected = theirs.corpus_bleu(SYSTEMS["a"], [REFERENCE]).format().partition(" = ")[2]
    ours = as_json(run, "a", "-r", "ref")
    details = ours["systems"][0]["scores"]["bleu"]["details"]
    assert expected.endswith(details)
    assert details.count("/") == 3
    assert "BP = " in details
    assert "details" not in ours["systems"][0]["scores"]["chrf"]
    assert details not in run("score", "a", "-r", "ref")[1].decode()
    assert (
        f"a: BLEU {expected}"
        in run("--verbose", "score", "a", "-r", "ref", "--digits", "2")[1].decode()
    )


def test_table(run: Run, files: Path) -> None:
    (files / "best").write_text("".join(f"{text}\n" for text in ["x", *REFERENCE[1:]]))
    code, out, err = run(
        "score", "c", "better=best", "-r", "ref", "--paired", "bootstrap", "-m", "ter"
    )
    text = out.decode()
    assert (code, err) == (0, "")
    assert "60 segments" in text
    assert "better" in text
    assert "p=0.0010* #1" in text
    assert "baseline #2" in text
    assert "TER|nrefs:1|bs:1000|seed:12345" in text


def test_a_table_into_a_file(run: Run, files: Path) -> None:
    _, expected, _ = run("score", "a", "-r", "ref")
    (files / "out").write_text("before")
    (files / "out").chmod(0o640)
    assert run("score", "a", "-r", "ref", "-o", "out")[:2] == (0, b"")
    assert (files / "out").read_bytes() == expected
    assert (files / "out").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("output_format", ["table", "json"])
@pytest.mark.parametrize("output", ["a", "./ref", "link", "source", "labels", "b"])
def test_what_is_read_is_not_overwritten(
    run: Run, files: Path, output: str, output_format: str
) -> None:
    (files / "source").write_text("x\n" * 60)
    (files / "labels").write_text("x\n" * 60)
    (files / "link").symlink_to("a")
    before = (files / output).read_bytes()
    code, out, err = run(
        "score", "a", "second=b", "-r", "ref", "--source", "source", "--label", "kind=labels",
        "-f", output_format, "-o", output,
    )  # fmt: skip
    assert (code, out) == (3, b"")
    assert "would be overwritten" in err
    assert (files / output).read_bytes() == before


def test_empty_segments_are_told_once_a_file(run: Run, files: Path) -> None:
    (files / "gaps").write_text("".join(f"{t}\n" for t in ["x", "", " ", *REFERENCE[3:]]))
    code, _, err = run("score", "gaps", "c", "-r", "ref", "-r", "gaps")
    assert code == 0
    [empty, same] = err.splitlines()
    assert empty == "warning: gaps: 2 of 60 segments are empty, the first of them is 2"
    assert "gaps is scored as a system, but is the same text as the reference gaps" in same
    assert run("score", "c", "-r", "ref")[2] == ""


def test_a_second_reference_taken_for_a_system(run: Run, files: Path) -> None:
    (files / "ref2").write_text((files / "ref").read_text())
    _, out, err = run("score", "a", "-r", "ref", "ref2")
    assert "100.0" in out.decode()
    assert "ref2 is scored as a system" in err
    assert "each reference needs a --reference of its own" in " ".join(err.split())


def test_several_references(run: Run) -> None:
    ours = as_json(run, "a", "-r", "ref", "-r", "b")
    assert all("nrefs:2" in metric["signature"] for metric in ours["metrics"])
    assert [entry["role"] for entry in ours["inputs"]] == ["reference", "reference", "hypothesis"]


def test_wmt_xml_alone_is_enough(run: Run) -> None:
    ours = as_json(run, "wmt.xml", "--by", "domain", "--by", "document", "--by", "origlang")
    assert [system["system"] for system in ours["systems"]] == ["S1", "S2"]
    assert [(part["kind"], part["name"], part["segments"]) for part in ours["parts"]] == [
        ("domain", "news", 2),
        ("domain", "social", 1),
        ("document", "a", 2),
        ("document", "b", 1),
        ("origlang", "en", 2),
        ("origlang", "de", 1),
    ]
    assert "nrefs:2" in ours["metrics"][0]["signature"]


def test_wmt_xml_as_reference_of_other_files(run: Run, files: Path) -> None:
    (files / "mine").write_text("Eins.\nZwei.\nDrei.\n", encoding="utf-8")
    ours = as_json(run, "mine", "their=wmt.xml:S2", "-r", "wmt.xml:A", "-m", "chrf")
    assert [system["system"] for system in ours["systems"]] == ["mine", "their"]
    assert ours["systems"][0]["scores"]["chrf"]["score"] == 100


def test_labels_from_a_file(run: Run, files: Path) -> None:
    (files / "topics").write_text("x\ny\nx\n" * 20, encoding="utf-8")
    code, out, _ = run(
        "score", "a", "-r", "ref", "--label", "topic=topics", "--by", "topic", "-f", "csv"
    )
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out.decode())))
    assert [(r["part"], r["name"], r["segments"]) for r in rows[::2]] == [
        ("all", "", "60"),
        ("topic", "x", "40"),
        ("topic", "y", "20"),
    ]


def test_html_into_a_file(run: Run, files: Path) -> None:
    code, out, _ = run(
        "score", "a", "b", "-r", "ref", "--source", "c", "-f", "html", "-o", "out.html",
        "--between", "b,a", "--examples", "3",
    )  # fmt: skip
    page = (files / "out.html").read_text(encoding="utf-8")
    assert (code, out) == (0, b"")
    assert page.count("<article>") == 6
    assert "b is better by BLEU" in page


def test_without_a_reference(run: Run, files: Path) -> None:
    (files / "de").write_text("Guten Morgen.\nDanke.\n", encoding="utf-8")
    (files / "en").write_text("Good morning.\nThank you.\n", encoding="utf-8")
    (files / "bad").write_text("Banana banana.\nPurple.\n", encoding="utf-8")
    ours = as_json(
        run, "en", "bad", "--source", "de", "--from", "de", "--to", "en", "-m", "round-trip",
        "-m", "model", "--model", "starter",
    )  # fmt: skip
    good, bad = (system["scores"] for system in ours["systems"])
    assert good["model"]["score"] > bad["model"]["score"]
    assert good["model"]["score"] < 0
    assert good["round-trip"]["score"] > bad["round-trip"]["score"]
    assert "|back:en-de|model:starter@" in ours["metrics"][0]["signature"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a",), 3, "bleu needs a reference"),
        (("none", "-r", "ref"), 3, "there is no file none"),
        (("a", "-r", "short"), 3, "a has 60 segments, but short has 1"),
        (("a", "a", "-r", "ref"), 3, "two systems are called a"),
        (("a", "-r", "."), 3, "is a folder"),
        (("-", "-r", "-"), 3, "only one file can be standard input"),
        (("a", "-r", "ref", "--paired", "bootstrap"), 4, "there is one"),
        (("a", "b", "-r", "ref", "--baseline", "x"), 4, "no system 'x'"),
        (("a", "-r", "ref", "--by", "domain"), 4, "which domain"),
        (("a", "-r", "ref", "-m", "x"), 4, "no metric 'x'"),
        (("a", "-r", "ref", "--tokenizer", "x"), 4, "no tokenizer 'x'"),
        (("a", "--source", "b", "-m", "model"), 4, "needs to know the languages"),
        (("a", "-m", "round-trip"), 3, "needs the sources"),
        (("wmt.xml:S9",), 3, "no system 'S9'"),
        (("a", "-r", "wmt.xml:C"), 3, "no reference by 'C'"),
        (("a", "-r", "ref", "--between", "a"), 2, "--between"),
        (
            ("a", "b", "-r", "ref", "--baseline", "b"),
            4,
            "a baseline has no effect here it goes with",
        ),
        (("a", "b", "-r", "ref", "--alpha", "0.01"), 4, "--alpha has no effect here"),
        (("a", "b", "-r", "ref", "--samples", "99"), 4, "a number of samples has no effect here"),
        (("a", "b", "-r", "ref", "--seed", "1"), 4, "a seed has no effect here"),
        (("a", "-r", "ref", "-m", "ter", "--lowercase"), 4, "--lowercase has no effect here"),
        (("a", "-r", "ref", "-m", "chrf", "--tokenizer", "char"), 4, "a tokenizer has no effect"),
        (("a", "b", "-r", "ref", "--between", "a,b"), 4, "--between has no effect here"),
        (("-", "-r", "ref", "--source", "-"), 3, "only one file can be standard input"),
        (("a", "-r", "ref", "--label", "a"), 2, "--label"),
        (("a", "-r", "ref", "-o", "no/where", "-f", "json"), 5, "can't write no/where"),
    ],
)
def test_mistakes(
    run: Run, files: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (files / "short").write_text("one\n", encoding="utf-8")
    found, out, err = run("score", *arguments)
    assert (found, out) == (code, b"")
    assert message in " ".join(err.split())
