"""Intervals, p-values and clusters: sacrebleu's numbers from the same seed."""

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest

from mtpipe.errors import InputError
from mtpipe.scoring import significance
from mtpipe.scoring.metrics import Metric, MetricScore, Statistics
from mtpipe.scoring.quality import MeanScorer
from mtpipe.scoring.resampling import Sampling, confidence, interval, resample
from mtpipe.scoring.significance import Cluster, PairedMethod, PairedResult, cluster, compare
from mtpipe.types.choices import MetricName

WORDS = [
    "the",
    "council",
    "of",
    "Bern",
    "meets",
    "on",
    "Monday",
    "and",
    "opens",
    "a",
    "bridge",
    "over",
    "its",
    "river",
    "again",
]


def made_up(segments: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=rng.randint(1, 14))) + "." for _ in range(segments)]


def noisy(segments: list[str], share: float, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(w for w in text.split() if rng.random() > share) for text in segments]


REFERENCE = made_up(60, 1)
SYSTEMS = {
    "a": noisy(REFERENCE, 0.2, 2),
    "b": noisy(REFERENCE, 0.22, 3),
    "c": made_up(60, 4),
    "d": noisy(REFERENCE, 0.3, 5),
}
KINDS = {
    MetricName.BLEU: lambda: BLEU(references=[REFERENCE]),
    MetricName.CHRF: lambda: CHRF(references=[REFERENCE]),
    MetricName.CHRF_PLUS_PLUS: lambda: CHRF(word_order=2, references=[REFERENCE]),
    MetricName.TER: lambda: TER(references=[REFERENCE]),
}


def measured(name: MetricName) -> dict[str, Statistics]:
    metric = Metric(name, [REFERENCE])
    return {system: metric.measure(texts) for system, texts in SYSTEMS.items()}


@pytest.mark.parametrize("seed", [12345, 7])
@pytest.mark.parametrize(
    ("method", "code", "samples"),
    [(PairedMethod.BOOTSTRAP, "bs", 200), (PairedMethod.RANDOMISATION, "ar", 1_000)],
)
@pytest.mark.parametrize("name", MetricName)
def test_paired_tests_are_sacrebleus(
    name: MetricName,
    method: PairedMethod,
    code: str,
    samples: int,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SACREBLEU_SEED", str(seed))
    signatures, results = PairedTest(
        list(SYSTEMS.items()), {"m": KINDS[name]()}, None, test_type=code, n_samples=samples
    )()
    statistics = measured(name)
    sampling = Sampling(samples, seed)
    ours = compare(statistics, method, sampling)
    [key] = signatures
    assert ours.signature == str(signatures[key])
    for system, expected in zip(SYSTEMS, results[key], strict=True):
        assert statistics[system].score.value == expected.score
        if expected.p_value is not None:
            assert ours.between("a", system).p_value == expected.p_value
        if expected.mean is not None:
            estimate = interval(resample(statistics[system], sampling))
            assert (estimate.mean, estimate.half_width) == (expected.mean, expected.ci)


@pytest.mark.parametrize("name", MetricName)
def test_confidence_is_sacrebleus(name: MetricName) -> None:
    expected = KINDS[name]().corpus_score(SYSTEMS["a"], None, n_bootstrap=150)
    ours = confidence(measured(name)["a"], Sampling(150))
    assert (ours.mean, ours.half_width) == (expected._mean, expected._ci)


@pytest.mark.parametrize("trials", [1, 511, 512, 513, 1_100])
def test_flips_drawn_in_pieces_are_those_drawn_at_once(trials: int) -> None:
    statistics = measured(MetricName.CHRF)
    _, results = PairedTest(
        list(SYSTEMS.items())[:2],
        {"m": KINDS[MetricName.CHRF]()},
        None,
        test_type="ar",
        n_samples=trials,
    )()
    ours = compare(
        {name: statistics[name] for name in ("a", "b")},
        PairedMethod.RANDOMISATION,
        Sampling(trials),
    )
    assert ours.pairs[0].p_value == results["chrF2"][1].p_value


def test_nothing_is_measured_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = measured(MetricName.BLEU)
    monkeypatch.setattr(BLEU, "_extract_corpus_statistics", None)
    for method in PairedMethod:
        compare(statistics, method, Sampling(50))


def test_every_pair_is_compared_in_both_directions() -> None:
    calls: list[None] = []
    result = compare(
        measured(MetricName.CHRF),
        PairedMethod.BOOTSTRAP,
        Sampling(100),
        on_progress=lambda: calls.append(None),
    )
    assert len(result.pairs) == len(calls) == 6
    assert result.between("a", "c").difference > 0
    assert result.between("c", "a").difference == -result.between("a", "c").difference
    assert result.between("c", "a").p_value == result.between("a", "c").p_value
    with pytest.raises(KeyError):
        result.between("a", "x")


def test_a_system_isnt_different_from_itself() -> None:
    one = measured(MetricName.BLEU)["a"]
    for method in PairedMethod:
        result = compare({"x": one, "y": one}, method, Sampling(100))
        assert result.pairs[0].difference == 0
        assert result.pairs[0].p_value == 1
        assert not result.pairs[0].is_significant()
        assert result.clusters == (Cluster(1, ("x", "y")),)


class Mean:
    """A metric that is the mean of one number a segment."""

    higher_is_better = True

    def signature(self, **_: object) -> str:
        return "mean"

    def add_up(self, rows: list[list[float]], **_: object) -> MetricScore:
        return MetricScore("mean", "mean", float(np.mean(rows)), "mean")

    def score_of_sum(self, row: np.ndarray) -> float:
        return float(row[0])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Differences 4 0 2 2 about their mean 2: two are 2 away or more.
        ([4, 0, 2, 2], [0, 0, 0, 0], (2 + 1) / 5),
        ([0, 0, 0, 0], [4, 0, 2, 2], (2 + 1) / 5),
        ([4, 0, 2, 3], [0, 0, 0, 1], (2 + 1) / 5),
        # All of them just as far as the measured difference, which is 2: nothing to see.
        ([4, 4, 0, 0], [0, 0, 0, 0], 1.0),
        # None: 10 to 12 about 11, and 2 is what was measured.
        ([10, 11, 12, 11], [0, 0, 0, 0], 1 / 5),
    ],
    ids=["two of four", "the other way", "of two systems", "at the edge", "none"],
)
def test_the_centred_bootstrap_by_hand(
    first: list[float], second: list[float], expected: float
) -> None:
    metric = Mean()
    systems = {
        "a": Statistics(metric, [[3.0], [1.0]] * 4),
        "b": Statistics(metric, [[1.0], [-1.0]] * 4),
    }
    found = compare(
        systems,
        PairedMethod.CENTRED,
        Sampling(4),
        resampled={"a": np.array(first, float), "b": np.array(second, float)},
    )
    assert found.pairs[0].difference == 2
    assert found.pairs[0].p_value == pytest.approx(expected)


@pytest.mark.parametrize(("segments", "least"), [(1, 1.0), (2, 0.5), (5, 1 / 16), (11, 1 / 1_001)])
def test_few_segments_show_no_difference(segments: int, least: float) -> None:
    systems = {name: Statistics(Mean(), [[v]] * segments) for name, v in (("a", 9.0), ("b", 1.0))}
    [pair] = compare(systems, PairedMethod.CENTRED).pairs
    assert pair.p_value == pytest.approx(least)


def test_the_centred_bootstrap_finds_differences_by_chance_as_often_as_it_says() -> None:
    """Of 400 pairs that don't differ about 5 % are called different; by sacrebleu's over 8 %."""
    rng = np.random.default_rng(1)
    found = {PairedMethod.CENTRED: 0, PairedMethod.BOOTSTRAP: 0}
    drawn = rng.integers(0, 60, (200, 60))
    for _ in range(400):
        one, other = rng.normal(size=(2, 60))
        systems = {
            name: Statistics(Mean(), values[:, None].tolist())
            for name, values in (("a", one), ("b", other))
        }
        resampled = {"a": one[drawn].mean(axis=1), "b": other[drawn].mean(axis=1)}
        for method in found:
            [pair] = compare(systems, method, Sampling(200), resampled=resampled).pairs
            found[method] += pair.is_significant()
    assert 0.02 * 400 <= found[PairedMethod.CENTRED] <= 0.08 * 400
    assert found[PairedMethod.BOOTSTRAP] > 0.08 * 400


def test_one_system_cant_be_compared() -> None:
    with pytest.raises(InputError, match="two systems"):
        compare({"a": measured(MetricName.BLEU)["a"]}, PairedMethod.BOOTSTRAP)


def p(one: str, other: str, value: float) -> PairedResult:
    return PairedResult(one, other, 1.0, value)


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ((0.5, 0.5, 0.5), [("a", "b", "c")]),
        ((0.01, 0.01, 0.01), [("a",), ("b",), ("c",)]),
        ((0.5, 0.01, 0.5), [("a", "b"), ("c",)]),
        # b is worse than a, c isn't: ranks still don't contradict scores.
        ((0.01, 0.5, 0.5), [("a",), ("b", "c")]),
        ((0.05, 0.04, 0.5), [("a", "b"), ("c",)]),
    ],
    ids=["all tied", "all apart", "not passed on", "in order of scores", "at the level"],
)
def test_clusters(p_values: tuple[float, ...], expected: list[tuple[str, ...]]) -> None:
    ab, ac, bc = p_values
    pairs = [p("b", "a", ab), p("c", "a", ac), p("c", "b", bc)]
    found = cluster({"c": 10.0, "a": 30.0, "b": 20.0}, pairs)
    assert found == tuple(Cluster(rank, names) for rank, names in enumerate(expected, 1))
    # The other way round for TER.
    lower = cluster({"c": 30.0, "a": 10.0, "b": 20.0}, pairs, higher_is_better=False)
    assert lower == found


@given(
    st.lists(st.integers(0, 100), min_size=2, max_size=6, unique=True),
    st.randoms(use_true_random=False),
)
def test_clusters_hold_every_system_once_and_in_order(
    values: list[int], rng: random.Random
) -> None:
    scores = {f"s{i}": float(value) for i, value in enumerate(values)}
    names = list(scores)
    pairs = [p(a, b, rng.random() / 5) for i, a in enumerate(names) for b in names[i + 1 :]]
    listed = [name for found in cluster(scores, pairs) for name in found.systems]
    assert listed == sorted(names, key=lambda name: -scores[name])


def test_resampling_is_repeatable() -> None:
    one = measured(MetricName.BLEU)["a"]
    first, again, other = (resample(one, Sampling(50, seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("flips", [1, 60 * 64, 60 * 100])
def test_of_many_segments_fewer_trials_are_drawn_at_once(
    flips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = {name: measured(MetricName.CHRF)[name] for name in ("a", "b")}

    def p_value() -> float:
        return compare(systems, PairedMethod.RANDOMISATION, Sampling(1_100)).pairs[0].p_value

    expected = p_value()
    monkeypatch.setattr(significance, "_FLIPS", flips)
    assert p_value() == expected


def test_many_segments_take_little_memory() -> None:
    scorer = MeanScorer("m", "m", "s")
    systems = {name: scorer.statistics([0.1 * i] * 200_000) for i, name in enumerate("ab")}
    for statistics in systems.values():
        statistics.rows[0] = [0.5, 1.0]
    tracemalloc.start()
    compare(systems, PairedMethod.RANDOMISATION, Sampling(512))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 400e6  # 512 trials at once took 930 MB
