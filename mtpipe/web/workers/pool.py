"""Orders to child processes: who computes what next, and what becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

__all__ = ["Lane", "OnProgress", "Pool", "PoolLoad"]

OnProgress = Callable[[int, int | None, str], None]
"""Gets how many are done, of how many (None where nobody knows), and a note for people."""


class Lane(StrEnum):
    """Which workers take an order: those for short ones, or the one for long ones."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class PoolLoad:
    """What the workers do at this moment.

    Attributes:
        workers: processes that there are to be.
        ready: processes that have loaded what the first answer needs.
        busy: processes that compute.
        queued: orders that wait.
        restarts: processes that were started anew since the server began.
    """

    workers: int
    ready: int
    busy: int
    queued: int
    restarts: int


class Pool(Protocol):
    """Takes orders; :class:`WorkerPool` has child processes, tests have something simpler."""

    @property
    def is_ready(self) -> bool:
        """Whether a worker for short orders has loaded what the first answer needs."""
        ...

    async def start(self) -> None:
        """Start the processes; they load what they need after this has returned."""
        ...

    async def stop(self) -> None:
        """End the processes; what they compute is given up."""
        ...

    async def call(
        self,
        task: str,
        arguments: Mapping[str, object],
        *,
        lane: Lane = Lane.SHORT,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Any:
        """Have a task done, and wait for its result.

        If the caller is cancelled, an order that waits is forgotten, and one that is carried out
        is interrupted.

        Args:
            task: a name in :data:`mtpipe.web.workers.tasks.TASKS`.
            arguments: plain data.
            lane: for a short order or a long one.
            timeout_s: seconds that it may take, waiting included; None for those of the settings
                on the short lane, and any on the long one.
            on_progress: called in the event loop's thread.

        Raises:
            MtpipeError: what the task raised.
            Busy: too many orders wait.
            TimedOut: it took longer.
            WorkerDied: the process has ended.
            WorkerBug: the task failed in a way that nobody foresaw.
        """
        ...

    def load(self) -> PoolLoad:
        """What the workers do at this moment."""
        ...
