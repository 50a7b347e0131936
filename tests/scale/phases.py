"""Phases of a run without a cluster: every shard is done in this process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtpipe.scale.articles import FOLDER, ArticlesTask
from mtpipe.scale.duplicates import CLUSTERS, find_duplicates
from mtpipe.scale.examining import DetectionTask
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.output import Form
from mtpipe.scale.source import Lot, lots_of
from mtpipe.scale.tasks import Task
from mtpipe.scale.worker import Order, ShardWork, versions
from mtpipe.storage import Place


def done(
    inputs: Sequence[str | Path | Lot],
    output: Path,
    task: Task,
    *,
    form: Form = Form.JSONL,
    rows: int = 500,
) -> list[Manifest]:
    """Do a task, as :func:`mtpipe.scale.running.run` does."""
    begun = output / "run.json"
    name = json.loads(begun.read_text()).get("run", "") if begun.exists() else "run"
    order = Order(task, str(output), form, name, versions(), ".", threads=1)
    work = ShardWork(order, worker="here")
    lots, _ = lots_of(inputs)
    return [work.done(shard)[0] for lot in lots for shard in lot.shards(rows=rows)]


def read(inputs: Sequence[str | Path], output: Path, *, rows: int = 500) -> list[Manifest]:
    """Read articles, with their sketches."""
    return done(inputs, output / FOLDER, ArticlesTask(), form=Form.PARQUET, rows=rows)


def orders(output: Path) -> list[Lot]:
    """Find near-duplicates among what was read."""
    place = Place.of(output)
    found = find_duplicates(place / FOLDER, ArticlesTask().signature, place / CLUSTERS)
    assert found is not None
    return found


def examined(output: Path, *, form: Form = Form.JSONL, **settings: Any) -> list[Manifest]:
    """Examine what orders name."""
    task = DetectionTask(engine=False, articles=str(output / FOLDER), **settings)
    return done(orders(output), output, task, form=form)


def rows_of(output: Path) -> list[dict[str, Any]]:
    """Rows in JSON lines, by the names of their files."""
    files = sorted((output / "rows").iterdir())
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def clusters_of(output: Path) -> list[dict[str, Any]]:
    """The lines of the file of clusters."""
    return [json.loads(line) for line in (output / CLUSTERS).read_text().splitlines()]
