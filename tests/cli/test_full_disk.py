"""A full disk costs nothing that was done, and says so."""

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtpipe.ingest.language import identify
from tests.cli.conftest import Run, pairs_in

ARTICLES = 40


class Disk:
    """A folder with little room, or with room for short files only."""

    def __init__(self, place: Path, *, is_mounted: bool) -> None:
        self.place = place
        self._is_mounted = is_mounted
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def leave(self, room_bytes: int) -> None:
        """Fill it up to some room; of a file where it isn't a disk of its own."""
        if not self._is_mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, self._limits[1]))
            return
        found = os.statvfs(self.place)
        (self.place / "full").write_bytes(bytes(found.f_bavail * found.f_frsize - room_bytes))

    def free(self) -> None:
        """Make room."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)
        (self.place / "full").unlink(missing_ok=True)


@pytest.fixture(params=["mounted", "limited"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    identify("Guten Tag")  # unpacks its model into a temporary file
    if request.param == "limited":
        limited = Disk(place, is_mounted=False)
        yield limited
        limited.free()
        return
    if not shutil.which("mount"):
        pytest.skip("no program mount")
    command = ["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted here: {done.stderr.strip()}")
    yield Disk(place, is_mounted=True)
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def articles(tmp_path: Path) -> str:
    path = tmp_path / "articles.jsonl"
    rows = (
        {"id": f"n{number}", "text": f"Die Stadt hat {number} neue Bäume. Der Rat dankt allen.",
         "language": "de"}
        for number in range(ARTICLES)
    )  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    return pairs_in(tmp_path / "pairs.jsonl", ARTICLES)


def whole_rows(path: Path) -> int:
    data = path.read_bytes() if path.exists() else b""
    assert data.endswith(b"\n") or not data
    return len([json.loads(line) for line in data.splitlines()])


@pytest.mark.parametrize("what", ["translate", "detect"])
def test_rows_that_were_written_stay_and_the_rest_follows(
    run: Run, disk: Disk, articles: str, pairs: str, tmp_path: Path, what: str
) -> None:
    command = {
        "translate": ["translate", articles, "--to", "en", "--no-cache", "--beam", "1"],
        "detect": ["detect", "--no-engine", "--pairs", pairs],
    }[what]
    whole, output = tmp_path / "whole.jsonl", disk.place / "out.jsonl"
    assert run(*command, "-o", str(whole))[0] == 0
    disk.leave(whole.stat().st_size // 2)
    code, _, err = run(*command, "-o", str(output))
    disk.free()
    assert code == 5
    assert f"error: can't write {output}: " in err
    assert "Traceback" not in err
    done = whole_rows(output)
    assert 0 < done < ARTICLES
    assert whole.read_bytes().startswith(output.read_bytes())
    code, _, err = run(*command, "-o", str(output))
    assert (code, f"{done} were done before" in err) == (0, True)
    assert output.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["translate", "--to", "en", "--no-cache", "-f", "html"], id="document"),
        pytest.param(
            ["translate", "--lines", "--beam", "1", "--from", "de", "--to", "en"], id="lines"
        ),
        pytest.param(["align", "--lines", "-f", "tmx"], id="alignment"),
    ],
)
def test_a_file_that_has_no_room_leaves_the_old_one(
    run: Run, disk: Disk, articles: str, options: list[str]
) -> None:
    output = disk.place / "out"
    output.write_bytes(b"old\n")
    disk.leave(2_000)
    inputs = [articles] * (2 if "align" in options else 1)
    code, _, err = run(*options, *inputs, "-o", str(output))
    disk.free()
    assert code == 5
    assert "error: can't write" in err
    assert "Traceback" not in err
    assert output.read_bytes() == b"old\n"
    assert {path.name for path in disk.place.iterdir()} <= {"out", "out.part"}


def test_a_cache_without_room_is_done_without(
    run: Run, disk: Disk, articles: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = disk.place / "segments.sqlite"
    monkeypatch.setattr("mtpipe.pipeline.translate.equipment.cache_file", lambda: place)
    disk.leave(12_000)
    code, out, err = run("translate", articles, "--to", "en", "--beam", "1", "-f", "tsv")
    disk.free()
    assert (code, len(out.splitlines())) == (0, 1 + 2 * ARTICLES)
    assert err.count(f"warning: the cache {place} isn't used") == 1


def test_articles_that_were_added_stay_and_the_rest_follows(
    run: Run, disk: Disk, articles: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("lancedb")
    monkeypatch.setattr("mtpipe.pipeline.archive.adding.BATCH_ARTICLES", 5)
    place = disk.place / "archive"
    first = tmp_path / "first.jsonl"
    first.write_bytes(b"".join(Path(articles).read_bytes().splitlines(keepends=True)[:10]))
    assert run("archive", "add", str(place), str(first))[0] == 0
    disk.leave(2_000)
    code, _, err = run("archive", "add", str(place), articles)
    disk.free()
    assert code == 5
    assert f"error: can't write the archive {place}: " in err
    assert "Traceback" not in err
    listed = run("archive", "list", str(place))[1].decode().splitlines()
    assert 10 <= len(listed) < ARTICLES
    code, _, err = run("archive", "add", str(place), articles)
    assert f"{len(listed)} were there" in err
    assert code == 0
    names = [
        line.split()[3] for line in run("archive", "list", str(place))[1].decode().splitlines()
    ]
    assert sorted(names) == sorted(f"n{number}" for number in range(ARTICLES))
