"""Jobs are handed to the workers one by one, and what becomes of them is kept and told."""

import asyncio
import dataclasses
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import ConfigError, InputError, OutputError
from mtpipe.web.jobs import runner as runner_module
from mtpipe.web.jobs.job import Job, JobKind, JobState
from mtpipe.web.jobs.runner import JobRunner
from mtpipe.web.jobs.uploads import Upload
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.errors import Busy, TimedOut, WorkerDied
from mtpipe.web.workers.pool import Lane
from tests.web.fakes import FakePool

OUTCOME = {
    "files": [["a.txt", "text/plain", 3], ["all.zip", "application/zip", None]],
    "summary": {"n": 1},
}
WITHIN_S = 20


def write_result(arguments: dict[str, Any]) -> dict[str, Any]:
    """What a worker leaves."""
    (Path(arguments["folder"]) / "results" / "a.txt").write_text("abc")
    return OUTCOME


async def for_ever(_: Any) -> None:
    await asyncio.sleep(1000)


def running(
    settings: ServeSettings, pool: FakePool, test: Callable[[JobRunner], Awaitable[None]]
) -> None:
    """Do something with a runner that runs."""

    async def run() -> None:
        runner = JobRunner(settings, pool)
        await runner.start()
        try:
            async with asyncio.timeout(WITHIN_S):
                await test(runner)
        finally:
            await runner.stop()

    asyncio.run(run())


async def submitted(runner: JobRunner, text: str = "Hello.", **more: Any) -> Job:
    request = {"target": "de", "sources": [{"text": text}], **more}
    job, _ = await runner.submit(JobKind.TRANSLATE, request, owner="me")
    return job


async def ended(runner: JobRunner, job: Job) -> Job:
    """The job when it has come to its end."""
    async with aclosing(runner.watch(job.id)) as news:
        return [one async for one in news][-1]


async def in_state(runner: JobRunner, job: Job, state: JobState) -> None:
    async with aclosing(runner.watch(job.id)) as news:
        async for one in news:
            if one.state is state:
                return


def test_a_job_is_done(settings: ServeSettings, pool: FakePool) -> None:
    pool.answers["job_translate"] = write_result

    async def test(runner: JobRunner) -> None:
        job, is_new = await runner.submit(
            JobKind.TRANSLATE,
            {"target": "de", "sources": [{"upload": "x.txt"}]},
            iter([Upload("x.txt", b"Hello.")]),
            owner="me",
        )
        found = await ended(runner, job)
        assert is_new
        assert (found.state, found.summary, found.attempts) == (JobState.DONE, {"n": 1}, 1)
        path = await runner.file(found, "a.txt")
        assert path.read_text() == "abc"
        assert runner.counts()[JobState.DONE] == 1
        assert await runner.submit(
            JobKind.TRANSLATE,
            {"target": "de", "sources": [{"data": b"Hello.", "name": "x.txt"}]},
            owner="me",
        ) == (found, False)
        assert (await runner.listed("me")).jobs == (dataclasses.replace(found, files=()),)

    running(settings, pool, test)
    assert [call.lane for call in pool.calls] == [Lane.SHORT]
    assert len(pool.asked("job_translate")) == 1


def test_every_change_is_told(settings: ServeSettings, pool: FakePool) -> None:
    async def slowly(arguments: dict[str, Any], on_progress: Any) -> dict[str, Any]:
        for done in range(3):
            on_progress(done, 3, f"at {done}")
            await asyncio.sleep(0.4)
        return write_result(arguments)

    pool.answers["job_translate"] = slowly

    async def test(runner: JobRunner) -> None:
        job = await submitted(runner)
        async with aclosing(runner.watch(job.id)) as news:
            seen = [(one.state, one.done, one.note) async for one in news]
        assert seen[-1][:2] == (JobState.DONE, 3)
        assert (JobState.RUNNING, 1, "at 1") in seen
        assert len(seen) == len(set(seen))
        async with aclosing(runner.watch("nothing")) as news:
            assert [one async for one in news] == []

    running(settings, pool, test)


def test_a_small_job_doesnt_wait_for_a_long_one(settings: ServeSettings, pool: FakePool) -> None:
    async def by_size(arguments: dict[str, Any]) -> dict[str, Any]:
        if not arguments["is_small"]:
            await asyncio.sleep(1000)
        return write_result(arguments)

    pool.answers["job_translate"] = by_size

    async def test(runner: JobRunner) -> None:
        long = await submitted(runner, "x" * 30_000)
        await in_state(runner, long, JobState.RUNNING)
        assert (await ended(runner, await submitted(runner))).state is JobState.DONE

    running(settings, pool, test)


def test_what_cant_be_done_says_why(settings: ServeSettings, pool: FakePool) -> None:
    pool.answers["job_translate"] = InputError("no text", hint="give some")

    async def test(runner: JobRunner) -> None:
        found = await ended(runner, await submitted(runner))
        assert found.state is JobState.FAILED
        assert found.problem == {
            "title": "The job failed", "detail": "no text", "hint": "give some", "error": "InputError",
        }  # fmt: skip
        pool.answers["job_translate"] = write_result
        again = await runner.retry(found.id)
        assert again
        assert (await ended(runner, again)).state is JobState.DONE

    running(settings, pool, test)


@pytest.mark.parametrize(
    "answer", [ValueError("a secret"), {"files": 3}], ids=["raised", "nonsense"]
)
def test_a_bug_fails_one_job_only(
    settings: ServeSettings, pool: FakePool, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    pool.answers["job_translate"] = answer

    async def test(runner: JobRunner) -> None:
        with caplog.at_level(logging.CRITICAL):
            found = await ended(runner, await submitted(runner))
        assert found.problem
        assert found.problem["detail"] == "an internal error"
        pool.answers["job_translate"] = write_result
        assert (await ended(runner, await submitted(runner, "Other."))).state is JobState.DONE

    running(settings, pool, test)


@pytest.mark.parametrize(
    ("answers", "state", "lanes"),
    [
        ([WorkerDied(), OUTCOME], JobState.DONE, "short long"),
        ([WorkerDied()] * 3, JobState.FAILED, "short long long"),
        ([Busy(0.1), OUTCOME], JobState.DONE, "short short"),
        ([TimedOut(1), OUTCOME], JobState.DONE, "short long"),
    ],
    ids=["dies once", "dies three times", "busy", "too long"],
)  # fmt: skip
def test_what_wasnt_the_jobs_fault_is_tried_again(
    settings: ServeSettings,
    pool: FakePool,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[Any],
    state: JobState,
    lanes: str,
) -> None:
    monkeypatch.setattr(runner_module, "_PAUSE_S", 0.01)
    script = iter(answers)

    def scripted(_: Any) -> Any:
        answer = next(script)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pool.answers["job_translate"] = scripted

    async def test(runner: JobRunner) -> None:
        found = await ended(runner, await submitted(runner))
        assert (found.state, found.attempts) == (state, len(answers))

    running(settings, pool, test)
    assert " ".join(call.lane for call in pool.calls) == lanes


def test_a_running_job_is_cancelled_and_keeps_what_was_finished(
    settings: ServeSettings, pool: FakePool
) -> None:
    async def half(arguments: dict[str, Any]) -> None:
        results = Path(arguments["folder"]) / "results"
        (results / "translation.jsonl").write_text('{"id": "a"}\n{"id": "b"')
        (results / ".report.html.abc").write_text("half")
        await asyncio.sleep(1000)

    pool.answers["job_translate"] = half

    async def test(runner: JobRunner) -> None:
        job = await submitted(runner)
        await in_state(runner, job, JobState.RUNNING)
        found = await runner.cancel(job.id)
        assert found
        assert found.state is JobState.CANCELLED
        assert [file.name for file in found.files] == ["translation.jsonl"]
        assert (await runner.file(found, "translation.jsonl")).read_text() == '{"id": "a"}\n'
        assert await runner.remove(job.id)
        assert await runner.cancel(job.id) is None

    running(settings, pool, test)


def test_a_job_whose_worker_dies_of_being_cancelled_is_not_tried_again(
    settings: ServeSettings, pool: FakePool
) -> None:
    async def stubborn(_: Any) -> None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            raise WorkerDied from None

    pool.answers["job_translate"] = stubborn

    async def test(runner: JobRunner) -> None:
        job = await submitted(runner)
        await in_state(runner, job, JobState.RUNNING)
        found = await runner.cancel(job.id)
        assert found
        assert found.state is JobState.CANCELLED

    running(settings, pool, test)
    assert len(pool.calls) == 1


def test_a_waiting_job_is_cancelled_at_once(settings: ServeSettings, pool: FakePool) -> None:
    pool.answers["job_translate"] = for_ever

    async def test(runner: JobRunner) -> None:
        first = await submitted(runner)
        await in_state(runner, first, JobState.RUNNING)
        second = await submitted(runner, "Other.")
        found = await runner.cancel(second.id)
        assert found
        assert found.state is JobState.CANCELLED
        assert found.files == ()

    running(settings, pool, test)
    assert len(pool.calls) == 1


def test_after_a_stop_the_next_runner_goes_on(settings: ServeSettings, pool: FakePool) -> None:
    pool.answers["job_translate"] = for_ever
    jobs: list[Job] = []

    async def begin(runner: JobRunner) -> None:
        jobs.append(await submitted(runner))
        await in_state(runner, jobs[0], JobState.RUNNING)

    async def go_on(runner: JobRunner) -> None:
        found = await ended(runner, jobs[0])
        assert (found.state, found.attempts) == (JobState.DONE, 2)

    running(settings, pool, begin)
    pool.answers["job_translate"] = write_result
    running(settings, pool, go_on)


def test_a_full_disk_doesnt_keep_the_runner_from_stopping(
    settings: ServeSettings, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.answers["job_translate"] = for_ever
    jobs: list[Job] = []

    def full(*_: Any, **__: Any) -> None:
        raise OutputError("the server's disk is full")

    async def begin(runner: JobRunner) -> None:
        jobs.append(await submitted(runner))
        await in_state(runner, jobs[0], JobState.RUNNING)
        monkeypatch.setattr(runner.store, "requeue", full)
        async with asyncio.timeout(WITHIN_S / 2):
            await runner.stop()

    async def go_on(runner: JobRunner) -> None:
        assert (await ended(runner, jobs[0])).state is JobState.DONE

    running(settings, pool, begin)
    pool.answers["job_translate"] = write_result
    running(settings, pool, go_on)


def test_a_stop_lets_those_go_who_watch(settings: ServeSettings, pool: FakePool) -> None:
    pool.answers["job_translate"] = for_ever

    async def test(runner: JobRunner) -> None:
        job = await submitted(runner)
        waiting = asyncio.create_task(ended(runner, job))
        await in_state(runner, job, JobState.RUNNING)
        runner.end_watching()
        assert (await waiting).state is JobState.RUNNING

    running(settings, pool, test)


def test_a_folder_has_one_server(settings: ServeSettings, pool: FakePool) -> None:
    async def test(_: JobRunner) -> None:
        with pytest.raises(ConfigError, match="another server is using"):
            await JobRunner(settings, pool).start()

    running(settings, pool, test)


def test_a_file_that_is_offered_is_made_once(settings: ServeSettings, pool: FakePool) -> None:
    async def make(arguments: dict[str, Any]) -> str:
        assert arguments["files"] == ["a.txt"]
        await asyncio.sleep(0.2)
        (Path(arguments["folder"]) / "results" / "all.zip").write_text("zip")
        return "all.zip"

    pool.answers |= {"job_translate": write_result, "job_zip": make}

    async def test(runner: JobRunner) -> None:
        found = await ended(runner, await submitted(runner))
        given_up = asyncio.create_task(runner.file(found, "all.zip"))
        await asyncio.sleep(0.05)
        given_up.cancel()
        paths = await asyncio.gather(*(runner.file(found, "all.zip") for _ in range(3)))
        assert {path.read_text() for path in paths} == {"zip"}
        now = await runner.get(found.id)
        assert now
        assert [file.size_bytes for file in now.files] == [3, 3]
        assert await runner.file(now, "all.zip") == paths[0]
        for name in ("b.txt", "../job.json"):
            with pytest.raises(InputError, match="no file"):
                await runner.file(now, name)

    running(settings, pool, test)
    assert len(pool.asked("job_zip")) == 1


def test_a_file_that_cant_be_made_may_be_asked_for_again(
    settings: ServeSettings, pool: FakePool
) -> None:
    pool.answers |= {"job_translate": write_result, "job_zip": OutputError("full")}

    async def test(runner: JobRunner) -> None:
        found = await ended(runner, await submitted(runner))
        for _ in range(2):
            with pytest.raises(OutputError, match="full"):
                await runner.file(found, "all.zip")

    running(settings, pool, test)
    assert len(pool.asked("job_zip")) == 2


def test_a_full_disk_at_the_end_is_waited_out(
    settings: ServeSettings, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "_AGAIN_S", 0.05)
    pool.answers["job_translate"] = write_result
    full = [True, True]

    async def test(runner: JobRunner) -> None:
        finish = runner.store.finish

        def failing(*arguments: Any, **options: Any) -> None:
            if full:
                full.pop()
                raise OutputError("the server's disk is full")
            finish(*arguments, **options)

        monkeypatch.setattr(runner.store, "finish", failing)
        found = await ended(runner, await submitted(runner))
        assert found.state is JobState.DONE

    running(settings, pool, test)
    assert not full
    assert len(pool.calls) == 1


def test_trouble_with_the_database_doesnt_end_the_runner(
    settings: ServeSettings, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "_AGAIN_S", 0.05)
    pool.answers["job_translate"] = write_result
    trouble: list[Exception] = [OutputError("full"), sqlite3.IntegrityError("odd")]

    async def test(runner: JobRunner) -> None:
        claim = runner.store.claim

        def failing(**options: Any) -> Job | None:
            if trouble:
                raise trouble.pop()
            return claim(**options)

        monkeypatch.setattr(runner.store, "claim", failing)
        assert (await ended(runner, await submitted(runner))).state is JobState.DONE

    with monkeypatch.context() as patched:
        patched.setattr(runner_module._log, "exception", lambda *_: None)
        running(settings, pool, test)
    assert not trouble


def test_old_results_go_at_the_start(settings: ServeSettings, pool: FakePool) -> None:
    pool.answers["job_translate"] = write_result
    jobs: list[Job] = []

    async def begin(runner: JobRunner) -> None:
        jobs.append(await ended(runner, await submitted(runner)))

    async def later(runner: JobRunner) -> None:
        for _ in range(100):
            if await runner.get(jobs[0].id) is None:
                return
            await asyncio.sleep(0.05)
        pytest.fail("it is still there")

    running(dataclasses.replace(settings, job_days=0), pool, begin)
    running(dataclasses.replace(settings, job_days=0), pool, later)
