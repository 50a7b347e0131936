"""Inputs through workers to an output: the loop of a run, in the driver.

Ray Data reads, distributes, holds back what nobody has room for, and does again what a lost worker
or machine was at; what is done is known by the manifests alone. Not for what a worker does with a
shard: see :mod:`mtpipe.scale.worker`.
"""

import pickle
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe._optional import require
from mtpipe.errors import EngineError, MtpipeError
from mtpipe.scale import client
from mtpipe.scale.actors import last_line
from mtpipe.scale.cluster import CLIENT, READING_CPUS, Cluster, connected, quiet, terminable
from mtpipe.scale.folder import AT_LAST, RunFolder, opened
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.output import Form
from mtpipe.scale.shards import MOST_BYTES
from mtpipe.scale.source import Lot, Reading, dataset_of, lots_of
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources, Task
from mtpipe.scale.worker import Order, Worker, versions
from mtpipe.storage import Place
from mtpipe.types import Failure

__all__ = ["Within", "run"]

_ASKED_S = 0.2
_SHARDS_IN_HAND = 2
"""Of a worker: the one that it is at, and the next."""
_ENDING_S = 10.0
"""That workers of a cluster which stays have to end what they are at."""

Progress = Callable[[ScaleSummary], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Within:
    """What a run is a part of: its caller's, from before it until after it.

    Attributes:
        cluster: that the caller is connected to; None to connect.
        folder: the output, which the caller has open; None to open it.
        settle: called once all shards are done, before the output says so; gives the articles that
            turn out only then to have failed.
    """

    cluster: Cluster | None = None
    folder: RunFolder | None = None
    settle: Callable[[], Iterable[Failure]] = tuple


_ALONE = Within()


def run(
    inputs: str | Path | Iterable[str | Path | Lot | Failure],
    output: str | Path,
    task: Task,
    resources: Resources,
    *,
    form: Form | str = Form.JSONL,
    within: Within = _ALONE,
    on_progress: Progress = lambda _: None,
    is_stopped: Stop = lambda: False,
    verbose: bool = False,
) -> ScaleSummary:
    """Do a task with all articles that inputs lead to.

    A shard of the input gives a file of rows, and a manifest that says so. What is done in the same
    way already isn't done again; the output is the same as that of a run that nothing disturbed.
    The shards of inputs that an earlier run had and this one hasn't stay.

    Args:
        inputs: paths, glob patterns, folders, addresses; also ``s3://`` and ``gs://``. Workers have
            to see them under the same names. Lots and failures of an earlier expansion stay as they
            are.
        output: a folder, local or ``s3://`` and ``gs://``, which workers have to see as well.
        task: what is done.
        resources: by how many workers, and where.
        form: of the rows.
        within: what it is a part of; not with ``ray://`` addresses.
        on_progress: gets the summary so far when the run begins, and after each shard.
        is_stopped: asked several times a second; once it is true, shards in hand are given up.
        verbose: let Ray and the workers speak on standard error.

    Raises:
        DependencyMissing: Ray isn't installed.
        InputError: standard input, or an output that is something else.
        OutputError: another run is writing to the output, or it can't be written.
        ModelError, ConfigError: workers can't work.
        EngineError: Ray broke down.
    """
    if not verbose:
        quiet()
    require("ray", extra="ray")
    form = Form(form)
    task.check()
    place = Place.of(output)
    if not place.is_remote:
        place = Place.of(Path(output).absolute())
    order = Order(
        task,
        place.name,
        form,
        run="",
        versions=versions(),
        folder=str(Path.cwd()),
        threads=resources.threads_per_worker,
    )
    given = [inputs] if isinstance(inputs, str | Path) else inputs
    names = [each if isinstance(each, Lot | Failure) else str(each) for each in given]
    if resources.address and resources.address.startswith(CLIENT):
        return client.run_there(
            _run, names, order, resources, on_progress, is_stopped, verbose=verbose
        )
    return _run(names, order, resources, on_progress, is_stopped, verbose=verbose, within=within)


def _run(
    inputs: list[str | Lot | Failure],
    order: Order,
    resources: Resources,
    on_progress: Progress,
    is_stopped: Stop,
    *,
    verbose: bool,
    within: Within = _ALONE,
) -> ScaleSummary:
    """The same in a process that is, or becomes, a part of the cluster."""
    started = time.time()
    summary = ScaleSummary(order.task.name, order.output)
    lots, failures = lots_of(inputs)
    with ExitStack() as stack:
        folder = within.folder or stack.enter_context(
            opened(Place.of(order.output), order.task.name, order.form)
        )
        _list(failures, "", folder, summary)
        order = replace(order, run=folder.name)
        on_progress(summary)
        if lots:
            with (
                connected(resources, verbose=verbose, outer=within.cluster) as cluster,
                terminable() as terminated,
            ):
                summary.workers = cluster.resources.workers or 0
                stop = _Stop(lambda: terminated.is_set() or is_stopped())
                with closing(_rows(_dataset(lots, order, cluster), stop, cluster)) as rows:
                    _follow(rows, folder, summary, on_progress, started)
                summary.is_unfinished = stop.is_wished
        is_complete = not summary.is_unfinished
        if is_complete:
            _list(within.settle(), AT_LAST, folder, summary)
        folder.finish(
            sources=(lot.label for lot in lots),
            is_complete=is_complete,
            figures=_figures(summary, resources),
        )
    return summary


def _list(failures: Iterable[Failure], key: str, folder: RunFolder, summary: ScaleSummary) -> None:
    """Count and list failures that are of no shard."""
    failures = tuple(failures)
    folder.add_failures(key, failures)
    for failure in failures:
        summary.add_failure(failure)


class _Stop:
    """A wish to stop, which stays once it was made."""

    def __init__(self, is_stopped: Stop) -> None:
        self._is_stopped = is_stopped
        self.is_wished = False

    def __call__(self) -> bool:
        self.is_wished = self.is_wished or self._is_stopped()
        return self.is_wished


def _dataset(lots: list[Lot], order: Order, cluster: Cluster) -> Any:
    """Manifests to be, as a ``ray.data.Dataset``."""
    data = require("ray.data", extra="ray")
    resources = cluster.resources
    context = data.DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = 1  # a row a block: what a worker gets, and does again
    with data.DataContext.current(context):
        reading = Reading(
            resources.rows_per_shard, MOST_BYTES, order.folder, order.output, order.run
        )
        return dataset_of(lots, reading).map(
            Worker,
            fn_constructor_args=(order,),
            compute=data.ActorPoolStrategy(
                size=resources.workers, max_tasks_in_flight_per_actor=_SHARDS_IN_HAND
            ),
            num_cpus=resources.threads_per_worker - READING_CPUS,
            num_gpus=resources.gpus_per_worker or None,
        )


def _follow(
    rows: Iterator[Mapping[str, Any]],
    folder: RunFolder,
    summary: ScaleSummary,
    on_progress: Progress,
    started: float,
) -> None:
    """Count what workers return.

    Raises:
        MtpipeError: that a worker returned.
    """
    ready = 0.0
    for row in rows:
        if not ready:
            ready = max(row["ready"], started)
            summary.setup_seconds = ready - started
        if row["error"]:
            raise pickle.loads(row["error"])  # noqa: S301 - a worker's
        manifest = Manifest.parse(row["manifest"])
        if folder.add(manifest):
            summary.add(manifest, is_new=row["is_new"])
        summary.seconds = time.time() - ready
        on_progress(summary)


_END = object()


def _rows(dataset: Any, stop: _Stop, cluster: Cluster) -> Generator[Mapping[str, Any], None, None]:
    """Rows of a dataset as they come, until a wish to stop.

    Iterated over in another thread, so that the wish is heard while the workers are at work.

    Raises:
        EngineError: Ray broke down.
    """
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()
    given_up = threading.Event()

    def iterate() -> None:
        try:
            for row in dataset.iter_rows():
                found.put(row)
                if given_up.is_set():
                    return
            found.put(_END)
        except BaseException as exc:  # noqa: BLE001 - raised in the other thread
            found.put(exc)

    thread = threading.Thread(target=iterate, name="mtpipe-scale", daemon=True)
    thread.start()
    cluster.threads.append(thread)
    try:
        while not stop():
            try:
                row = found.get(timeout=_ASKED_S)
            except queue.Empty:
                continue
            if row is _END:
                return
            if isinstance(row, BaseException):
                raise _understood(row) from row
            yield row
    finally:
        given_up.set()
        if not cluster.is_own:  # nothing but the next row ends the workers, if it comes in time
            thread.join(_ENDING_S)


def _understood(exc: BaseException) -> BaseException:
    """An exception of Ray as one of ours."""
    ray = require("ray", extra="ray")
    if isinstance(exc, MtpipeError) or not isinstance(exc, Exception):
        return exc
    cause = exc.cause if isinstance(exc, ray.exceptions.RayTaskError) else exc
    if isinstance(cause, MtpipeError):
        return cause
    return EngineError(
        f"the cluster broke down: {last_line(exc)}",
        hint="what is done is safe; the same command goes on",
    )


def _figures(summary: ScaleSummary, resources: Resources) -> dict[str, Any]:
    """What ``run.json`` says of a run."""
    return {
        "versions": versions(),
        "resources": asdict(resources),
        "workers": summary.workers,
        "shards_done": summary.shards_done,
        "shards_skipped": summary.shards_skipped,
        "rows": summary.rows,
        "output_rows": summary.output_rows,
        "failures": summary.failures,
        "seconds": round(summary.seconds, 3),
        "setup_seconds": round(summary.setup_seconds, 3),
    }
