"""Orders that wait for a worker, in the order in which they came."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mtpipe.web.workers.errors import Busy
from mtpipe.web.workers.pool import OnProgress

__all__ = ["LaneQueue", "Order"]


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False, slots=True)
class Order:
    """Something to be computed.

    Attributes:
        task: its name.
        arguments: plain data.
        on_progress: told how far it is.
        answer: gets the result or the error; cancelled when nobody waits for it any more.
        is_begun: whether a worker has it.
        ended: set when no worker is at it any more.
    """

    task: str
    arguments: Mapping[str, object]
    on_progress: OnProgress | None = None
    answer: "asyncio.Future[Any]" = field(default_factory=_future)
    is_begun: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def succeed(self, value: object) -> None:
        """Answer, if it is still wanted."""
        if not self.answer.done():
            self.answer.set_result(value)

    def fail(self, error: Exception) -> None:
        """Answer with an error, if it is still wanted."""
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.exception()  # no complaint where nobody waits for it any more


class LaneQueue:
    """What waits for one kind of workers.

    Args:
        limit: of orders that wait.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._orders: deque[Order] = deque()
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._orders)

    def add(self, order: Order) -> None:
        """Let an order wait.

        Raises:
            Busy: too many wait.
        """
        if len(self._orders) >= self._limit:
            raise Busy
        self._orders.append(order)
        self._news.set()

    def forget(self, order: Order) -> None:
        """Take an order out, if it still waits."""
        if order in self._orders:
            self._orders.remove(order)

    def take(self) -> Order | None:
        """The order that came first; None if there is none."""
        while self._orders:
            order = self._orders.popleft()
            if not order.answer.done():
                return order
        self._news.clear()
        return None

    async def news(self) -> None:
        """Wait until there may be an order."""
        await self._news.wait()

    def fail_all(self, error: Exception) -> None:
        """Answer all with an error."""
        while self._orders:
            self._orders.popleft().fail(error)
