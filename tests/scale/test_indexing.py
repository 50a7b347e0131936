"""Many workers fill an archive: the same as one does, whatever happens on the way."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import mtpipe
from mtpipe.archive.rows import content_sha256
from mtpipe.errors import ConfigError, OutputError
from mtpipe.scale import indexing
from mtpipe.scale.actors import answers
from mtpipe.scale.indexing import SHARD_ARTICLES, index, suggested_shards
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources
from mtpipe.scale.writing import Target, started_writers
from mtpipe.types import Article
from tests.scale.local import Here, here

pytest.importorskip("lancedb")
pytest.importorskip("ray")
psutil = pytest.importorskip("psutil")

__all__ = ["here"]

RESOURCES = Resources(workers=2, rows_per_shard=5)
SUBJECTS = ["The council", "A farmer", "The museum", "Our neighbour", "The minister", "A pupil"]
VERBS = ["opened", "sold", "found", "painted", "described", "counted", "lost"]
THINGS = ["a bridge", "the harbour", "two letters", "an orchard", "the archive"]


def text(number: int) -> str:
    subject, verb = SUBJECTS[number % 6], VERBS[number % 7]
    return "\n\n".join(
        f"{subject} {verb} {thing} on the {number + 1}th day of the month." for thing in THINGS
    )


def written(place: Path, rows: list[dict[str, str]]) -> Path:
    place.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty articles, four of which are others' under another name, and one that is none."""
    rows = [{"id": f"a{number}", "text": text(number)} for number in range(36)]
    rows += [{"id": f"copy of {number}", "text": text(number)} for number in (0, 11, 12, 30)]
    rows.insert(7, {"id": "again", "text": text(35)})  # before the other one
    rows += [{"text": text(50)}, {"id": "empty", "text": ""}]
    return written(tmp_path_factory.mktemp("input") / "articles.jsonl", rows)


def contents(archive: Path) -> dict[str, str]:
    found = mtpipe.Archive(str(archive)).articles()
    return {each.id: content_sha256(each) for each in found if isinstance(each, Article)}


@pytest.fixture(scope="module")
def expected(table: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one process makes of the same input."""
    place = tmp_path_factory.mktemp("one") / "archive"
    mtpipe.Archive(str(place), create=True).add(mtpipe.read_articles([table]))
    return contents(place)


def crash(failing: set[int]) -> Callable[[str], None]:
    """Something that breaks when the orders of these numbers come."""
    orders = count()

    def before(order: str) -> None:
        if next(orders) in failing:
            raise OutputError(f"killed before {order}")

    return before


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_many_make_the_archive_that_one_makes(
    here: Here, table: Path, expected: dict[str, str], tmp_path: Path, seed: int | None
) -> None:
    here.shuffled = seed
    summary = index([table], tmp_path / "archive", shards=3, resources=RESOURCES)
    assert contents(tmp_path / "archive") == expected
    assert (summary.failures, summary.exit_code) == (1, 6)
    assert (summary.articles, summary.sentences) == (len(expected), 5 * len(expected))
    assert [part.number for part in summary.parts] == [0, 1, 2]
    assert all(part.size_bytes and part.peak_bytes for part in summary.parts)
    assert not list((tmp_path / "archive" / "index-run" / "plans").glob("*"))


def test_an_ordinary_archive_comes_of_it(here: Here, table: Path, tmp_path: Path) -> None:
    index([table], tmp_path / "archive", shards=3, resources=RESOURCES)
    archive = mtpipe.Archive(str(tmp_path / "archive"))
    assert not [each for each in archive.check() if each.problem]
    [article] = [each for each in archive.articles() if getattr(each, "id", "") == "a5"]
    assert isinstance(article, Article)
    assert archive.find(article)[0].article.id == "a5"
    assert archive.add(mtpipe.read_articles([table])).added == 0
    assert archive.remove(["a5"]) == ["a5"]


def test_what_is_done_is_not_done_again(here: Here, table: Path, tmp_path: Path) -> None:
    done = index([table], tmp_path / "archive", shards=3, resources=RESOURCES)
    again = index([table], tmp_path / "archive", resources=RESOURCES)
    assert (again.shards_done, again.shards_skipped) == (0, done.shards_done)
    assert again.articles == done.articles


def test_what_is_not_in_the_archive_any_more_is_done_again(
    here: Here, table: Path, tmp_path: Path, expected: dict[str, str]
) -> None:
    place = tmp_path / "archive"
    done = index([table], place, shards=3, resources=RESOURCES)
    assert mtpipe.Archive(str(place)).remove(["a3", "a20"]) == ["a3", "a20"]
    assert index([table], place, resources=RESOURCES).shards_done == 2
    assert contents(place) == expected
    for number in range(3):  # another archive in its place, with the notes of this one
        shutil.rmtree(place / f"shard-{number:05d}")
    (place / "shards.json").unlink()
    shutil.move(place / "index-run", tmp_path / "notes")
    mtpipe.Archive(str(place), create=True, shards=2)
    shutil.move(tmp_path / "notes", place / "index-run")
    again = index([table], place, resources=RESOURCES)
    assert (again.shards_done, again.shards_skipped) == (done.shards_done, 0)
    assert contents(place) == expected


@pytest.mark.parametrize("order", range(0, 60, 4))
def test_a_worker_or_driver_may_be_killed_anywhere(
    here: Here, table: Path, expected: dict[str, str], tmp_path: Path, order: int
) -> None:
    here.shuffled = order
    here.before = crash({order})
    worked = False
    for _ in range(2):  # what another worker or the next driver does
        try:
            index([table], tmp_path / "archive", shards=2, resources=RESOURCES)
            worked = True
        except OutputError:
            here.shuffled = order + 1
    assert worked
    assert contents(tmp_path / "archive") == expected


@pytest.mark.parametrize("after", range(1, 9, 2))
def test_a_writer_may_be_killed_anywhere(
    here: Here, table: Path, expected: dict[str, str], tmp_path: Path, after: int
) -> None:
    here.shuffled = after

    def restart(done: int) -> None:
        if done == after:
            for writer in here.writers:
                writer.restart()

    here.after = restart
    index([table], tmp_path / "archive", shards=2, resources=RESOURCES)
    assert contents(tmp_path / "archive") == expected


def test_articles_that_change_are_replaced(
    here: Here, table: Path, tmp_path: Path, expected: dict[str, str]
) -> None:
    index([table], tmp_path / "archive", shards=2, resources=RESOURCES)
    rows = [("a1", 60), ("new", 61), ("not new", 2)]
    other = written(
        tmp_path / "new.jsonl", [{"id": name, "text": text(number)} for name, number in rows]
    )
    summary = index([other], tmp_path / "archive", resources=RESOURCES)
    assert summary.articles == len(expected) + 1
    now = contents(tmp_path / "archive")
    assert {name for name in now if now[name] != expected.get(name)} == {"a1", "new"}


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_of_two_with_one_id_the_first_counts(here: Here, tmp_path: Path, seed: int | None) -> None:
    here.shuffled = seed
    names = ["one", "two", "three"]
    tables = [
        written(
            tmp_path / f"{name}.jsonl",
            [{"id": "same", "text": text(number)}, {"id": name, "text": text(10 + number)}],
        )
        for number, name in enumerate(names)
    ]
    for inputs in (tables, tables[::-1]):
        summary = index(inputs, tmp_path / "archive", resources=RESOURCES)
        assert (summary.articles, summary.failures) == (4, 2)
        notes = tmp_path / "archive" / "index-run"
        lines = (notes / "failures.jsonl").read_text().splitlines()
        assert [json.loads(line)["article_id"] for line in lines] == ["same", "same"]
        assert json.loads((notes / "run.json").read_text())["failures"] == 2
        same = mtpipe.Archive(str(tmp_path / "archive"))
        [kept] = [each for each in same.articles() if getattr(each, "id", "") == "same"]
        assert isinstance(kept, Article)
        assert kept.source.endswith("one.jsonl")


def test_a_run_leaves_the_notes_of_another_alone(here: Here, table: Path, tmp_path: Path) -> None:
    plans = tmp_path / "archive" / "index-run" / "plans"
    seen: list[dict[str, bytes]] = []

    def meanwhile(done: int) -> None:
        if done == 2:
            before = {path.name: path.read_bytes() for path in plans.iterdir()}
            with pytest.raises(OutputError, match="nothing was changed"):
                index([table], tmp_path / "archive", resources=RESOURCES)
            seen.extend([before, {path.name: path.read_bytes() for path in plans.iterdir()}])

    here.after = meanwhile
    index([table], tmp_path / "archive", resources=RESOURCES)
    assert seen[0] == seen[1] != {}


def test_content_whose_old_name_got_another_comes_with_the_next_run(
    here: Here, tmp_path: Path
) -> None:
    place = tmp_path / "archive"
    first = written(tmp_path / "first.jsonl", [{"id": "latest", "text": text(1)}])
    index([first], place, resources=RESOURCES)
    rows = [{"id": "latest", "text": text(2)}, {"id": "yesterday", "text": text(1)}]
    second = written(tmp_path / "second.jsonl", rows)
    index([second], place, resources=RESOURCES)
    index([second], place, resources=RESOURCES)
    assert set(contents(place)) == {"latest", "yesterday"}


def test_an_archive_keeps_its_shards(here: Here, table: Path, tmp_path: Path) -> None:
    index([table], tmp_path / "archive", shards=3, resources=RESOURCES)
    with pytest.raises(ConfigError, match="has 3 shards"):
        index([table], tmp_path / "archive", shards=4, resources=RESOURCES)


def test_an_archive_in_one_part_is_added_to(here: Here, table: Path, tmp_path: Path) -> None:
    old = written(tmp_path / "old.jsonl", [{"id": "old", "text": text(3)}])
    archive = mtpipe.Archive(str(tmp_path / "archive"), create=True)
    archive.add(mtpipe.read_articles([old]))
    summary = index([table], tmp_path / "archive", resources=RESOURCES)
    names = contents(tmp_path / "archive")
    assert "old" in names
    assert "a3" not in names
    assert [part.articles for part in summary.parts] == [len(names)]


def test_shards_are_suggested_by_size(tmp_path: Path) -> None:
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    small.write_bytes(b"{}\n")
    with large.open("wb") as file:
        file.truncate(int(2.5 * SHARD_ARTICLES * 1_600))  # no disk is taken
    assert suggested_shards([str(small)]) == 1
    assert suggested_shards([str(large)]) == 3


def below(name: str) -> list[int]:
    """Processes of this test's cluster whose titles have a name."""
    found = psutil.Process().children(recursive=True)
    return [each.pid for each in found if any(name in part for part in each.cmdline())]


def test_killed_processes_change_nothing(
    ray_cluster: None,
    table: Path,
    tmp_path: Path,
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed: list[int] = []
    writers: list[Any] = []

    @contextmanager
    def started(target: Target) -> Iterator[list[Any]]:
        with started_writers(target) as handles:
            writers[:] = handles
            yield handles

    monkeypatch.setattr(indexing, "started_writers", started)

    def kill(summary: ScaleSummary) -> None:
        if summary.shards_done >= 2 and not killed:
            killed.extend([*answers([writers[0].process.remote()]), *below("ray::MapWorker")[:1]])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    place = tmp_path / "archive"
    summary = index([table], place, shards=2, resources=RESOURCES, on_progress=kill)
    assert len(set(killed)) == 2
    assert not any(map(psutil.pid_exists, killed))
    assert contents(place) == expected
    assert summary.failures == 1
    again = index([table], place, resources=RESOURCES)
    assert (again.shards_done, again.shards_skipped) == (0, summary.shards_done)
