import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.pacing import PacedEngine
from mtpipe.errors import EngineError, OutOfMemory
from tests.fakes import FakeBatch, FakeEngine

OPTIONS = DecodingOptions()


def rows(*texts: str) -> list[list[list[str]]]:
    return [[[text]] for text in texts]


def test_the_engine_gets_a_few_batches_ahead() -> None:
    engine = FakeEngine()
    paced = PacedEngine(engine, ahead=2)
    jobs = [paced.submit(batch, OPTIONS) for batch in rows("a", "b", "c", "d")]
    assert engine.batches == rows("a", "b")
    assert [decoded.tokens for decoded in jobs[0].result()] == [["a"]]
    assert engine.batches == rows("a", "b", "c")


def test_results_can_be_asked_for_in_any_order_and_again() -> None:
    paced = PacedEngine(FakeEngine(), ahead=2)
    jobs = [paced.submit(batch, OPTIONS) for batch in rows("ab", "cd", "ef", "gh", "ij")]
    for number, expected in ((3, "hg"), (0, "ba"), (3, "hg"), (4, "ji"), (1, "dc"), (2, "fe")):
        assert jobs[number].result()[0].tokens == [expected]


def test_what_is_urgent_goes_first() -> None:
    engine = FakeEngine()
    paced = PacedEngine(engine, ahead=1)
    jobs = [paced.submit(batch, OPTIONS) for batch in rows("a", "b", "c")]
    jobs.append(paced.submit([["d"]], OPTIONS, urgent=True))
    for job in jobs:
        job.result()
    assert engine.batches == rows("a", "d", "b", "c")


def test_what_was_given_up_is_not_decoded() -> None:
    engine = FakeEngine()
    paced = PacedEngine(engine, ahead=2)
    given_up = [paced.submit(batch, OPTIONS) for batch in rows("a", "b", "c", "d")]
    del given_up
    assert paced.submit([["e"]], OPTIONS).result()[0].tokens == ["e"]
    assert engine.batches == rows("a", "b", "e")


def test_an_error_is_raised_to_the_one_who_waits() -> None:
    class Failing(FakeBatch):
        def result(self) -> list[object]:  # type: ignore[override]
            raise EngineError("out of order")

    class FailingEngine(FakeEngine):
        def submit(self, batch: object, options: object) -> FakeBatch:
            return Failing([], 1)

    job = PacedEngine(FailingEngine()).submit([["a"]], OPTIONS)
    with pytest.raises(EngineError):
        job.result()


def test_an_error_is_not_raised_to_another() -> None:
    class Failing(FakeBatch):
        def result(self) -> list[object]:  # type: ignore[override]
            raise OutOfMemory("too large")

    class Engine(FakeEngine):
        def submit(self, batch: list[list[str]], options: DecodingOptions) -> FakeBatch:
            kind = Failing if batch == [["large"]] else FakeBatch
            return kind(batch, 1)

    paced = PacedEngine(Engine(), ahead=1)
    first, second = (paced.submit([[text]], OPTIONS) for text in ("large", "ab"))
    assert second.result()[0].tokens == ["ba"]
    for _ in range(2):
        with pytest.raises(OutOfMemory):
            first.result()
