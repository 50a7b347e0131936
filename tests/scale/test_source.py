"""Inputs become lots, and lots become rows of shards, one at a time."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.errors import InputError
from mtpipe.ingest.inputs import Source
from mtpipe.ingest.raw import Raw, RawPage
from mtpipe.scale import source
from mtpipe.scale.shards import Shard, prefix_of
from mtpipe.scale.source import Lot, lots_of, work_in
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


def read(lots: list[Lot], rows: int = 2, most_bytes: int = 10**6) -> Iterator[Shard]:
    for table in source._read(lots, rows, most_bytes, str(Path.cwd())):
        [row] = table.to_pylist()
        assert not row["error"]
        yield pickle.loads(row["shard"])


@pytest.mark.usefixtures("folder")
def test_a_row_is_a_shard() -> None:
    lots, _ = lots_of("pages")
    shards = list(read(lots))
    assert [(shard.source, shard.number, shard.first, len(shard.items)) for shard in shards] == [
        ("pages", 0, 0, 2),
        ("pages", 1, 2, 1),
        *(("pages/t.jsonl", number, 2 * number, size) for number, size in enumerate((2, 2, 1))),
        *(("pages/u.jsonl", number, 2 * number, size) for number, size in enumerate((2, 2, 1))),
    ]
    assert [item.id for item in shards[0].items] == ["pages/a.html", "pages/b.txt"]


def test_an_empty_input_has_no_shard(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert list(read(lots_of([str(tmp_path / "empty.jsonl")])[0])) == []


def test_reading_that_breaks_down_is_the_last_item(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Iterator[Raw]:
        yield Raw("a", "a#1", RawPage(b"x"))
        raise RecursionError("too deep")

    monkeypatch.setattr(source, "raw_items", broken)
    [shard] = read([Lot("a", (Source("a"),))])
    assert shard.items[1].content == Failure("a", "read", "RecursionError: too deep")


def test_an_extra_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> Iterator[Raw]:
        raise InputError("no fastwarc")
        yield

    monkeypatch.setattr(source, "raw_items", missing)
    [table] = source._read([Lot("a", (Source("a"),))], 2, 100, "")
    [row] = table.to_pylist()
    assert pickle.loads(row["error"]).message == "no fastwarc"


@pytest.mark.parametrize("name", ["", "relative", "/no/such/folder"])
def test_workers_stay_where_they_are_without_the_folder(name: str) -> None:
    before = Path.cwd()
    work_in(name)
    assert Path.cwd() == before
