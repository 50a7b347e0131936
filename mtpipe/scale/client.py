"""Runs on clusters that this process isn't a part of: the driver's loop goes there, too.

Ray Client carries calls, not Ray Data, so the loop of a run is an actor of the cluster, which is
asked how far it is. It ends with the connection. Not for the loop: :mod:`mtpipe.scale.running`.
"""

import importlib.util
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mtpipe._optional import require
from mtpipe.errors import ConfigError, DependencyMissing, EngineError, MtpipeError
from mtpipe.scale.actors import last_line
from mtpipe.scale.cluster import quiet, terminable
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources

__all__ = ["run_there"]

_ASKED_S = 0.5
_ENDING_S = 15.0

Run = Callable[..., ScaleSummary]


class Loop:
    """The loop of a run, on the cluster; its three calls may be made at the same time."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._summary: ScaleSummary | None = None

    def run(self, loop: Run, inputs: Sequence[Any], order: Any, resources: Resources) -> Any:
        """The summary of the run, or the error that ended it."""
        from mtpipe.scale.source import work_in  # noqa: PLC0415 - of this process only

        work_in(order.folder)
        try:
            return loop(inputs, order, resources, self._follow, self._stopped.is_set, verbose=False)
        except MtpipeError as exc:
            return exc

    def progress(self) -> ScaleSummary | None:
        """How far it is."""
        return self._summary

    def stop(self) -> None:
        """Wish it to stop."""
        self._stopped.set()

    def _follow(self, summary: ScaleSummary) -> None:
        self._summary = summary


def run_there(
    loop: Run,
    inputs: Sequence[Any],
    order: Any,
    resources: Resources,
    on_progress: Callable[[ScaleSummary], None],
    is_stopped: Callable[[], bool],
    *,
    verbose: bool,
) -> ScaleSummary:
    """Run a loop on a cluster by way of Ray Client.

    Args:
        loop: that of :mod:`mtpipe.scale.running`.
        inputs: as the cluster sees them.
        order: what is done; has a ``folder`` that relative paths start from.
        resources: whose address is ``ray://HOST:PORT``.
        on_progress: gets the summary so far, now and then.
        is_stopped: asked now and then.
        verbose: let Ray speak.

    Raises:
        ConfigError: there is no such cluster, or it has another version of Ray or Python.
        EngineError: the cluster broke down.
        MtpipeError: what ended the loop.
    """
    if not verbose:
        quiet()
    ray = require("ray", extra="ray")
    if importlib.util.find_spec("grpc") is None:
        raise DependencyMissing(
            "addresses with ray:// need grpcio", hint="pip install 'ray[client]'"
        )
    if not verbose:
        quiet()
    is_own = not ray.is_initialized()
    if is_own:
        _connect(ray, resources.address, verbose=verbose)
    try:
        actor = ray.remote(Loop).options(num_cpus=0, max_concurrency=3).remote()
        result = actor.run.remote(loop, inputs, order, resources)
        with terminable() as terminated:
            return _awaited(
                ray, actor, result, on_progress, lambda: terminated.is_set() or is_stopped()
            )
    except ray.exceptions.RayError as exc:
        raise EngineError(
            f"the cluster broke down: {last_line(exc)}",
            hint="what is done is safe; the same command goes on",
        ) from exc
    finally:
        if is_own:
            ray.shutdown()


def _connect(ray: Any, address: str | None, *, verbose: bool) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is raised as well
            ray.init(address, log_to_driver=verbose)
    except (ConnectionError, RuntimeError, ValueError, OSError) as exc:
        raise ConfigError(
            f"no Ray cluster at {address!r}: {str(exc).splitlines()[0]}",
            hint="the port of ray:// is that of --ray-client-server-port, 10001 if none is given",
        ) from exc


def _awaited(
    ray: Any,
    actor: Any,
    result: Any,
    on_progress: Callable[[ScaleSummary], None],
    is_stopped: Callable[[], bool],
) -> ScaleSummary:
    until = None
    summary: ScaleSummary | None = None
    while not ray.wait([result], timeout=_ASKED_S)[0]:
        if found := ray.get(actor.progress.remote()):
            summary = found
            on_progress(found)
        if is_stopped() and until is None:
            until = time.monotonic() + _ENDING_S
            ray.get(actor.stop.remote())
        if until is not None and time.monotonic() > until:
            with suppress(Exception):
                ray.kill(actor)
            summary = summary or ScaleSummary("", "")
            summary.is_unfinished = True
            return summary
    found = ray.get(result)
    if isinstance(found, MtpipeError):
        raise found
    on_progress(found)
    return found  # type: ignore[no-any-return]
