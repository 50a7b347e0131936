"""Runs on a small cluster: everything once, in place, the same whatever happens on the way."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import InputError, ModelNotFound
from mtpipe.ingest.raw import raw_items
from mtpipe.scale import running
from mtpipe.scale.cluster import Cluster
from mtpipe.scale.folder import opened
from mtpipe.scale.manifest import read_manifests
from mtpipe.scale.output import Form
from mtpipe.scale.running import run
from mtpipe.scale.shards import shards_of
from mtpipe.scale.source import lots_of
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources
from mtpipe.scale.worker import Order, ShardWork, versions
from mtpipe.storage import Place
from tests.scale.echo import EchoTask

TWO = Resources(workers=2, rows_per_shard=5)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Two tables, some pages, an empty table, and one that is cut off."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "ab":
        texts = [f"{name}{number}" for number in range(12)]
        (folder / f"{name}.jsonl").write_text("".join(map(line, texts)))
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"page {number}")
    (folder / "empty.jsonl").touch()
    (folder / "cut.jsonl").write_text(line("whole") + '{"text": "cut')
    return folder


def line(text: str) -> str:
    return json.dumps({"text": text}) + "\n"


def texts_of(output: Path) -> list[str]:
    lines = (each for path in output.glob("rows/*") for each in path.read_text().splitlines())
    return sorted(json.loads(each)["text"] for each in lines)


def contents(output: Path) -> dict[str, Any]:
    """All that a run leaves that is the same in every run."""
    files = {path.name: path.read_bytes() for path in output.glob("rows/*")}
    listed = output / "failures.jsonl"
    return {
        **files,
        "failures": listed.read_bytes() if listed.exists() else b"",
        "manifests": [manifest.comparable for manifest in read_manifests(Place.of(output))],
    }


def in_peace(given: list[Any], output: Path, task: EchoTask, rows: int) -> None:
    """What a run makes, made in this process."""
    lots, failures = lots_of(given)
    with opened(Place.of(output), task.name, Form.JSONL) as folder:
        order = Order(task, str(output), Form.JSONL, folder.name, versions(), "", threads=1)
        work = ShardWork(order, worker="here")
        folder.add_failures("", tuple(failures))
        for lot in lots:
            for shard in shards_of(raw_items(lot.sources), source=lot.label, rows=rows):
                folder.add(work.done(shard)[0])
        folder.finish(sources=(lot.label for lot in lots), is_complete=True, figures={})


EXPECTED = sorted([f"{n}{i}" for n in "ab" for i in range(12)] + [f"page {i}" for i in range(6)])


@pytest.mark.usefixtures("ray_cluster")
class TestOnACluster:
    """One cluster for all of them."""

    def test_everything_is_done_once_whatever_dies_and_not_again(
        self, inputs: Path, tmp_path: Path
    ) -> None:
        (inputs / "c.jsonl").write_text(line("c0") + line("deadly once"))
        given = [inputs, "nothing.jsonl"]
        output, task = tmp_path / "out", EchoTask(marks=str(tmp_path))
        seen: list[int] = []
        summary = run(given, output, task, TWO, on_progress=lambda s: seen.append(s.rows))
        assert (tmp_path / "died").exists()
        assert texts_of(output) == sorted([*EXPECTED, "whole", "c0", "deadly once"])
        assert (summary.rows, summary.output_rows, summary.failures) == (34, 33, 2)
        assert (summary.shards_done, summary.shards_skipped, summary.workers) == (10, 0, 2)
        assert summary.exit_code == 6
        assert summary.setup_seconds > 0
        assert seen == sorted(seen)
        assert seen[-1] == 34
        in_peace(given, tmp_path / "peace", task, rows=5)
        before = contents(output)
        assert b"nothing.jsonl" in before["failures"]
        assert before == contents(tmp_path / "peace")

        # Other shards: everything anew, and nothing left of what was there.
        other = replace(TWO, rows_per_shard=7)
        in_peace(given, tmp_path / "peace", task, rows=7)
        again = run(given, output, task, other)
        assert (again.shards_done, again.shards_skipped) == (5, 2)
        assert contents(output) == contents(tmp_path / "peace") != before

    @pytest.mark.slow
    def test_what_kills_every_worker_is_left_out_at_last(
        self, inputs: Path, tmp_path: Path
    ) -> None:
        (inputs / "c.jsonl").write_text(line("c0") + line("deadly"))
        summary = run(inputs, tmp_path / "out", EchoTask(marks=str(tmp_path)), TWO)
        assert texts_of(tmp_path / "out") == sorted([*EXPECTED, "whole"])
        assert summary.stages == {"read": 1, "worker": 2}
        listed = (tmp_path / "out" / "failures.jsonl").read_text()
        assert listed.count("ended 3 workers") == 2

    def test_a_wish_to_stop_leaves_what_is_done(self, inputs: Path, tmp_path: Path) -> None:
        done: list[ScaleSummary] = []
        stopped = run(
            inputs,
            tmp_path / "out",
            EchoTask(seconds=0.3),
            TWO,
            on_progress=done.append,
            is_stopped=lambda: len(done) > 3,
        )
        assert stopped.is_unfinished
        assert stopped.exit_code == 130
        assert 2 < len(list(read_manifests(Place.of(tmp_path / "out")))) < 9

    def test_what_no_worker_can_do_ends_the_run_with_one_error(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text(line("x"))
        with pytest.raises(ModelNotFound) as caught:
            run(tmp_path / "a.jsonl", tmp_path / "out", EchoTask(fails="no model"), TWO)
        assert str(caught.value) == "no model (fetch it)"


@pytest.mark.parametrize(
    ("given", "exit_code", "failures"),
    [(["nothing.jsonl"], 3, 1), ([], 0, 0)],
    ids=["what isn't there", "nothing"],
)
def test_without_anything_to_read_no_worker_is_started(
    given: list[str],
    exit_code: int,
    failures: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setattr("mtpipe.scale.running.connected", None)
    summary = run(given, tmp_path / "out", EchoTask(), TWO)
    assert (summary.exit_code, summary.failures) == (exit_code, failures)


class Endless:
    """A dataset whose first row is long in coming."""

    def __init__(self) -> None:
        self.comes = threading.Event()

    def iter_rows(self) -> Iterator[dict[str, Any]]:
        self.comes.wait(20)
        yield {}


@pytest.mark.parametrize("is_own", [True, False])
def test_a_wish_to_stop_does_not_wait_for_shards_in_hand(
    monkeypatch: pytest.MonkeyPatch, *, is_own: bool
) -> None:
    monkeypatch.setattr(running, "_ENDING_S", 0.1)
    dataset, cluster = Endless(), Cluster(Resources(), is_own=is_own)
    started = time.monotonic()
    assert not list(running._rows(dataset, running._Stop(lambda: True), cluster))
    assert time.monotonic() < started + 5
    [thread] = cluster.threads
    assert thread.is_alive()  # leaving the cluster ends it, or its next row
    dataset.comes.set()
    thread.join(5)
    assert not thread.is_alive()


def refused(*_: object) -> None:
    raise InputError("not this")


def test_a_task_that_cannot_be_done_is_refused_before_there_is_an_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    check: Callable[..., None] = refused
    monkeypatch.setattr(EchoTask, "check", check)
    with pytest.raises(InputError, match="not this"):
        run(str(tmp_path), tmp_path / "out", EchoTask(), TWO)
    assert not (tmp_path / "out").exists()
