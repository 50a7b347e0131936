"""A store of jobs, and jobs that are done in the test's own process."""

from collections.abc import Iterator
from typing import Any

import pytest

from mtpipe.web.jobs import work
from mtpipe.web.jobs.job import Job, JobFile, JobKind
from mtpipe.web.jobs.making import arguments_of
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.tools import Tools


@pytest.fixture
def store(settings: ServeSettings) -> Iterator[JobStore]:
    store = JobStore(settings)
    store.open()
    yield store
    store.close()


class Doing:
    """Does jobs as a worker would."""

    def __init__(self, store: JobStore, settings: ServeSettings) -> None:
        self.store = store
        self.tools = Tools(settings)
        self.told: list[tuple[int, int | None, str]] = []

    def begun(self, kind: str, request: dict[str, Any], uploads: list[Upload] | None = None) -> Job:
        """A job that was taken in and begun."""
        self.store.add(JobKind(kind), request, uploads or [], owner="me")
        job = self.store.claim()
        assert job
        return job

    def carry_out(self, job: Job) -> dict[str, Any]:
        """What the task of a job gives back."""
        task = getattr(work, job.kind.value)
        return task(self.tools, arguments_of(self.store, job), lambda *told: self.told.append(told))

    def done(self, kind: str, request: dict[str, Any], uploads: list[Upload] | None = None) -> Job:
        """A job that was done."""
        job = self.begun(kind, request, uploads)
        outcome = self.carry_out(job)
        files = [JobFile(*file) for file in outcome["files"]]
        self.store.finish(job.id, files, outcome["summary"], done=outcome["done"])
        finished = self.store.get(job.id)
        assert finished
        return finished

    def text(self, job: Job, name: str) -> str:
        """What a result says."""
        return self.store.path(job, name).read_text(encoding="utf-8")


@pytest.fixture
def doing(store: JobStore, settings: ServeSettings) -> Doing:
    return Doing(store, settings)
