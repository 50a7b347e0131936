"""Scores as text; the values are made up."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from mtpipe.report import score_page
from mtpipe.report.score_formats import csv_report, json_report, latex_report, markdown_report
from mtpipe.report.scores import (
    ComparedSegment,
    PairedTest,
    ScoreCell,
    ScoreColumn,
    ScoredInput,
    ScorePair,
    ScoreReport,
    ScoreRow,
    ScoreTable,
    SegmentComparison,
    best_rows,
    describe_test,
)

EVIL = "<b>x_y|\u202e&"


def row(system: str, bleu: float, ter: float, *, p_value: float | None, cluster: int) -> ScoreRow:
    significant = None if p_value is None else p_value < 0.05
    return ScoreRow(
        system,
        (
            ScoreCell(bleu, bleu, 1.25, p_value, significant, cluster),
            ScoreCell(ter, ter, 0.5, p_value, significant, cluster),
        ),
    )


REPORT = ScoreReport(
    inputs=(ScoredInput("hypothesis", EVIL, "a/b.txt", 2, "0" * 64),),
    columns=(
        ScoreColumn("bleu", "BLEU", "nrefs:1|case:mixed", True, 1),
        ScoreColumn("ter", "TER", "nrefs:1|case:lc", False, 1),
    ),
    tables=(
        ScoreTable(
            "all",
            "",
            2,
            (
                row(EVIL, 30.04, 50.0, p_value=None, cluster=1),
                row("b", 20.0, 60.0, p_value=0.001, cluster=2),
                row("c", 19.9, 61.0, p_value=0.02, cluster=2),
            ),
        ),
        ScoreTable(
            "document",
            "=d1",
            1,
            (
                ScoreRow(EVIL, (ScoreCell(1.0), ScoreCell(2.0))),
                ScoreRow("b", (ScoreCell(3.0), ScoreCell(1.0))),
                ScoreRow("c", (ScoreCell(3.0), ScoreCell(1.5))),
            ),
        ),
    ),
    test=PairedTest("bootstrap", 1000, 12345, 0.05, EVIL),
    pairs=(
        ScorePair("bleu", EVIL, "b", 10.04, 0.001, True),
        ScorePair("ter", EVIL, "b", -10.0, 0.001, True),
    ),
    comparison=SegmentComparison(
        EVIL,
        "b",
        "BLEU",
        (ComparedSegment(1, "d1", "<i>s</i>", ("ref & <x>",), "same <u>one", "same <u>two", (9.0, 1.0)),),
        (ComparedSegment(2, "", "", (), "", "text", (0.0, 5.0)),),
        2,
    ),
)  # fmt: skip


def test_best_rows() -> None:
    whole, document = REPORT.tables
    assert best_rows(whole, 0, higher_is_better=True) == {EVIL}
    assert best_rows(document, 0, higher_is_better=True) == {"b", "c"}
    assert best_rows(document, 1, higher_is_better=False) == {"b"}
    assert best_rows(replace(whole, rows=whole.rows[:1]), 0, higher_is_better=True) == set()


def test_json_has_everything() -> None:
    document = json.loads(json_report(REPORT))
    assert document["segments"] == 2
    assert document["systems"][1] == {
        "system": "b",
        "scores": {
            "bleu": {"score": 20.0, "mean": 20.0, "ci": 1.25, "p_value": 0.001,
                     "significant": True, "cluster": 2},
            "ter": {"score": 60.0, "mean": 60.0, "ci": 0.5, "p_value": 0.001,
                    "significant": True, "cluster": 2},
        },
    }  # fmt: skip
    assert document["parts"][0]["systems"][0]["scores"] == {
        "bleu": {"score": 1.0},
        "ter": {"score": 2.0},
    }
    assert document["pairs"][0]["difference"] == 10.04
    assert document["test"]["seed"] == 12345
    assert document["metrics"][1]["signature"] == "nrefs:1|case:lc"


def test_csv_is_one_figure_a_line() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_report(REPORT))))
    assert len(rows) == 2 * 3 * 2
    assert rows[0]["system"] == EVIL
    assert rows[0]["score"] == "30.04"
    assert [rows[0][name] for name in ("p_value", "significant")] == ["", ""]
    assert [rows[2][name] for name in ("p_value", "significant")] == ["0.001", "true"]
    assert rows[6]["name"] == "'=d1"  # no formula
    assert rows[6]["signature"] == "nrefs:1|case:mixed"


def test_figures_of_segments_have_a_signature_of_their_own() -> None:
    bleu, ter = REPORT.columns
    segment = replace(REPORT.tables[1], kind="segment", name="1")
    report = replace(
        REPORT,
        columns=(replace(bleu, segment_signature="eff:yes"), ter),
        tables=(*REPORT.tables, segment),
    )
    rows = list(csv.DictReader(io.StringIO(csv_report(report))))
    assert [(row["part"], row["signature"]) for row in rows[4::6] if row["metric"] == "bleu"] == [
        ("all", "nrefs:1|case:mixed"),
        ("document", "nrefs:1|case:mixed"),
        ("segment", "eff:yes"),
    ]
    assert "- BLEU of segments: `eff:yes`\n- TER: `nrefs:1|case:lc`\n" in markdown_report(report)
    assert "% BLEU of segments: eff:yes\n" in latex_report(report)
    assert "<code>BLEU of segments|eff:yes</code>" in score_page.score_page(report)
    assert json.loads(json_report(report))["metrics"][0]["segment_signature"] == "eff:yes"


def test_details_are_for_programs_too() -> None:
    [first, *_] = REPORT.tables[0].rows
    detailed = replace(first, cells=(replace(first.cells[0], details="100/50"), first.cells[1]))
    report = replace(REPORT, tables=(replace(REPORT.tables[0], rows=(detailed,)),))
    [system] = json.loads(json_report(report))["systems"]
    assert system["scores"]["bleu"]["details"] == "100/50"
    assert "details" not in system["scores"]["ter"]


def test_markdown() -> None:
    text = markdown_report(REPORT)
    lines = text.splitlines()
    assert lines[0] == "| System | BLEU ↑ | TER ↓ |"
    assert lines[1] == "|---|---:|---:|"
    assert lines[2] == "| &lt;b>x\\_y\\| &amp; | **30.0 ± 1.2 #1** | **50.0 ± 0.5 #1** |"
    assert lines[3] == "| b | 20.0 ± 1.2 (p = 0.0010\\*) #2 | 60.0 ± 0.5 (p = 0.0010\\*) #2 |"
    assert "### By document" in text
    assert "| =d1 | 1 | b | **3.0** | **1.0** |" in text
    assert "- BLEU: `nrefs:1|case:mixed`" in text


def test_latex() -> None:
    text = latex_report(REPORT)
    assert "\\begin{tabular}{lrr}" in text
    assert "\\textless{}b\\textgreater{}x\\_y|" in text
    assert "\\textbf{30.0 $\\pm$ 1.2 \\#1}" in text
    assert "% BLEU: nrefs:1|case:mixed" in text
    assert text.count("\\begin{tabular}") == text.count("\\end{tabular}") == 2
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.replace(r"\&", "").count("&") for line in rows} == {2, 4}


def test_page_stands_alone_and_is_escaped() -> None:
    page = score_page.score_page(REPORT)
    assert "<script" not in page
    assert not re.search(r"(src|href)=|@import|url\(", page)
    for raw in ("<b>x_y", "<i>s", "<u>one", "& <x>"):
        assert raw not in page
    assert "same &lt;u&gt;<mark>one</mark>" in page
    assert "same &lt;u&gt;<mark>two</mark>" in page
    assert "<em>(empty)</em>" in page
    assert "p = 0.0010*" in page
    assert "By document" in page


def test_page_of_one_system() -> None:
    segment = ComparedSegment(1, "", "s", (), "the reference", "the output", (None, 3.0))
    alone = replace(
        REPORT,
        test=None,
        pairs=(),
        comparison=SegmentComparison("reference", "b", "BLEU", (segment,), (), 1),
    )
    page = score_page.score_page(alone)
    assert "The worst segments by BLEU" in page
    assert "is better" not in page
    assert score_page.score_page(replace(alone, comparison=None)).count("<article") == 0


def test_a_long_split_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_page, "_PAGE_ROWS", 2)
    assert "1 more rows are in the other formats" in score_page.score_page(REPORT)


@pytest.mark.parametrize("form", [json_report, markdown_report, latex_report])
@pytest.mark.parametrize("sign", ["\x1b[2J", "\x9b2J", "\x85", "\u202e", "\u2066"])
def test_no_name_steers_a_terminal(form: Callable[[ScoreReport], str], sign: str) -> None:
    name = f"a{sign}b"
    table = replace(
        REPORT.tables[0],
        kind=name,
        name=name,
        rows=(replace(REPORT.tables[0].rows[0], system=name),),
    )
    column = replace(REPORT.columns[0], signature=f"model:{name}")
    report = replace(
        REPORT, tables=(REPORT.tables[0], table), columns=(column, *REPORT.columns[1:])
    )
    assert all(char.isprintable() or char == "\n" for char in form(report))


def test_segments_are_scored_with_the_digits_of_their_metric() -> None:
    assert REPORT.comparison
    [segment] = REPORT.comparison.first_better
    comparison = replace(
        REPORT.comparison, first_better=(replace(segment, scores=(0.8124, 0.8039)),)
    )
    columns = (replace(REPORT.columns[0], digits=3), REPORT.columns[1])
    page = score_page.score_page(replace(REPORT, columns=columns, comparison=comparison))
    assert "0.812" in page
    assert "0.804" in page


def test_a_report_says_that_the_bootstraps_p_values_are_too_small() -> None:
    told = {
        method: describe_test(PairedTest(method, 1000, 12345, 0.05, "a"))
        for method in ("bootstrap", "randomisation")
    }
    assert "p-values are too small" in told["bootstrap"]
    assert "too small" not in told["randomisation"]
