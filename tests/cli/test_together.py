"""Several runs at one output, one archive or one cache, and runs that are killed."""

import json
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from mtpipe.cache import SegmentCache
from mtpipe.files import open_for_oneself
from tests.cli.conftest import Run, pairs_in

WORDS = "Le pont est ouvert depuis lundi et la ville remercie tous ses habitants".split()  # noqa: SIM905


def articles(path: Path, numbers: range) -> str:
    rows = (
        {"id": f"n{number}", "text": f"{' '.join(WORDS[number % 5 :])} {number}.", "language": "fr"}
        for number in numbers
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (["translate", "a.txt", "--to", "en"], "out"),
        (["translate", "--lines", "a.txt", "--from", "de", "--to", "en"], "out.part"),
        (["detect", "a.txt", "--no-engine"], "out"),
        (["detect", "--pairs", "pairs.jsonl", "--no-engine"], "out"),
    ],
    ids=["articles", "lines", "candidates", "pairs"],
)
def test_a_second_run_at_one_output_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], kept: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Der Rat tagt am Montag, und alle kommen.\n", encoding="utf-8")
    pairs_in(Path("pairs.jsonl"), 1)
    Path("out.failures.jsonl").write_text('{"article_id": "x", "stage": "y", "error": "z"}\n')
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with open_for_oneself(Path(kept), Path("out")):
        code, out, err = run(*command, "-o", "out")
        assert (code, out) == (5, b"")
        assert "error: another run is writing to out; nothing was changed\n" in err
        assert {path: path.read_bytes() for path in before} == before
        assert Path(kept).read_bytes() == b""
    assert run(*command, "-o", "out")[0] == 0
    assert Path("out").read_bytes()


_ADD = """
import sys, time
from mtpipe.pipeline import archive
archive.BATCH_ARTICLES = 3
from mtpipe.cli import main
sys.exit(main(["archive", "add", *sys.argv[1:]]))
"""


def test_two_runs_add_to_one_archive(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("lancedb")
    place = str(tmp_path / "archive")
    assert run("archive", "add", place, articles(tmp_path / "0.jsonl", range(10)))[0] == 0
    inputs = [
        articles(tmp_path / "a.jsonl", range(45)),
        articles(tmp_path / "b.jsonl", range(45)),
        articles(tmp_path / "c.jsonl", range(30, 60)),
    ]
    runs = [
        subprocess.Popen([sys.executable, "-c", _ADD, place, each], stderr=subprocess.PIPE)
        for each in inputs
    ]
    errors = [process.communicate(timeout=120)[1].decode() for process in runs]
    assert [process.returncode for process in runs] == [0, 0, 0], errors
    # What one has added was there for the others: everything is counted, and there, once.
    added = [int(error.split(" articles added")[0].split()[-1]) for error in errors]
    assert sum(added) == 50
    listed = run("archive", "list", place)[1].decode().splitlines()
    assert sorted(line.split()[3] for line in listed) == sorted(f"n{n}" for n in range(60))


_PUT = """
import sys
from pathlib import Path
from mtpipe.cache import SegmentCache
from mtpipe.types import Hypothesis
cache = SegmentCache(Path(sys.argv[1]), limit_bytes=10**9)
for number in range(100):
    key = f"{sys.argv[2]}{number}".encode().ljust(16)
    cache.put({key: Hypothesis(sys.argv[2], -float(number))}, settled=True)
"""


def test_two_runs_put_into_one_cache(tmp_path: Path) -> None:
    place = tmp_path / "segments.sqlite"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _PUT, str(place), name], stderr=subprocess.PIPE, text=True
        )
        for name in "abc"
    ]
    assert [process.communicate(timeout=60)[1] for process in runs] == ["", "", ""]
    with closing(SegmentCache(place, limit_bytes=10**9)) as cache:
        for name in "abc":
            keys = [f"{name}{number}".encode().ljust(16) for number in range(100)]
            assert [cache.get(keys)[key][0].score for key in keys] == [-n for n in range(100)]


@pytest.mark.parametrize("kind", ["pairs", "candidates"])
def test_detection_that_is_killed_again_and_again(run: Run, tmp_path: Path, kind: str) -> None:
    if kind == "pairs":
        given = ["--pairs", pairs_in(tmp_path / "in.jsonl", 100)]
    else:
        given = [articles(tmp_path / "in.jsonl", range(100))]
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    base = ["detect", "--no-engine", *given, "-o"]
    assert run(*base, str(whole))[0] == 0
    codes: list[int] = []
    for rows in (1, 30, 60):
        with subprocess.Popen(
            [sys.executable, "-m", "mtpipe", *base, str(killed)], stderr=subprocess.DEVNULL
        ) as process:
            while process.poll() is None and _lines(killed) < rows:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        codes.append(process.returncode)
    assert -signal.SIGKILL in codes
    assert 60 <= _lines(killed) <= 100
    assert run(*base, str(killed))[0] == 0
    assert killed.read_bytes() == whole.read_bytes()


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
