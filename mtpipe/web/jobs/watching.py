"""Who waits for news of a job, and how often how far it is gets written down."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

__all__ = ["ProgressWriter", "Watchers"]


class Watchers:
    """Events by job, all in one event loop."""

    def __init__(self) -> None:
        self._events: dict[str, set[asyncio.Event]] = {}
        self.is_closed = False

    @contextmanager
    def of(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set with each change of a job."""
        event = asyncio.Event()
        self._events.setdefault(job_id, set()).add(event)
        try:
            yield event
        finally:
            self._events[job_id].discard(event)
            if not self._events[job_id]:
                del self._events[job_id]

    def tell(self, job_id: str) -> None:
        """A job has changed."""
        for event in self._events.get(job_id, ()):
            event.set()

    def open(self) -> None:
        """There will be news again."""
        self.is_closed = False

    def close(self) -> None:
        """Nothing more will be told."""
        self.is_closed = True
        for job_id in list(self._events):
            self.tell(job_id)


class ProgressWriter:
    """Passes on the newest word on how far a job is, a few times a second at most.

    Args:
        write: passes it on.
        pause_s: after each time.
    """

    def __init__(
        self, write: Callable[[int, int | None, str], Awaitable[None]], *, pause_s: float = 0.3
    ) -> None:
        self._write = write
        self._pause_s = pause_s
        self._newest: tuple[int, int | None, str] | None = None
        self._task: asyncio.Task[None] | None = None

    def __call__(self, done: int, total: int | None, note: str) -> None:
        """Take note of how far it is."""
        self._newest = (done, total, note)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._pass_on())

    async def close(self) -> None:
        """Pass on nothing more; what is on its way may still arrive."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _pass_on(self) -> None:
        while self._newest is not None:
            newest, self._newest = self._newest, None
            await self._write(*newest)
            await asyncio.sleep(self._pause_s)
