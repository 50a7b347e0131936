"""News of a job reach those who wait, and progress isn't written down more often than is read."""

import asyncio

from mtpipe.web.jobs.watching import ProgressWriter, Watchers


def test_only_those_who_watch_a_job_are_told() -> None:
    watchers = Watchers()
    with watchers.of("a") as first, watchers.of("a") as second, watchers.of("b") as other:
        watchers.tell("a")
        assert (first.is_set(), second.is_set(), other.is_set()) == (True, True, False)
        watchers.close()
        assert other.is_set()
    watchers.tell("a")
    assert watchers._events == {}


def test_the_newest_word_is_passed_on_a_few_times_a_second() -> None:
    written: list[int] = []

    async def write(done: int, total: int | None, note: str) -> None:
        written.append(done)

    async def told() -> None:
        writer = ProgressWriter(write, pause_s=0.05)
        for done in range(200):
            writer(done, None, "")
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        await writer.close()
        await writer.close()

    asyncio.run(told())
    assert written[0] == 0
    assert written[-1] == 199
    assert 3 <= len(written) <= 12
