import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread

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


class SlowBatch(FakeBatch):
    """Minds being waited for by two, as CTranslate2's results do."""

    def __init__(self, engine: "SlowEngine", batch: list[list[str]]) -> None:
        super().__init__(batch, 1)
        self._engine = engine
        self._turn = Lock()

    def result(self) -> list[object]:  # type: ignore[override]
        assert self._turn.acquire(blocking=False), "two threads wait for one batch"
        time.sleep(random.uniform(0, 2e-4))
        with self._engine.lock:
            self._engine.inside -= 1
        if self._batch == [["fails"]]:
            raise OutOfMemory("too large")
        return super().result()  # type: ignore[return-value]


class SlowEngine(FakeEngine):
    def __init__(self) -> None:
        super().__init__()
        self.lock = Lock()
        self.inside = self.most = 0

    def submit(self, batch: list[list[str]], options: DecodingOptions) -> SlowBatch:
        if batch == [["refused"]]:
            raise EngineError("not this one")
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        return SlowBatch(self, batch)


@pytest.fixture
def often_switched() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("often_switched")
@pytest.mark.parametrize("ahead", [1, 4])
def test_threads_share_a_queue(ahead: int) -> None:
    engine = SlowEngine()
    paced = PacedEngine(engine, ahead=ahead)

    def work(thread: int) -> list[str]:
        rng = random.Random(thread)
        found = []
        for turn in range(15):
            texts = [f"{thread}-{turn}-{n}" for n in range(rng.randint(1, 6))]
            texts[0] = rng.choice([texts[0], "fails", "refused"])
            jobs = [(t, paced.submit([[t]], OPTIONS, urgent=rng.random() < 0.3)) for t in texts]
            rng.shuffle(jobs)
            for text, job in jobs[: rng.randint(1, 6)]:  # the others are given up
                if text in ("fails", "refused"):
                    with pytest.raises(EngineError):
                        job.result()
                else:
                    found.append(job.result()[0].tokens[0] == text[::-1])
        return found

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8), timeout=60))
    assert all(all(each) and len(each) > 15 for each in results)
    assert engine.most == ahead


def test_room_is_made_by_whoever_waits() -> None:
    """The engine is full of what another thread has begun and doesn't come back for."""
    engine = FakeEngine()
    paced = PacedEngine(engine, ahead=2)
    left = [paced.submit(batch, OPTIONS) for batch in rows("a", "b", "c")]
    found: list[object] = []
    thread = Thread(
        target=lambda: found.extend(paced.submit([["xy"]], OPTIONS).result()), daemon=True
    )
    thread.start()
    thread.join(10)
    assert [decoded.tokens for decoded in found] == [["yx"]]  # type: ignore[attr-defined]
    assert [job.result()[0].tokens for job in left] == [["a"], ["b"], ["c"]]


def test_other_threads_go_on_where_one_was_interrupted() -> None:
    begun, is_first = Event(), [True]

    class Interrupted(FakeBatch):
        def result(self) -> list[object]:  # type: ignore[override]
            if is_first.pop() if is_first else False:
                begun.set()
                time.sleep(0.1)
                raise KeyboardInterrupt
            return super().result()  # type: ignore[return-value]

    class Engine(FakeEngine):
        def submit(self, batch: list[list[str]], options: DecodingOptions) -> FakeBatch:
            return Interrupted(batch, 1)

    paced = PacedEngine(Engine(), ahead=1)
    first, second = (paced.submit(batch, OPTIONS) for batch in rows("ab", "cd"))
    found: list[object] = []

    def wait() -> None:
        begun.wait(10)
        found.extend(second.result())

    thread = Thread(target=wait, daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        first.result()
    thread.join(10)
    assert [decoded.tokens for decoded in found] == [["dc"]]  # type: ignore[attr-defined]
    assert first.result()[0].tokens == ["ba"]
