"""Orders on behalf of a client that waits: not too much, not too long, not after it has gone."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from mtpipe.web.api.errors import client_gone, too_long
from mtpipe.web.api.schemas import Asked, field_chars
from mtpipe.web.guard.callers import Caller
from mtpipe.web.services import Services, provided
from mtpipe.web.workers.errors import TimedOut

__all__ = ["Calls", "Patient"]


class Calls:
    """What an operation has computed while its client waits.

    Args:
        request: whose body was read.
        services: of the server.
    """

    def __init__(self, request: Request, services: Services) -> None:
        self._request = request
        self.services = services

    def admit(self, asked: Asked, caller: Caller) -> None:
        """See that a request isn't longer than what is computed while a client waits.

        Raises:
            Problem: it is; or the caller has used up the characters of a day.
        """
        chars, limit = field_chars(asked), self.services.settings.max_text_chars
        if chars > limit:
            raise too_long(chars, limit)
        self.services.limits.characters(caller, chars)

    async def task(self, name: str, arguments: Mapping[str, object]) -> Any:
        """Have a task done by a worker for short orders.

        Raises:
            MtpipeError: see :meth:`mtpipe.web.workers.pool.Pool.call`.
            Problem: there is nobody to answer.
        """
        seconds = self.services.settings.request_seconds
        order = self.services.pool.call(name, arguments, timeout_s=float(seconds))
        return await self.waited_for(order)

    async def waited_for(
        self, work: Coroutine[Any, Any, Any], *, seconds: float | None = None
    ) -> Any:
        """The result of some work, which is cancelled if the client goes or time is up.

        Args:
            work: to be done.
            seconds: that it may take; by default those of a request.

        Raises:
            TimedOut: it took longer.
            Problem: there is nobody to answer.
        """
        if seconds is None:
            seconds = float(self.services.settings.request_seconds)
        working = asyncio.create_task(work)
        leaving = asyncio.create_task(self._client_leaves())
        both = (working, leaving)
        try:
            await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise client_gone() if leaving.done() else TimedOut(seconds)
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _client_leaves(self) -> None:
        # The body was read, so that nothing else can come.
        while (await self._request.receive())["type"] != "http.disconnect":
            pass


async def _calls(request: Request, services: Annotated[Services, Depends(provided)]) -> Calls:
    return Calls(request, services)  # not the class itself, which would be made in a thread


Patient = Annotated[Calls, Depends(_calls)]
"""The dependency."""
