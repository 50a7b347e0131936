"""The pool of child processes: some for short orders, one for long ones."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from mtpipe.errors import MtpipeError
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.child import Child, Interrupted
from mtpipe.web.workers.errors import TimedOut, WorkerDied
from mtpipe.web.workers.lanes import LaneQueue, Order
from mtpipe.web.workers.pool import Lane, OnProgress, PoolLoad

__all__ = ["WorkerPool"]

_LOG = logging.getLogger("mtpipe.web")
_SHORTEST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 30.0
_HEALTHY_SECONDS = 60.0
"""A process that lived so long is replaced at once."""


class WorkerPool:
    """Child processes that compute; see :class:`~mtpipe.web.workers.pool.Pool`.

    Args:
        settings: how many there are, and how long orders may wait.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._lanes: dict[Lane, LaneQueue] = {}
        self._workers: list[_Worker] = []
        self._runs: list[asyncio.Task[None]] = []

    @property
    def is_ready(self) -> bool:
        """Whether a worker for short orders has loaded what the first answer needs."""
        return any(worker.is_ready for worker in self._workers if worker.prepares)

    async def start(self) -> None:
        """Start the processes; they load what they need after this has returned."""
        settings = self._settings
        self._lanes = {
            Lane.SHORT: LaneQueue(settings.queue_limit),
            Lane.LONG: LaneQueue(settings.queue_limit),
        }
        self._workers = [
            *(
                _Worker(settings, self._lanes[Lane.SHORT], prepares=True)
                for _ in range(settings.workers)
            ),
            _Worker(settings, self._lanes[Lane.LONG], prepares=False),
        ]
        self._runs = [asyncio.create_task(worker.run()) for worker in self._workers]

    async def stop(self) -> None:
        """End the processes; what they compute is given up."""
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        for lane in self._lanes.values():
            lane.fail_all(WorkerDied())
        self._workers, self._runs = [], []

    async def call(
        self,
        task: str,
        arguments: Mapping[str, object],
        *,
        lane: Lane = Lane.SHORT,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Any:
        """Have a task done, see :meth:`mtpipe.web.workers.pool.Pool.call`."""
        if not self._workers:
            raise WorkerDied
        if timeout_s is None and lane is Lane.SHORT:
            timeout_s = self._settings.request_seconds
        order, queue = Order(task, arguments, on_progress), self._lanes[lane]
        queue.add(order)
        limit = asyncio.timeout(timeout_s)
        try:
            async with limit:
                return await order.answer
        except TimeoutError as exc:
            if limit.expired():
                raise TimedOut(timeout_s or 0) from exc
            raise
        finally:
            queue.forget(order)
            if order.is_begun:
                await order.ended.wait()  # what it writes to is at rest

    def load(self) -> PoolLoad:
        """What the workers do at this moment."""
        return PoolLoad(
            workers=len(self._workers),
            ready=sum(worker.is_ready for worker in self._workers),
            busy=sum(worker.is_busy for worker in self._workers),
            queued=sum(map(len, self._lanes.values())),
            restarts=sum(worker.restarts for worker in self._workers),
        )


class _Worker:
    """One place in the pool: a process, and another one when that has ended."""

    def __init__(self, settings: ServeSettings, queue: LaneQueue, *, prepares: bool) -> None:
        self._settings = settings
        self._queue = queue
        self.prepares = prepares
        self.is_ready = False
        self.is_busy = False
        self.restarts = 0

    async def run(self) -> None:
        """Have a process carry out orders, until this is cancelled."""
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            try:
                child = await Child.started(self._settings)
            except OSError as exc:
                _LOG.error("no worker can be started: %s", exc.strerror)
            else:
                await self._employ(child)
                _LOG.warning("worker %d has ended (%s)", child.pid, child.end_in_words)
            self.restarts += 1
            if time.monotonic() - began > _HEALTHY_SECONDS:
                pause = _SHORTEST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _employ(self, child: Child) -> None:
        """Give a process orders until it ends."""
        self.is_ready = not self.prepares
        step = 0
        try:
            while not child.is_over:
                if order := self._queue.take():
                    await self._carry_out(child, order)
                elif self.is_ready:
                    await self._idle(child)
                else:
                    self.is_ready = await self._prepare(child, step)
                    step += 1
        finally:
            self.is_ready = False
            await child.end()

    async def _prepare(self, child: Child, step: int) -> bool:
        """Load one thing while nobody waits; whether that was the last one."""
        order = Order("prepare", {"step": step})
        await self._carry_out(child, order)
        try:
            return not await order.answer
        except WorkerDied:
            return False
        except MtpipeError as exc:
            _LOG.warning("a worker isn't prepared: %s", exc)
            return True

    async def _idle(self, child: Child) -> None:
        """Wait for an order, or for the process's end."""
        news = asyncio.create_task(self._queue.news())
        try:
            await asyncio.wait({news, child.exited}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()

    async def _carry_out(self, child: Child, order: Order) -> None:
        """Have an order carried out; interrupt it when nobody waits for it any more."""
        call = child.carry_out(order.task, order.arguments, order.on_progress)
        answer = asyncio.create_task(call)
        self.is_busy = order.is_begun = True
        try:
            await asyncio.wait({answer, order.answer}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                await child.interrupt(answer)
            order.succeed(answer.result())
        except Interrupted:
            order.fail(WorkerDied())  # by somebody else, or else it does nothing
        except asyncio.CancelledError:
            child.kill()
            answer.cancel()
            order.fail(WorkerDied())
            raise
        except Exception as exc:  # noqa: BLE001 - whoever gave the order gets it
            order.fail(exc)
        finally:
            self.is_busy = False
            order.ended.set()
