"""A Ray cluster for a run: the one that is there, one that is named, or one on this machine.

Not for what is done on it: see :mod:`mtpipe.scale.running`.
"""

import logging
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from mtpipe._optional import require
from mtpipe.errors import ConfigError
from mtpipe.scale.tasks import Resources

__all__ = ["CLIENT", "READING_CPUS", "Cluster", "connected", "placed", "quiet", "terminable"]

CLIENT = "ray://"
"""How addresses begin that this process isn't a part of the cluster of."""

READING_CPUS = 0.1
"""Of a processor that a reading task takes: it waits for disks and workers most of the time. A
worker leaves it free, so that where workers are, there is reading, too."""

_ENDING_S = 10.0
_LEVEL = "RAY_BACKEND_LOG_LEVEL"
_STORE_BYTES, _STORE_BYTES_A_WORKER = 256 * 2**20, 128 * 2**20


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a run works with.

    Attributes:
        resources: of the run; ``workers`` is a number.
        is_own: whether this run, or what it is a part of, connected to it and leaves it at the end.
        threads: of this process that end when it is left, and are waited for then.
    """

    resources: Resources
    is_own: bool
    threads: list[threading.Thread] = field(default_factory=list)


def quiet() -> None:
    """Have Ray keep to itself how it works, and not tell its makers that it is used.

    To be called before Ray is imported, and after.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if "ray" not in sys.modules:  # which has read it by then, unlike the processes that it starts
        _use_token()
    for name in ("ray", "ray.data", "ray.client_builder"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # What it says there is raised as well, unless it is of work that was given up.
    logging.getLogger("ray.data.exceptions").setLevel(logging.CRITICAL)
    if worker := sys.modules.get("ray._private.worker"):
        # What it says of workers that died, on standard output.
        vars(worker)["_worker_logs_enabled"] = False


def _use_token() -> None:
    """Show a cluster its token, which Ray does by itself, but not with ``ray://`` addresses."""
    file = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    if os.environ.get("RAY_AUTH_TOKEN") or Path(file).is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


@contextmanager
def connected(
    resources: Resources, *, verbose: bool = False, outer: Cluster | None = None
) -> Iterator[Cluster]:
    """A cluster, connected to unless this process is already; what was started here ends here.

    Args:
        resources: what is asked for; ``ray://`` addresses aren't for this.
        verbose: let Ray and the workers speak on standard error.
        outer: what a caller got from here, who then is the one to leave the cluster, and with it
            whatever is still at work.

    Raises:
        DependencyMissing: Ray isn't installed.
        ConfigError: there is no such cluster, or no worker fits into it.
    """
    if not verbose:
        quiet()
    ray = require("ray", extra="ray")
    require("ray.data", extra="ray")
    if not verbose:
        quiet()
    is_new = not ray.is_initialized()
    if is_new:
        if resources.address is None:
            resources = replace(resources, workers=resources.workers or _workers_here(resources))
        _start(ray, resources, verbose=verbose)
    is_own = outer.is_own if outer else is_new
    threads = outer.threads if outer else []
    with warnings.catch_warnings():
        if not verbose:
            # Of its own settings, and of fewer inputs than workers.
            warnings.filterwarnings("ignore", module="ray")
        try:
            yield Cluster(placed(ray, resources), is_own, threads)
        finally:
            if is_new:
                _leave(ray, threads)


def _leave(ray: Any, threads: list[threading.Thread]) -> None:
    """End the connection, what was started with it, and threads that use it."""
    # Whatever calls Ray without a connection starts another cluster.
    connecting: dict[str, Any] = vars(sys.modules.get("ray._private.auto_init_hook", sys))
    before = connecting.get("enable_auto_connect")
    if before is not None:
        connecting["enable_auto_connect"] = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sockets that its processes held
        ray.shutdown()
    for thread in threads:
        thread.join(_ENDING_S)
    if before is not None:
        connecting["enable_auto_connect"] = before


def _start(ray: Any, resources: Resources, *, verbose: bool) -> None:
    options: dict[str, Any] = {
        "log_to_driver": verbose,
        "logging_level": logging.INFO if verbose else logging.ERROR,
    }
    if resources.address is None:
        workers = resources.workers or 1
        options |= {
            "address": "local",  # None would mean whatever RAY_ADDRESS says
            "num_cpus": workers * resources.threads_per_worker,
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES + workers * _STORE_BYTES_A_WORKER,
        }
    else:
        options |= {"address": resources.address}
    try:
        with warnings.catch_warnings(), nullcontext() if verbose else _only_what_is_fatal():
            # LanceDB, which the driver may have loaded, warns of every process that is started.
            warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
            ray.init(**options)
    except Exception as exc:  # Ray raises bare ones, too: of a machine that is too busy, say
        if resources.address is None:
            raise ConfigError(f"Ray doesn't start: {exc}") from exc
        raise ConfigError(
            f"no Ray cluster at {resources.address!r}: {str(exc).splitlines()[0]}",
            hint="start one: ray start --head, or leave --address out",
        ) from exc
    _keep_token_private()


def _keep_token_private() -> None:
    """Take from others what lets them run code as this user: Ray writes its token for all to read."""
    token = Path.home() / ".ray" / "auth_token"
    with suppress(OSError):
        if token.stat().st_mode & 0o077:
            token.chmod(0o600)


@contextmanager
def _only_what_is_fatal() -> Iterator[None]:
    """Have the part of Ray that isn't Python write nothing else to standard error from now on.

    It says, also there, that it was asked to; that line is left out.
    """
    given = os.environ.get(_LEVEL)
    os.environ.setdefault(_LEVEL, "fatal")
    try:
        stderr = os.dup(2)
    except OSError:  # closed
        yield
        return
    try:
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(stderr, 2)
                held.seek(0)
                for line in held:
                    if _LEVEL.encode() not in line:
                        os.write(2, line)
    finally:
        os.close(stderr)
        if given is None:
            del os.environ[_LEVEL]


def placed(ray: Any, resources: Resources) -> Resources:
    """The resources with the number of workers, by what the cluster has.

    Raises:
        ConfigError: not one worker fits into any of its machines.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    threads, gpus = resources.threads_per_worker, resources.gpus_per_worker
    fitting = sum(
        min(
            int(machine.get("CPU", 0) // threads),
            int(machine.get("GPU", 0) // gpus) if gpus else 2**31,
        )
        for machine in machines
    )
    if not fitting:
        wanted = f"{threads} processors" + (f" and {gpus:g} GPUs" if gpus else "")
        raise ConfigError(
            f"no machine of the cluster has {wanted} for a worker",
            hint="lower --threads-per-worker or --gpus-per-worker",
        )
    return replace(resources, workers=min(resources.workers or fitting, fitting))


def _workers_here(resources: Resources) -> int:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    return max(1, (processors or os.cpu_count() or 1) // resources.threads_per_worker)


@contextmanager
def terminable() -> Iterator[threading.Event]:
    """An event that SIGTERM sets, instead of ending the process; in the main thread only."""
    wished = threading.Event()

    def wish(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's
        wished.set()

    before: Any = None
    with suppress(ValueError):  # another thread: signals aren't its own
        before = signal.signal(signal.SIGTERM, wish)
    try:
        yield wished
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
