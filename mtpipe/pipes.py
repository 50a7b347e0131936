"""The pipe that a process gets its orders from: its end is the end of whoever started the process."""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where a process that computes ends after its order only
    fcntl = None  # type: ignore[assignment]

__all__ = ["ending_with"]


@contextmanager
def ending_with(orders: IO[bytes]) -> Iterator[None]:
    """Meanwhile, end this process when the other end of a pipe is closed, as it is by being killed.

    The system does it, since no thread of Python runs while a library doesn't let it. While an
    order is carried out nothing is written to the pipe, so only its end can be what happens.

    Args:
        orders: the end that this process reads from.
    """
    if fcntl is None:
        yield
        return
    flags = fcntl.fcntl(orders, fcntl.F_GETFL)
    with suppress(OSError):
        fcntl.fcntl(orders, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(orders, fcntl.F_SETFL, flags | os.O_ASYNC)  # SIGIO, which ends a process
    poll = select.poll()
    poll.register(orders, 0)
    if poll.poll(0):  # it was closed before
        os._exit(0)
    try:
        yield
    finally:
        fcntl.fcntl(orders, fcntl.F_SETFL, flags)
