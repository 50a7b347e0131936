"""What is done is what a whole manifest says."""

from dataclasses import replace
from pathlib import Path

import pytest

from mtpipe.ingest.raw import Raw, RawPage
from mtpipe.scale.manifest import (
    Manifest,
    delete_manifest,
    read_manifest,
    read_manifests,
    write_manifest,
)
from mtpipe.scale.shards import Shard
from mtpipe.storage import Place
from mtpipe.types import Failure

SHARD = Shard("a.jsonl", 0, 0, (Raw("a.jsonl", "a.jsonl#1", RawPage(b"text")),))
DONE = Manifest(
    shard=SHARD.name,
    source="a.jsonl",
    number=0,
    first=0,
    rows=1,
    input_sha256=SHARD.sha256,
    signature="s",
    output="rows/x.jsonl",
    output_rows=1,
    output_bytes=10,
    output_sha256="0",
    failures=(Failure("a.jsonl#2", "read", "bad ü"),),
    counts={"languages": {"de": 1}},
    worker="here/1",
    seconds=2,
)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    output = Place.of(tmp_path)
    assert list(read_manifests(output)) == []
    write_manifest(output, DONE)
    assert read_manifest(output, DONE.shard) == DONE
    assert list(read_manifests(output)) == [DONE]
    delete_manifest(output, DONE.shard)
    assert read_manifest(output, DONE.shard) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        '{"shard": 1}',
        DONE.to_json().replace('"rows": 1', '"rows": "1"'),
        DONE.to_json().replace('{\n   "de": 1\n  }', "1"),
        DONE.to_json().replace('"stage"', '"stadium"'),
        DONE.to_json()[:-20],
    ],
    ids=range(11),
)
def test_damaged_manifests_are_skipped(text: str, tmp_path: Path) -> None:
    output = Place.of(tmp_path)
    write_manifest(output, DONE)
    (tmp_path / "manifests" / "b.json").write_text(text)
    assert list(read_manifests(output)) == [DONE]
    assert read_manifest(output, "b") is None


def test_what_is_of_the_run_is_left_out_of_comparisons() -> None:
    other = replace(DONE, worker="there/2", started="now", seconds=9.0, peak_bytes=5)
    assert other.comparable == DONE.comparable
    assert replace(DONE, output_sha256="1").comparable != DONE.comparable


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (DONE, True),
        (replace(DONE, signature="t"), False),
        (replace(DONE, input_sha256="t"), False),
        (replace(DONE, output="rows/x.parquet"), False),
        (replace(DONE, failures=(Failure("a", "worker", "died"),)), False),
    ],
    ids=["same", "other signature", "other input", "other form", "of the worker"],
)
def test_a_shard_is_done_if_nothing_is_to_be_tried_again(
    manifest: Manifest, expected: bool
) -> None:
    assert manifest.is_of(SHARD, "s", "rows/x.jsonl") is expected
