"""Does the jobs one after the other, and tells those who wait how far they are."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, TypeVar

from mtpipe.errors import ConfigError, MtpipeError, OutputError
from mtpipe.files import open_for_oneself
from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState, Page, problem_of
from mtpipe.web.jobs.making import FileMaker, apart, arguments_of
from mtpipe.web.jobs.results import partial_files
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.jobs.watching import ProgressWriter, Watchers
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy, TimedOut, WorkerDied
from mtpipe.web.workers.pool import Lane, Pool

__all__ = ["JobRunner"]

_SMALL_JOB_S = 120.0
"""That a small job may take among the short requests, before it is one of the long ones."""

_TIDY_S = 3600.0
_AGAIN_S = 5.0
_PAUSE_S = 1.0
_POLL_S = 30.0
_log = logging.getLogger(__name__)
T = TypeVar("T")


class JobRunner:
    """Takes jobs in, has the workers do them, and keeps what becomes of them.

    Two jobs are done at a time: a small one by the workers for short requests, another one by the
    worker for long ones.

    Args:
        settings: of the server.
        pool: that computes.

    Attributes:
        store: where jobs are kept; its calls block.
    """

    def __init__(self, settings: ServeSettings, pool: Pool) -> None:
        self.store = JobStore(settings)
        self._settings = settings
        self._pool = pool
        self._watchers = Watchers()
        self._wake = {lane: asyncio.Event() for lane in Lane}
        self._orders: dict[str, asyncio.Task[Any]] = {}
        self._unwanted: set[str] = set()
        self._maker = FileMaker(self.store, pool, patience_s=settings.request_seconds)
        self._tasks: list[asyncio.Task[None]] = []
        self._lock: Any = None

    async def start(self) -> None:
        """Find the jobs of earlier servers, and go on with them.

        Raises:
            ConfigError: another server is using the folder.
            OutputError: it can't be written.
        """
        self._lock = await apart(self._locked)
        await apart(self.store.open)
        self._watchers.open()
        self._tasks = [
            asyncio.create_task(self._work_off(Lane.SHORT)),
            asyncio.create_task(self._work_off(Lane.LONG)),
            asyncio.create_task(self._tidy()),
        ]

    async def stop(self) -> None:
        """Give up what is being done; the next start goes on with it."""
        self._watchers.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, self._maker.stop(), return_exceptions=True)
        self._tasks = []
        await apart(self.store.close)
        if self._lock:
            self._lock.close()

    def end_watching(self) -> None:
        """Let everybody who watches a job go: the server wants to end."""
        self._watchers.close()

    async def submit(
        self,
        kind: JobKind,
        request: Mapping[str, Any],
        uploads: Iterable[Upload] = (),
        *,
        owner: str,
        title: str = "",
    ) -> tuple[Job, bool]:
        """Take a job in; see :meth:`mtpipe.web.jobs.store.JobStore.add`."""
        given = list(uploads)
        job, is_new = await apart(
            lambda: self.store.add(kind, request, given, owner=owner, title=title)
        )
        self._wake_up()
        return job, is_new

    async def get(self, job_id: str, owner: str | None = None) -> Job | None:
        """A job by its id; None if there is none, or none of that owner."""
        return await apart(lambda: self.store.get(job_id, owner))

    async def listed(
        self,
        owner: str | None = None,
        *,
        after: str | None = None,
        limit: int = 50,
        state: JobState | None = None,
        kind: JobKind | None = None,
    ) -> Page:
        """Jobs, the newest first; see :meth:`mtpipe.web.jobs.store.JobStore.listed`."""
        return await apart(
            lambda: self.store.listed(owner, after=after, limit=limit, state=state, kind=kind)
        )

    def counts(self) -> dict[JobState, int]:
        """How many jobs there are in each state."""
        return self.store.counts()

    async def cancel(self, job_id: str) -> Job | None:
        """Give a job up; what was finished of it stays.

        Returns:
            The job, which has come to its end but for seldom cases; None if there is none.
        """
        if await apart(lambda: self.store.cancel(job_id)):
            self._unwanted.add(job_id)
            if order := self._orders.get(job_id):
                order.cancel()
            async with aclosing(self.watch(job_id)) as news:
                async for _ in news:
                    pass  # it ends with a final state
        self._watchers.tell(job_id)
        return await self.get(job_id)

    async def retry(self, job_id: str) -> Job | None:
        """Try a failed or cancelled job again; see :meth:`mtpipe.web.jobs.store.JobStore.retry`."""
        job = await apart(lambda: self.store.retry(job_id))
        self._wake_up()
        return job

    async def remove(self, job_id: str) -> bool:
        """Remove a job that has come to its end, with its files; whether there was one."""
        is_gone = await apart(lambda: self.store.remove(job_id))
        self._watchers.tell(job_id)
        return is_gone

    async def watch(self, job_id: str) -> AsyncGenerator[Job, None]:
        """A job as it is, and after each change, up to a final state or until it is gone."""
        last: Job | None = None
        with self._watchers.of(job_id) as changed:
            while not self._watchers.is_closed:
                changed.clear()
                job = await self.get(job_id)
                if job is None:
                    return
                if job != last:
                    yield job
                if job.is_final:
                    return
                last = job
                await changed.wait()

    async def file(self, job: Job, name: str) -> Path:
        """Where a file among a job's results is; one that is only offered is made.

        Raises:
            InputError: the job has no such file.
            Busy: it isn't made yet.
            MtpipeError: it can't be made.
        """
        return await self._maker.file(job, name)

    async def _work_off(self, lane: Lane) -> None:
        """Do one job of a lane after the other, for ever."""
        wake = self._wake[lane]
        while True:
            wake.clear()
            try:
                job = await apart(lambda: self.store.claim(small=lane is Lane.SHORT))
                if job is not None:
                    await self._do(job, lane)
                    continue
            except Exception:  # noqa: BLE001 - logged
                # A full disk passes; nothing may end this loop.
                _log.exception("jobs can't be worked off")
                await asyncio.sleep(_AGAIN_S)
            await _either(wake, _POLL_S)

    async def _do(self, job: Job, lane: Lane) -> None:
        """Have a job done, and keep what came of it."""
        self._watchers.tell(job.id)
        progress = ProgressWriter(lambda *values: self._progress(job.id, *values))
        order = asyncio.create_task(
            self._pool.call(
                f"job_{job.kind}",
                arguments_of(self.store, job),
                lane=lane,
                timeout_s=_SMALL_JOB_S if lane is Lane.SHORT else None,
                on_progress=progress,
            )
        )
        self._orders[job.id] = order
        if job.id in self._unwanted:
            order.cancel()
        try:
            await asyncio.wait({order})
        except asyncio.CancelledError:
            order.cancel()
            await asyncio.wait({order})
            # The next start lets it wait again if this can't; the end mustn't be lost in an error.
            with suppress(OutputError):
                await apart(lambda: self.store.requeue(job.id))
            raise
        finally:
            del self._orders[job.id]
            await progress.close()
        await self._settled(job, order)

    def _keep(self, job: Job, order: "asyncio.Task[Any]") -> float:
        """Write down what became of a job; in seconds, how long to wait before the next one."""
        store = self.store
        is_unwanted = job.id in self._unwanted  # its worker may have died of just that
        if order.cancelled() or (is_unwanted and order.exception()):
            with store.folder(job.id).alone():  # until the worker has left it
                store.cancel(job.id, partial_files(store.folder(job.id), job.kind), at_rest=True)
            return 0.0
        error = order.exception()
        if error is None:
            outcome = order.result()
            files = [JobFile(*file) for file in outcome["files"]]
            store.finish(job.id, files, outcome["summary"], done=outcome.get("done", 0))
            store.expire()
        elif isinstance(error, WorkerDied):
            if not store.died(job.id):
                self._fail(job, _poisonous())
            return _PAUSE_S
        elif isinstance(error, Busy):
            store.requeue(job.id)
            return error.retry_after_s
        elif isinstance(error, TimedOut):
            store.requeue(job.id, small=False)
        elif isinstance(error, MtpipeError):
            self._fail(job, error)
        else:
            _log.error("job %s failed", job.id, exc_info=error)
            self._fail(job, _unforeseen())
        return 0.0

    def _fail(self, job: Job, error: MtpipeError) -> None:
        self.store.fail(
            job.id, problem_of(error), partial_files(self.store.folder(job.id), job.kind)
        )

    async def _settled(self, job: Job, order: "asyncio.Task[Any]") -> None:
        """Write something down, as often as it takes: a full disk passes."""
        while True:
            writing = asyncio.create_task(apart(lambda: self._keep(job, order)))
            try:
                pause = await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait({writing})  # the store is closed after that
                raise
            except OutputError as exc:
                _log.warning("what became of a job can't be written down yet: %s", exc)
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # noqa: BLE001 - one job's, and it is logged
                _log.exception("what became of job %s can't be told", job.id)
                await apart(lambda: self._fail(job, _unforeseen()))
                pause = 0.0
                break
            else:
                break
        self._unwanted.discard(job.id)
        self._watchers.tell(job.id)
        self._wake_up()
        await asyncio.sleep(pause)

    async def _progress(self, job_id: str, done: int, total: int | None, note: str) -> None:
        try:
            await apart(lambda: self.store.progress(job_id, done, total, note))
        except OutputError as exc:
            _log.warning("how far a job is can't be written down: %s", exc)
        self._watchers.tell(job_id)

    async def _tidy(self) -> None:
        """Remove what is too old, now and then."""
        while True:
            try:
                for job_id in await apart(self.store.expire):
                    self._watchers.tell(job_id)
            except MtpipeError as exc:
                _log.warning("old jobs can't be removed: %s", exc)
            await asyncio.sleep(_TIDY_S)

    def _wake_up(self) -> None:
        for event in self._wake.values():
            event.set()

    def _locked(self) -> Any:
        """Keep other servers away from the folder of jobs."""
        lock = self._settings.home / "jobs.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            return open_for_oneself(lock, lock)
        except OutputError as exc:
            raise ConfigError(
                f"another server is using {self._settings.home}",
                hint="give this one a folder of its own: --home",
            ) from exc


def _poisonous() -> MtpipeError:
    return OutputError(
        "the process that worked on it ended again and again",
        hint="the server's log says more; try it with less at once",
    )


def _unforeseen() -> MtpipeError:
    return MtpipeError("an internal error", hint="the server's log says more")


async def _either(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
