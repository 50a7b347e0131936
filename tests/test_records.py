import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.errors import MalformedRecord, OutputError
from mtpipe.files import replacement
from mtpipe.records import Record, ResumableFile, to_line, write_records


def identify(record: Record) -> tuple[str, str]:
    return record["id"], record["version"]


def record(item: str, version: str = "1", text: str = "Größe") -> Record:
    return {"id": item, "version": version, "text": text}


def read(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_records_are_on_disk_at_once_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResumableFile(path, identify) as file:
        file.write(record("a"))
        assert read(path) == [record("a")]
        file.write(record("b"))
    with ResumableFile(path, identify) as file:
        assert len(file) == 2
        assert file.has("a", "1")
        assert not file.has("a", "2")
        assert not file.has("c", "1")
        file.write(record("c"))
    assert read(path) == [record("a"), record("b"), record("c")]


@given(cut=st.integers(min_value=0))
def test_wherever_it_was_cut_off_it_ends_up_the_same(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records = [record(item, text="ä\u2028" * 5) for item in "abc"]
    whole = "".join(map(to_line, records)).encode()
    path = tmp_path_factory.mktemp("cut") / "out.jsonl"
    path.write_bytes(whole[: cut % (len(whole) + 1)])
    with ResumableFile(path, identify) as file:
        for item in records:
            if not file.has(*identify(item)):
                file.write(item)
    assert path.read_bytes() == whole


def test_a_newer_version_replaces_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResumableFile(path, identify) as file:
        for item in "abc":
            file.write(record(item))
    path.chmod(0o640)
    with ResumableFile(path, identify) as file:
        file.write(record("b", "2"))
    assert read(path) == [record("a"), record("c"), record("b", "2")]
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_the_later_record_counts_where_a_run_was_killed_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text(to_line(record("a")) + to_line(record("a", "2")), encoding="utf-8")
    with ResumableFile(path, identify) as file:
        assert file.has("a", "2")
    assert read(path) == [record("a", "2")]


@pytest.mark.parametrize(
    "content",
    [
        b"Some notes of mine\n",
        b"Some notes without a line end",
        b'{"title": "x"}\n',
        b'{"title": "x"}',
        b'{"id": "x"}',
        b'{"id": "x", "version": "1"}\n{"title": "x"}',
        b'{"title": "cut o',
        b"{{ template }}",
        b"[1]\n",
        b"[1]",
    ],
    ids=[
        *("text", "no line end", "other records", "one of them without a line end"),
        *("no version", "behind one of ours", "cut off", "no JSON", "not an object", "nor ended"),
    ],
)
def test_other_files_are_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(MalformedRecord, match="overwritten"):
        ResumableFile(path, identify)
    assert path.read_bytes() == content


def test_a_record_that_lacks_its_line_end_alone_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(to_line(record("a")).encode().rstrip(b"\n"))
    with ResumableFile(path, identify) as file:
        assert file.read("a", "1") == record("a")
        file.write(record("b"))
        assert file.read("b", "1") == record("b")
    assert read(path) == [record("a"), record("b")]


def test_two_runs_cannot_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResumableFile(path, identify) as file:
        file.write(record("a"))
        with pytest.raises(OutputError, match="another run is writing") as caught:
            ResumableFile(path, identify)
        assert caught.value.hint
        file.write(record("a", "2"))
    # What it leaves when it ends, with another file in the place, is free again.
    with ResumableFile(path, identify) as file:
        file.write(record("b"))
    assert read(path) == [record("a", "2"), record("b")]


_WRITER = """
import sys, time
from pathlib import Path
from mtpipe.records import ResumableFile
with ResumableFile(Path(sys.argv[1]), lambda row: (row["id"], row["version"])) as file:
    file.write({"id": "a", "version": "1"})
    print("open", flush=True)
    time.sleep(60)
"""


def test_another_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    command = [sys.executable, "-c", _WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(OutputError, match="another run"):
            ResumableFile(path, identify)
        other.kill()
    with ResumableFile(path, identify) as file:
        assert file.has("a", "1")


def test_a_link_stays_one_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path, link = tmp_path / "disk" / "out.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(path)
    for version in "12":
        with ResumableFile(link, identify) as file:
            file.write(record("a", version))
    write_records(tmp_path / "other", [])
    assert link.is_symlink()
    assert read(path) == [record("a", "2")]
    write_records(link, [record("b")])
    assert link.is_symlink()
    assert read(path) == [record("b")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    file = ResumableFile(tmp_path / "out.jsonl", identify)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, file._file.fileno())
    os.close(full)
    with pytest.raises(OutputError, match="No space left"):
        file.write(record("a"))
    assert not file.has("a", "1")
    file.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't write"):
        ResumableFile(tmp_path / "no" / "out.jsonl", identify)
    with pytest.raises(OutputError, match="can't write"):
        write_records(tmp_path / "no" / "out.jsonl", [])


def test_small_files_are_written_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "failures.jsonl"
    write_records(path, [record("a")])
    assert read(path) == [record("a")]

    def failing() -> object:
        yield record("b")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the one raised above
        write_records(path, failing())  # type: ignore[arg-type]
    assert read(path) == [record("a")]
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with replacement(path) as file:
        file.write(b"text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
    assert path.is_fifo()
