"""``mtpipe detect`` as a user runs it, on the demo articles."""

import json
from pathlib import Path

import pytest

from mtpipe.cli import main
from mtpipe.errors import FOUND, PARTIAL_FAILURE, InputError, OutputError
from tests.pipeline.detect.test_compilation import CHOIR
from tests.pipeline.detect.test_detector import EN, FR, OTHER

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
REPOST = str(DEMO / "candidates" / "staudamm.de.txt")
ORIGINAL = str(DEMO / "archive" / "barrage-orvane.html")
ROW = {
    "id": "a",
    "original": {"language": "fr", "text": ["Le pont est ouvert.", "Il a coûté cher.", "Fin."]},
    "candidate": {"language": "de", "text": ["Die Brücke ist offen.", "Sie war teuer.", "Ende."]},
}


def test_a_repost_is_found_and_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    assert main(["detect", REPOST, "--original", ORIGINAL, "--report", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "machine-translated republication" in shown
    assert "Gepostet um" in page.read_text(encoding="utf-8")
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert record["scores"]["translation_of"]["yes"]
    assert record["comparison"]["translations"]
    assert record["command"] == f"mtpipe detect {REPOST} --original {ORIGINAL} --report {page}"


def test_reports_of_several_candidates_are_named_after_them(tmp_path: Path) -> None:
    pages = [DEMO / "candidates" / name for name in ("komet.de.html", "dam-report.en.txt")]
    assert main(["detect", *map(str, pages), "--report", str(tmp_path)]) == 0
    names = sorted(path.name.rpartition("_")[2] for path in tmp_path.glob("*.html"))
    assert [name.rpartition("-")[0] for name in names] == ["dam-report.en.txt", "komet.de"]
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_candidates_of_like_names_have_reports_of_their_own(tmp_path: Path) -> None:
    text = "Die Brücke über den Fluss ist seit Montag wieder offen. Sie war lange gesperrt."
    names = [
        "a b",
        "a_b",
        "语" * 120,
        "https://a.example/" + "x" * 120,
        "https://b.example/" + "x" * 120,
    ]
    several = tmp_path / "several.jsonl"
    several.write_text(
        "".join(json.dumps({"id": name, "text": text}) + "\n" for name in names), encoding="utf-8"
    )
    folder = tmp_path / "reports"
    folder.mkdir()
    assert main(["detect", str(several), "--report", str(folder)]) == 0
    assert len(list(folder.glob("*.html"))) == len(names)
    assert (
        main(["detect", str(several), "--report", str(tmp_path / "one.html")])
        == InputError.exit_code
    )


def test_rows_from_before_fail_the_command_and_get_the_missing_report(tmp_path: Path) -> None:
    rows, report = tmp_path / "rows.jsonl", tmp_path / "report.html"
    command = ["detect", REPOST, "--original", ORIGINAL, "-o", str(rows), "--fail-on", "machine"]
    assert main(command) == FOUND
    written = rows.read_bytes()
    assert main(command) == FOUND
    assert rows.read_bytes() == written
    assert main([*command, "--report", str(report)]) == FOUND
    assert report.exists()


def test_a_terminal_is_not_steered_by_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.jsonl"
    page.write_text(json.dumps({"id": "\x1b]0;x\x07", "text": "Ein Satz über die Brücke."}) + "\n")
    assert main(["detect", str(page)]) == 0
    shown = capsys.readouterr()
    assert "\x1b]0" not in shown.out + shown.err


def test_the_archive_finds_the_original(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("lancedb")
    archive = str(tmp_path / "originals")
    assert main(["archive", "add", archive, str(DEMO / "archive")]) == 0
    capsys.readouterr()
    candidates = sorted(map(str, (DEMO / "candidates").iterdir()))
    assert main(["detect", *candidates, "--archive", archive, "--json"]) == 0
    rows = {
        Path(row["id"]).name: row for row in map(json.loads, capsys.readouterr().out.splitlines())
    }
    assert Path(rows["staudamm.de.txt"]["original"]).name == "barrage-orvane.html"
    assert Path(rows["ferry-strike.en.html"]["original"]).name == "greve-ferries.html"
    assert Path(rows["komet.de.html"]["original"]).name == "telescope-montrelle.html"
    accused = {name for name, row in rows.items() if "machine-translated" in row["verdict"]}
    assert "staudamm.de.txt" in accused
    # A person's translation, another report and another subject.
    assert not accused & {"komet.de.html", "dam-report.en.txt", "library.en.html"}


def test_a_page_from_two_articles_has_both_originals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lancedb")
    archive, page = str(tmp_path / "originals"), tmp_path / "week.txt"
    for name, sentences in (("bridge", FR), ("choir", CHOIR)):
        (tmp_path / f"{name}.txt").write_text("\n\n".join(sentences), encoding="utf-8")
        assert main(["archive", "add", archive, str(tmp_path / f"{name}.txt")]) == 0
    page.write_text("\n\n".join([*EN, *OTHER]), encoding="utf-8")
    capsys.readouterr()
    assert main(["detect", str(page), "--archive", archive, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    found = [row["original"], *(other["original"] for other in row["others"])]
    assert {Path(name).stem for name in found} == {"bridge", "choir"}
    assert main(["detect", str(page), "--archive", archive]) == 0
    assert "another part is from: " in capsys.readouterr().out


def test_an_archive_that_has_grown_is_searched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("lancedb")
    archive, rows = str(tmp_path / "originals"), tmp_path / "rows.jsonl"
    command = ["detect", REPOST, "--archive", archive, "-o", str(rows)]

    def original() -> str | None:
        assert main(command) == 0
        [row] = map(json.loads, rows.read_text(encoding="utf-8").splitlines())
        return row["original"]

    assert main(["archive", "add", archive, str(DEMO / "archive" / "greve-ferries.html")]) == 0
    assert original() is None
    assert main(["archive", "add", archive, ORIGINAL]) == 0
    assert original() == ORIGINAL
    assert original() == ORIGINAL
    assert "1 were done before" in capsys.readouterr().err


def test_without_an_original_the_page_speaks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", REPOST, "--json"]) == 0
    [row] = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["translation_of"] is None
    assert row["machine_made"] is None
    assert row["republication"] > 0.5


def test_fail_on_gives_an_exit_code_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", REPOST, "--fail-on", "signs"]) == FOUND
    assert main(["detect", REPOST, "--fail-on", "copy"]) == 0


def test_pairs_are_resumed_and_bad_rows_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs, output = tmp_path / "pairs.jsonl", tmp_path / "rows.jsonl"
    rows = [ROW, {"id": "x"}, {**ROW, "id": "b", "original": None}]
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    command = ["detect", "--pairs", str(pairs), "-o", str(output)]
    assert main(command) == PARTIAL_FAILURE
    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["id"] for row in written] == ["a", "b"]
    assert written[0]["translation_of"] > 0.5
    assert "line 2" in capsys.readouterr().err
    before = output.read_bytes()
    assert main(command) == PARTIAL_FAILURE
    assert "2 were done before" in capsys.readouterr().err
    assert output.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--original", "a", "--archive", "b", "x"], 2),
        (["--pairs", "p.jsonl", "x.txt"], 2),
        (["--pairs", "p.jsonl", "--from", "de"], 2),
        (["--calibrate", "l.jsonl"], 2),
        (["missing.txt"], PARTIAL_FAILURE),
        (["x", "--card", "missing.toml"], 4),
        (["x", "--rules", "missing.toml"], 4),
    ],
    ids=[
        *("both", "pairs and more", "pairs and language", "no output"),
        *("missing file", "missing card", "missing rules"),
    ],
)
def test_wrong_usage_has_its_exit_code(arguments: list[str], code: int) -> None:
    assert main(["detect", *arguments]) == code


@pytest.mark.parametrize(
    "option",
    [
        *(["--original", "a"], ["--archive", "a"], ["--report", "a"], ["--json"], ["--from", "de"]),
        *(["--fail-on", "machine"], ["--within", "0"], ["--prior", "0"], ["--model", "auto"]),
        *(["--rules", "a"], ["--card", "a"]),
    ],
    ids=lambda option: option[0],
)
def test_learning_refuses_what_it_would_not_heed(
    option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = tmp_path / "card.toml"
    assert main(["detect", "--calibrate", "l.jsonl", "-o", str(card), *option]) == 2
    assert f"{option[0]}: --calibrate learns" in " ".join(capsys.readouterr().err.split())


def test_failures_are_told_to_the_quiet_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-q", "detect", "missing.html", "--no-engine"]) == PARTIAL_FAILURE
    assert capsys.readouterr().err.startswith("error: failed: missing.html (read): ")
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text("{}\n", encoding="utf-8")
    monkeypatch.setattr("mtpipe.calibrate", lambda *_, **__: {})
    card = str(tmp_path / "card.toml")
    assert main(["-q", "detect", "--calibrate", str(labelled), "-o", card]) == 0
    assert capsys.readouterr().err.startswith("error: left out: line 1: ")


def test_a_report_where_nobody_may_look_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report, is_dir = Path("/root/report.html"), Path.is_dir

    def forbidden(path: Path) -> bool:
        if path == report:
            raise PermissionError(13, "Permission denied", path)
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", forbidden)
    assert main(["detect", REPOST, "--report", str(report)]) == OutputError.exit_code
    assert f"can't write {report}: Permission denied" in capsys.readouterr().err


def test_pairs_have_reports_as_well(tmp_path: Path) -> None:
    pairs, folder = tmp_path / "pairs.jsonl", tmp_path / "reports"
    pairs.write_text("".join(json.dumps({**ROW, "id": name}) + "\n" for name in "ab"))
    command = ["detect", "--pairs", str(pairs), "--report", str(folder)]
    assert main([*command, "-o", str(tmp_path / "rows.jsonl")]) == 0
    assert sorted(path.name for path in folder.glob("*.html")) == ["a.html", "b.html"]


def test_a_report_takes_the_place_of_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>mine", encoding="utf-8")
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    for report in (page, tmp_path / "other.html", tmp_path / "report.json"):
        command = ["detect", REPOST, "--original", ORIGINAL, "--report", str(report)]
        assert main(command) == InputError.exit_code
    assert page.read_text(encoding="utf-8") == "<p>mine"
    assert main(["detect", ORIGINAL, "--report", ORIGINAL]) == InputError.exit_code


def test_failures_are_listed_beside_the_rows(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    assert main(["detect", REPOST, "no-such-file", "-o", str(rows)]) == PARTIAL_FAILURE
    listed = (tmp_path / "rows.jsonl.failures.jsonl").read_text(encoding="utf-8")
    assert json.loads(listed)["article_id"] == "no-such-file"


def test_nothing_is_written_over_what_is_read(tmp_path: Path) -> None:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    before = labelled.read_bytes()
    for command in (["--calibrate", str(labelled)], ["--pairs", str(labelled)]):
        assert main(["detect", *command, "-o", str(labelled)]) == InputError.exit_code
        assert labelled.read_bytes() == before


def test_the_first_row_may_be_bad_as_any_other(tmp_path: Path) -> None:
    pairs, rows = tmp_path / "pairs.jsonl", tmp_path / "rows.jsonl"
    bad = {"id": "bad", "original": ROW["original"], "candidate": None}
    pairs.write_text("".join(json.dumps(row) + "\n" for row in (bad, ROW)), encoding="utf-8")
    assert main(["detect", "--pairs", str(pairs), "-o", str(rows)]) == PARTIAL_FAILURE
    assert len(rows.read_text(encoding="utf-8").splitlines()) == 1
    listed = (tmp_path / "rows.jsonl.failures.jsonl").read_text(encoding="utf-8")
    assert json.loads(listed)["article_id"] == "line 1"


def test_rows_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", REPOST, "-o", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == REPOST
    assert main(["detect", REPOST, "-o", "/dev/null"]) == 0
