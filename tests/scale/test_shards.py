"""Sources are cut into shards by what is in them, and by nothing else."""

import pickle

import pytest

from mtpipe.ingest.raw import Raw, RawPage
from mtpipe.scale.shards import Shard, bytes_of, is_name, prefix_of, shards_of
from mtpipe.types import Failure


def items(*lengths: int) -> list[Raw]:
    return [Raw("a", f"a#{n}", RawPage(b"x" * length)) for n, length in enumerate(lengths, 1)]


@pytest.mark.parametrize(
    ("lengths", "rows", "most_bytes", "expected"),
    [
        ([], 2, 100, []),
        ([1], 2, 100, [1]),
        ([1, 1, 1, 1], 2, 100, [2, 2]),
        ([1, 1, 1, 1, 1], 2, 100, [2, 2, 1]),
        ([60, 40, 1], 9, 100, [2, 1]),
        ([60, 41, 1], 9, 100, [1, 2]),
        ([500, 1, 500, 500], 9, 100, [1, 1, 1, 1]),
    ],
    ids=["nothing", "one", "even", "rest", "just full", "too long together", "each too long"],
)
def test_a_source_is_cut_by_rows_and_bytes(
    lengths: list[int], rows: int, most_bytes: int, expected: list[int]
) -> None:
    given = items(*lengths)
    shards = list(shards_of(given, source="a", rows=rows, most_bytes=most_bytes))
    assert [len(shard.items) for shard in shards] == expected
    assert [item for shard in shards for item in shard.items] == given
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert [shard.first for shard in shards] == [sum(expected[:n]) for n in range(len(expected))]


def test_only_one_shard_is_read_ahead() -> None:
    read = []

    def source() -> object:
        for item in items(*[1] * 100):
            read.append(item)
            yield item

    shards = shards_of(source(), source="a", rows=10)
    next(shards)
    assert len(read) == 11


@pytest.mark.parametrize(
    ("source", "beginning"),
    [
        ("pages/news.jsonl.gz", "news-"),
        ("s3://bucket/a b/ü.parquet", "_-"),
        ("pages/", "pages-"),
        (".", "input-"),
        ("", "input-"),
        ("x" * 300, "x" * 40 + "-"),
        ("../../etc/passwd", "passwd-"),
    ],
)
def test_names_are_safe_in_any_file_system(source: str, beginning: str) -> None:
    prefix = prefix_of(source)
    assert prefix.startswith(beginning)
    assert len(prefix) == len(beginning) + 8
    assert prefix.isascii()
    assert "/" not in prefix


@pytest.mark.parametrize("source", ["pages/news.jsonl.gz", "s3://bucket/a b/ü.parquet", ".", "a-0"])
def test_a_name_is_told_from_a_source(source: str) -> None:
    assert is_name(Shard(source, 100_000, 0, ()).name)
    assert not is_name(source)


def test_sources_of_one_name_have_shards_of_different_names() -> None:
    assert prefix_of("a/x.jsonl") != prefix_of("b/x.jsonl")


def test_a_digest_covers_what_was_read_and_survives_the_journey() -> None:
    shard = Shard("a", 3, 20, tuple(items(1, 2)))
    again: Shard = pickle.loads(pickle.dumps(shard))
    assert again == shard
    assert again.sha256 == shard.sha256
    assert again.name == shard.name == f"{prefix_of('a')}-00003"
    assert Shard("a", 3, 20, tuple(items(1, 3))).sha256 != shard.sha256


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (RawPage(b"12345"), 5),
        ({"text": "123", "n": 12}, 5),
        (Failure("a", "read", "no"), 2),
        ({}, 0),
    ],
)
def test_lengths_are_those_of_what_was_read(content: object, expected: int) -> None:
    assert bytes_of(Raw("a", "a", content)) == expected  # type: ignore[arg-type]
