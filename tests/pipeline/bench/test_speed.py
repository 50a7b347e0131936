import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.pipeline.bench import speed
from mtpipe.pipeline.bench.speed import SpeedPlan, percentile, sample
from mtpipe.pipeline.bench.units import Unit
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkTask

DE_EN = Direction.parse("de-en")


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.integers(0, 100))
def test_percentiles_are_numpys(values, share):
    assert percentile(values, share) == pytest.approx(np.percentile(values, share))


def test_lines_that_come_twice_are_timed_once():
    unit = Unit(DE_EN, ("a", "b", "a", " ", "c", "d"), (("",) * 6,))
    found = sample(BenchmarkTask.TRANSLATE, unit, SpeedPlan(lines=3, singles=2))
    assert found.data == {"direction": "de-en", "lines": ["a", "b", "c"]}
    assert found.items == 3
    assert [single["lines"] for single in found.singles] == [["a"], ["b"]]


def test_singles_are_spread_evenly():
    unit = Unit(DE_EN, tuple("abcdefgh"), (("",) * 8,))
    found = sample(BenchmarkTask.TRANSLATE, unit, SpeedPlan(lines=8, singles=4))
    assert [single["lines"] for single in found.singles] == [["a"], ["c"], ["e"], ["g"]]


def test_the_order_rotates():
    assert [speed._rotated(3, n) for n in range(4)] == [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]


def test_sentences_of_both_sides_count_in_alignment():
    unit = Unit(DE_EN, ("a", "b"), (("c", "d", "e"),))
    assert sample(BenchmarkTask.ALIGN, unit, SpeedPlan()).items == 5
