import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.errors import InputError
from mtpipe.scoring.classification import (
    calibration_error,
    reliability,
    roc_area,
    roc_curve,
    true_positives_at,
)

T, F = True, False


@pytest.mark.parametrize(
    ("labels", "probabilities", "expected"),
    [
        ([F, T], [0.1, 0.9], 1.0),
        ([T, F], [0.1, 0.9], 0.0),
        ([T, F, T, F], [0.5, 0.5, 0.5, 0.5], 0.5),
        # Pairs: 0.8 > 0.4, 0.8 > 0.3, 0.4 = 0.4 (a half), 0.4 > 0.3: 3.5 of 4.
        ([T, T, F, F], [0.8, 0.4, 0.4, 0.3], 0.875),
        # 0.9 beats all three; 0.6 beats one and ties with none: 4 of 6.
        ([T, T, F, F, F], [0.9, 0.6, 0.7, 0.8, 0.1], 4 / 6),
    ],
    ids=["perfect", "reversed", "all tied", "one tie", "mixed"],
)
def test_roc_area(labels, probabilities, expected):
    assert roc_area(labels, probabilities) == pytest.approx(expected)


def test_the_curve_has_one_point_a_distinct_probability():
    points = roc_curve([T, F, T, F], [0.9, 0.5, 0.5, 0.1])
    assert [(p.threshold, p.false_positive_rate, p.true_positive_rate) for p in points] == [
        (math.inf, 0, 0),
        (0.9, 0, 0.5),
        (0.5, 0.5, 1),
        (0.1, 1, 1),
    ]


@pytest.mark.parametrize(
    ("allowed", "threshold", "true", "false"),
    [(0.0, 0.9, 0.5, 0.0), (0.49, 0.9, 0.5, 0.0), (0.5, 0.5, 1.0, 0.5), (1.0, 0.1, 1.0, 1.0)],
)
def test_true_positives_keep_to_the_allowed_rate(allowed, threshold, true, false):
    point = true_positives_at([T, F, T, F], [0.9, 0.5, 0.5, 0.1], allowed)
    assert point.threshold == threshold
    assert (point.true_positive_rate, point.false_positive_rate) == (true, false)


def test_no_threshold_may_keep_the_rate():
    point = true_positives_at([T, F], [0.2, 0.9], 0.01)
    assert (point.threshold, point.true_positive_rate) == (math.inf, 0.0)


def test_reliability_by_hand():
    bins = reliability([F, T, T, T, F], [0.1, 0.4, 0.6, 1.0, 0.5], bins=2)
    # [0, 0.5): 0.1, 0.4, one of two positive; [0.5, 1]: 0.6, 1.0, 0.5, two of three.
    assert [b.count for b in bins] == [2, 3]
    assert [b.confidence for b in bins] == pytest.approx([0.25, 0.7])
    assert [b.frequency for b in bins] == pytest.approx([0.5, 2 / 3])
    assert calibration_error(bins) == pytest.approx((2 * 0.25 + 3 * (0.7 - 2 / 3)) / 5)


def test_reliability_at_another_share_of_positives():
    # One in four is positive, and one in two is presumed: a positive counts 2, a negative 2/3.
    bins = reliability([T, F, F, F], [0.9, 0.6, 0.1, 0.2], bins=2, prior=0.5)
    assert [b.count for b in bins] == [2, 2]
    assert [b.weight for b in bins] == pytest.approx([4 / 3, 8 / 3])
    assert [b.frequency for b in bins] == pytest.approx([0, 3 / 4])
    assert [b.confidence for b in bins] == pytest.approx([0.15, (2 * 0.9 + 2 / 3 * 0.6) / (8 / 3)])
    assert calibration_error(bins) == pytest.approx((0.15 * 4 / 3 + 0.075 * 8 / 3) / 4)


def test_probabilities_that_presume_another_share_are_right_at_that():
    labels = [T] * 16 + [F] * 4  # of what is 0.8 at even odds, at even odds
    labels += [T] * 4 + [F] * 16
    probabilities = [0.8] * 20 + [0.2] * 20
    assert calibration_error(reliability(labels, probabilities, prior=0.5)) == pytest.approx(0)
    more = [*labels, *labels[:16] * 4, *labels[20:24] * 4]
    of_more = [*probabilities, *probabilities[:16] * 4, *probabilities[20:24] * 4]
    assert calibration_error(reliability(more, of_more)) > 0.1
    assert calibration_error(reliability(more, of_more, prior=0.5)) == pytest.approx(0)


def test_a_presumed_share_needs_both_kinds():
    with pytest.raises(InputError, match="positive and negative"):
        reliability([T, T], [0.9, 0.8], prior=0.5)


def test_an_empty_bin_counts_for_nothing():
    bins = reliability([T, T], [0.95, 0.95])
    assert sum(b.count for b in bins) == 2
    assert calibration_error(bins) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [([T], [0.5]), ([F, F], [0.5, 0.1]), ([], []), ([T, F], [0.5]), ([T, F], [0.5, math.nan])],
    ids=["no negative", "no positive", "nothing", "lengths", "not a number"],
)
def test_what_cannot_be_measured_is_an_error(labels, probabilities):
    with pytest.raises(InputError):
        roc_area(labels, probabilities)


def test_reliability_wants_probabilities():
    with pytest.raises(InputError, match="within 0 and 1"):
        reliability([T, F], [1.5, 0.2])


cases = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])), min_size=2, max_size=40
).filter(lambda rows: 0 < sum(label for label, _ in rows) < len(rows))


@given(cases)
def test_the_area_is_the_share_of_pairs_in_order(rows):
    positive = [p for label, p in rows if label]
    negative = [p for label, p in rows if not label]
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    labels, probabilities = zip(*rows, strict=True)
    assert roc_area(labels, probabilities) == pytest.approx(wins / len(positive) / len(negative))


@given(cases)
def test_the_area_of_the_opposite_is_the_rest(rows):
    labels, probabilities = zip(*rows, strict=True)
    opposite = roc_area([not label for label in labels], probabilities)
    assert roc_area(labels, probabilities) + opposite == pytest.approx(1)


@given(cases)
def test_bins_hold_every_case_once_and_the_error_is_a_share(rows):
    labels, probabilities = zip(*rows, strict=True)
    bins = reliability(labels, probabilities)
    assert sum(b.count for b in bins) == len(rows)
    assert 0 <= calibration_error(bins) <= 1
