"""What a worker does: loads a task's processor once, and does shards, each whole or not at all.

A shard's rows are put in place first, then its manifest; whatever ends a worker in between, the
shard isn't done, and is done again. Not for how workers are started: :mod:`mtpipe.scale.running`.
"""

import hashlib
import os
import pickle
import platform
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import mtpipe
from mtpipe import blas
from mtpipe._optional import require
from mtpipe.errors import (
    ConfigError,
    DependencyMissing,
    EngineError,
    InputError,
    ModelError,
    MtpipeError,
    OutputError,
)
from mtpipe.memory import peak_bytes
from mtpipe.scale import attempts
from mtpipe.scale.manifest import (
    WORKER_STAGE,
    Manifest,
    delete_manifest,
    read_manifest,
    write_manifest,
)
from mtpipe.scale.output import FOLDER, Form, encoded
from mtpipe.scale.shards import Shard
from mtpipe.scale.source import work_in
from mtpipe.scale.tasks import Confirming, Processed, Processor, Task
from mtpipe.storage import Place
from mtpipe.types import Failure

__all__ = ["Order", "ShardWork", "Worker", "versions"]

_ENDS_THE_RUN = (ModelError, ConfigError, DependencyMissing, OutputError)


def versions() -> str:
    """What has to be the same in the driver and in all workers."""
    return f"mtpipe {mtpipe.__version__}, Python {'.'.join(platform.python_version_tuple()[:2])}"


@dataclass(frozen=True, slots=True)
class Order:
    """What workers are told.

    Attributes:
        task: what to do.
        output: where to write: an absolute path or a URI.
        form: of the rows.
        run: name of the run, of which an output has one at a time.
        versions: of the driver, see :func:`versions`.
        folder: that relative paths start from.
        threads: that a worker computes with.
    """

    task: Task
    output: str
    form: Form
    run: str
    versions: str
    folder: str
    threads: int


class Worker:
    """Does shards in a process of its own; errors come back as rows, since raised ones are retried.

    Args:
        order: what to do.
    """

    def __init__(self, order: Order) -> None:
        work_in(order.folder)
        # By itself Ray sets one too few: a worker leaves a part of a processor to reading, and Ray
        # counts whole ones.
        blas.set_threads(order.threads)
        self._work: ShardWork | None = None
        self._error: MtpipeError = EngineError("a worker didn't start")
        try:
            self._work = ShardWork(order, worker=_name())
        except MtpipeError as exc:
            self._error = exc
        except Exception as exc:  # noqa: BLE001 - a worker that dies of it is started again for ever
            self._error = EngineError(f"a worker can't start: {_said(exc)}")
        self._ready = time.time()

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Do the shard of a row of :func:`mtpipe.scale.source.dataset_of`.

        Returns:
            ``manifest`` of the shard as JSON, whether it ``is_new``, when the worker was ``ready``
            in seconds since 1970, and a pickled ``error`` that ends the run, if there is one.
        """
        manifest, is_new, error = "", False, row["error"]
        try:
            if self._work is None:
                raise self._error
            if not error:
                found, is_new = self._work.done(pickle.loads(row["shard"]))  # noqa: S301 - our own
                manifest = found.to_json()
        except MtpipeError as exc:
            error = _packed(exc)
        return {"manifest": manifest, "is_new": is_new, "ready": self._ready, "error": error}


class ShardWork:
    """What it takes to do shards: a task's processor, loaded, and the output.

    Args:
        order: what to do.
        worker: name of the worker.

    Raises:
        MtpipeError: the task can't be loaded.
        ConfigError: the run was started by another version.
    """

    def __init__(self, order: Order, *, worker: str) -> None:
        if (own := versions()) != order.versions:
            raise ConfigError(
                f"a worker has {own}, and the run was started by {order.versions}",
                hint="install the same on all machines",
            )
        self._run = order.run
        self._form = order.form
        self._worker = worker
        self._output = Place.of(order.output)
        self._processor: Processor = order.task.load()
        self._schema = order.task.schema() if order.form is Form.PARQUET else None

    def done(self, shard: Shard) -> tuple[Manifest, bool]:
        """A shard's manifest, and whether it was done now.

        Raises:
            ModelError, ConfigError, DependencyMissing, OutputError: the run can't go on.
        """
        signature = self._processor.signature
        place = f"{FOLDER}/{shard.name}.{self._form.value}"
        before = read_manifest(self._output, shard.name)
        if (
            before
            and before.is_of(shard, signature, place)
            and (self._output / place).size == before.output_bytes
            and (not isinstance(self._processor, Confirming) or self._processor.confirms(before))
        ):
            return before, False
        clock, cpu, started = time.monotonic(), _cpu_seconds(), datetime.now(UTC)
        data, processed = self._encoded(shard, self._processed(shard))
        attempts.refuse_other_run(self._output, self._run)
        if before:
            # Until the new rows are there, nothing may say that others are theirs.
            delete_manifest(self._output, shard.name)
        (self._output / place).write(data)
        manifest = Manifest(
            shard=shard.name,
            source=shard.source,
            number=shard.number,
            first=shard.first,
            rows=len(shard.items),
            input_sha256=shard.sha256,
            signature=signature,
            output=place,
            output_rows=len(processed.rows),
            output_bytes=len(data),
            output_sha256=hashlib.sha256(data).hexdigest(),
            failures=tuple(processed.failures),
            counts=processed.counts,
            worker=self._worker,
            started=started.isoformat(timespec="milliseconds"),
            seconds=round(time.monotonic() - clock, 3),
            cpu_seconds=round(_cpu_seconds() - cpu, 3),
            peak_bytes=peak_bytes(),
        )
        write_manifest(self._output, manifest)
        attempts.forget(self._output, shard.name)
        return manifest, True

    def _processed(self, shard: Shard) -> Processed:
        """What becomes of a shard, also if it ends workers or breaks what works on it."""
        earlier = attempts.begun(self._output, shard.name, self._run)
        if earlier.number >= attempts.MOST:
            return _failed(shard, earlier.error or f"ended {earlier.number} workers")
        try:
            return self._processor.process(shard)
        except _ENDS_THE_RUN:
            raise
        except (EngineError, MemoryError) as exc:
            # Perhaps it is this worker: another one begins anew.
            attempts.broke(self._output, shard.name, self._run, _said(exc))
            os._exit(1)
        except Exception as exc:  # noqa: BLE001 - it would break every worker alike
            return _failed(shard, _said(exc))

    def _encoded(self, shard: Shard, processed: Processed) -> tuple[bytes, Processed]:
        try:
            return encoded(processed.rows, self._form, self._schema), processed
        except ValueError as exc:
            failed = _failed(shard, _said(exc))
            return encoded([], self._form, self._schema), failed


def _failed(shard: Shard, reason: str) -> Processed:
    """Every article of a shard failed."""
    return Processed([], [Failure(item.id, WORKER_STAGE, reason) for item in shard.items])


def _packed(exc: MtpipeError) -> bytes:
    """An error for the driver, which some can't be unpickled by."""
    packed = pickle.dumps(exc)
    try:
        pickle.loads(packed)  # noqa: S301 - our own
    except TypeError:
        return pickle.dumps(InputError(exc.message, hint=exc.hint))
    return packed


def _said(exc: BaseException) -> str:
    text = str(exc)
    return text if isinstance(exc, MtpipeError) else f"{type(exc).__name__}: {text}".strip(": ")


def _name() -> str:
    """Of this worker: its machine, as Ray knows it, and its process."""
    machine = socket.gethostname()
    ray = require("ray", extra="ray")
    if ray.is_initialized():
        machine += f"-{ray.get_runtime_context().get_node_id()[:6]}"
    return f"{machine}/{os.getpid()}"


def _cpu_seconds() -> float:
    """Processor time of this process and the children that it waited for."""
    return sum(os.times()[:4])
