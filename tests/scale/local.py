"""Actors and runs without a cluster: everything in this process, in an order that a test says."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from mtpipe import _optional
from mtpipe.scale import actors, indexing, recall, running
from mtpipe.scale.cluster import Cluster
from mtpipe.scale.source import Lot
from mtpipe.scale.tasks import Resources
from mtpipe.scale.worker import Order, ShardWork
from mtpipe.scale.writing import Target, Writer


class Handle:
    """An actor's handle; the actor can be made anew, as after its death."""

    def __init__(self, make: Callable[[], Any], before: Callable[[str], None]) -> None:
        self._make = make
        self._before = before
        self.actor = make()

    def restart(self) -> None:
        """The actor dies and is started again."""
        self.actor = self._make()

    def __getattr__(self, name: str) -> Any:
        def ask(*args: Any) -> Any:
            self._before(name)
            return getattr(self.actor, name)(*args)

        method = SimpleNamespace(remote=ask)
        method.options = lambda **_: method
        return method


class Ray:
    """As much of Ray as is needed to run everything here and now."""

    exceptions = SimpleNamespace(RayTaskError=KeyboardInterrupt, RayError=KeyboardInterrupt)

    def get(self, calls: list[Any]) -> list[Any]:
        return calls

    def remote(self, **_: Any) -> Callable[[Any], Any]:
        return lambda function: SimpleNamespace(remote=function)


class Here:
    """Runs in this process: a dataset whose rows are made as they are asked for.

    Attributes:
        shuffled: seed of the order of the shards; None for that of the input.
        before: called with the name of each order to a writer, before it is carried out.
        after: called with the number of shards that were done, after each.
        writers: of the last run.
    """

    def __init__(self) -> None:
        self.shuffled: int | None = None
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None
        self.writers: list[Handle] = []

    @contextmanager
    def started(self, target: Target) -> Iterator[list[Handle]]:
        self.writers = [
            Handle(lambda number=number: Writer(target, number), self.before)
            for number in range(target.writers)
        ]
        yield self.writers

    def dataset(self, lots: list[Lot], order: Order, cluster: Cluster) -> Any:
        rows = cluster.resources.rows_per_shard
        shards = [shard for lot in lots for shard in lot.shards(rows=rows)]
        if self.shuffled is not None:
            random.Random(self.shuffled).shuffle(shards)

        def iter_rows() -> Iterator[dict[str, Any]]:
            ready = time.time()
            for number, shard in enumerate(shards, 1):
                done, is_new = ShardWork(order, worker="here").done(shard)
                manifest = done.to_json()
                yield {"manifest": manifest, "is_new": is_new, "ready": ready, "error": b""}
                self.after(number)

        return SimpleNamespace(iter_rows=iter_rows)


@contextmanager
def connected(resources: Resources, **_: Any) -> Iterator[Cluster]:
    """No cluster."""
    yield Cluster(resources, is_own=False)


@contextmanager
def within(resources: Resources, *, outer: Cluster | None, **_: Any) -> Iterator[Cluster]:
    """That of the caller, who has one."""
    assert outer
    yield outer


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    """Indexing happens in this process."""
    ray, place = Ray(), Here()

    def require(name: str, *, extra: str) -> Any:
        return ray if name == "ray" else _optional.require(name, extra=extra)

    for module in (actors, recall):
        monkeypatch.setattr(module, "require", require)
    monkeypatch.setattr(indexing, "connected", connected)
    monkeypatch.setattr(indexing, "started_writers", place.started)
    monkeypatch.setattr(running, "connected", within)
    monkeypatch.setattr(running, "_dataset", place.dataset)
    return place
