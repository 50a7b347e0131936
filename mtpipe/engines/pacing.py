"""A short queue in front of an engine: what is given up is soon out of it, what is urgent soon in.

An engine works through what it was given in that order and can't be stopped. So it is given a
few batches ahead of what it is at, enough to keep it busy; the others wait here, and are forgotten
when nobody waits for them any more.
"""

from collections import deque
from weakref import ref

from mtpipe.engines.base import Decoded, DecodingOptions, Engine, Pending, Tokens

AHEAD_BATCHES = 4
"""Batches in the engine: two at work on two threads, and two for when they are done."""


class PacedEngine:
    """An engine with batches waiting in front of it.

    Args:
        engine: that decodes.
        ahead: most batches that it has at any time.
    """

    def __init__(self, engine: Engine, *, ahead: int = AHEAD_BATCHES) -> None:
        self._engine = engine
        self._ahead = ahead
        # Weak, so that what was given up is never decoded.
        self._waiting: deque[ref[_Job]] = deque()
        self._urgent: deque[ref[_Job]] = deque()
        self._submitted: deque[_Job] = deque()

    @property
    def signature(self) -> str:
        """The engine's."""
        return self._engine.signature

    def submit(
        self, batch: list[Tokens], options: DecodingOptions, *, urgent: bool = False
    ) -> Pending:
        """Put a batch in the queue.

        Args:
            batch: see :meth:`mtpipe.engines.base.Engine.submit`.
            options: of the search.
            urgent: whether it goes before what isn't: somebody waits for it already.
        """
        job = _Job(self, batch, options)
        (self._urgent if urgent else self._waiting).append(ref(job))
        self._fill()
        return job

    def result_of(self, job: "_Job") -> list[Decoded]:
        """Wait for a job of this queue; raises what went wrong with it, not with another."""
        while not job.is_done:
            first = job if job.pending else self._submitted[0]
            self._submitted.remove(first)
            try:
                first.decoded = first.pending.result() if first.pending else []
            except Exception as exc:  # noqa: BLE001 - raised below, to whoever waits for it
                first.error = exc
            first.is_done = True
            self._fill()
        if job.error:
            raise job.error
        return job.decoded

    def _fill(self) -> None:
        while len(self._submitted) < self._ahead and (self._urgent or self._waiting):
            if job := (self._urgent or self._waiting).popleft()():
                job.pending = self._engine.submit(job.batch, job.options)
                job.batch = []
                self._submitted.append(job)


class _Job:
    """A batch in the queue, in the engine, or decoded."""

    def __init__(self, queue: PacedEngine, batch: list[Tokens], options: DecodingOptions) -> None:
        self._queue = queue
        self.batch = batch
        self.options = options
        self.pending: Pending | None = None
        self.decoded: list[Decoded] = []
        self.error: Exception | None = None
        self.is_done = False

    def result(self) -> list[Decoded]:
        """Wait for the batch."""
        return self._queue.result_of(self)
