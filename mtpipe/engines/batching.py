"""Segments to batches of about the same length and back into order, over streams of any size."""

import itertools
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


def windows(
    items: Iterable[T], *, count: int, size: int, measure: Callable[[T], int]
) -> Iterator[list[T]]:
    """Cut a stream into lists that are sorted and batched as one.

    Args:
        items: the stream; read no further ahead than one item of the next window.
        count: most items per window.
        size: a window ends with the item that brings its total measure to this.
        measure: an item's size.
    """
    stream = iter(items)
    while True:
        window: list[T] = []
        total = 0
        for item in itertools.islice(stream, count):
            window.append(item)
            total += measure(item)
            if total >= size:
                break
        if not window:
            return
        yield window


def batches_by_length(lengths: Sequence[int], *, max_tokens: int) -> Iterator[list[int]]:
    """Group row numbers so that rows of a batch are of similar length.

    Longest first: if memory doesn't do, that shows at once.

    Args:
        lengths: tokens of each row.
        max_tokens: most tokens per batch, padding included; a longer row is a batch of its own.

    Yields:
        Row numbers of one batch; together, every number once.
    """
    batch: list[int] = []
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    for row in order:
        # The first row is the longest: it sets the width.
        if batch and (len(batch) + 1) * lengths[batch[0]] > max_tokens:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def thinned(
    batches: Iterable[list[int]], lengths: Sequence[int], *, wanted: Set[int], max_tokens: int
) -> Iterator[list[int]]:
    """Batches without the rows that aren't wanted; what is left of neighbours is put together.

    Whole batches stay as they are. So where only some of them are decoded now, since the others
    were before a program was killed, they are the same as if all had been.

    Args:
        batches: row numbers, see :func:`batches_by_length`.
        lengths: tokens of each row.
        wanted: row numbers.
        max_tokens: most tokens per batch, padding included.

    Yields:
        Row numbers of one batch; together, every wanted number once.
    """
    thin: list[int] = []
    for batch in batches:
        rows = [row for row in batch if row in wanted]
        if thin and rows and (len(thin) + len(rows)) * lengths[thin[0]] > max_tokens:
            yield thin
            thin = []
        thin += rows
    if thin:
        yield thin


@dataclass(frozen=True, slots=True)
class Ready(Generic[T]):
    """A result among tasks that nothing has to be done for."""

    result: T


def interleave(
    tasks: Iterable[Generator[None, None, T] | Ready[T]], *, unfinished: int = 2
) -> Iterator[T]:
    """Run tasks in turn, each begun before those before it are finished.

    A task yields when it has given the engine something to do and will wait for it next. Since the
    next tasks have their work in the queue by then, the engine never idles.

    Args:
        tasks: generators that return a result; taken one at a time. What is ready comes out at
            once, before tasks that are begun.
        unfinished: most tasks that are begun and unfinished. More than two help where many have
            little to do.

    Yields:
        The results in the order of the tasks.
    """
    running: deque[_Running[T]] = deque()
    for task in tasks:
        if isinstance(task, Ready):
            yield task.result
            continue
        running.append(_Running(task))
        if len(running) == unfinished:
            yield running.popleft().finished()
    while running:
        yield running.popleft().finished()


def together(
    tasks: Sequence[Generator[None, None, T]],
) -> Generator[None, None, list[T]]:
    """Several tasks as one: they take their steps at the same time.

    Returns:
        The results in the order of the tasks.
    """
    running = [_Running(task) for task in tasks]
    while any(not task.results for task in running):
        yield
        for task in running:
            task.step()
    return [result for task in running for result in task.results]


class _Running(Generic[T]):
    """A task that is begun; ``results`` has its result when it is finished."""

    def __init__(self, task: Generator[None, None, T]) -> None:
        self._task = task
        self.results: list[T] = []
        self.step()

    def finished(self) -> T:
        """The result, once it is there."""
        while not self.results:
            self.step()
        return self.results[0]

    def step(self) -> None:
        """Go on to the next yield, or to the end."""
        if self.results:
            return
        try:
            next(self._task)
        except StopIteration as finished:
            self.results.append(finished.value)
