"""A pool without processes: tasks are scripted, and what is asked of them is written down."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mtpipe.web.workers.pool import Lane, OnProgress, PoolLoad


@dataclass(frozen=True)
class Call:
    """One order."""

    task: str
    arguments: dict[str, Any]
    lane: Lane
    timeout_s: float | None


def in_capitals(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """A translation that shows at once what it was made of."""
    return [
        {
            "text": text.upper(),
            "score": -0.1,
            "flags": [],
            "alternatives": [f"{text.upper()} {n}" for n in range(arguments["alternatives"])],
        }
        for text in arguments["texts"]
    ]


def all_german(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """What knows German only."""
    return [{"language": "de", "confidence": 0.9} for _ in arguments["texts"]]


class FakePool:
    """Answers as it is told to, in the event loop's own thread.

    Args:
        answers: a task's answer: an exception to raise, a function of the order's arguments
            (``async`` or not; one with a second parameter gets ``on_progress``, too), or a value.
    """

    def __init__(self, answers: Mapping[str, Any] | None = None) -> None:
        self.answers: dict[str, Any] = {
            "translate_segments": in_capitals,
            "identify": all_german,
            **(answers or {}),
        }
        self.calls: list[Call] = []
        self.is_ready = True
        self.is_running = False
        self.busy = 0

    async def start(self) -> None:
        self.is_running = True

    async def stop(self) -> None:
        self.is_running = False

    async def call(
        self,
        task: str,
        arguments: Mapping[str, object],
        *,
        lane: Lane = Lane.SHORT,
        timeout_s: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> Any:
        self.calls.append(Call(task, dict(arguments), lane, timeout_s))
        answer = self.answers[task]
        if isinstance(answer, BaseException):
            raise answer
        if not callable(answer):
            return answer
        self.busy += 1
        try:
            result = _called(answer, dict(arguments), on_progress)
            return await result if inspect.isawaitable(result) else result
        finally:
            self.busy -= 1

    def load(self) -> PoolLoad:
        return PoolLoad(workers=2, ready=2 * self.is_ready, busy=self.busy, queued=0, restarts=0)

    def asked(self, task: str) -> list[dict[str, Any]]:
        """The arguments of all orders for a task."""
        return [call.arguments for call in self.calls if call.task == task]


def _called(answer: Callable[..., Any], arguments: Any, on_progress: OnProgress | None) -> Any:
    if len(inspect.signature(answer).parameters) < 2:
        return answer(arguments)
    return answer(arguments, on_progress or (lambda *_: None))
