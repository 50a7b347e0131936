"""Jobs without a store: what is asked of them is written down, and states are scripted."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState, Page
from mtpipe.web.jobs.uploads import Upload

DONE = "d" * 32
"""Id of a job that is done."""
RUNNING = "a" * 32
"""Id of one that runs."""
FAILED = "f" * 32
"""Id of one that has failed."""
FOREIGN = "b" * 32
"""Id of somebody else's."""


def job(name: str, state: JobState, **further: Any) -> Job:
    return Job(
        id=name,
        kind=JobKind.DETECT,
        state=state,
        digest=name,
        owner="anyone",
        title="Dam",
        request={},
        created="2025-11-06T10:00:00+00:00",
        **further,
    )


class FakeJobs:
    """In the place of a JobRunner.

    Args:
        folder: of the results.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.asked: list[tuple[JobKind, Mapping[str, Any], list[tuple[str, bytes]], str, str]] = []
        self.closed = 0
        self.states: dict[str, list[Job]] = {}
        files = (JobFile("report.html", "text/html; charset=utf-8", 6),)
        files += (JobFile("reports/a b.html", "text/html; charset=utf-8", None),)
        self.jobs = {
            each.id: each
            for each in (
                job(DONE, JobState.DONE, files=files, summary={"verdict": "x"}),
                job(RUNNING, JobState.RUNNING, total=2),
                job(
                    FAILED,
                    JobState.FAILED,
                    problem={"title": "The job failed", "detail": "x", "hint": None, "error": "E"},
                ),
                replace(job(FOREIGN, JobState.DONE), owner="key:other"),
            )
        }

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def submit(
        self,
        kind: JobKind,
        request: Mapping[str, Any],
        uploads: Sequence[Upload] = (),
        *,
        owner: str,
        title: str = "",
    ) -> tuple[Job, bool]:
        contents = [(each.name, bytes(each.data)) for each in uploads]
        self.asked.append((kind, request, contents, owner, title))
        name = hashlib.sha256(repr((kind, request, contents, owner)).encode()).hexdigest()[:32]
        is_new = name not in self.jobs
        if is_new:
            self.jobs[name] = replace(
                job(name, JobState.QUEUED), kind=kind, owner=owner, title=title
            )
        return self.jobs[name], is_new

    async def get(self, name: str, owner: str | None = None) -> Job | None:
        found = self.jobs.get(name)
        return found if found and owner in (None, found.owner) else None

    async def listed(
        self,
        owner: str | None = None,
        after: str | None = None,
        limit: int = 50,
        state: JobState | None = None,
        kind: JobKind | None = None,
    ) -> Page:
        own = [
            each
            for name, each in sorted(self.jobs.items())
            if each.owner == owner
            and name > (after or "")
            and state in (None, each.state)
            and kind in (None, each.kind)
        ]
        return Page(tuple(own[:limit]), own[limit - 1].id if len(own) > limit else None)

    async def cancel(self, name: str) -> Job | None:
        if name in self.jobs:
            self.jobs[name] = replace(self.jobs[name], state=JobState.CANCELLED)
        return self.jobs.get(name)

    async def remove(self, name: str) -> bool:
        return self.jobs.pop(name, None) is not None

    async def retry(self, name: str) -> Job | None:
        found = self.jobs.get(name)
        if found is None or found.state not in (JobState.FAILED, JobState.CANCELLED):
            return None
        self.jobs[name] = replace(found, state=JobState.QUEUED)
        return self.jobs[name]

    async def watch(self, name: str) -> AsyncIterator[Job]:
        try:
            for state in self.states.get(name) or [self.jobs[name]]:
                yield state
        finally:
            self.closed += 1

    async def file(self, found: Job, name: str) -> Path:
        path = self.folder / Path(name).name
        path.write_text("<html>", encoding="utf-8")
        return path
