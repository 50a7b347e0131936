"""The process that large pages are read in: it takes orders from a pipe and sends answers back.

Started by :mod:`mtpipe.ingest.page_process`. It ends with the process that started it: the pipe's
end is a signal for it, whatever is being read meanwhile.
"""

import logging
import math
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from mtpipe.errors import InputError
from mtpipe.pipes import ending_with

try:
    import fcntl
    import resource
except ImportError:  # Windows, where only the time that passes is limited
    fcntl = resource = None  # type: ignore[assignment]

__all__ = ["LENGTH_BYTES", "Answer", "Order", "serve"]

LENGTH_BYTES = 8
"""Of the length in front of each order and each answer."""

_RETIRED_MB = 256
"""Memory kept after an order, above that at the start, with which a process takes no other one."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call to make.

    Attributes:
        function: of a module.
        arguments: by position.
        options: by name.
        seconds: of processor time that it may take.
        megabytes: of memory that it may take.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    seconds: int
    megabytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: a value, or what went wrong.

    Attributes:
        value: what the function returned.
        error: class, message and hint of an error of :mod:`mtpipe.errors` that it raised.
        bug: the traceback of any other exception.
        out_of_memory: whether it took more memory than it may.
        warnings: name of the logger, level and message of what was logged.
        is_last: whether the process takes no other order.
    """

    value: Any = None
    error: tuple[str, str, str | None] | None = None
    bug: str = ""
    out_of_memory: bool = False
    warnings: list[tuple[str, int, str]] = field(default_factory=list)
    is_last: bool = False


def serve() -> None:
    """Carry out orders from standard input until it ends."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process
    # What a library prints goes nowhere: this pipe is for answers only.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    orders = sys.stdin.buffer
    import trafilatura  # noqa: F401 - its memory isn't a page's

    logged = _Logged()
    logging.getLogger().addHandler(logged)
    at_start_mb = _memory_mb()
    is_last = False
    while not is_last and (length := orders.read(LENGTH_BYTES)):
        order = pickle.loads(orders.read(int.from_bytes(length)))  # noqa: S301 - from our own side
        with ending_with(orders):
            answer = _answer(order, logged.records)
        is_last = answer.out_of_memory or _memory_mb() > at_start_mb + _RETIRED_MB
        _send(answers, answer, is_last=is_last)
        logged.records.clear()


def _answer(order: Order, warnings: list[tuple[str, int, str]]) -> Answer:
    limits = _Limits(order.seconds, order.megabytes)
    try:
        limits.begin()
        value = order.function(*order.arguments, **order.options)
    except InputError as exc:
        error = (type(exc).__name__, exc.message, exc.hint)
        return Answer(error=error, warnings=warnings)
    except MemoryError:
        return Answer(out_of_memory=True, warnings=warnings)
    except Exception:  # noqa: BLE001 - for whoever started this to raise
        return Answer(bug=traceback.format_exc(), warnings=warnings)
    finally:
        limits.end()
    return Answer(value=value, warnings=warnings)


def _send(answers: IO[bytes], answer: Answer, *, is_last: bool) -> None:
    fields = {name: getattr(answer, name) for name in Answer.__slots__}
    content = pickle.dumps({**fields, "is_last": is_last}, protocol=5)
    answers.write(len(content).to_bytes(LENGTH_BYTES))
    answers.write(content)
    answers.flush()


class _Limits:
    """Of this process's time and memory, for one order at a time; beyond the first it is ended.

    Memory is limited on Linux only: elsewhere nothing says how much of it there is to begin with.
    """

    def __init__(self, seconds: int, megabytes: int) -> None:
        self._seconds = seconds
        self._megabytes = megabytes

    def begin(self) -> None:
        """Count from now on."""
        if resource is None:
            return
        _set_limit(resource.RLIMIT_CORE, 0)
        _set_limit(resource.RLIMIT_CPU, math.ceil(time.process_time()) + self._seconds)
        if memory_mb := _memory_mb():
            _set_limit(resource.RLIMIT_AS, (memory_mb + self._megabytes) * 2**20)

    def end(self) -> None:
        """No more limits: the answer is to be sent."""
        if resource is not None:
            for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
                _set_limit(kind, resource.RLIM_INFINITY)


def _set_limit(kind: int, value: int) -> None:
    """Set what may be changed again, as far as it may be set at all."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = hard if value == resource.RLIM_INFINITY else min(value, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, hard))


def _memory_mb() -> int:
    """Address space that this process has; 0 where nothing says so."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


class _Logged(logging.Handler):
    """Keeps what is logged, for the process that writes logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[tuple[str, int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a message."""
        self.records.append((record.name, record.levelno, record.getMessage()))
