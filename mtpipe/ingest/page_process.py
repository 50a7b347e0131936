"""Pages that may take long are read in a process of their own, which is ended at its limits.

Nothing bounds the time and the memory that lxml and trafilatura take for a page that was made to
take much. Pages of usual size are read where they are asked for: they can't take long.
"""

import atexit
import io
import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, ParamSpec, TypeVar, cast

from mtpipe import errors
from mtpipe.config import ReadingSettings
from mtpipe.errors import InputError, UnreadableArticle
from mtpipe.ingest.page_server import LENGTH_BYTES, Answer, Order

__all__ = ["PageTooCostly", "is_heavy", "read_apart"]

_HEAVY_CHARS = 300_000
_HEAVY_TAGS = 10_000
_MOST_IDLE = 4
_PART_BYTES = 1 << 20
_PASSED_RATIO = 10 if os.name == "posix" else 1
"""Time that may pass while a process has its processor time: others want the processor, too."""

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from mtpipe.ingest.page_server import serve; serve()"
)
_KNOWN_MODULES = frozenset(("mtpipe.ingest.page", "mtpipe.types.article", "mtpipe.types.language"))
_P = ParamSpec("_P")
_T = TypeVar("_T")


class PageTooCostly(UnreadableArticle):
    """Reading a page takes more time or memory than it may, or ends the process that reads it."""


def is_heavy(content: bytes | str) -> bool:
    """Whether a page is so long, or has so many tags or lines, that it might take long to read."""
    if len(content) > _HEAVY_CHARS:
        return True
    if isinstance(content, bytes):
        return max(content.count(b"<"), content.count(b"\n")) > _HEAVY_TAGS
    return max(content.count("<"), content.count("\n")) > _HEAVY_TAGS


def read_apart(
    settings: ReadingSettings, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """Call a function in another process, within limits. Several threads may do so at once.

    Args:
        settings: the limits.
        function: of a module; it returns a :class:`~mtpipe.ingest.page.Page`.
        args: its arguments.
        kwargs: likewise.

    Raises:
        PageTooCostly: it reached a limit, or crashed.
        InputError: what the function raised.
    """
    seconds, megabytes = settings.page_seconds, settings.page_mb
    order = pickle.dumps(Order(function, args, kwargs, seconds, megabytes), protocol=5)
    process = _PROCESSES.take()
    try:
        answer = process.answer(order, settings)
    except BaseException:  # Ctrl-C as well
        _PROCESSES.discard(process)
        raise
    if answer.is_last:
        _PROCESSES.discard(process)
    else:
        _PROCESSES.give_back(process)
    for name, level, message in answer.warnings:
        logging.getLogger(name).log(level, "%s", message)
    if answer.error:
        kind, message, hint = answer.error
        raise cast("type[InputError]", getattr(errors, kind, InputError))(message, hint=hint)
    if answer.out_of_memory:
        raise _too_much_memory(settings)
    if answer.bug:
        raise RuntimeError(f"in the process that reads large pages:\n{answer.bug}")
    return cast("_T", answer.value)


def _too_much_memory(settings: ReadingSettings) -> PageTooCostly:
    return PageTooCostly(
        f"reading it takes more than {settings.page_mb:,} MB of memory",
        hint=f"to allow more: MTPIPE_PAGE_MB={2 * settings.page_mb}",
    )


class _PageProcess:
    """A process that carries out one order at a time."""

    def __init__(self) -> None:
        own_group = {"process_group": 0} if os.name == "posix" else {}  # without Ctrl-C
        try:
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - our own code, no shell
                [sys.executable, "-I", "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,  # buffers have locks, which a copy of this process would wait for
                **own_group,
            )
        except OSError as exc:
            raise PageTooCostly(f"no process can be started to read it: {exc.strerror}") from exc
        self._orders: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout

    @property
    def is_alive(self) -> bool:
        """Whether it can take an order."""
        return self._process.poll() is None

    def answer(self, order: bytes, settings: ReadingSettings) -> Answer:
        """Give an order and wait for what comes of it.

        Raises:
            PageTooCostly: it ended before.
        """
        passed_seconds = settings.page_seconds * _PASSED_RATIO
        timer = threading.Timer(passed_seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        content, is_whole = b"", False
        try:
            with suppress(BrokenPipeError):
                _write(self._orders, len(order).to_bytes(LENGTH_BYTES) + order)
            length = int.from_bytes(_read(self._answers, LENGTH_BYTES))
            content = _read(self._answers, length)
            is_whole = bool(content) and len(content) == length
        finally:
            is_over = not timer.is_alive()
            timer.cancel()
        if is_whole:
            return Answer(**_Unpickler(io.BytesIO(content)).load())
        raise self._death(settings, is_over=is_over)

    def _death(self, settings: ReadingSettings, *, is_over: bool) -> PageTooCostly:
        code = self._process.wait()
        if is_over or (os.name == "posix" and code == -signal.SIGXCPU):
            return PageTooCostly(
                f"reading it takes more than {settings.page_seconds:,} s of processor time",
                hint=f"to allow more: MTPIPE_PAGE_SECONDS={2 * settings.page_seconds}",
            )
        if os.name == "posix" and code == -signal.SIGKILL:  # for its memory, by the system
            return _too_much_memory(settings)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return PageTooCostly(f"the process that read it ended with {how}")

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self.forget()

    def forget(self) -> None:
        """Leave it to the process that started it, of which this one is a copy."""
        for stream in (self._orders, self._answers):
            with suppress(OSError, ValueError):
                stream.close()
        if self._process.returncode is None:
            self._process.returncode = 0


def _write(stream: IO[bytes], content: bytes) -> None:
    done = 0
    while done < len(content):
        done += stream.write(memoryview(content)[done:])


def _read(stream: IO[bytes], length: int) -> bytes:
    """As many bytes, or fewer if the stream ends before."""
    parts = []
    while length and (part := stream.read(min(length, _PART_BYTES))):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


class _PageProcesses:
    """Processes that are waiting for an order; as many as there are threads that read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_PageProcess] = []
        self._busy: set[_PageProcess] = set()

    def take(self) -> _PageProcess:
        """One that nobody else has."""
        while True:
            with self._lock:
                process = self._idle.pop() if self._idle else None
                if process:
                    self._busy.add(process)
            if process is None:
                process = _PageProcess()
                with self._lock:
                    self._busy.add(process)
                return process
            if process.is_alive:
                return process
            self.discard(process)

    def give_back(self, process: _PageProcess) -> None:
        """Let others have it, unless enough are waiting."""
        with self._lock:
            self._busy.discard(process)
            is_wanted = len(self._idle) < _MOST_IDLE
            if is_wanted:
                self._idle.append(process)
        if not is_wanted:
            process.end()

    def discard(self, process: _PageProcess) -> None:
        """End one that was taken."""
        with self._lock:
            self._busy.discard(process)
        process.end()

    def end(self) -> None:
        """End those that are waiting."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for process in waiting:
            process.end()

    def start_anew(self) -> None:
        """Have none, in a copy of the process that they belong to."""
        for process in (*self._idle, *self._busy):
            process.forget()
        self.__init__()  # type: ignore[misc]


_PROCESSES = _PageProcesses()
atexit.register(_PROCESSES.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_PROCESSES.start_anew)


class _Unpickler(pickle.Unpickler):
    """Reads pages and nothing else: what a page did to the other process stays there."""

    def find_class(self, module: str, name: str) -> Any:
        """A class that pages are made of."""
        if module in _KNOWN_MODULES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a page")
