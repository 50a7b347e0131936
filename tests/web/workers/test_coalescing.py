"""Segments of many requests in one batch: who is with whom, whose turn it is, who is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import InputError, MtpipeError
from mtpipe.models.cards import InstalledModel
from mtpipe.web.settings import ServeSettings
from mtpipe.web.workers.coalescing import TranslatedSegment, Translations
from mtpipe.web.workers.errors import Busy, TimedOut, WorkerDied
from mtpipe.web.workers.processes import WorkerPool
from tests.web.fakes import FakePool, in_capitals


class Gated(FakePool):
    """Translates when it is let."""

    def __init__(self) -> None:
        super().__init__({"translate_segments": self.translate})
        self.gate = asyncio.Event()
        self.given_up = 0

    async def translate(self, arguments: dict[str, Any]) -> Any:
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        return in_capitals(arguments)

    @property
    def batches(self) -> list[list[str]]:
        return [arguments["texts"] for arguments in self.asked("translate_segments")]


def play(scenario: Callable[[Gated, Translations], Awaitable[None]], **options: Any) -> None:
    async def all_of_it() -> None:
        pool = Gated()
        settings = ServeSettings(home=Path("nowhere"), **{"batch_window_ms": 1.0, **options})
        async with asyncio.timeout(30):
            await scenario(pool, Translations(pool, settings))

    asyncio.run(all_of_it())


def asked(
    translations: Translations, *texts: str, **options: Any
) -> "asyncio.Task[list[TranslatedSegment]]":
    wanted = {"source": "de", "target": "en", **options}
    return asyncio.create_task(translations.translate(texts, **wanted))


async def begun(pool: Gated, batches: int) -> None:
    while len(pool.batches) < batches:
        await asyncio.sleep(0.001)


def texts_of(segments: list[TranslatedSegment]) -> list[str]:
    return [segment.text for segment in segments]


def test_nothing_costs_nothing() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        assert await translations.translate([], source="de", target="en") == []
        assert pool.batches == []

    play(scenario)


def test_requests_of_one_window_are_translated_together() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        tasks = [asked(translations, "a", "b"), asked(translations, "c"), asked(translations, "d")]
        pool.gate.set()
        found = [texts_of(await task) for task in tasks]
        assert found == [["A", "B"], ["C"], ["D"]]
        assert pool.batches == [["a", "c", "d", "b"]]

    play(scenario)


DIFFERENT = {
    "target": {"target": "fr"},
    "source": {"source": "fr"},
    "model": {"model": "starter"},
    "beam": {"beam": 1},
    "alternatives": {"alternatives": 2},
}


@pytest.mark.parametrize("options", DIFFERENT.values(), ids=DIFFERENT)
def test_what_is_asked_for_otherwise_is_translated_apart(options: dict[str, Any]) -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        pool.gate.set()
        one, other = asked(translations, "a"), asked(translations, "b", **options)
        assert texts_of(await one) == ["A"]
        assert texts_of(await other) == ["B"]
        assert pool.batches == [["a"], ["b"]]

    play(scenario)


def test_what_comes_while_the_worker_is_busy_is_gathered() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        first = asked(translations, "first")
        await begun(pool, 1)
        others = [asked(translations, f"n{n}") for n in range(5)]
        await asyncio.sleep(0.02)
        assert len(pool.batches) == 1
        pool.gate.set()
        await asyncio.gather(first, *others)
        assert pool.batches[1:] == [["n0", "n1", "n2", "n3", "n4"]]

    play(scenario)


def test_clients_that_ask_again_and_again_stay_together() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        pool.gate.set()

        async def client(number: int) -> None:
            for turn in range(4):
                # Each is back a little later than the one before: all of them in more than a window.
                await asyncio.sleep(0.05 * number)
                await asked(translations, f"{turn} {number}")

        await asyncio.gather(*map(client, range(6)))
        assert [len(batch) for batch in pool.batches] == [6] * 4

    play(scenario, batch_window_ms=150.0)


def test_others_are_not_waited_for_without_end() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        pool.gate.set()
        tasks = []
        while not pool.batches:
            tasks.append(asked(translations, f"n{len(tasks)}"))
            await asyncio.sleep(0.02)
        assert len(tasks) > 10
        await asyncio.gather(*tasks)

    play(scenario, batch_window_ms=150.0)


def test_a_batch_full_waits_for_nobody() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        pool.gate.set()
        async with asyncio.timeout(0.5):
            await asked(translations, *(f"n{n}" for n in range(20)))
        assert [len(batch) for batch in pool.batches] == [10, 10]

    play(scenario, batch_segments=10, batch_window_ms=1_000.0)


def test_a_short_request_is_done_with_the_next_batch_whatever_waits() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        long = [asked(translations, *(f"{name}{n}" for n in range(50))) for name in "xy"]
        await begun(pool, 1)
        short = asked(translations, "short")
        await asyncio.sleep(0.01)
        pool.gate.set()
        assert texts_of(await short) == ["SHORT"]
        assert not any(task.done() for task in long)
        assert "short" in pool.batches[1]
        assert len(pool.batches[1]) == 10
        assert texts_of(await long[0]) == [f"X{n}" for n in range(50)]  # in their order
        await long[1]
        assert all(len(batch) <= 10 for batch in pool.batches)

    play(scenario, batch_segments=10)


def test_kinds_take_turns() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        long = asked(translations, *(f"n{n}" for n in range(40)))
        await begun(pool, 1)
        other = asked(translations, "other", target="fr")
        await asyncio.sleep(0.01)
        pool.gate.set()
        await other
        assert ["other"] in pool.batches[:3]
        await long

    play(scenario, batch_segments=10)


def test_a_batch_is_bounded_by_its_length_too() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        pool.gate.set()
        await asked(translations, *["x" * 9_000] * 5)
        assert [len(batch) for batch in pool.batches] == [2, 2, 1]

    play(scenario)


def test_as_many_batches_as_workers_are_on_their_way() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        task = asked(translations, *(f"n{n}" for n in range(50)))
        await begun(pool, 3)
        await asyncio.sleep(0.02)
        assert len(pool.batches) == 3
        pool.gate.set()
        await task

    play(scenario, batch_segments=10, workers=3)


def test_who_is_gone_is_forgotten() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        first = asked(translations, "first")
        await begun(pool, 1)
        gone, stays = asked(translations, "gone", "gone too"), asked(translations, "stays")
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0.01)
        pool.gate.set()
        await asyncio.gather(first, stays)
        assert pool.batches == [["first"], ["stays"]]

    play(scenario)


def test_a_batch_that_nobody_waits_for_is_given_up_and_no_other() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        one, other = asked(translations, "one"), asked(translations, "other")
        await begun(pool, 1)
        one.cancel()
        await asyncio.sleep(0.01)
        assert pool.given_up == 0
        other.cancel()
        await asyncio.sleep(0.01)
        assert pool.given_up == 1
        pool.gate.set()
        assert texts_of(await asked(translations, "next")) == ["NEXT"]

    play(scenario)


def test_an_error_is_everybodys() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        pool.answers["translate_segments"] = InputError("no such language")
        tasks = [asked(translations, "a"), asked(translations, "b")]
        for task in tasks:
            with pytest.raises(InputError):
                await task
        assert len(pool.batches) == 1

    play(scenario)


def test_what_may_be_one_requests_doing_is_tried_for_each_alone() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        def deadly(arguments: dict[str, Any]) -> Any:
            if "poison" in arguments["texts"]:
                raise WorkerDied
            return in_capitals(arguments)

        pool.answers["translate_segments"] = deadly
        good = asked(translations, "a", "b", "c")
        bad = asked(translations, "d", "poison", "e")
        also = asked(translations, "f")
        assert texts_of(await good) == ["A", "B", "C"]
        assert texts_of(await also) == ["F"]
        with pytest.raises(WorkerDied):
            await bad
        assert pool.batches[1:] == [["a", "b", "c"], ["d", "poison", "e"], ["f"]]
        assert texts_of(await asked(translations, "next")) == ["NEXT"]

    play(scenario)


def test_too_many_requests_are_refused() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        first = asked(translations, "first")
        await begun(pool, 1)
        waiting = [asked(translations, f"n{n}") for n in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await translations.translate(["more"], source="de", target="en")
        pool.gate.set()
        await asyncio.gather(first, *waiting)

    play(scenario, queue_limit=3)


def test_a_request_takes_so_long_and_no_longer() -> None:
    async def scenario(pool: Gated, translations: Translations) -> None:
        with pytest.raises(TimedOut):
            await translations.translate(["a"], source="de", target="en")
        await asyncio.sleep(0.01)
        assert pool.given_up == 1

    play(scenario, request_seconds=1)


def test_batches_are_counted() -> None:
    counted: list[tuple[int, int]] = []

    async def scenario() -> None:
        settings = ServeSettings(home=Path("nowhere"), batch_segments=3, batch_window_ms=1)
        translations = Translations(
            FakePool(), settings, on_batch=lambda *sizes: counted.append(sizes)
        )
        await asyncio.gather(asked(translations, "a", "b", "c"), asked(translations, "d"))

    asyncio.run(scenario())
    assert counted == [(3, 2), (1, 1)]


SENTENCES = [
    "Der Stadtrat hat am Montag den Haushalt beschlossen.",
    "Guten Morgen.",
    "Die neue Brücke kostet 24 Millionen Euro und wird im Frühjahr eröffnet.",
    "Niemand wurde verletzt.",
    "12345",
    "",
    "Die Bürgermeisterin dankte den Arbeitern vor mehreren hundert Menschen.",
]


def test_translations_are_those_of_the_translator(starter: InstalledModel, tmp_path: Path) -> None:
    from mtpipe import Translator

    async def scenario() -> list[list[TranslatedSegment]]:
        settings = ServeSettings(home=tmp_path, model="starter", request_seconds=240)
        pool = WorkerPool(settings)
        await pool.start()
        try:
            translations = Translations(pool, settings)
            tasks = [asked(translations, text) for text in SENTENCES]
            tasks.append(asked(translations, *SENTENCES[:2], alternatives=2))
            with pytest.raises(MtpipeError, match="no model is called"):
                await translations.translate(["a"], source="de", target="en", model="/etc")
            return [await task for task in tasks]
        finally:
            await pool.stop()

    *single, several = asyncio.run(scenario())
    with Translator("en", source="de", model="starter", cache=False) as translator:
        expected = translator.segments(SENTENCES)
        signature = translator.signature
    assert [found.text for [found] in single] == [hypothesis.text for hypothesis in expected]
    assert {found.signature for [found] in single} == {signature}
    for segment, hypothesis in zip(several, expected, strict=False):
        assert segment.text == hypothesis.text
        assert len(segment.alternatives) == 2
        assert segment.text not in segment.alternatives
