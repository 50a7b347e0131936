"""Matrix products with one thread each, where more would mostly wait for each other.

How many threads numpy's BLAS takes is a setting of the whole process, so that threads which set and
reset it by themselves would leave it as one of them found it in another's hands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["single_threaded"]


class SingleThreaded:
    """Keeps BLAS to one thread while any thread is inside; all of a process share one."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._inside = 0
        self._limit: Any = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Enter; the last thread that leaves puts back what the first one found."""
        with self._turn:
            if not self._inside:
                self._limit = _libraries().limit(limits=1, user_api="blas")
            self._inside += 1
        try:
            yield
        finally:
            with self._turn:
                self._inside -= 1
                if not self._inside:
                    self._limit.restore_original_limits()


@cache
def _libraries() -> ThreadpoolController:
    """Those that are loaded: looking for them takes milliseconds."""
    import numpy  # noqa: F401, ICN001, PLC0415 - so that its own are among them

    return ThreadpoolController()


single_threaded = SingleThreaded()
