"""Properties of whole alignments, with random vectors in place of an encoder."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.alignment import EncodedOverlaps, SummedOverlaps, align_sentences
from mtpipe.alignment.evidence import Weights, bead_shapes, describe
from mtpipe.alignment.search import find_path


def vectors(texts):
    """Word vectors drawn by each word's checksum, summed: equal words, equal vectors."""
    rows = [
        sum(
            np.random.default_rng(zlib.crc32(word.encode())).normal(size=64)
            for word in [*text.split(), "."]
        )
        for text in texts
    ]
    return np.array(rows, dtype=np.float32).reshape(len(texts), 64)


def align(source, target, **options):
    return align_sentences(
        source, target, SummedOverlaps(vectors(source)), SummedOverlaps(vectors(target)), **options
    )


def numbered(count, start=0):
    return [
        f"Haus{k} Baum{k} Berg{k}, Fluss{k} Wald{k} Feld{k}." for k in range(start, start + count)
    ]


words = st.text(alphabet="abcd e.", min_size=1, max_size=30).filter(str.strip)
texts = st.lists(words, max_size=12)


@given(source=texts, target=texts)
@settings(max_examples=80, deadline=None)
def test_the_cover_is_complete_and_in_order(source, target):
    beads = align(source, target).beads
    assert [i for bead in beads for i in bead.source] == list(range(len(source)))
    assert [j for bead in beads for j in bead.target] == list(range(len(target)))
    assert all(bead.source or bead.target for bead in beads)
    assert all(0 <= bead.score <= 1 for bead in beads)
    assert all((bead.score == 0) or not bead.is_null for bead in beads)


@given(source=texts)
@settings(max_examples=80, deadline=None)
def test_the_same_text_on_both_sides_gives_all_one_to_one(source):
    beads = align(source, source).beads
    assert [(list(bead.source), list(bead.target)) for bead in beads] == [
        ([k], [k]) for k in range(len(source))
    ]
    assert all(bead.score == 1 for bead in beads)


@pytest.mark.parametrize(
    ("n", "m"), [(0, 0), (0, 5), (5, 0), (1, 1), (1, 1_000), (1_000, 1)], ids=str
)
def test_lopsided_sides(n, m):
    beads = align(numbered(n), numbered(m)).beads
    assert [i for bead in beads for i in bead.source] == list(range(n))
    assert [j for bead in beads for j in bead.target] == list(range(m))
    if n == 1 and m == 1_000:
        assert 0 in beads[0].source
        assert 0 in beads[0].target


def test_a_sentence_split_in_two_makes_one_bead():
    source = numbered(6)
    target = [*source[:2], "Haus2 Baum2 Berg2,", "Fluss2 Wald2 Feld2.", *source[3:]]
    beads = align(source, target).beads
    assert (beads[2].source, beads[2].target) == (range(2, 3), range(2, 4))


def test_a_missing_half_is_deleted_whole():
    source = numbered(40)
    beads = align(source, source[20:]).beads
    assert all(bead.is_null for bead in beads[:20])
    assert all(bead.score == 1 for bead in beads[20:])


def test_a_moved_block_is_reported():
    source = numbered(30)
    target = [*source[:5], *source[8:25], *source[5:8], *source[25:]]
    (move,) = align(source, target).moves
    assert (move.source, move.target, move.score) == (range(5, 8), range(22, 25), 1)


def test_a_moved_sentence_is_reported_where_another_took_its_place():
    source = numbered(9)
    source[6] = " ".join(f"Stein{k}" for k in range(20)) + "."
    target = [
        *source[:2],
        source[6],
        *source[2:6],
        "Etwas anderes wurde hier berichtet.",
        *source[7:],
    ]
    alignment = align(source, target)
    (move,) = alignment.moves
    assert (move.source, move.target) == (range(6, 7), range(2, 3))
    assert all(bead.is_null for bead in alignment.beads if 6 in bead.source or 2 in bead.target)


def test_an_unrelated_sentence_is_left_alone_on_both_sides():
    source, target = numbered(9), numbered(9)
    target[4] = "Etwas ganz anderes wurde heute hier berichtet."
    beads = align(source, target).beads
    assert sorted((len(bead.source), len(bead.target)) for bead in beads if bead.is_null) == [
        (0, 1),
        (1, 0),
    ]


def test_beads_grow_as_far_as_allowed():
    source = ["Ding1 Ding2 Ding3 Ding4 Ding5 Ding6 Ding7 Ding8."]
    target = ["Ding1 Ding2,", "Ding3 Ding4,", "Ding5 Ding6,", "Ding7 Ding8."]
    assert align(source, target, max_bead=5).beads[0].target == range(4)
    assert all(len(bead.target) <= 2 for bead in align(source, target, max_bead=3).beads)


def test_coarse_to_fine_finds_the_path_of_the_exact_search():
    source = numbered(300)
    target = [*source[:100], *numbered(40, start=900), *source[100:220], *source[230:]]
    sides = [describe(texts, SummedOverlaps(vectors(texts))) for texts in (source, target)]
    shapes = bead_shapes(4)
    exact = find_path(*sides, shapes=shapes)
    assert find_path(*sides, shapes=shapes, exact_cells=2_000) == exact


def test_encoded_runs_are_used_as_they_are():
    vectors_of_runs = [np.eye(3, dtype=np.float32) * 5, np.eye(3, dtype=np.float32)[:2]]
    overlaps = EncodedOverlaps(vectors_of_runs)
    assert overlaps.units(1, 0, 3) == pytest.approx(np.eye(3))
    assert overlaps.units(2, 1, 2) == pytest.approx(np.eye(3)[1:2])


def test_larger_shapes_are_never_likelier_than_the_ones_they_extend():
    weights = Weights()
    for a, b in bead_shapes(9):
        assert weights.of_shape((a, b)) == weights.of_shape((b, a))
        assert weights.of_shape((a + 1, b)) < 0
