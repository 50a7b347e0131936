"""Jobs are kept before the answer is given, each once, and go from state to state."""

import dataclasses
import errno
import json
import os
from typing import Any

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.web.jobs import folder as folder_module
from mtpipe.web.jobs import store as store_module
from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState
from mtpipe.web.jobs.rows import Rows
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy

PROBLEM = {"title": "t", "detail": "d", "hint": None, "error": "InputError"}


def added(store: JobStore, text: str = "Hello.", owner: str = "me") -> Job:
    request = {"target": "de", "sources": [{"text": text}]}
    return store.add(JobKind.TRANSLATE, request, owner=owner)[0]


def state_of(store: JobStore, job: Job) -> JobState:
    found = store.get(job.id)
    assert found
    return found.state


def test_a_job_is_what_was_asked_for(store: JobStore) -> None:
    upload = Upload("../page.html", b"<p>Hello.</p>")
    request = {"target": "de", "sources": [{"upload": "../page.html"}]}
    job, is_new = store.add(JobKind.TRANSLATE, request, [upload], owner="me", title=" My\njob ")
    assert is_new
    assert store.get(job.id) == dataclasses.replace(job, total=None)
    assert (job.state, job.title, job.owner) == (JobState.QUEUED, "My job", "me")
    assert job.request["sources"] == [{"upload": "page.html", "file": "0001.html"}]
    assert store.folder(job.id).input("0001.html").read_bytes() == b"<p>Hello.</p>"
    assert store.get(job.id, "you") is None
    assert store.get("nothing") is None
    assert store.counts() == {state: int(state is JobState.QUEUED) for state in JobState}


def test_the_same_is_one_job_unless_it_came_to_nothing(store: JobStore) -> None:
    first = added(store)
    assert added(store).id == first.id
    assert added(store, owner="you").id != first.id
    assert added(store, text="Other.").id != first.id
    store.cancel(first.id)
    second = added(store)
    assert second.id != first.id
    store.fail(second.id, PROBLEM)
    third = added(store)
    assert third.id not in (first.id, second.id)
    store.claim()
    store.finish(third.id, [], {})
    assert added(store).id == third.id


def test_what_may_have_changed_is_done_again(store: JobStore) -> None:
    def asked() -> tuple[Job, bool]:
        return store.add(JobKind.ARCHIVE_ADD, {"sources": [{"text": "Hello."}]}, owner="me")

    seen: list[str] = []
    for _ in range(3):
        job, is_new = asked()
        assert is_new
        assert asked() == (job, False)
        claimed = store.claim()
        assert claimed
        assert asked() == (claimed, False)
        store.finish(job.id, [], {})
        seen.append(job.id)
    assert len(set(seen)) == 3
    # Whichever of them is gone, one that waits is all that is added.
    store.remove(seen[1])
    job, is_new = asked()
    assert is_new
    assert asked() == (job, False)


def test_owners_take_turns(store: JobStore) -> None:
    mine = [added(store, f"Mine {n}.") for n in range(3)]
    yours = added(store, "Yours.", owner="you")
    assert [job.id for job in iter(store.claim, None)] == [
        mine[0].id, yours.id, mine[1].id, mine[2].id
    ]  # fmt: skip


def test_small_ones_and_others_are_begun_apart(store: JobStore) -> None:
    large, small = added(store, "x" * 30_000), added(store)
    assert store.claim(small=True) == dataclasses.replace(
        small, state=JobState.RUNNING, attempts=1, started=store.get(small.id).started  # type: ignore[union-attr]
    )  # fmt: skip
    assert store.claim(small=True) is None
    claimed = store.claim(small=False)
    assert claimed
    assert claimed.id == large.id


def test_progress_only_goes_up(store: JobStore) -> None:
    job = added(store)
    store.progress(job.id, 1, 2, "too early")
    store.claim()
    store.progress(job.id, 3, 9, "three")
    store.progress(job.id, 1, 9, "one again, after a restart")
    found = store.get(job.id)
    assert found
    assert (found.done, found.total, found.note[:3]) == (3, 9, "one")


def test_a_finished_job_has_its_files(store: JobStore, settings: ServeSettings) -> None:
    job = added(store)
    store.claim()
    (store.folder(job.id).results / "a.txt").write_text("result")
    store.finish(job.id, [JobFile("a.txt", "text/plain", 6)], {"articles": 1})
    found = store.get(job.id)
    assert found
    assert found.is_final
    assert found.summary == {"articles": 1}
    assert found.expires
    assert found.finished
    assert found.expires[:4] >= found.finished[:4]
    assert store.path(found, "a.txt").read_text() == "result"
    for name in ("b.txt", "../job.json", "job.json", ""):
        with pytest.raises(InputError, match="no file"):
            store.path(found, name)
    (store.folder(job.id).results / "a.txt").unlink()
    (store.folder(job.id).results / "a.txt").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="no file"):
        store.path(found, "a.txt")


@pytest.mark.parametrize("is_running", [False, True], ids=["waiting", "running"])
def test_a_job_is_cancelled(store: JobStore, is_running: bool) -> None:
    job = added(store)
    if is_running:
        store.claim()
    assert store.cancel(job.id) is is_running
    if is_running:
        assert state_of(store, job) is JobState.RUNNING
        assert not store.cancel(job.id, at_rest=True)
    assert state_of(store, job) is JobState.CANCELLED
    assert not store.cancel(job.id)
    assert not store.cancel("nothing")


@pytest.mark.parametrize(
    ("reached", "goes_on"),
    [
        ([0, 0], [True, True]),
        ([0, 0, 0], [True, True, False]),
        ([1, 1, 1], [True, True, False]),
        ([0, 0, 1, 1, 1], [True, True, True, True, False]),
        ([1, 2, 3, 4, 5, 6], [True] * 6),
    ],
    ids=["twice", "three times", "no further than before", "once further", "further each time"],
)
def test_so_many_processes_may_die_without_getting_further(
    store: JobStore, reached: list[int], goes_on: list[bool]
) -> None:
    job, found = added(store), []
    for done in reached:
        assert store.claim()
        store.progress(job.id, done, 9, "")
        found.append(store.died(job.id))
    assert found == goes_on
    assert store.claim(small=True) is None


def test_what_failed_is_tried_again_where_it_was(store: JobStore) -> None:
    job = added(store)
    assert store.retry(job.id) is None
    store.claim()
    store.fail(job.id, PROBLEM)
    assert store.folder(job.id).end
    again = store.retry(job.id)
    assert again
    assert (again.id, again.state, again.problem) == (job.id, JobState.QUEUED, None)
    assert store.folder(job.id).end is None
    store.cancel(job.id)
    other = added(store)
    found = store.retry(job.id)
    assert found
    assert found.id == other.id
    assert store.retry("nothing") is None


def test_only_what_came_to_its_end_is_removed(store: JobStore) -> None:
    job = added(store)
    assert not store.remove(job.id)
    store.cancel(job.id)
    assert store.remove(job.id)
    assert not store.remove(job.id)
    assert store.get(job.id) is None
    assert not store.folder(job.id).path.exists()


def test_jobs_are_listed_in_pages(store: JobStore) -> None:
    jobs = [added(store, f"{n}.") for n in range(5)]
    added(store, owner="you")
    store.cancel(jobs[2].id)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = store.listed("me", after=after, limit=2)
        seen += [job.id for job in page.jobs]
        after = page.next
        if after is None:
            break
    assert seen == [job.id for job in reversed(jobs)]
    assert [job.id for job in store.listed(state=JobState.CANCELLED).jobs] == [jobs[2].id]
    assert len(store.listed().jobs) == 6
    assert store.listed(kind=JobKind.ALIGN).jobs == ()
    for after in ("x", "-1", "1" * 30, "²"):
        with pytest.raises(InputError, match="no such page"):
            store.listed(after=after)


def test_an_owner_has_so_many_unfinished_jobs(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MOST_UNFINISHED", 1)
    job = added(store)
    with pytest.raises(Busy):
        added(store, "Other.")
    added(store, owner="you")
    store.cancel(job.id)
    added(store, "Other.")


def test_the_oldest_results_make_room(settings: ServeSettings) -> None:
    store = JobStore(dataclasses.replace(settings, job_gb=3e-6))
    first = added(store, "x" * 1200)
    with pytest.raises(OutputError, match="no room"):
        added(store, "y" * 2800)
    store.cancel(first.id)
    second = added(store, "y" * 2800)
    assert store.get(first.id) is None
    assert store.get(second.id)
    store.close()


def test_results_expire(store: JobStore) -> None:
    old, waiting = added(store), added(store, "Other.")
    store.cancel(old.id)
    assert store.expire() == []
    assert store.expire("2999-01-01") == [old.id]
    assert store.get(waiting.id)


def test_on_a_full_disk_a_job_is_not_taken_in(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    earlier = added(store)
    with monkeypatch.context() as patched:
        patched.setattr(folder_module.os, "fsync", full)
        with pytest.raises(OutputError, match="disk is full"):
            added(store, "Other.")
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "insert", lambda *_: Rows.change(store._rows, "no SQL"))
        with pytest.raises(OutputError, match="can't be used"):
            added(store, "Third.")
    assert [job.id for job in store.listed().jobs] == [earlier.id]
    assert [path.name for path in store._root.iterdir()] == [earlier.id]
    assert json.loads((store.folder(earlier.id).path / "job.json").read_text())["owner"] == "me"


def test_a_list_leaves_files_out(store: JobStore) -> None:
    job = added(store)
    store.claim()
    store.finish(job.id, [JobFile("a.txt", "text/plain", 6)], {"articles": 1})
    found = store.get(job.id)
    assert found
    assert found.files
    assert store.listed().jobs == (dataclasses.replace(found, files=()),)
