"""Whatever ended the server, every job is found again, and none is done twice."""

import logging

import pytest

from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState
from mtpipe.web.jobs.recovery import MOST_RESTARTS
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.settings import ServeSettings

PROBLEM = {"title": "t", "detail": "d", "hint": None, "error": "InputError"}


def added(store: JobStore, text: str) -> Job:
    request = {"target": "de", "sources": [{"text": text}]}
    return store.add(JobKind.TRANSLATE, request, owner="me")[0]


def restarted(store: JobStore, settings: ServeSettings) -> JobStore:
    store.close()
    again = JobStore(settings)
    again.open()
    return again


def get(store: JobStore, job: Job) -> Job:
    found = store.get(job.id)
    assert found
    return found


def test_what_ran_waits_again(store: JobStore, settings: ServeSettings) -> None:
    job = added(store, "Hello.")
    store.claim()
    store = restarted(store, settings)
    assert get(store, job).state is JobState.QUEUED
    assert get(store, job).attempts == 1
    store.close()


@pytest.mark.parametrize("waits_again", [False, True])
def test_what_nobody_wants_any_more_is_not_taken_up(
    store: JobStore, settings: ServeSettings, waits_again: bool
) -> None:
    job = added(store, "Hello.")
    store.claim()
    store.cancel(job.id)
    if waits_again:  # a server that stops lets what it was at wait
        store.requeue(job.id)
        assert store.claim() is None
    store = restarted(store, settings)
    assert get(store, job).state is JobState.CANCELLED
    store.close()


@pytest.mark.parametrize("gets_on", [False, True])
def test_a_job_that_sees_the_server_end_again_and_again_fails(
    store: JobStore, settings: ServeSettings, gets_on: bool
) -> None:
    job = added(store, "Hello.")
    for number in range(MOST_RESTARTS):
        assert store.claim()
        if gets_on:
            store.progress(job.id, number + 1, 99, "")
        store = restarted(store, settings)
    found = get(store, job)
    assert found.state is (JobState.QUEUED if gets_on else JobState.FAILED)
    assert gets_on or "ended 10 times" in found.problem["detail"]  # type: ignore[index]
    store.close()


def test_a_job_whose_row_was_not_written_is_found(store: JobStore, settings: ServeSettings) -> None:
    job = added(store, "Hello.")
    store._rows.change("DELETE FROM jobs")
    store = restarted(store, settings)
    assert get(store, job) == job
    assert added(store, "Hello.").id == job.id
    store.close()


def test_rows_without_a_folder(store: JobStore, settings: ServeSettings) -> None:
    waiting, done = added(store, "Hello."), added(store, "Other.")
    store.cancel(done.id)
    for job in (waiting, done):
        store.folder(job.id).remove()
    store = restarted(store, settings)
    assert store.get(done.id) is None
    assert get(store, waiting).problem["detail"] == "the files of this job are gone"  # type: ignore[index]
    store.close()


def test_a_damaged_database_is_made_again_of_the_folders(
    store: JobStore, settings: ServeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    waiting, done, failed, cancelled, strange = (added(store, f"{n}.") for n in range(5))
    files, summary = [["a.txt", "text/plain", 1]], {"articles": 1}
    store.folder(done.id).keep_outcome({"files": files, "summary": summary})
    store.fail(failed.id, PROBLEM)
    store.cancel(cancelled.id)
    (store.folder(strange.id).path / "job.json").write_text("{")
    store.close()
    (settings.home / "jobs.sqlite").write_bytes(b"damaged" * 5000)
    with caplog.at_level(logging.WARNING):
        store = restarted(store, settings)
    assert get(store, waiting) == waiting
    assert get(store, done).state is JobState.DONE
    assert get(store, done).files == (JobFile("a.txt", "text/plain", 1),)
    assert get(store, done).summary == summary
    assert (get(store, failed).state, get(store, failed).problem) == (JobState.FAILED, PROBLEM)
    assert get(store, cancelled).state is JobState.CANCELLED
    assert store.get(strange.id) is None
    assert store.folder(strange.id).path.exists()
    assert "job.json can't be read" in caplog.text
    store.close()


def test_what_is_found_again_keeps_its_order(store: JobStore, settings: ServeSettings) -> None:
    jobs = [added(store, f"{n}.") for n in range(6)]
    store._rows.change("DELETE FROM jobs")
    store = restarted(store, settings)
    assert [job.id for job in store.listed().jobs] == [job.id for job in reversed(jobs)]
    claimed = store.claim()
    assert claimed
    assert claimed.id == jobs[0].id
    store.close()
