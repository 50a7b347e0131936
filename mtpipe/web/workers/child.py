"""A worker as the server sees it: a process that is given orders, interrupted, and ended."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Self

from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import WorkerBug, WorkerDied
from mtpipe.web.workers.messages import LENGTH_BYTES, error_of, framed, packed, unpacked
from mtpipe.web.workers.pool import OnProgress

__all__ = ["Child", "Interrupted"]

_LOG = logging.getLogger("mtpipe.web")
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from mtpipe.web.workers.process import serve; serve()"
)
_PATIENCE_SECONDS = 5.0
"""That an interrupted order may take to stop."""


class Interrupted(Exception):
    """An order was stopped, as it was asked to."""


class Child:
    """One process; from :meth:`started`.

    Args:
        process: that runs.
        exited: done when it has ended.
    """

    def __init__(self, process: asyncio.subprocess.Process, exited: "asyncio.Task[int]") -> None:
        assert process.stdin  # noqa: S101 - for mypy
        assert process.stdout  # noqa: S101
        self._process = process
        self._orders, self._answers = process.stdin, process.stdout
        self.exited = exited
        self.pid = process.pid
        self._is_over = False

    @classmethod
    async def started(cls, settings: ServeSettings) -> Self:
        """Start a process.

        Raises:
            OSError: the system doesn't.
        """
        own_group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}  # no Ctrl-C
        environment = dict(os.environ)
        if settings.threads:
            environment["MTPIPE_THREADS"] = str(settings.threads)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-c", _START, json.dumps(sys.path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
            **own_group,
        )
        child = cls(process, asyncio.create_task(process.wait()))
        await child._give(asdict(settings) | {"home": str(settings.home)})
        return child

    @property
    def is_over(self) -> bool:
        """Whether it takes no order any more."""
        return self._is_over or self.exited.done()

    @property
    def end_in_words(self) -> str:
        """How it has ended."""
        code = self.exited.result() if self.exited.done() else 0
        try:
            return signal.Signals(-code).name if code < 0 else f"exit code {code}"
        except ValueError:
            return f"signal {-code}"

    async def carry_out(
        self, task: str, arguments: Mapping[str, object], on_progress: OnProgress | None
    ) -> Any:
        """Give an order and wait for what comes of it.

        Raises:
            MtpipeError: what the task raised.
            WorkerBug: it raised something else, which is logged.
            WorkerDied: the process ended.
            Interrupted: see :meth:`interrupt`.
            TypeError: an argument is no plain data.
        """
        await self._give((task, dict(arguments)))
        while True:
            kind, *parts = await self._message()
            if kind == "progress":
                _tell(on_progress, *parts)
            elif kind == "result":
                return parts[0]
            elif kind == "error":
                raise error_of(*parts)
            elif kind == "interrupted":
                raise Interrupted
            else:
                _LOG.error("in %s:\n%s", task, parts[0])
                raise WorkerBug

    async def interrupt(self, answer: "asyncio.Future[Any]") -> None:
        """Have it stop what it does; if it doesn't, end it.

        Args:
            answer: the call of :meth:`carry_out` that is to end.
        """
        self._signal(signal.SIGINT)
        await asyncio.wait({answer}, timeout=_PATIENCE_SECONDS)
        if not answer.done():
            self.kill()
            await asyncio.wait({answer})

    def kill(self) -> None:
        """End it at once."""
        self._is_over = True
        self._signal(signal.SIGKILL)

    async def end(self) -> None:
        """End it at once, and wait for that."""
        self.kill()
        self._orders.close()
        await self.exited

    def _signal(self, number: int) -> None:
        """Send a signal; asyncio's own way would look whether it has ended, and keep that."""
        if not self.exited.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _give(self, message: object) -> None:
        content = framed(packed(message))
        with suppress(ConnectionError):  # what it says when it ended is at the answers' end
            self._orders.write(content)
            await self._orders.drain()

    async def _message(self) -> Any:
        try:
            length = int.from_bytes(await self._answers.readexactly(LENGTH_BYTES))
            return unpacked(await self._answers.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            self._is_over = True
            raise WorkerDied from exc
        except Exception as exc:
            self.kill()  # nobody knows what it says next
            _LOG.exception("a worker sent what can't be read")
            raise WorkerDied from exc


def _tell(on_progress: OnProgress | None, done: int, total: int | None, note: str) -> None:
    """Report progress; that this fails is no reason for the order to."""
    try:
        if on_progress:
            on_progress(done, total, note)
    except Exception:  # noqa: BLE001 - it is logged
        _LOG.exception("progress can't be reported")
