"""Who is whose among the articles of a run, and what is left to do."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from mtpipe.detection import near_duplicates
from mtpipe.detection.near_duplicates import THRESHOLD
from mtpipe.scale import duplicates
from mtpipe.scale.articles import ArticlesTask
from mtpipe.scale.duplicates import Duplicate, Order, clusters_of, find_duplicates, order_of
from mtpipe.storage import Place
from mtpipe.types import Failure
from mtpipe.types.scale import Cluster
from tests.scale import phases

pytest.importorskip("pyarrow")

COPY = Duplicate("report", "in-0123-00000", 0.913)


def text_of(seed: int, *, title: str = "") -> str:
    words = random.Random(seed).choices([f"w{number}" for number in range(2_000)], k=200)
    return " ".join([*title.split(), *words])


def written(path: Path, *rows: tuple[str, str]) -> Path:
    records = ({"id": name, "language": "en", "text": text} for name, text in rows)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def found(inputs: Sequence[Path], output: Path, rows: int = 500) -> list[list[Order]]:
    """Orders for each file of articles."""
    phases.read(inputs, output, rows=rows)
    places = [lot.sources[0].name for lot in phases.orders(output)]
    return [
        [order_of(json.loads(line)) for line in Path(place).read_text().splitlines()]
        for place in places
    ]


@pytest.mark.parametrize(
    "order",
    [
        Order("rows/a.parquet", "abc", 3),
        Order("rows/a.parquet", "abc", 0, COPY),
        Order(failure=Failure("a", "read", "too long")),
    ],
)
def test_orders_are_read_as_they_were_written(order: Order) -> None:
    assert order_of(json.loads(json.dumps(order.to_record()))) == order


def test_copies_are_found_in_all_files(tmp_path: Path) -> None:
    first = written(tmp_path / "a.jsonl", ("other", text_of(1)), ("report", text_of(2)))
    again = text_of(2, title="another title")
    second = written(
        tmp_path / "b.jsonl", ("copy", again), ("short", "Hello there."), ("third", text_of(3))
    )
    out = tmp_path / "out"
    [of_first, of_second] = found([second, first], out)
    assert [order.duplicate for order in of_first] == [None, None]
    copy, *others = (order.duplicate for order in of_second)
    assert others == [None, None]
    assert copy
    assert (copy.id, copy.similarity >= THRESHOLD) == ("report", True)
    assert copy.shard.startswith(Path(of_first[0].articles).stem)
    assert [(order.row, order.articles) for order in of_second] == [
        (row, of_second[0].articles) for row in range(3)
    ]
    assert phases.clusters_of(out) == [
        {
            "representative": "report",
            "shard": copy.shard,
            "members": 2,
            "duplicates": [{"id": "copy", "similarity": copy.similarity}],
        }
    ]
    assert list(clusters_of(Place.of(out / "clusters.jsonl"))) == [Cluster("report", 2, ("copy",))]


def test_how_articles_are_cut_into_files_changes_nothing(tmp_path: Path) -> None:
    rows = [(f"a{n}", text_of(n % 5, title=f"title {n}")) for n in range(17)]
    source = written(tmp_path / "a.jsonl", *rows)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    found([source], whole)
    assert len(found([source], cut, rows=2)) == 9
    without_places = [
        [{**each, "shard": ""} for each in phases.clusters_of(output)] for output in (whole, cut)
    ]
    assert without_places[0] == without_places[1]
    assert [each["members"] for each in without_places[0]] == [4, 4, 3, 3, 3]


def test_failures_are_ordered_as_well(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"id": "empty", "text": ""}\n{"id":\n')
    [orders] = found([source], tmp_path / "out")
    assert [order.failure.stage for order in orders if order.failure] == ["extract", "read"]
    assert phases.clusters_of(tmp_path / "out") == []


def test_nothing_was_read(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    place = Place.of(tmp_path)
    assert find_duplicates(place / "articles", "", place / "clusters.jsonl") == []
    assert phases.clusters_of(tmp_path) == []


def test_what_was_read_in_another_way_does_not_count(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", ("report", text_of(2)))
    phases.read([source], tmp_path)
    place = Place.of(tmp_path)
    assert find_duplicates(place / "articles", "another", place / "clusters.jsonl") == []


def test_a_wish_to_stop_is_heard(tmp_path: Path) -> None:
    phases.read([written(tmp_path / "a.jsonl", ("report", text_of(2)))], tmp_path)
    place, signature = Place.of(tmp_path), ArticlesTask().signature
    for given in ([True], [False, True]):
        answers = iter(given)
        stopped = find_duplicates(
            place / "articles",
            signature,
            place / "clusters.jsonl",
            is_stopped=answers.__next__,
        )
        assert stopped is None
        assert not (tmp_path / "articles" / "orders").exists()


def test_a_band_after_another_is_read_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    group = near_duplicates.group

    def watched(bits: object, keys: object) -> object:
        def counted(band: int) -> object:
            sizes.append(len(keys(band)))  # type: ignore[operator]
            return keys(band)  # type: ignore[operator]

        return group(bits, counted)  # type: ignore[arg-type]

    monkeypatch.setattr(duplicates, "group", watched)
    found([written(tmp_path / "a.jsonl", ("a", text_of(1)), ("b", text_of(2)))], tmp_path / "out")
    assert sizes == [2] * near_duplicates.BANDS
