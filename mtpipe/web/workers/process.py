"""The process that computes: it takes orders from a pipe and sends answers back, one at a time.

Started by :mod:`mtpipe.web.workers.child`. SIGINT interrupts what it computes, and is ignored
otherwise. It ends with the process that started it: the pipe's end is a signal for it, whatever
is computed meanwhile.
"""

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from mtpipe.errors import MtpipeError, OutOfMemory
from mtpipe.pipes import ending_with
from mtpipe.web.logs import log_to_stderr
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.messages import LENGTH_BYTES, framed, names_of, packed, unpacked
from mtpipe.web.workers.tasks import task_named
from mtpipe.web.workers.tools import Tools

__all__ = ["serve"]

_NICENESS = 5
"""Pages and health go before what is computed."""

_PROGRESS_SECONDS = 0.1
"""Between two messages that tell how far an order is."""


def serve() -> None:
    """Carry out orders from standard input until it ends."""
    interruptions = _Interruptions()
    with suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    log_to_stderr(logging.getLogger(), "%(asctime)s worker %(process)d: %(message)s")
    # What a library prints goes nowhere: this pipe is for answers only.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    orders = sys.stdin.buffer
    content = _next(orders)
    if content is None:
        return
    settings = unpacked(content)
    tools = Tools(ServeSettings(**{**settings, "home": Path(settings["home"])}))
    while (content := _next(orders)) is not None:
        task, arguments = unpacked(content)
        with ending_with(orders):
            answer = _answer(task, arguments, tools, answers, interruptions)
        _send(answers, answer)


def _next(orders: IO[bytes]) -> bytes | None:
    length = orders.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    content = orders.read(int.from_bytes(length))
    return content if len(content) == int.from_bytes(length) else None


def _answer(
    task: str,
    arguments: dict[str, Any],
    tools: Tools,
    answers: IO[bytes],
    interruptions: "_Interruptions",
) -> bytes:
    """Carry out an order; the packed answer to it."""
    try:
        with interruptions.allowed():
            value = task_named(task)(tools, arguments, _Progress(answers))
            return packed(("result", value))
    except KeyboardInterrupt:
        return packed(("interrupted",))
    except MtpipeError as exc:
        return packed(("error", names_of(exc), exc.message, exc.hint))
    except MemoryError:
        error = OutOfMemory("there isn't enough memory for this", hint="give less at once")
        return packed(("error", names_of(error), error.message, error.hint))
    except BaseException:  # noqa: BLE001 - an answer in any case; the server logs it
        return packed(("bug", traceback.format_exc()))


def _send(answers: IO[bytes], content: bytes) -> None:
    try:
        answers.write(framed(content))
        answers.flush()
    except BrokenPipeError:
        os._exit(0)


class _Progress:
    """Tells the server how far an order is, not more often than people read."""

    def __init__(self, answers: IO[bytes]) -> None:
        self._answers = answers
        self._told = -_PROGRESS_SECONDS

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        now = time.monotonic()
        if done == total or now >= self._told + _PROGRESS_SECONDS:
            self._told = now
            _send(self._answers, packed(("progress", int(done), total, str(note))))


class _Interruptions:
    """SIGINT interrupts orders, and nothing between them."""

    def __init__(self) -> None:
        self._are_allowed = False
        signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if self._are_allowed:
            self._are_allowed = False  # one is enough
            raise KeyboardInterrupt

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Let SIGINT raise KeyboardInterrupt meanwhile."""
        try:
            self._are_allowed = True
            yield
        finally:
            self._are_allowed = False


if __name__ == "__main__":
    serve()
