"""The output of a run: one run at a time, and nothing left of what it no longer has."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.scale.folder import RunFolder, opened
from mtpipe.scale.manifest import Manifest, read_manifests, write_manifest
from mtpipe.scale.output import Form
from mtpipe.scale.shards import prefix_of
from mtpipe.storage import Place
from mtpipe.types import Failure


def done(source: str, number: int, *failures: str, form: str = "jsonl") -> Manifest:
    name = f"{prefix_of(source)}-{number:05d}"
    return Manifest(
        shard=name,
        source=source,
        number=number,
        first=0,
        rows=1,
        input_sha256="",
        signature="",
        output=f"rows/{name}.{form}",
        output_rows=1,
        output_bytes=0,
        output_sha256="",
        failures=tuple(Failure(failure, "read", "bad") for failure in failures),
    )


def put(output: Path, *manifests: Manifest) -> None:
    for manifest in manifests:
        write_manifest(Place.of(output), manifest)
        Place.of(output / manifest.output).write(b"")


def finish(folder: RunFolder, *sources: str, is_complete: bool = True) -> None:
    folder.finish(sources=iter(sources), is_complete=is_complete, figures={"rows": 1})


def test_a_run_says_what_it_is(tmp_path: Path) -> None:
    output = tmp_path / "new" / "out"
    with opened(Place.of(output), "echo", Form.JSONL) as folder:
        begun = json.loads((output / "run.json").read_text())
        assert (begun["run"], begun["task"], begun["is_complete"]) == (folder.name, "echo", False)
        finish(folder)
    ended = json.loads((output / "run.json").read_text())
    assert (ended["is_complete"], ended["rows"]) == (True, 1)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    place = Place.of(tmp_path / "out")
    with (
        opened(place, "echo", Form.JSONL),
        pytest.raises(OutputError, match="another run"),
        opened(place, "echo", Form.JSONL),
    ):
        pass
    with opened(place, "echo", Form.PARQUET):
        pass


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.json", '{"task": "detect"}', "output of detect"),
        ("run.json", "[]", "output of something"),
        ("thesis.tex", "", "something else in it: thesis.tex"),
    ],
)
def test_what_is_no_such_output_is_left_alone(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with (
        pytest.raises(InputError, match=said),
        opened(Place.of(tmp_path), "translate", Form.JSONL),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="can't write"),
        opened(Place.of(tmp_path / "file" / "out"), "echo", Form.JSONL),
    ):
        pass


def test_a_shard_counts_once(tmp_path: Path) -> None:
    with opened(Place.of(tmp_path / "out"), "echo", Form.JSONL) as folder:
        assert folder.add(done("a", 0))
        assert not folder.add(done("a", 0))


def test_failures_are_listed_by_the_names_of_shards(tmp_path: Path) -> None:
    listed = tmp_path / "failures.jsonl"
    with opened(Place.of(tmp_path), "echo", Form.JSONL) as folder:
        for manifest in (done("b", 0, "b1"), done("a", 1, "a2", "ü"), done("a", 0, "a1")):
            folder.add(manifest)
        folder.add_failures("", (Failure("nothing", "read", "no such file"),))
        finish(folder)
    ids = [json.loads(line)["article_id"] for line in listed.read_text().splitlines()]
    assert ids == ["nothing", "a1", "a2", "ü", "b1"]
    with opened(Place.of(tmp_path), "echo", Form.JSONL) as folder:
        finish(folder)
    assert not listed.exists()


def test_what_a_source_no_longer_has_is_removed_when_the_run_is_complete(tmp_path: Path) -> None:
    kept = [done("a", 0), done("a", 1), done("other", 5)]
    put(tmp_path, *kept, done("a", 2), done("a", 100_000), done("gone", 0), done("emptied", 0))
    put(tmp_path, replace(done("a", 1), output=done("a", 1, form="parquet").output))
    put(tmp_path, done("a", 1))
    (tmp_path / "rows" / f".{done('a', 1).shard}.jsonl.xyz").touch()  # of a killed worker
    (tmp_path / "run.json").write_text('{"task": "echo"}')

    def names() -> set[str]:
        return {path.name for path in (tmp_path / "rows").iterdir()}

    for is_complete in (False, True):
        before = names()
        with opened(Place.of(tmp_path), "echo", Form.JSONL) as folder:
            folder.add(done("a", 0))
            folder.add(done("a", 1))
            finish(folder, "a", "emptied", is_complete=is_complete)
        assert is_complete or names() == before
    kept.append(done("gone", 0))  # not among the inputs
    assert names() == {f"{manifest.shard}.jsonl" for manifest in kept}
    assert list(read_manifests(Place.of(tmp_path))) == sorted(kept, key=lambda m: m.shard)


def test_what_could_not_be_read_this_time_keeps_what_it_had(tmp_path: Path) -> None:
    put(tmp_path, done("a", 0), done("a", 1))
    (tmp_path / "run.json").write_text('{"task": "echo"}')
    note = done("a (reading)", 0, "a")
    for is_read in (False, True):
        with opened(Place.of(tmp_path), "echo", Form.JSONL) as folder:
            if is_read:
                folder.add(done("a", 0))
            else:
                put(tmp_path, note)
                folder.add(note)
            finish(folder, "a")
        there = {manifest.shard for manifest in read_manifests(Place.of(tmp_path))}
        expected = [done("a", 0)] if is_read else [done("a", 0), done("a", 1), note]
        assert there == {manifest.shard for manifest in expected}
