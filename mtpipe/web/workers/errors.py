"""What can go wrong between the server and the processes that compute."""

from mtpipe.errors import EngineError

__all__ = ["Busy", "TimedOut", "WorkerBug", "WorkerDied"]


class Busy(EngineError):
    """So many orders are waiting that no other one is taken.

    Args:
        retry_after_s: when it is worth trying again.
    """

    def __init__(self, retry_after_s: float = 5.0) -> None:
        super().__init__("the server is busy", hint=f"try again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class TimedOut(EngineError):
    """An order took longer than it may.

    Args:
        seconds: that it may take.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"this takes longer than {seconds:g} s", hint="give less at once, or make it a job"
        )
        self.seconds = seconds


class WorkerDied(EngineError):
    """The process that computed has ended before it had a result."""

    def __init__(self) -> None:
        super().__init__("the process that computed this has ended", hint="try it again")


class WorkerBug(EngineError):
    """Something unforeseen happened in a task; the log says what, the message doesn't."""

    def __init__(self) -> None:
        super().__init__("an internal error", hint="the server's log says more")
