"""Benchmarks as text: nothing is lost, nothing is executed, nothing is fetched."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.report import charts
from mtpipe.report.benchmark import report_record, sheet
from mtpipe.report.benchmark_markdown import markdown
from mtpipe.report.benchmark_page import html_page
from mtpipe.report.charts import (
    Point,
    pareto,
    pareto_chart,
    reliability_chart,
    tippett_chart,
)
from mtpipe.types.benchmark import (
    BenchmarkReport,
    BenchmarkRow,
    BenchmarkTask,
    Configuration,
    DetectionGroup,
    Figure,
    RatioShares,
    ReliabilityBin,
    SetReport,
    SpeedFigures,
    WorstSegment,
)

NASTY = "<script>alert(1)</script>$a_b$|`x`"


def row(model: str, quality: float, speed: float | None) -> BenchmarkRow:
    return BenchmarkRow(
        configuration=Configuration(
            model=model, revision="0" * 12, engine="e:1", precision="int8", beam=4, device="cpu"
        ),
        items=10,
        quality={"chrF2": Figure(quality, quality - 1, quality + 1)},
        rank=1,
        problems={"repetition": 2},
        speed=speed
        and SpeedFigures(
            per_second=Figure(speed, speed, speed + 1),
            ratio=None,
            latency_p50_ms=Figure(5, 5, 5),
            latency_p95_ms=None,
            load_s=Figure(0.5),
            peak_mb=Figure(100.0 * speed, 1, 2000),
            rounds=3,
        ),
        size_mb=12.5,
        signature="model:s|e:1",
    )


@pytest.fixture
def report() -> BenchmarkReport:
    rows = (row("a", 50, 10), row(NASTY, 40, 100), row("c", 30, None))
    each = SetReport(
        name=NASTY,
        task=BenchmarkTask.TRANSLATE,
        licence="CC0-1.0",
        source="somewhere",
        verified=False,
        sha256={"de-en": "f" * 64},
        overall=(),
        directions={"de-en": rows},
        metric_signatures={"chrF2": "nrefs:1"},
        significance="paired bootstrap",
        worst=(WorstSegment("de-en", "a", 1.5, NASTY, NASTY, NASTY),),
    )
    return BenchmarkReport(
        task=BenchmarkTask.TRANSLATE,
        machine="a machine",
        threads=2,
        sets=(each,),
        method=("timed & told",),
        warnings=(NASTY,),
    )


def test_columns_without_anything_are_left_out(report):
    [each] = report.sets
    table = sheet(each, each.rows)
    assert table.headers == (
        *("configuration", "chrF2", "rank", "lines/s", "p50 ms", "load s", "peak MB", "disk MB"),
        "repetition",
    )
    first = dict(zip(table.headers, table.rows[0], strict=True))
    assert (first["chrF2"].text, first["chrF2"].note) == ("50.00", "± 1.00")
    assert (first["lines/s"].text, first["lines/s"].note) == ("10.0", "10.0-11.0")
    assert first["p50 ms"].note == ""
    assert table.rows[2][3].text == ""


def test_the_page_is_alone_and_safe(report):
    page = html_page(report)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    # The one script is the sorting one; addresses in SVG are names of vocabularies.
    assert page.count("<script") == 1
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert page.count("<svg") == 2
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_policy_allows_exactly_the_script(report):
    import base64
    import hashlib

    page = html_page(report)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_a_page_without_charts_says_how_to_get_them(report):
    page = html_page(report, with_charts=False)
    assert "<svg" not in page
    assert "mtpipe[plots]" in page


def test_markdown_has_the_tables_and_no_markup_of_others(report):
    text = markdown(report)
    rows = [line for line in text.splitlines() if line.startswith("| a e int8")]
    assert len(rows) == 1
    assert "| 50.00 (± 1.00) |" in rows[0]
    assert "<script>" not in text.replace("\\<script\\>", "")
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line[:1] == "|"}
    assert len(widths) == 1


def test_json_has_no_segments(report):
    record = report_record(report)
    assert "worst" not in record["sets"][0]
    labels = [r["configuration"]["label"] for r in record["sets"][0]["directions"]["de-en"]]
    assert labels == [r.configuration.label for r in report.sets[0].rows]


@pytest.mark.parametrize(
    ("points", "less", "expected"),
    [
        ([("a", 1, 1), ("b", 2, 2)], False, "b"),
        ([("a", 1, 1), ("b", 2, 2)], True, "ab"),
        ([("a", 1, 2), ("b", 2, 1), ("c", 1, 1)], False, "ab"),
        ([("a", 1, 1), ("b", 1, 1)], False, "ab"),
    ],
    ids=["faster and better", "cheaper or better", "beaten by both", "equal"],
)
def test_pareto(points, less, expected):
    front = pareto([Point(*point) for point in points], less_is_better=less)
    assert "".join(point.label for point in front) == expected


def test_of_errors_the_least_are_best(report):
    points = [Point("a", 1, 60), Point("b", 2, 50), Point("c", 3, 70)]
    front = pareto(points, less_is_better=True, errors=True)
    assert [point.label for point in front] == ["a", "b"]
    row = replace(report.sets[0].rows[0], quality={"TER": Figure(50, 49, 51)})
    by_ter = replace(report.sets[0], overall=(row,))
    page = html_page(replace(report, sets=(by_ter,)))
    assert "TER  (down is better)" in page
    assert "chrF2  (up is better)" in html_page(report)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_nobody_on_the_front_is_beaten_and_everybody_else_is(pairs):
    points = [Point(str(n), *pair) for n, pair in enumerate(pairs)]
    front = pareto(points, less_is_better=False)
    for point in points:
        beaten = any(
            other.cost >= point.cost
            and other.quality >= point.quality
            and (other.cost, other.quality) != (point.cost, point.quality)
            for other in points
        )
        assert (point in front) != beaten


@pytest.mark.parametrize("cost", [1.0, 1.1, 2.0, 1000.0], ids=str)
def test_charts_are_vectors_with_text(cost):
    points = [Point(NASTY, 1.0, 30.0), Point("other", cost, 30.0)]
    svg = pareto_chart(points, cost="lines per second", quality="chrF2", less_is_better=False)
    assert svg.startswith("<svg")
    assert "<image" not in svg
    assert "&lt;script&gt;alert(1)&lt;/script&gt;$a_b$|" in svg
    assert "currentColor" in svg


def test_long_names_in_a_legend_have_all_of_its_width():
    """In two columns they were cut off at both ends of the chart."""
    names = [f"{letter}{'-long-name' * 12} beam 4" for letter in "ab"]
    points = [Point(name, 1 + number, 2 + number) for number, name in enumerate(names)]
    svg = pareto_chart(points, cost="speed", quality="chrF2", less_is_better=False)
    lines = re.findall(r">([^<>]*-long-name[^<>]*)</", svg)
    assert len(lines) == 4
    assert max(map(len, lines)) <= 60


def test_a_tippett_plot():
    shares = {NASTY: [RatioShares(-1.0, 1.0, 0.5), RatioShares(2.0, 0.5, 0.0)]}
    assert tippett_chart(shares).startswith("<svg")


def test_parts_of_a_detectors_pairs(report):
    group = DetectionGroup("engine", NASTY, 30, 0, None, {"moderate support": (0.5, 0.01)})
    each = replace(report.sets[0], groups={NASTY: (group,), "b": ()})
    report = replace(report, sets=(each,))
    assert "| 30 | 0 |  | 0.500 |  |" in markdown(report)
    page = html_page(report, with_charts=False)
    assert "machines, moderate support" in page
    assert NASTY not in page
    record = report_record(report)["sets"][0]["groups"][NASTY][0]
    assert record["support"] == {"moderate support": (0.5, 0.01)}


def test_a_reliability_plot():
    bins = {"d": [ReliabilityBin(0, 0.5, 3, 0.2, 0.3), ReliabilityBin(0.5, 1, 0, 0, 0)]}
    assert reliability_chart(bins).startswith("<svg")


def test_the_same_figures_give_the_same_file(report):
    assert html_page(report) == html_page(report)


def test_matplotlib_is_looked_for_without_being_imported():
    assert charts.are_available()
