from collections.abc import Generator, Iterator

from hypothesis import given
from hypothesis import strategies as st

from mtpipe.engines.batching import (
    Ready,
    batches_by_length,
    interleave,
    thinned,
    together,
    windows,
)


@given(st.lists(st.integers(1, 60)), st.integers(1, 200))
def test_batches_hold_every_row_once_within_the_limit(lengths: list[int], limit: int) -> None:
    batches = list(batches_by_length(lengths, max_tokens=limit))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = len(batch) * max(lengths[row] for row in batch)
        assert padded <= limit or len(batch) == 1


def test_batches_are_of_similar_length_longest_first() -> None:
    assert list(batches_by_length([3, 9, 3, 8], max_tokens=18)) == [[1, 3], [0, 2]]


@given(st.lists(st.integers(1, 60)), st.integers(1, 200), st.data())
def test_what_is_left_of_batches_has_every_wanted_row_once(
    lengths: list[int], limit: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.sets(st.sampled_from(range(len(lengths))))) if lengths else set()
    batches = list(batches_by_length(lengths, max_tokens=limit))
    left = list(thinned(batches, lengths, wanted=wanted, max_tokens=limit))
    assert sorted(row for batch in left for row in batch) == sorted(wanted)
    for batch in left:
        padded = len(batch) * max(lengths[row] for row in batch)
        assert padded <= limit or len(batch) == 1


@given(st.lists(st.integers(1, 60), min_size=1), st.integers(1, 200), st.data())
def test_batches_that_are_wanted_whole_stay_as_they_are(
    lengths: list[int], limit: int, data: st.DataObject
) -> None:
    batches = list(batches_by_length(lengths, max_tokens=limit))
    done = data.draw(st.integers(0, len(batches)))
    wanted = {row for batch in batches[done:] for row in batch}
    assert list(thinned(batches, lengths, wanted=wanted, max_tokens=limit)) == batches[done:]


@given(st.lists(st.text(max_size=20)), st.integers(1, 5), st.integers(1, 50))
def test_windows_keep_everything_in_order(items: list[str], count: int, size: int) -> None:
    cut = list(windows(items, count=count, size=size, measure=len))
    assert [item for window in cut for item in window] == items
    for window in cut:
        assert 1 <= len(window) <= count
        assert sum(map(len, window[:-1])) < size


def test_windows_read_no_further_than_needed() -> None:
    taken: list[int] = []

    def stream() -> object:
        for number in range(10):
            taken.append(number)
            yield number

    first = next(windows(stream(), count=3, size=100, measure=lambda _: 1))  # type: ignore[arg-type]
    assert first == [0, 1, 2]
    assert taken == [0, 1, 2]


def task(name: str, steps: int, log: list[str]) -> Generator[None, None, str]:
    for step in range(steps):
        log.append(f"{name}{step}")
        yield
    return name


def test_a_task_is_begun_before_the_one_before_it_is_finished() -> None:
    log: list[str] = []
    steps = {"a": 2, "b": 0, "c": 1, "d": 3}
    assert list(interleave(task(name, n, log) for name, n in steps.items())) == list("abcd")
    assert log == ["a0", "a1", "c0", "d0", "d1", "d2"]


@given(st.lists(st.integers(0, 4), max_size=12), st.integers(1, 5))
def test_no_more_tasks_are_unfinished_than_may_be(steps: list[int], unfinished: int) -> None:
    begun: list[int] = []
    done = 0

    def tasks() -> Iterator[Generator[None, None, str]]:
        for number, count in enumerate(steps):
            begun.append(number)
            yield task(str(number), count, [])

    for number, result in enumerate(interleave(tasks(), unfinished=unfinished)):
        assert result == str(number)
        done += 1
        assert len(begun) - done < unfinished
    assert done == len(steps)


def test_what_is_ready_waits_for_no_task() -> None:
    log: list[str] = []
    items = [task("a", 1, log), Ready("x"), Ready("y"), task("b", 1, log)]
    found = interleave(items)
    assert next(found) == "x"
    assert log == ["a0"]
    assert list(found) == ["y", "a", "b"]


def test_tasks_together_are_one_task() -> None:
    log: list[str] = []
    [results] = interleave([together([task("a", 2, log), task("b", 0, log), task("c", 1, log)])])
    assert results == ["a", "b", "c"]
    assert log == ["a0", "c0", "a1"]
