import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.files import (
    locked_folder,
    part_of,
    refuse_same,
    replacement,
    unfinished,
    whole_lines,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.txt"
    path.write_bytes(b"old\n")
    return path


def other_name(file: Path) -> Path:
    return file.parent / "." / ".." / file.parent.name / file.name


def link(file: Path) -> Path:
    (path := file.with_name("link")).symlink_to(file)
    return path


def hard_link(file: Path) -> Path:
    (path := file.with_name("hard")).hardlink_to(file)
    return path


@pytest.mark.parametrize("named", [other_name, link, hard_link])
def test_the_same_file_is_refused_under_any_name(file: Path, named) -> None:
    with pytest.raises(InputError, match="can't be written at the same time"):
        refuse_same([file], [named(file)])
    with file.open("rb") as stream, pytest.raises(InputError):
        refuse_same([stream.fileno()], [file])


def test_other_files_are_not_refused(file: Path, tmp_path: Path) -> None:
    (copy := tmp_path / "copy").write_bytes(file.read_bytes())
    refuse_same([file, tmp_path / "none", -1], [copy, tmp_path / "new"])
    refuse_same([Path(os.devnull)], [Path(os.devnull)])


def test_a_finished_file_takes_the_place(file: Path) -> None:
    file.chmod(0o640)
    with unfinished(file) as stream:
        stream.write(b"new\n")
        assert file.read_bytes() == b"old\n"
        assert part_of(file).read_bytes() == b"new\n"
    assert file.read_bytes() == b"new\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert not part_of(file).exists()


def test_a_link_still_points_to_what_is_finished(file: Path) -> None:
    name = link(file)
    with unfinished(name) as stream:
        stream.write(b"new\n")
    assert name.is_symlink()
    assert file.read_bytes() == b"new\n"


@pytest.mark.parametrize(("written", "lines"), [(b"", 0), (b"a\nb\nc", 2)])
def test_what_is_unfinished_stays_apart(file: Path, written: bytes, lines: int) -> None:
    with pytest.raises(KeyboardInterrupt), unfinished(file) as stream:  # noqa: PT012
        stream.write(written)
        raise KeyboardInterrupt
    assert file.read_bytes() == b"old\n"
    assert part_of(file).exists() == bool(written)
    assert whole_lines(part_of(file)) == lines


def test_what_is_unfinished_is_kept_for_one_run(file: Path) -> None:
    with unfinished(file) as stream:
        stream.write(b"mine\n")
        with pytest.raises(OutputError, match="another run"), unfinished(file):
            pass
        assert part_of(file).read_bytes() == b"mine\n"
    assert file.read_bytes() == b"mine\n"


def test_a_refused_run_takes_nothing_away(file: Path) -> None:
    with unfinished(file) as stream:
        with pytest.raises(OutputError, match="another run"), unfinished(file):
            pass
        stream.write(b"late\n")
    assert file.read_bytes() == b"late\n"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout on this system")
@pytest.mark.parametrize("writer", ["replacement", "unfinished"])
def test_standard_output_may_be_a_pipe(writer: str) -> None:
    code = f"from pathlib import Path; from mtpipe.files import {writer} as w\nwith w(Path('/dev/stdout')) as f: f.write(b'x')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"x")


@pytest.mark.parametrize("writer", [unfinished, replacement])
def test_a_link_to_nothing_yet(tmp_path: Path, writer) -> None:
    (link := tmp_path / "link").symlink_to(tmp_path / "new")
    with writer(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "new").read_bytes() == b"new"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    os.umask(mask := os.umask(0))
    return mask


def test_a_device_is_written_as_such() -> None:
    with unfinished(Path(os.devnull)) as stream:
        assert stream.write(b"a") == 1
    assert not part_of(Path(os.devnull)).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_protected_file_is_not_replaced(file: Path) -> None:
    file.chmod(0o440)
    with pytest.raises(PermissionError), unfinished(file):
        pass


def test_a_folder_is_locked_for_one_at_a_time(tmp_path: Path) -> None:
    with locked_folder(tmp_path) as is_ours:
        assert is_ours
        with locked_folder(tmp_path) as is_ours_too:
            assert not is_ours_too
    with locked_folder(tmp_path, waits=True) as is_ours:
        assert is_ours
    assert not list(tmp_path.iterdir())


def test_what_can_not_be_locked_is_everybodys(tmp_path: Path) -> None:
    with locked_folder(tmp_path / "none") as is_ours, locked_folder(tmp_path / "none") as too:
        assert is_ours
        assert too
