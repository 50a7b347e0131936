"""The report of a run: complete, escaped, and the same in JSON."""

import json
from dataclasses import replace

import pytest

from mtpipe.report.scale_page import duration, number, scale_page, scale_record, size
from mtpipe.types.scale import (
    ArchivePart,
    Cluster,
    Cost,
    FailureKind,
    ScaleFigures,
    ShardFigures,
    Tallied,
    WorkerFigures,
)

RUN = ScaleFigures(
    task="detect",
    output="s3://bucket/out",
    signatures=("starter@1|int8",),
    shards=4,
    shards_before=1,
    rows=2000,
    output_rows=1990,
    output_bytes=4_200_000,
    seconds=120.0,
    setup_s=11.0,
    workers=2,
    machines=1,
    rows_now=1500,
    busy_s=180.0,
    busy_before_s=60.0,
    by_worker=(WorkerFigures("node/7", 3, 1500, 180.0, 170.0, 800_000_000),),
    slowest=(ShardFigures("crawl-1-00002", "crawl.warc.gz", 500, 90.0, "node/7", 1.5),),
    failures=10,
    failure_kinds=(FailureKind("read", "no <b>text</b>", 10, "https://a.example/?q=1&r=2"),),
    totals={"sentences": 24_000, "chars": 1_000_000, "articles": 1990},
    verdicts={"copy in the same language": 1900, "not enough evidence": 90},
    languages=(Tallied("de", {"copy in the same language": 1900}),),
    sites=(Tallied("a.example", {"copy in the same language": 1900, "not enough evidence": 90}),),
    sites_left_out=3,
    clusters=2,
    duplicates=70,
    largest=(Cluster("a#1", 60, ("b#1", "b#2")), Cluster("a#2", 12)),
    costs=(Cost(0.4, 7.41),),
    command="mtpipe scale detect in -o out",
    created="2026-11-30T10:00:00+00:00",
    version="0.1.0",
)
BARE = replace(
    RUN, task="translate", shards_before=0, failures=0, failure_kinds=(), totals={}, verdicts={},
    languages=(), sites=(), sites_left_out=0, clusters=None, duplicates=0, largest=(), costs=(),
)  # fmt: skip


def test_what_the_page_says() -> None:
    page = scale_page(RUN)
    for text in (
        "2,000 articles examined",
        "4 shards, 1 of which were done before",
        "10 articles failed (0.50%)",
        "12.5</span> articles/s",  # 1,500 in 120 s
        "8.33</span> articles/s",  # 2,000 in 240 s of work
        "75%",  # 180 of 240 s
        "22.2</span> hours",
        "<strong>7.41</strong>",
        "1.5 ×",
        "no &lt;b&gt;text&lt;/b&gt;",
        "<dt>Characters</dt><dd>1,000,000</dd>",
        "2 clusters of articles",
        "b#1, b#2",
        "3 articles of further sites",
        "starter@1|int8",
        "mtpipe scale detect in -o out",
    ):
        assert text in page, text
    assert "<script" not in page
    assert "<b>text" not in page


def test_a_page_says_nothing_of_what_a_run_has_not() -> None:
    page = scale_page(BARE)
    assert "2,000 articles translated" in page
    assert "nothing failed" in page
    assert "<code>--price-per-hour</code>" in page
    for text in ("Verdicts", "Near-duplicates", "<th>price", "By site"):
        assert text not in page
    nothing = replace(BARE, rows_now=0, by_worker=(), busy_s=0.0, machines=0)
    page = scale_page(nothing)
    assert "nothing left to do" in page
    assert "--price-per-hour" not in page
    empty = replace(nothing, rows=0, shards=0, slowest=(), signatures=(), busy_before_s=0.0)
    assert "0 articles translated" in scale_page(empty)


def test_an_archive_that_was_filled_has_its_shards() -> None:
    parts = (ArchivePart(0, 900, 10_800, 8_500_000, 12.0, 3.0, is_indexed=False),)
    page = scale_page(replace(BARE, task="index", parts=parts, tidy_s=3.5))
    for text in ("2,000 articles indexed", "10,800", "8.5 MB", "exact", "took 3.5 s"):
        assert text in page, text
    assert "more are in the JSON" not in page
    page = scale_page(replace(BARE, task="index", parts=parts * 100))
    assert "36 more are in the JSON" in page


def test_flags_of_translations_are_counted() -> None:
    page = scale_page(replace(BARE, flags={"numbers": 12, "loop": 1}))
    assert "numbers 12, loop 1" in page
    assert "Flagged" not in scale_page(BARE)


def test_of_many_workers_the_slowest_and_the_fastest_are_listed() -> None:
    some = tuple(WorkerFigures(f"w{n:03}", 1, 100 + n, 10.0, 9.0, 0) for n in range(100))
    page = scale_page(replace(RUN, by_worker=some))
    assert "76 more are in the JSON" in page
    assert [f"w{n:03}" in page for n in (0, 17, 18, 93, 94, 99)] == [
        *(True, True, False, False, True, True),
    ]
    assert len(scale_record(replace(RUN, by_worker=some))["by_worker"]) == 100


def test_the_record_has_what_follows_from_the_figures() -> None:
    record = json.loads(json.dumps(scale_record(RUN)))
    assert record["rows_per_s"] == 12.5
    assert record["utilisation"] == 0.75
    assert record["by_worker"][0]["rows_per_s"] == pytest.approx(8.333, abs=1e-3)
    assert record["million_machine_hours"] == pytest.approx(22.222, abs=1e-3)
    assert record["costs"] == [{"price_per_hour": 0.4, "total": 7.41}]
    assert record["largest"][0]["examples"] == ["b#1", "b#2"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (3599.6, "1 h 0 min"), (7e6, "1,944 h 26 min")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234, "1,234"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.01234, "0.0123")],
)  # fmt: skip
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0.0 kB"), (1234, "1.2 kB"), (5e6, "5.0 MB"), (3e9, "3.0 GB"), (2e13, "20.0 TB")]
)  # fmt: skip
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text
