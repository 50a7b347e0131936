"""Segments to batches of about the same length and back into order, over streams of any size."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def windows(
    items: Iterable[T], *, count: int, size: int, measure: Callable[[T], int]
) -> Iterator[list[T]]:
    """Cut a stream into lists that are sorted and batched as one.

    Args:
        items: the stream; read no further ahead than one item of the next window.
        count: most items a window.
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
        max_tokens: most tokens a batch, padding included; a longer row is a batch of its own.

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
