"""A short queue in front of an engine: what is given up is soon out of it, what is urgent soon in.

An engine works through what it was given in that order and can't be stopped. So it is given a
few batches ahead of what it is at, enough to keep it busy; the others wait here, and are forgotten
when nobody waits for them any more. Whoever waits for a batch that isn't in the engine yet waits for
those that are, of whatever thread: nobody else may be there to make room.
"""

from collections import deque
from threading import Condition
from weakref import ref

from mtpipe.engines.base import Decoded, DecodingOptions, Engine, Pending, Tokens

AHEAD_BATCHES = 4
"""Batches in the engine: two at work on two threads, and two for when they are done."""


class PacedEngine:
    """An engine with batches waiting in front of it; any number of threads may share it.

    Engines that decode while they are given a batch decode one at a time then.

    Args:
        engine: that decodes.
        ahead: most batches that it has at any time.
    """

    def __init__(self, engine: Engine, *, ahead: int = AHEAD_BATCHES) -> None:
        self._engine = engine
        self._ahead = ahead
        self._changed = Condition()
        """Guards all that follows, and what jobs have but for their results."""
        # Weak, so that what was given up is never decoded.
        self._waiting: deque[ref[_Job]] = deque()
        self._urgent: deque[ref[_Job]] = deque()
        self._submitted: deque[_Job] = deque()
        self._awaited = 0
        """Batches in the engine that a thread waits for; they are no longer in ``_submitted``."""

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
        with self._changed:
            (self._urgent if urgent else self._waiting).append(ref(job))
            self._fill()
        return job

    def result_of(self, job: "_Job") -> list[Decoded]:
        """Wait for a job of this queue; raises what went wrong with it, not with another."""
        while first := self._taken_for(job):
            self._finish(first)
        if job.error:
            raise job.error
        return job.decoded

    def _taken_for(self, job: "_Job") -> "_Job | None":
        """The batch to wait for next: the job itself, or one that makes room for it.

        None when the job is done.
        """
        with self._changed:
            while not job.is_done:
                taken = None
                if job in self._submitted:
                    self._submitted.remove(job)
                    taken = job
                elif self._submitted and not job.pending:
                    taken = self._submitted.popleft()
                if taken:
                    self._awaited += 1
                    return taken
                self._changed.wait()  # for what other threads wait for
        return None

    def _finish(self, job: "_Job") -> None:
        """Wait for a batch of the engine; no other thread waits for the same one."""
        try:
            job.decoded = job.pending.result() if job.pending else []
            job.is_done = True
        except Exception as exc:  # noqa: BLE001 - raised later, to whoever waits for it
            job.error, job.is_done = exc, True
        finally:
            with self._changed:
                self._awaited -= 1
                if not job.is_done:  # interrupted
                    self._submitted.appendleft(job)
                self._fill()
                self._changed.notify_all()

    def _fill(self) -> None:
        while len(self._submitted) + self._awaited < self._ahead and (
            self._urgent or self._waiting
        ):
            if job := (self._urgent or self._waiting).popleft()():
                try:
                    job.pending = self._engine.submit(job.batch, job.options)
                except Exception as exc:  # noqa: BLE001 - it may be another thread's job
                    job.error, job.is_done = exc, True
                    self._changed.notify_all()
                else:
                    self._submitted.append(job)
                job.batch = []


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
