"""The pool: orders, errors, limits, interruptions, deaths. The tasks are odd ones, see there."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mtpipe import errors
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers import child
from mtpipe.web.workers.errors import Busy, TimedOut, WorkerBug, WorkerDied
from mtpipe.web.workers.pool import Lane
from mtpipe.web.workers.processes import WorkerPool
from tests.web.workers.odd_tasks import START

ROOT = Path(__file__).parents[3]
Scenario = Callable[[WorkerPool], Awaitable[None]]


@pytest.fixture(autouse=True)
def odd_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_START", START)


@asynccontextmanager
async def running(home: Path, **options: Any) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(ServeSettings(home=home, **options))
    await pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def play(scenario: Scenario, home: Path, **options: Any) -> None:
    async def all_of_it() -> None:
        async with asyncio.timeout(120), running(home, **options) as pool:
            await scenario(pool)

    asyncio.run(all_of_it())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


def test_an_order_is_answered_and_the_pool_gets_ready(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        given = {"text": "Größe \ud800", "data": b"\0\1", "list": [1, 2.5, None, (True,)]}
        assert await pool.call("echo", given) == given
        assert await pool.call("echo", {"long": 1}, lane=Lane.LONG) == {"long": 1}
        await until(lambda: pool.is_ready)
        load = pool.load()
        assert (load.workers, load.ready, load.busy, load.queued, load.restarts) == (2, 2, 0, 0, 0)

    play(scenario, tmp_path)


def test_workers_are_nicer_than_the_server(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        assert await pool.call("niceness", {}) == min(os.nice(0) + 5, 19)

    play(scenario, tmp_path)


ERRORS = {
    "ConfigError": errors.ConfigError,
    "UnsupportedDirection": errors.UnsupportedDirection,
    "MalformedRecord": errors.MalformedRecord,
    "PageTooCostly": errors.UnreadableArticle,
    "OutOfMemory": errors.OutOfMemory,
}


def test_errors_come_back_with_class_message_and_hint(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        for kind, expected in ERRORS.items():
            with pytest.raises(errors.MtpipeError) as caught:
                await pool.call("fail", {"kind": kind})
            assert type(caught.value) is expected
            if kind == "MalformedRecord":
                assert caught.value.message == "rows.jsonl:7: no JSON"
            elif kind == "PageTooCostly":
                assert (caught.value.message, caught.value.hint) == ("too much", "less")
            else:
                assert (caught.value.message, caught.value.hint) == ("so it is", "do that")
        with pytest.raises(errors.OutOfMemory):
            await pool.call("no_memory", {})

    play(scenario, tmp_path)


@pytest.mark.parametrize("task", ["bug", "odd_result", "no such task"])
def test_a_bug_is_logged_and_kept_from_strangers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, task: str
) -> None:
    async def scenario(pool: WorkerPool) -> None:
        with pytest.raises(WorkerBug) as caught:
            await pool.call(task, {})
        assert str(caught.value) == "an internal error (the server's log says more)"
        assert await pool.call("echo", {"still": "here"}) == {"still": "here"}

    with caplog.at_level(logging.ERROR, "mtpipe.web"):
        play(scenario, tmp_path)
    assert f"in {task}:\nTraceback" in caplog.text
    assert ("secret of the house" in caplog.text) == (task == "bug")


def test_orders_are_plain_data(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        with pytest.raises(TypeError, match="plain data, not PosixPath"):
            await pool.call("echo", {"path": tmp_path})
        assert await pool.call("echo", {"still": "here"}) == {"still": "here"}

    play(scenario, tmp_path)


def test_progress_is_told_and_its_failure_matters_to_nobody(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        told: list[tuple[int, int | None, str]] = []
        assert await pool.call("tell", {}, on_progress=lambda *how: told.append(how)) == "told"
        assert told == [(1, None, "one"), (3, 3, "three")]
        assert await pool.call("tell", {}, on_progress=lambda *_: 1 // 0) == "told"

    play(scenario, tmp_path)


def test_too_many_orders_are_refused_and_given_up_ones_make_room(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        sign = tmp_path / "sign"
        first = asyncio.create_task(pool.call("wait", {"sign": str(sign), "seconds": 2}))
        await until(sign.exists)
        waiting = [asyncio.create_task(pool.call("echo", {"n": n})) for n in range(2)]
        await asyncio.sleep(0)
        assert pool.load().queued == 2
        with pytest.raises(Busy) as caught:
            await pool.call("echo", {})
        assert caught.value.retry_after_s > 0
        waiting[0].cancel()
        await asyncio.sleep(0.01)
        assert pool.load().queued == 1
        third = asyncio.create_task(pool.call("echo", {"n": 3}))
        assert await first == "waited"
        assert await waiting[1] == {"n": 1}
        assert await third == {"n": 3}

    play(scenario, tmp_path, queue_limit=2)


@pytest.mark.parametrize("lane", Lane)
def test_a_given_up_order_is_interrupted_and_its_process_goes_on(
    tmp_path: Path, lane: Lane
) -> None:
    async def scenario(pool: WorkerPool) -> None:
        sign, end = tmp_path / "sign", tmp_path / "end"
        before = await pool.call("pid", {}, lane=lane)
        order = {"sign": str(sign), "end": str(end)}
        call = asyncio.create_task(pool.call("wait", order, lane=lane))
        await until(sign.exists)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert end.exists()  # what it writes to is at rest when the caller goes on
        assert await pool.call("pid", {}, lane=lane) == before
        assert pool.load().restarts == 0

    play(scenario, tmp_path)


def test_an_order_may_take_so_long_and_no_longer(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        before = await pool.call("pid", {})
        with pytest.raises(TimedOut, match=r"takes longer than 0\.3 s"):
            await pool.call("wait", {}, timeout_s=0.3)
        with pytest.raises(TimedOut, match="takes longer than 2 s"):
            await pool.call("wait", {})
        assert await pool.call("pid", {}) == before

    play(scenario, tmp_path, request_seconds=2)


def test_what_does_not_stop_is_ended_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_PATIENCE_SECONDS", 0.3)

    async def scenario(pool: WorkerPool) -> None:
        sign = tmp_path / "sign"
        before = await pool.call("pid", {})
        call = asyncio.create_task(pool.call("stubborn", {"sign": str(sign)}))
        await until(sign.exists)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await pool.call("pid", {}) != before
        assert pool.load().restarts == 1

    play(scenario, tmp_path)


def test_a_death_fails_the_order_and_the_next_process_takes_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(pool: WorkerPool) -> None:
        call = asyncio.create_task(pool.call("die", {}))
        await asyncio.sleep(0)
        behind = asyncio.create_task(pool.call("echo", {"n": 1}))
        with pytest.raises(WorkerDied):
            await call
        assert await behind == {"n": 1}
        idle = await pool.call("pid", {})
        os.kill(idle, signal.SIGKILL)
        await until(lambda: pool.load().restarts == 2)
        assert await pool.call("pid", {}) != idle
        await until(lambda: pool.is_ready)
        assert f"worker {idle} has ended (SIGKILL)" in caplog.text

    play(scenario, tmp_path)


def test_nothing_but_its_server_interrupts_an_idle_worker(tmp_path: Path) -> None:
    async def scenario(pool: WorkerPool) -> None:
        worker = await pool.call("pid", {})
        assert os.getpgid(worker) != os.getpgid(0)  # Ctrl-C at the terminal isn't for it
        os.kill(worker, signal.SIGINT)
        assert await pool.call("pid", {}) == worker

    play(scenario, tmp_path)


def test_stopping_ends_what_is_computed(tmp_path: Path) -> None:
    async def scenario() -> int:
        sign = tmp_path / "sign"
        async with running(tmp_path) as pool:
            worker: int = await pool.call("pid", {})
            call = asyncio.create_task(pool.call("spin", {"sign": str(sign)}))
            await until(sign.exists)
            waiting = asyncio.create_task(pool.call("echo", {}))
            await asyncio.sleep(0)
        for task in (call, waiting):
            with pytest.raises(WorkerDied):
                await task
        with pytest.raises(WorkerDied):
            await pool.call("echo", {})
        return worker

    assert not is_running(asyncio.run(scenario()))


_SERVER = """
import asyncio, sys
from pathlib import Path
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers import child
from mtpipe.web.workers.pool import Lane
from mtpipe.web.workers.processes import WorkerPool
from tests.web.workers.odd_tasks import START
child._START = START
async def main():
    pool = WorkerPool(ServeSettings(home=Path(sys.argv[1])))
    await pool.start()
    print(await pool.call("pid", {}), await pool.call("pid", {}, lane=Lane.LONG), flush=True)
    await pool.call("spin", {"sign": sys.argv[1] + "/sign"})
asyncio.run(main())
"""


def test_no_worker_outlives_its_server(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        assert server.stdout
        workers = [*map(int, server.stdout.readline().split())]
        assert len(workers) == 2
        assert within(60, (tmp_path / "sign").exists)
        server.kill()
    assert within(20, lambda: not any(map(is_running, workers)))


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
    except OSError:
        return False
    return state not in "ZX"
