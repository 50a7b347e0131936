"""Inputs become lots, and lots become rows of shards, one at a time."""

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mtpipe.errors import InputError
from mtpipe.ingest.inputs import Source
from mtpipe.ingest.raw import Raw, RawPage
from mtpipe.scale import attempts, source
from mtpipe.scale.shards import Shard, prefix_of
from mtpipe.scale.source import Lot, Reading, lots_of, work_in
from mtpipe.types import Failure


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``pages`` with three pages and two tables, ``more`` with one page."""
    monkeypatch.chdir(tmp_path)
    pages = tmp_path / "pages"
    (pages / "deep").mkdir(parents=True)
    for name in ("a.html", "b.txt", "deep/c.md"):
        (pages / name).write_text(f"<p>{name}")
    for name in ("t.jsonl", "u.jsonl"):
        (pages / name).write_text("".join(json.dumps({"text": str(n)}) + "\n" for n in range(5)))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.html").write_text("<p>more")
    return tmp_path


def described(lots: list[Lot]) -> list[tuple[str, int]]:
    return [(lot.label, len(lot.sources)) for lot in lots]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ("pages", [("pages", 3), ("pages/t.jsonl", 1), ("pages/u.jsonl", 1)]),
        ("pages/", [("pages", 3), ("pages/t.jsonl", 1), ("pages/u.jsonl", 1)]),
        (["more", "pages/t.jsonl"], [("more", 1), ("pages/t.jsonl", 1)]),
        (["pages/a.html", "pages/b.txt"], [("pages", 2)]),
        (["./pages/a.html", "pages/a.html"], [("pages", 1)]),
        (["pages/*.html", "more/*.html"], [("pages/*.html", 1), ("more/*.html", 1)]),
        (["pages/t.jsonl", "pages/t.jsonl"], [("pages/t.jsonl", 1)]),
        (["https://example.org/a", "https://example.org/b"], [("https://example.org", 2)]),
        ([], []),
    ],
)
def test_pages_of_a_folder_are_read_together_and_tables_alone(
    inputs: str | list[str], expected: list[tuple[str, int]]
) -> None:
    lots, failures = lots_of(inputs)
    assert described(lots) == expected
    assert failures == []


@pytest.mark.usefixtures("folder")
def test_what_leads_to_nothing_is_a_failure() -> None:
    lots, failures = lots_of(["nothing.jsonl", "more"])
    assert described(lots) == [("more", 1)]
    assert [failure.article_id for failure in failures] == ["nothing.jsonl"]


def test_standard_input_is_refused() -> None:
    with pytest.raises(InputError, match="standard input"):
        lots_of(["-"])


def test_lots_whose_shards_would_have_the_same_names_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(source, "prefix_of", lambda label: label[-3:] if "(" in label else "x")
    for name in "abc":
        (tmp_path / f"{name}.jsonl").touch()
    lots, _ = lots_of([str(tmp_path)])
    assert len({prefix_of(lot.label) for lot in lots}) == 3
    assert lots[2].label.endswith("c.jsonl (3)")


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(2, 10**6, "", str(tmp_path / "out"), "run 1")


def read(lots: list[Lot], reading: Reading) -> Iterator[Shard]:
    for table in source._read(lots, reading):
        [row] = table.to_pylist()
        assert not row["error"]
        yield pickle.loads(row["shard"])


@pytest.mark.usefixtures("folder")
def test_a_row_is_a_shard(reading: Reading) -> None:
    lots, _ = lots_of("pages")
    shards = list(read(lots, reading))
    assert [(shard.source, shard.number, shard.first, len(shard.items)) for shard in shards] == [
        ("pages", 0, 0, 2),
        ("pages", 1, 2, 1),
        *(("pages/t.jsonl", number, 2 * number, size) for number, size in enumerate((2, 2, 1))),
        *(("pages/u.jsonl", number, 2 * number, size) for number, size in enumerate((2, 2, 1))),
    ]
    assert [item.id for item in shards[0].items] == ["pages/a.html", "pages/b.txt"]


@pytest.mark.usefixtures("folder")
def test_a_lot_may_be_one_shard_however_much_is_in_it(reading: Reading) -> None:
    [lot], _ = lots_of("pages/t.jsonl")
    small = replace(reading, most_bytes=1)
    assert [len(shard.items) for shard in read([lot], small)] == [1] * 5
    [whole], _ = lots_of([replace(lot, is_whole=True)])
    assert [len(shard.items) for shard in read([whole], small)] == [5]


def test_an_empty_input_has_no_shard(tmp_path: Path, reading: Reading) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert list(read(lots_of([str(tmp_path / "empty.jsonl")])[0], reading)) == []


def test_reading_that_breaks_down_is_the_last_item(
    monkeypatch: pytest.MonkeyPatch, reading: Reading
) -> None:
    def broken(_: object) -> Iterator[Raw]:
        yield Raw("a", "a#1", RawPage(b"x"))
        raise RecursionError("too deep")

    monkeypatch.setattr(source, "raw_items", broken)
    [shard] = read([Lot("a", (Source("a"),))], reading)
    assert shard.items[1].content == Failure("a", "read", "RecursionError: too deep")


@pytest.mark.usefixtures("folder")
def test_what_ends_every_process_that_reads_it_is_left_out_at_last(reading: Reading) -> None:
    lots, _ = lots_of(["pages/t.jsonl", "pages/u.jsonl"])
    for _ in range(attempts.MOST):
        next(read(lots, reading))  # and no further
    found = list(read(lots, reading))
    assert [shard.source for shard in found] == ["pages/t.jsonl (reading)", *["pages/u.jsonl"] * 3]
    [item] = found[0].items
    assert item.content == Failure("pages/t.jsonl", "worker", "reading it ended 3 processes")
    again = replace(reading, run="run 2")
    assert [shard.source for shard in read(lots[:1], again)] == ["pages/t.jsonl"] * 3
    assert len(list(Path(reading.output, "attempts").iterdir())) == 0


def test_an_extra_that_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, reading: Reading
) -> None:
    def missing(_: object) -> Iterator[Raw]:
        raise InputError("no fastwarc")
        yield

    monkeypatch.setattr(source, "raw_items", missing)
    [table] = source._read([Lot("a", (Source("a"),))], reading)
    [row] = table.to_pylist()
    assert pickle.loads(row["error"]).message == "no fastwarc"


@pytest.mark.parametrize("name", ["", "relative", "/no/such/folder"])
def test_workers_stay_where_they_are_without_the_folder(name: str) -> None:
    before = Path.cwd()
    work_in(name)
    assert Path.cwd() == before
