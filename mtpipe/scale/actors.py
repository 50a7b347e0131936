"""What actors of a run are asked, and what becomes of their errors.

Not for the actors: see :mod:`mtpipe.scale.writing` and :mod:`mtpipe.scale.searching`.
"""

from collections.abc import Sequence
from typing import Any

from mtpipe._optional import require
from mtpipe.errors import EngineError, MtpipeError

__all__ = ["answers", "last_line"]


def answers(calls: Sequence[Any]) -> list[Any]:
    """What actors and tasks answer to calls, in their order.

    Raises:
        MtpipeError: as one of them raised it.
        EngineError: one broke down, or can't be started any more.
    """
    ray = require("ray", extra="ray")
    try:
        return list(ray.get(list(calls)))
    except ray.exceptions.RayTaskError as exc:
        cause = exc.cause
        if isinstance(cause, MtpipeError):
            raise cause from None
        raise EngineError(f"the cluster broke down: {type(cause).__name__}: {cause}") from exc
    except ray.exceptions.RayError as exc:
        raise EngineError(f"the cluster broke down: {last_line(exc)}") from exc


def last_line(exc: BaseException) -> str:
    """What an exception of Ray says at its end, behind traces of other processes."""
    lines = [line for line in str(exc).splitlines() if line.strip()] or [type(exc).__name__]
    return lines[-1].strip()
