"""Matrix products with one thread each, where there are enough of them to go side by side.

How many threads numpy's BLAS takes is a setting of the whole process, so that threads which set and
reset it by themselves would leave it as one of them found it in another's hands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


class SingleThreaded:
    """Keeps BLAS to one thread while any thread is inside; all of a process share one."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._inside = 0
        self._limit: Any = None

    @contextmanager
    def __call__(self, libraries: ThreadpoolController) -> Iterator[None]:
        """Enter; the last thread that leaves puts back what the first one found.

        Args:
            libraries: whose threads are counted.
        """
        with self._turn:
            if not self._inside:
                self._limit = libraries.limit(limits=1)
            self._inside += 1
        try:
            yield
        finally:
            with self._turn:
                self._inside -= 1
                if not self._inside:
                    self._limit.restore_original_limits()


single_threaded = SingleThreaded()
