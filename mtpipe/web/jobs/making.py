"""Files that a finished job offers, and that are made when somebody wants them."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mtpipe.errors import InputError
from mtpipe.web.jobs.job import Job, JobFile
from mtpipe.web.jobs.results import DOCUMENTS, ZIP, files_of
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.workers.errors import Busy
from mtpipe.web.workers.pool import Lane, Pool

__all__ = ["FileMaker", "apart", "arguments_of"]

_log = logging.getLogger(__name__)
T = TypeVar("T")


class FileMaker:
    """Has each file made once, however many ask for it.

    Args:
        store: of the jobs.
        pool: that computes.
        patience_s: that somebody waits for a file; long jobs go before it for hours.
    """

    def __init__(self, store: JobStore, pool: Pool, *, patience_s: float) -> None:
        self._store = store
        self._pool = pool
        self._patience_s = patience_s
        self._making: dict[tuple[str, str], asyncio.Task[Path]] = {}

    async def stop(self) -> None:
        """Give up what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def file(self, job: Job, name: str) -> Path:
        """Where a file among a job's results is; one that is only offered is made.

        Raises:
            InputError: the job has no such file.
            Busy: it isn't made yet; whoever asks again later finds it.
            MtpipeError: it can't be made.
        """
        wanted = next((file for file in job.files if file.name == name), None)
        if wanted is None:
            raise InputError(f"this job has no file {name[:100]!r}")
        path = self._store.folder(job.id).result(name)
        if wanted.size_bytes is None and not await apart(path.is_file):
            key = (job.id, name)
            if key not in self._making:
                self._making[key] = asyncio.create_task(self._made(job, name))
                self._making[key].add_done_callback(lambda task: self._is_made(key, task))
            # It is made although one who waits for it goes: others may wait for the same.
            task = self._making[key]
            await asyncio.wait({task}, timeout=self._patience_s)
            if not task.done():
                raise Busy
            return task.result()
        return await apart(lambda: self._store.path(job, name))

    def _is_made(self, key: tuple[str, str], task: "asyncio.Task[Path]") -> None:
        del self._making[key]
        if not task.cancelled() and (error := task.exception()):
            _log.info("%s of job %s can't be made: %s", key[1], key[0], error)

    async def _made(self, job: Job, name: str) -> Path:
        """Have a file made that was offered."""
        arguments = arguments_of(self._store, job) | {"name": name}
        if name in DOCUMENTS:
            task = "job_document"
        else:
            task, arguments["files"] = "job_zip", [f.name for f in job.files if f.name != ZIP]
        lane = Lane.SHORT if job.is_small or name == ZIP else Lane.LONG
        await self._pool.call(task, arguments, lane=lane, timeout_s=None)
        folder = self._store.folder(job.id)
        made = await apart(lambda: {file[0]: file[2] for file in files_of(folder)})
        files = [JobFile(f.name, f.media_type, made.get(f.name, f.size_bytes)) for f in job.files]
        await apart(lambda: self._store.resized(job.id, files))
        return folder.result(name)


def arguments_of(store: JobStore, job: Job) -> dict[str, Any]:
    """What a task gets to know of a job."""
    return {
        "folder": str(store.folder(job.id).path),
        "request": job.request,
        "is_small": job.is_small,
    }


async def apart(call: Callable[[], T]) -> T:
    """Make a call that blocks, in another thread."""
    return await asyncio.to_thread(call)
