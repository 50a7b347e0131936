"""Products with one thread each, and items spread over threads."""

import threading

import numpy as np
import pytest

from mtpipe import blas
from mtpipe.blas import single_threaded, spread


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if BLAS took two, whatever the machine has."""
    monkeypatch.setattr(blas, "threads", lambda: 2)


@pytest.mark.usefixtures("two_threads")
def test_items_are_worked_on_at_once_and_come_out_in_order() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def work(item: int) -> tuple[int, int]:
        meeting.wait()  # breaks where one waits alone
        return item, threading.get_ident()

    outcomes = spread(work, range(4))
    assert [item for item, _ in outcomes] == [0, 1, 2, 3]
    assert len({thread for _, thread in outcomes}) == 2


@pytest.mark.usefixtures("two_threads")
def test_the_first_error_comes_out() -> None:
    def work(item: int) -> int:
        if item:
            raise ValueError(item)
        return item

    with pytest.raises(ValueError, match="1"):
        spread(work, [0, 1, 2])


def test_who_is_single_threaded_stays_in_their_thread() -> None:
    with single_threaded():
        threads = spread(lambda _: threading.get_ident(), range(3))
    assert set(threads) == {threading.get_ident()}


def test_blas_takes_as_many_threads_as_it_is_told() -> None:
    before = blas.threads()
    try:
        for count in (2, 1):
            blas.set_threads(count)
            assert blas.threads() == count
    finally:
        blas.set_threads(before)


def test_blas_has_its_threads_back_afterwards() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    before = blas.threads()
    spread(lambda item: item, range(3))
    with single_threaded():
        assert blas.threads() == 1
    assert blas.threads() == before
