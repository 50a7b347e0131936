"""The other end of a measuring process: start it, give orders, read answers, end it."""

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from mtpipe import errors
from mtpipe.errors import EngineError, MtpipeError, OutOfMemory

_LAST_CHARS = 2_000


class Worker:
    """A fresh process of :mod:`mtpipe.pipeline.bench.worker`; use it in a ``with`` statement."""

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mtpipe.pipeline.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()
        self._log.close()

    def call(self, order: str, **arguments: Any) -> Any:
        """Give an order and wait for the answer.

        Args:
            order: name of a method of :class:`mtpipe.pipeline.bench.worker.Bench`.
            arguments: its arguments, as JSON values.

        Raises:
            MtpipeError: what the order raised, of the same class.
            OutOfMemory: the system killed the process.
            EngineError: it died another way.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - for mypy: both are pipes
        assert stdout is not None  # noqa: S101
        line = ""
        with suppress(BrokenPipeError):
            stdin.write(json.dumps({"do": order, **arguments}) + "\n")
            stdin.flush()
            line = stdout.readline()
        if not line:
            raise self._death()
        answer = json.loads(line)
        if "error" in answer:
            kind = getattr(errors, answer["error"], MtpipeError)
            try:
                raise kind(answer["message"], hint=answer["hint"])
            except TypeError:
                raise MtpipeError(answer["message"], hint=answer["hint"]) from None
        return answer

    def _death(self) -> EngineError:
        code = self._process.wait()
        self._log.seek(0)
        said = self._log.read().decode("utf-8", "replace").strip()[-_LAST_CHARS:]
        last = said.splitlines()[-1] if said else "it said nothing"
        if code == -9:
            return OutOfMemory(
                "the measuring process was killed, most likely for its memory",
                hint="measure fewer configurations at a time, or a smaller --beam",
            )
        return EngineError(f"the measuring process ended with {code}: {last}")
