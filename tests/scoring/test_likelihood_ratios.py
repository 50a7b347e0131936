"""What likelihood ratios cost, and how far labelled cases back them."""

from math import inf, log

import numpy as np
import pytest

from mtpipe.errors import InputError
from mtpipe.scoring.likelihood_ratios import (
    cllr,
    log_ratios,
    minimum_cllr,
    supported_range,
    tippett,
)


def normals(
    distance: float, count: int = 2_000, factor: float = 1.0
) -> tuple[list[bool], list[float]]:
    """Cases of two normal distributions, with the log-ratios that are right times a factor."""
    rng = np.random.default_rng(5)
    truth = np.arange(2 * count) % 2 == 1
    values = rng.normal(size=2 * count) + np.where(truth, distance / 2, -distance / 2)
    return truth.tolist(), (factor * distance * values).tolist()


def test_saying_nothing_costs_one_bit() -> None:
    assert cllr([True, False, False], [0.0, 0.0, 0.0]) == pytest.approx(1.0)


def test_certainty_costs_nothing_where_it_is_right_and_everything_where_it_is_not() -> None:
    assert cllr([True, False], [inf, -inf]) == 0.0
    assert cllr([True, False], [-inf, -inf]) == inf


def test_the_cost_is_that_of_the_definition() -> None:
    # Ratios of 3 and 1 for positives, of 1/3 and 7 for negatives.
    ratios = [log(3), 0.0, -log(3), log(7)]
    expected = (np.log2(1 + 1 / 3) + 1) / 2 + (np.log2(1 + 1 / 3) + 3) / 2
    assert cllr([True, True, False, False], ratios) == pytest.approx(expected / 2)


def test_the_kinds_count_half_each() -> None:
    truth, ratios = [True, False], [1.0, 2.0]
    assert cllr([*truth, *[False] * 9], [*ratios, *[2.0] * 9]) == pytest.approx(cllr(truth, ratios))


@pytest.mark.parametrize("factor", [0.2, 3.0])
def test_what_order_allows_does_not_depend_on_scale(factor: float) -> None:
    truth, right = normals(2.0)
    _, scaled = normals(2.0, factor=factor)
    assert minimum_cllr(truth, scaled) == pytest.approx(minimum_cllr(truth, right))
    assert minimum_cllr(truth, right) <= cllr(truth, right) < cllr(truth, scaled)
    assert cllr(truth, right) - minimum_cllr(truth, right) < 0.02


def test_the_best_ratios_are_those_of_isotonic_regression() -> None:
    isotonic = pytest.importorskip("sklearn.isotonic")
    rng = np.random.default_rng(2)
    ratios = np.round(rng.normal(size=300), 1)  # with ties
    truth = rng.random(300) < 0.3 + 0.4 * (ratios > 0)
    shares = isotonic.IsotonicRegression(y_min=0, y_max=1).fit_transform(ratios, truth)
    with np.errstate(divide="ignore"):
        best = np.log(shares / (1 - shares)) - np.log(truth.sum() / (~truth).sum())
    expected = cllr(truth.tolist(), best.tolist())
    assert minimum_cllr(truth.tolist(), ratios.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("count", [10, 300])
def test_so_many_cases_back_a_ratio_of_so_many(count: int) -> None:
    """Apart as they can be, n cases of a kind back a ratio of n: 1 in n + 1 may yet mislead."""
    truth = [True] * count + [False] * count
    low, high = supported_range(truth, [50.0] * count + [-50.0] * count)
    assert high == pytest.approx(log(count), abs=0.011)
    assert low == pytest.approx(-log(count), abs=0.011)


def test_ratios_that_say_too_much_are_backed_less_far() -> None:
    truth, right = normals(2.0, 500)
    _, boasting = normals(2.0, 500, factor=4.0)
    assert supported_range(truth, boasting)[1] < 0.5 * supported_range(truth, right)[1]


def test_what_tells_nothing_is_not_backed() -> None:
    truth, noise = normals(0.0, 500)
    rng = np.random.default_rng(1)
    low, high = supported_range(truth, (3 * rng.normal(size=len(noise))).tolist())
    assert -0.2 < low <= 0 <= high < 0.2


def test_few_people_back_little_however_many_machines_there_are() -> None:
    truth = [True] * 5_000 + [False] * 20
    _, high = supported_range(truth, [50.0] * 5_000 + [-50.0] * 20)
    assert high < log(22)


def test_shares_that_reach_a_ratio() -> None:
    points = tippett([True, True, False, False], [1.0, 2.0, -1.0, 1.0])
    assert [(p.log_ratio, p.positives, p.negatives) for p in points] == [
        (-1.0, 1.0, 1.0), (1.0, 1.0, 0.5), (2.0, 0.5, 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize("prior", [0.01, 0.5, 0.6])
def test_what_presumes_a_share_is_rid_of_it(prior: float) -> None:
    odds = [ratio * prior / (1 - prior) for ratio in (1.0, 99.0)]
    found = log_ratios([each / (1 + each) for each in odds], prior)
    assert found == pytest.approx([0.0, log(99)])
    assert max(map(abs, log_ratios([0.0, 1.0], prior))) < 800


@pytest.mark.parametrize("function", [cllr, minimum_cllr, supported_range, tippett])
def test_both_kinds_are_needed(function: object) -> None:
    assert callable(function)
    with pytest.raises(InputError, match="positive and negative"):
        function([True], [1.0])
    with pytest.raises(InputError, match="2 scores for 1 labels"):
        function([True], [1.0, 2.0])
