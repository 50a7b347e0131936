"""Places behave the same here and in an object store."""

import gzip
import os
import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.storage import Place
from tests.object_store import ObjectStore, object_store

pytest.importorskip("pyarrow.fs")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    with object_store(monkeypatch) as served:
        yield served


@pytest.fixture(params=["here", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "here":
        return Place.of(tmp_path / "out")
    request.getfixturevalue("store")
    return Place.of("s3://bucket/out/")


def below(folder: Place, suffix: str = "") -> list[str]:
    return [place.name.removeprefix(f"{folder.name}/") for place in folder.files(suffix)]


def test_a_folder_and_its_files(folder: Place) -> None:
    assert not folder.exists()
    assert below(folder) == []
    for name in ("z.json", "rows/b.jsonl", "rows/deep/a.json", ".hidden/c.json", "rows/.d.json"):
        (folder / name).write(name.encode())
    assert folder.exists()
    assert folder.is_folder()
    assert (folder / "rows").is_folder()
    assert (folder / "rows").size is None
    assert below(folder) == ["rows/b.jsonl", "rows/deep/a.json", "z.json"]
    assert below(folder, ".json") == ["rows/deep/a.json", "z.json"]
    file = folder / "rows" / "b.jsonl"
    assert (file.read(), file.size, file.exists(), file.is_folder()) == (
        b"rows/b.jsonl",
        12,
        True,
        False,
    )
    assert file.file_name == "b.jsonl"
    assert Place.of(file.name) == pickle.loads(pickle.dumps(file)) == file
    file.write(b"")
    assert (file.read(), file.size) == (b"", 0)
    file.delete()
    file.delete()
    assert (file.exists(), file.size) == (False, None)


def test_a_file_is_stored_as_it_is_given(folder: Place) -> None:
    data = gzip.compress(b"text")
    (folder / "a.gz").write(data)
    with (folder / "b.gz").replacement() as file:
        file.write(data)
    assert (folder / "a.gz").read() == (folder / "b.gz").read() == data


def test_a_file_is_sought_in(folder: Place) -> None:
    data = os.urandom(30_000)
    (folder / "a").write(data)
    with (folder / "a").open(read_ahead_bytes=8_192) as file:
        assert file.read(10) == data[:10]
        assert (file.seek(20_000), file.read(20)) == (20_000, data[20_000:20_020])
        assert (file.seek(-5, os.SEEK_END), file.read()) == (29_995, data[-5:])
        assert (file.seek(0), file.read()) == (0, data)
        assert (file.seek(40_000), file.read()) == (40_000, b"")


def test_a_replacement_counts_only_when_it_is_whole(folder: Place) -> None:
    (folder / "a").write(b"before")
    with suppress(KeyError), (folder / "a").replacement() as file:
        file.write(b"after")
        raise KeyError
    assert (folder / "a").read() == b"before"
    assert below(folder) == ["a"]
    with (folder / "a").replacement() as file:
        file.write(b"after")
    assert (folder / "a").read() == b"after"
    with (folder / "empty").replacement():
        pass
    assert (folder / "empty").size == 0


@pytest.mark.parametrize("part", ["../a", "/a", "a/../../b"])
def test_nothing_leads_out_of_a_folder(folder: Place, part: str) -> None:
    with pytest.raises(ValueError, match="not a path within a folder"):
        folder / part


def test_what_is_not_there_can_not_be_read(folder: Place) -> None:
    with pytest.raises(InputError, match=r"can't read .*out/a: (?i:no such file)"):
        (folder / "a").read()


def test_a_long_file_goes_to_a_store_in_parts(store: ObjectStore) -> None:
    data = os.urandom(11 * 2**20)
    with Place.of("s3://bucket/a").replacement() as file:
        file.write(data)
    assert ("POST", "/bucket/a") in store.requests
    assert store.objects["a"] == data
    assert Place.of("s3://bucket/a").read() == data


def test_a_short_file_is_one_request(store: ObjectStore) -> None:
    Place.of("s3://bucket/a").write(b"short")
    assert store.requests == [("PUT", "/bucket/a")]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.jsonl", ["a.jsonl"]),
        ("d/*", ["d/b.json", "d/b.jsonl"]),
        ("**/*.jsonl", ["a.jsonl", "d/b.jsonl", "d/e/c.jsonl"]),
        ("**", ["a.jsonl", "d/b.json", "d/b.jsonl", "d/e/c.jsonl"]),
        ("?/[!x].json*", ["d/b.json", "d/b.jsonl"]),
        ("d/[a-c].json", ["d/b.json"]),
        ("d/.*", ["d/.h.json"]),
        ("x*", []),
        ("d/b.json", ["d/b.json"]),
    ],
)
def test_patterns(store: ObjectStore, pattern: str, found: list[str]) -> None:
    names = ("a.jsonl", "d/b.json", "d/b.jsonl", "d/e/c.jsonl", "d/.h.json", "d/.g/h.json")
    store.objects |= dict.fromkeys(names, b"x")
    matching = Place.matching(f"s3://bucket/{pattern}")
    assert [place.name.removeprefix("s3://bucket/") for place in matching] == found


@pytest.mark.parametrize("pattern", ["s3://buck*/a", "s3://bucket/[z-a]"])
def test_what_is_no_pattern(store: ObjectStore, pattern: str) -> None:
    with pytest.raises(InputError, match=r"not a pattern|no bucket"):
        list(Place.matching(pattern))


@pytest.mark.parametrize(
    "name", ["s3://", "s3:///a", "gs://b", "s3://../a", "s3://key:sesame@bucket/a", "a\0b"]
)
def test_what_is_no_place(name: str) -> None:
    with pytest.raises(InputError) as caught:
        Place.of(name)
    assert "sesame" not in str(caught.value)


def test_what_a_store_refuses(store: ObjectStore) -> None:
    store.forbidden.add("a")
    place = Place.of("s3://bucket/a")
    with pytest.raises(InputError, match=r"can't read s3://bucket/a: .*ACCESS_DENIED"):
        place.read()
    with pytest.raises(OutputError, match=r"can't write s3://bucket/a: .*ACCESS_DENIED"):
        place.write(b"x")
    with pytest.raises(OutputError, match="can't write s3://other/a"):
        Place.of("s3://other/a").write(b"x")


def test_a_store_that_is_refused_while_reading(store: ObjectStore) -> None:
    store.objects["a"] = b"x" * 100_000
    with Place.of("s3://bucket/a").open(read_ahead_bytes=10_000) as file:
        assert file.read(10) == b"x" * 10
        store.forbidden.add("a")
        with pytest.raises(InputError, match="can't read s3://bucket/a"):
            file.read()


def test_local_files_need_no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtpipe.storage.require", None)
    (Place.of(tmp_path) / "a").write(b"x")
    assert below(Place.of(tmp_path)) == ["a"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't write"):
        Place.of(tmp_path).delete()
    assert tmp_path.is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="can't write"):
        (Place.of(tmp_path) / "file" / "a").write(b"x")
