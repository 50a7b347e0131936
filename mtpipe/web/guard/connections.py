"""What one address may hold open, and for how long without asking anything.

uvicorn waits for the head of a request as long as somebody likes to take over it, and counts
connections in all, not by address. Not for bodies: see :mod:`mtpipe.web.guard.bodies`.
"""

import asyncio
from collections import Counter

from uvicorn.protocols.http.h11_impl import H11Protocol

from mtpipe.web.guard.binding import is_loopback
from mtpipe.web.guard.limits import address_of
from mtpipe.web.settings import ServeSettings

__all__ = ["protocol"]

_HEAD_S = 10.0
_MOST_PER_ADDRESS = 100


def protocol(
    settings: ServeSettings, *, head_s: float = _HEAD_S, most: int = _MOST_PER_ADDRESS
) -> type[asyncio.Protocol]:
    """The class that uvicorn is to speak HTTP by, as its option ``http``.

    Args:
        settings: of the server. Behind a proxy all connections are the proxy's, and may be many.
        head_s: seconds for the head of a request, from its first byte or the connection's start.
        most: connections that an address may have open; this machine's own may have any number.
    """
    open_now: Counter[str] = Counter()

    class Guarded(H11Protocol):
        _waiting: asyncio.TimerHandle | None = None
        _address = ""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            address = address_of({"client": self.client})
            if not is_loopback(address) and not settings.forwarded_allow_ips:
                if open_now[address] >= most:
                    transport.abort()
                    return
                self._address = address
                open_now[address] += 1
            self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_no_longer()
            if self._address:
                open_now[self._address] -= 1
                if not open_now[self._address]:
                    del open_now[self._address]
                self._address = ""
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._is_asked():
                self._wait_no_longer()
            elif self._waiting is None:
                self._wait()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._wait_no_longer()

        def _is_asked(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _wait(self) -> None:
            self._waiting = self.loop.call_later(head_s, self._give_up)

        def _wait_no_longer(self) -> None:
            if self._waiting:
                self._waiting.cancel()
                self._waiting = None

        def _give_up(self) -> None:
            if not self._is_asked() and not self.transport.is_closing():
                self.transport.close()

    return Guarded
