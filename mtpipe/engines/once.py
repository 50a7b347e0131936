"""What is loaded when it is first needed, whichever thread needs it."""

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TypeVar

__all__ = ["once"]

T = TypeVar("T")


def once(load: Callable[[], T]) -> Callable[[], T]:
    """A function that loads at its first call, and returns the same from then on."""
    turn, loaded = Lock(), cache(load)

    def locked() -> T:
        with turn:
            return loaded()

    return locked
