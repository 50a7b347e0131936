"""A worker does a shard whole or not at all, and says what came of it."""

import json
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from mtpipe import blas
from mtpipe.errors import (
    ConfigError,
    EngineError,
    InputError,
    ModelNotFound,
    MtpipeError,
    OutputError,
)
from mtpipe.ingest.raw import Raw
from mtpipe.scale import attempts
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.output import Form
from mtpipe.scale.shards import Shard
from mtpipe.scale.worker import Order, ShardWork, Worker, versions
from mtpipe.storage import Place
from mtpipe.types import Failure
from tests.scale.echo import EchoTask


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(
        EchoTask(marks=str(tmp_path)),
        str(tmp_path / "out"),
        Form.JSONL,
        run="run 1",
        versions=versions(),
        folder=str(tmp_path),
        threads=1,
    )


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers change the folder and how many threads BLAS takes."""
    monkeypatch.chdir(Path.cwd())
    threads = blas.threads()
    yield
    blas.set_threads(threads)


def shard(*texts: str) -> Shard:
    items = (Raw("a", f"a#{n}", {"text": text}) for n, text in enumerate(texts, 1))
    return Shard("a", 0, 0, tuple(items))


def row_of(given: Shard) -> dict[str, Any]:
    return {"shard": pickle.dumps(given), "error": b""}


def rows(order: Order, manifest: Manifest) -> list[dict[str, str]]:
    lines = Path(order.output, manifest.output).read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_shard_becomes_rows_and_a_manifest(order: Order) -> None:
    result = Worker(order)(row_of(shard("x", "yy")))
    manifest = Manifest.parse(result["manifest"])
    assert result["is_new"]
    assert not result["error"]
    assert rows(order, manifest) == [{"id": "a#1", "text": "x"}, {"id": "a#2", "text": "yy"}]
    assert manifest.counts == {"totals": {"chars": 3}}
    assert (manifest.rows, manifest.output_rows, manifest.failures) == (2, 2, ())
    assert manifest.output_bytes == Path(order.output, manifest.output).stat().st_size
    assert manifest.worker.endswith(f"/{os.getpid()}")
    assert manifest.peak_bytes > 10**6
    assert not list(Path(order.output, "attempts").glob("*"))


@pytest.mark.parametrize("threads", [1, 2])
def test_it_computes_with_its_threads(order: Order, threads: int) -> None:
    Worker(replace(order, threads=threads))
    assert blas.threads() == threads


def test_what_is_done_is_not_done_again(order: Order) -> None:
    first, _ = ShardWork(order, worker="1").done(shard("x"))
    assert ShardWork(order, worker="2").done(shard("x")) == (first, False)


@pytest.mark.parametrize(
    "change",
    [
        lambda order, path: (replace(order, task=replace(order.task, signature="2")), shard("x")),
        lambda order, path: (order, shard("y")),
        lambda order, path: (path.write_text("cut"), (order, shard("x")))[1],
        lambda order, path: (path.unlink(), (order, shard("x")))[1],
        lambda order, path: (replace(order, form=Form.JSONL_GZ), shard("x")),
    ],
    ids=["signature", "input", "length of the file", "no file", "form"],
)
def test_what_differs_is_done_again(order: Order, change: Any) -> None:
    first, _ = ShardWork(order, worker="1").done(shard("x"))
    again, given = change(order, Path(order.output, first.output))
    second, is_new = ShardWork(again, worker="2").done(given)
    assert is_new
    assert Path(order.output, second.output).stat().st_size == second.output_bytes


def test_a_manifest_never_speaks_of_other_rows(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    ShardWork(order, worker="1").done(shard("x"))
    newer = replace(order, task=replace(order.task, signature="2"))

    def killed(*_: object) -> NoReturn:
        raise SystemExit

    monkeypatch.setattr("mtpipe.scale.worker.write_manifest", killed)
    with pytest.raises(SystemExit):
        ShardWork(newer, worker="2").done(shard("x"))
    monkeypatch.undo()
    assert ShardWork(order, worker="3").done(shard("x"))[1]


@pytest.mark.parametrize("form", Form)
def test_all_forms_are_written(order: Order, form: Form) -> None:
    manifest, _ = ShardWork(replace(order, form=form), worker="1").done(shard("x"))
    assert manifest.output == f"rows/{manifest.shard}.{form.value}"
    assert manifest.output_rows == 1


def test_failures_of_articles_are_told(order: Order) -> None:
    failure = Failure("a#1", "read", "bad")
    given = Shard("a", 0, 0, (Raw("a", "a#1", failure),))
    manifest, _ = ShardWork(order, worker="1").done(given)
    assert manifest.failures == (failure,)
    assert rows(order, manifest) == []


@pytest.mark.parametrize(
    ("task", "form", "text", "said"),
    [
        (EchoTask(), Form.JSONL, "bug", "KeyError: 'bug'"),
        (EchoTask(columns=("id",)), Form.PARQUET, "x", "no field text"),
    ],
    ids=["a bug", "a schema that lacks a field"],
)
def test_what_breaks_on_a_shard_fails_the_shard(
    order: Order, task: EchoTask, form: Form, text: str, said: str
) -> None:
    work = ShardWork(replace(order, task=task, form=form), worker="1")
    manifest, _ = work.done(shard("x", text))
    assert [failure.article_id for failure in manifest.failures] == ["a#1", "a#2"]
    assert {failure.stage for failure in manifest.failures} == {"worker"}
    assert said in manifest.failures[0].error
    assert manifest.output_rows == 0
    # The next run tries again.
    assert work.done(shard("x", text))[1]


def test_a_worker_whose_engine_fails_gives_way_to_another(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", ended)
    for _ in range(attempts.MOST):
        with pytest.raises(SystemExit):
            ShardWork(order, worker="1").done(shard("device lost"))
    manifest, _ = ShardWork(order, worker="1").done(shard("device lost"))
    assert manifest.failures == (Failure("a#1", "worker", "device lost"),)


def test_a_shard_that_ends_every_worker_is_left_out(order: Order) -> None:
    output = Place.of(order.output)
    for _ in range(attempts.MOST):
        attempts.begun(output, shard("deadly").name, order.run)
    manifest, _ = ShardWork(order, worker="1").done(shard("deadly"))
    assert manifest.failures == (Failure("a#1", "worker", "ended 3 workers"),)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"task": EchoTask(fails="no model")}, ModelNotFound, "no model"),
        ({"task": EchoTask(fails="bug")}, EngineError, "KeyError"),
        ({"task": EchoTask(fails="malformed")}, InputError, "rules.toml:3: no rule"),
        ({"versions": "mtpipe 0.0.1"}, ConfigError, "started by mtpipe 0.0.1"),
    ],
    ids=["no model", "a bug", "a malformed file", "another version"],
)
def test_what_keeps_a_worker_from_starting_comes_back_as_a_row(
    order: Order, change: dict[str, Any], error: type[MtpipeError], said: str
) -> None:
    result = Worker(replace(order, **change))(row_of(shard("x")))
    found = pickle.loads(result["error"])
    assert isinstance(found, error)
    assert said in found.message
    assert not result["manifest"]


@pytest.mark.parametrize("text", ["disk full", "x"])
def test_what_keeps_everything_from_being_written_ends_the_run(order: Order, text: str) -> None:
    Path(order.output).mkdir()
    owner = order.run if text == "disk full" else "run 2"
    Path(order.output, "run.json").write_text(json.dumps({"run": owner}))
    result = Worker(order)(row_of(shard(text)))
    assert isinstance(pickle.loads(result["error"]), OutputError)
    assert not list(Path(order.output).glob("rows/*"))


def test_an_error_of_reading_is_passed_on(order: Order) -> None:
    error = pickle.dumps(ConfigError("no fastwarc"))
    assert Worker(order)({"shard": b"", "error": error})["error"] == error
