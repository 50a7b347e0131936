from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.alignment.dp import Band, best_path

SHAPES = ((1, 1), (1, 2), (2, 1), (2, 2))


class TableScores:
    """Scores read from a table."""

    def __init__(self, table, null=0.0, shapes=SHAPES):
        self.shapes = shapes
        self.table = np.asarray(table, dtype=np.float32)
        _, rows, columns = self.table.shape
        self.deletions = np.full(rows - 1, null, dtype=np.float32)
        self.insertions = np.full(columns - 1, null, dtype=np.float32)

    def block(self, row0, row1, column0, column1):
        return self.table[:, row0:row1, column0:column1]


def random_scores(n, m, seed):
    table = np.random.default_rng(seed).normal(size=(len(SHAPES), n + 1, m + 1))
    for code, (a, b) in enumerate(SHAPES):
        table[code, :a], table[code, :, :b] = -np.inf, -np.inf
    return TableScores(table, null=-0.1)


def brute_force(scores, i, j):
    """The best score of a cover of the first i and j sentences, by trying every one."""
    if i == j == 0:
        return 0.0
    options = []
    if i:
        options.append(brute_force(scores, i - 1, j) + scores.deletions[i - 1])
    if j:
        options.append(brute_force(scores, i, j - 1) + scores.insertions[j - 1])
    for code, (a, b) in enumerate(SHAPES):
        if i >= a and j >= b:
            options.append(brute_force(scores, i - a, j - b) + scores.table[code, i, j])
    return max(options)


def total(scores, steps):
    worth = 0.0
    for i0, i1, j0, j1 in steps:
        if i0 == i1:
            worth += scores.insertions[j0]
        elif j0 == j1:
            worth += scores.deletions[i0]
        else:
            worth += scores.table[SHAPES.index((i1 - i0, j1 - j0)), i1, j1]
    return worth


def assert_cover(steps, n, m):
    places = [(0, 0), *((i1, j1) for _, i1, _, j1 in steps)]
    assert places[-1] == (n, m)
    assert [(i0, j0) for i0, _, j0, _ in steps] == places[:-1]
    assert all(i0 + j0 < i1 + j1 for (i0, j0), (i1, j1) in pairwise(places))


@given(n=st.integers(0, 5), m=st.integers(0, 5), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_finds_what_trying_every_cover_finds(n, m, seed):
    scores = random_scores(n, m, seed)
    steps = best_path(scores, Band.full(n, m))
    assert_cover(steps, n, m)
    assert total(scores, steps) == pytest.approx(brute_force(scores, n, m), abs=1e-4)


def test_prefers_a_bead_to_its_parts_where_it_scores_more():
    table = np.full((len(SHAPES), 3, 2), -9.0)
    table[SHAPES.index((2, 1)), 2, 1] = 1.0
    assert best_path(TableScores(table), Band.full(2, 1)) == [(0, 2, 0, 1)]


@given(
    n=st.integers(1, 60), m=st.integers(1, 60), radius=st.integers(1, 8), seed=st.integers(0, 99)
)
@settings(max_examples=60, deadline=None)
def test_a_band_always_holds_a_cover(n, m, radius, seed):
    coarse = best_path(
        random_scores((n + 1) // 2, (m + 1) // 2, seed), Band.full((n + 1) // 2, (m + 1) // 2)
    )
    band = Band.around(coarse, n, m, radius=radius, scale=2)
    assert_cover(best_path(random_scores(n, m, seed), band), n, m)


def test_blocks_tile_the_rows_and_span_their_cells():
    band = Band.around([(k, k + 1, k, k + 1) for k in range(500)], 500, 500, radius=5)
    blocks = list(band.blocks())
    assert [block[0] for block in blocks[1:]] == [block[1] for block in blocks[:-1]]
    assert (blocks[0][0], blocks[-1][1]) == (0, 501)
    for row0, row1, column0, column1 in blocks:
        assert band.starts[row0:row1].min() >= column0
        assert band.stops[row0:row1].max() <= column1
        assert (row1 - row0) * (column1 - column0) <= 8_192
