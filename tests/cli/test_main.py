"""How every command ends where its output can't be written, or the user has enough."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, bytes, str]]
WAYS_TO_PRINT = [
    pytest.param(("--help",), id="help of all"),
    pytest.param(("translate", "--help"), id="help of one"),
    pytest.param(("models", "list"), id="rich"),
    pytest.param(("cache", "info"), id="echo"),
    pytest.param(("score", "a.txt", "-r", "a.txt"), id="table"),
    pytest.param(("align", "a.txt", "a.txt", "--lines", "-f", "tsv"), id="bytes"),
]


def started(
    arguments: tuple[str, ...], output: int, folder: Path, **environment: str
) -> tuple[int, str]:
    (folder / "a.txt").write_text("Guten Morgen – “Café”\nVielen Dank\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mtpipe", *arguments],
        stdout=output,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={"PYTHONPATH": os.getcwd(), **os.environ, **environment},  # noqa: PTH109
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", WAYS_TO_PRINT)
def test_a_reader_that_has_gone_is_the_same_to_all(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code, err = started(arguments, writer, tmp_path)
    os.close(writer)
    assert code == 5
    assert "error" not in err.lower()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("arguments", WAYS_TO_PRINT)
def test_a_full_disk_is_an_error(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        code, err = started(arguments, full.fileno(), tmp_path)
    assert code == 5
    assert err.splitlines()[-1].endswith("No space left on device")
    assert "Traceback" not in err


def test_output_is_utf_8_whatever_the_locale_says(tmp_path: Path) -> None:
    read, write = os.pipe()
    code, err = started(("--help",), write, tmp_path, PYTHONIOENCODING="cp1252", COLUMNS="80")
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        assert "─" in stream.read().decode("utf-8")
    assert (code, err) == (0, "")


def test_an_interruption_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mtpipe.models.listing.installed_models", interrupted)
    code, _, err = run("models", "list")
    assert (code, err) == (130, "error: interrupted\n")


def test_other_errors_of_the_system_are_not_taken_for_the_output(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing() -> None:
        raise NotADirectoryError(20, "Not a directory")

    monkeypatch.setattr("mtpipe.models.listing.installed_models", failing)
    with pytest.raises(NotADirectoryError):
        run("models", "list")


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR], ids=os.strerror
)
def test_a_file_that_cannot_be_opened_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def failing() -> None:
        raise OSError(number, os.strerror(number), Path("/root/m"))

    monkeypatch.setattr("mtpipe.models.listing.installed_models", failing)
    code, out, err = run("models", "list")
    assert (code, out, err) == (3, b"", f"error: can't open /root/m: {os.strerror(number)}\n")


@pytest.mark.parametrize(
    "module", ["typer", "mtpipe.cli.console", "mtpipe.pipeline.align", "numpy"]
)
def test_ctrl_c_while_modules_are_imported_is_an_interruption(module: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Guten Morgen\n", encoding="utf-8")
    interrupted = f"""
import sys

class CtrlC:
    def find_spec(self, name, *_):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
from mtpipe.__main__ import main
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", interrupted, "align", "a.txt", "a.txt", "--lines"],
        capture_output=True,
        cwd=tmp_path,
        env={"PYTHONPATH": os.getcwd(), **os.environ},  # noqa: PTH109
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr == "error: interrupted\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("archive", "list", "x" * 5_000),
        ("score", "a.txt", "-r", "a.txt", "-o", "x" * 5_000),
        ("align", "--lines", "a.txt", "a.txt", "--encoder", "5" * 5_000),
        ("detect", "a.txt", "--no-engine", "--report", "x" * 5_000 + ".html"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_name_that_no_file_can_have_is_an_input_error(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    with Path(os.devnull).open("wb") as nothing:
        code, err = started(arguments, nothing.fileno(), tmp_path)
    assert code == 3
    assert "File name too long" in err
    assert "Traceback" not in err
    assert len(err) < 1_000
