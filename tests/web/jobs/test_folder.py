"""A job's folder appears and goes as a whole, and nothing outside it is reached by a name."""

import errno
import os
import threading
from pathlib import Path

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.web.jobs import folder as folder_module
from mtpipe.web.jobs.folder import JobFolder, job_ids, tidy
from mtpipe.web.jobs.uploads import Upload

ID = "0" * 32


def created(root: Path) -> JobFolder:
    source = root / "given"
    source.write_bytes(b"from a file")
    uploads = [Upload("a", b"from memory"), Upload("b", source)]
    return JobFolder.create(root, {"id": ID, "kind": "align"}, uploads, ["0001.txt", "0002"])


def test_it_has_what_was_handed_in(tmp_path: Path) -> None:
    folder = created(tmp_path)
    assert folder.input("0001.txt").read_bytes() == b"from memory"
    assert folder.input("0002").read_bytes() == b"from a file"
    assert folder.description == {"id": ID, "kind": "align"}
    assert job_ids(tmp_path) == {ID}
    assert folder.outcome is None


def test_on_a_full_disk_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(folder_module.os, "fsync", full)
    with pytest.raises(OutputError, match="disk is full"):
        created(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


@pytest.mark.parametrize(
    "name",
    ["", "..", ".", "../job.json", "a/../b", "a/b/c", "/etc/passwd", ".hidden", "a/.b", "a\\b",
     "a//b", "a/", "a\0b", "reports/..", "./a"],
)  # fmt: skip
def test_results_are_in_their_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        JobFolder(tmp_path).result(name)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "1", "0001.txt/..", "0001.txt\n", ""])
def test_uploads_are_in_theirs(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        JobFolder(tmp_path).input(name)


def test_what_is_half_made_or_half_removed_goes(tmp_path: Path) -> None:
    created(tmp_path)
    for name in (".new-1", ".gone-1"):
        (tmp_path / name / "inputs").mkdir(parents=True)
    tidy(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [ID, "given"]


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    folder = created(tmp_path)
    folder.remove()
    folder.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


def test_one_works_on_it_at_a_time(tmp_path: Path) -> None:
    folder, order = created(tmp_path), []
    is_in, may_go = threading.Event(), threading.Event()

    def first() -> None:
        with folder.alone():
            is_in.set()
            may_go.wait(10)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    is_in.wait(10)
    threading.Timer(0.3, may_go.set).start()
    with folder.alone():
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_an_error_within_is_not_taken_for_another_process(tmp_path: Path) -> None:
    folder = created(tmp_path)
    with pytest.raises(OutputError, match="mine"), folder.alone():
        raise OutputError("mine")


def test_a_process_that_doesnt_end_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = created(tmp_path)
    monkeypatch.setattr(folder_module, "_PATIENCE_S", 0.0)
    with folder.alone(), pytest.raises(OutputError, match="still at this job"), folder.alone():
        pass
