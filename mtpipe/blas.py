"""Matrix products with one thread each, where more would mostly wait for each other.

How many threads numpy's BLAS takes is a setting of the whole process, so that threads which set and
reset it by themselves would leave it as one of them found it in another's hands.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["set_threads", "single_threaded", "spread", "threads"]

_Item = TypeVar("_Item")
_Outcome = TypeVar("_Outcome")


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


def threads() -> int:
    """That BLAS takes for a product at present."""
    libraries = _libraries().select(user_api="blas").info()
    return max((library["num_threads"] for library in libraries), default=1)


def set_threads(count: int) -> None:
    """Have BLAS take so many threads for a product from now on, in the whole process."""
    _libraries().limit(limits=count, user_api="blas")


def spread(function: Callable[[_Item], _Outcome], items: Sequence[_Item]) -> list[_Outcome]:
    """Apply a function to items in as many threads as BLAS takes, and have it take one in each.

    What numpy does beside products takes one thread only, so that this is faster than threads within
    products where there are several items. In a thread that is :data:`single_threaded`, or
    while another is, they follow one another.

    Args:
        function: that computes with numpy.
        items: that don't depend on each other.

    Returns:
        What it makes of each, in their order.
    """
    count = min(threads(), len(items))
    if count < 2:
        return list(map(function, items))
    with single_threaded(), ThreadPoolExecutor(count) as pool:
        return list(pool.map(function, items))
