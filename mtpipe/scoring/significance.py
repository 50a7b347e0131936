"""How certain a difference is: p-values and clusters, with sacrebleu's numbers.

The same seed gives the p-values of ``sacrebleu --paired-bs`` and ``--paired-ar``: random numbers are drawn in the same order and scores computed by sacrebleu
itself. What differs is the cost: resamples are drawn in small pieces instead of at once, each
system is resampled once and not once for each pair, and no segment is measured twice. And where
nothing that a metric counts differs, p is 1 and not the least there is.

sacrebleu's bootstrap p-value is too small for a two-sided test, see :class:`PairedResult`. Where
its number isn't asked for (benchmarks), :attr:`PairedMethod.CENTRED` does better on the same
resamples.

Sources: Koehn, Statistical Significance Tests for Machine Translation Evaluation (EMNLP 2004), for
the bootstrap; Riezler and Maxwell, On Some Pitfalls in Automatic Evaluation and Significance
Testing for MT (2005), for approximate randomisation; Freitag et al., Results of WMT22 Metrics
Shared Task (2022), for the clusters; Efron and Tibshirani, An Introduction to the Bootstrap (1993),
chapter 16, for centring.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mtpipe.errors import InputError
from mtpipe.scoring.metrics import Statistics
from mtpipe.scoring.resampling import RESAMPLES, SAMPLING, TRIALS, Sampling, resample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALPHA = 0.05
"""A p-value below this is called significant."""

# Coin flips that are drawn at once, and rows of them: flips are drawn 32 at a time, so that a
# multiple of 32 rows gives the same ones as one single draw.
_FLIPS, _ROWS, _LEAST_ROWS = 2**24, 512, 32


class PairedMethod(StrEnum):
    """How two systems are compared."""

    BOOTSTRAP = "bootstrap"
    """sacrebleu's ``--paired-bs``, number for number."""
    RANDOMISATION = "randomisation"
    """Approximate randomisation, sacrebleu's ``--paired-ar``, number for number."""
    CENTRED = "centred"
    """A two-sided test on the bootstrap's resamples. Of few segments these vary too little, so that
    no p-value is below 2 / 2^n, the least that n segments could have by changing places."""

    @property
    def default_samples(self) -> int:
        """Resamples or trials where no other number is given."""
        return TRIALS if self is PairedMethod.RANDOMISATION else RESAMPLES


@dataclass(frozen=True, slots=True)
class PairedResult:
    """Two systems compared by one metric.

    Attributes:
        first: name of one.
        second: name of the other.
        difference: score of the first less that of the second.
        p_value: 0..1; the order of the two systems doesn't matter to it, and it is 1 where nothing
            differs. Of the centred bootstrap and the randomisation: how often a difference as large
            as this, either way, comes about by chance. Of sacrebleu's bootstrap: in how many
            resamples the absolute difference is above its mean by more than this difference. That
            is about one tail of the two: of pairs that don't differ, over twice the nominal 5 %
            have a p-value below 0.05 (11 % in a simulation of 100 normal differences).
    """

    first: str
    second: str
    difference: float
    p_value: float

    def is_significant(self, alpha: float = ALPHA) -> bool:
        """Whether the two differ; equal scores don't, though sacrebleu's p-value is then least."""
        return self.difference != 0 and self.p_value < alpha


@dataclass(frozen=True, slots=True)
class Cluster:
    """Systems that the test can't separate from the best of them.

    Attributes:
        rank: from 1, the best.
        systems: names, best first.
    """

    rank: int
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Significance:
    """All comparisons of some systems by one metric.

    Attributes:
        method: of the comparisons.
        samples: resamples or trials of each.
        seed: of the random numbers.
        signature: the metric's, with method, samples and seed.
        pairs: every pair of systems once, in the order in which the systems were given.
        clusters: of all systems, best first.
    """

    method: PairedMethod
    samples: int
    seed: int
    signature: str
    pairs: tuple[PairedResult, ...]
    clusters: tuple[Cluster, ...]

    def between(self, one: str, other: str) -> PairedResult:
        """The comparison of two systems, with the first-named first.

        Raises:
            KeyError: they weren't compared.
        """
        for pair in self.pairs:
            if (pair.first, pair.second) == (one, other):
                return pair
            if (pair.first, pair.second) == (other, one):
                return PairedResult(one, other, -pair.difference, pair.p_value)
        raise KeyError((one, other))


def compare(
    systems: Mapping[str, Statistics],
    method: PairedMethod,
    sampling: Sampling = SAMPLING,
    *,
    resampled: Mapping[str, "NDArray[np.floating[Any]]"] | None = None,
    alpha: float = ALPHA,
    on_progress: Callable[[], None] = lambda: None,
) -> Significance:
    """Compare every pair of systems by one metric and cluster them.

    No correction is made for the number of pairs.

    Args:
        systems: by name; all of one metric, references and length.
        method: of the comparison.
        sampling: how samples are drawn.
        resampled: what :func:`resample` gave for each system with the same sampling, where it is
            known; only looked at for the two kinds of bootstrap.
        alpha: below which a p-value separates clusters.
        on_progress: called after each pair.

    Raises:
        InputError: there are fewer than two systems.
    """
    if len(systems) < 2:
        raise InputError("a comparison needs two systems or more")
    samples = sampling.samples or method.default_samples
    sampling = Sampling(samples, sampling.seed)
    by_trials = method is PairedMethod.RANDOMISATION
    if by_trials:
        resampled = None
    elif resampled is None:
        resampled = {name: resample(statistics, sampling) for name, statistics in systems.items()}
    pairs = []
    for one, other in combinations(systems, 2):
        first, second = systems[one], systems[other]
        drawn = (resampled[one], resampled[other]) if resampled else None
        difference = first.score.value - second.score.value
        p_value = _probability(first, second, method, sampling, drawn)
        pairs.append(PairedResult(one, other, difference, p_value))
        on_progress()
    metric = next(iter(systems.values())).metric
    return Significance(
        method=method,
        samples=samples,
        seed=sampling.seed,
        signature=metric.signature(
            bootstrap=None if by_trials else samples,
            trials=samples if by_trials else None,
            seed=sampling.seed,
        ),
        pairs=tuple(pairs),
        clusters=cluster(
            {name: statistics.score.value for name, statistics in systems.items()},
            pairs,
            higher_is_better=metric.higher_is_better,
            alpha=alpha,
        ),
    )


def _probability(
    first: Statistics,
    second: Statistics,
    method: PairedMethod,
    sampling: Sampling,
    drawn: "tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]] | None",
) -> float:
    """The p-value of two systems' difference; ``drawn`` has their resamples, for a bootstrap."""
    difference = abs(first.score.value - second.score.value)
    if first.rows == second.rows:
        return 1.0
    if drawn is None:
        return _randomisation(first, second, difference, sampling)
    p_value = _BOOTSTRAPS[method](*drawn, difference)
    return max(p_value, 2.0 ** (1 - len(first))) if method is PairedMethod.CENTRED else p_value


def cluster(
    scores: Mapping[str, float],
    pairs: "list[PairedResult] | tuple[PairedResult, ...]",
    *,
    higher_is_better: bool = True,
    alpha: float = ALPHA,
) -> tuple[Cluster, ...]:
    """Rank systems in clusters, as WMT does it.

    Down the list of systems, best first, each joins the cluster above unless it is significantly
    worse than that cluster's best; the first that is opens the next cluster and is its best. So
    ranks never contradict scores, and "not significantly worse" isn't passed on along the list.

    Args:
        scores: of the systems.
        pairs: every pair of them.
        higher_is_better: whether more is better.
        alpha: below which a p-value is significant.
    """
    apart = {frozenset((pair.first, pair.second)): pair.is_significant(alpha) for pair in pairs}
    groups: list[list[str]] = []
    for name in sorted(scores, key=lambda name: scores[name], reverse=higher_is_better):
        if groups and not apart[frozenset((groups[-1][0], name))]:
            groups[-1].append(name)
        else:
            groups.append([name])
    return tuple(Cluster(rank, tuple(group)) for rank, group in enumerate(groups, 1))


def _bootstrap(
    first: "NDArray[np.floating[Any]]", second: "NDArray[np.floating[Any]]", difference: float
) -> float:
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    differences = np.abs(first - second)
    return _p_value(differences - differences.mean(), difference)


def _centred(
    first: "NDArray[np.floating[Any]]", second: "NDArray[np.floating[Any]]", difference: float
) -> float:
    """Two-sided: how often resampled differences are as far from their mean as this one from 0."""
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    differences = first.astype(np.float64) - second
    far = np.abs(differences - differences.mean()) >= difference
    return float((far.sum() + 1) / (len(differences) + 1))


_BOOTSTRAPS = {PairedMethod.BOOTSTRAP: _bootstrap, PairedMethod.CENTRED: _centred}


def _randomisation(
    first: Statistics, second: Statistics, difference: float, sampling: Sampling
) -> float:
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    # Counts are whole numbers (but for TER's mean length of several references), so that these
    # sums are exact, whatever their order.
    one, other = (np.array(statistics.rows, dtype=np.float64) for statistics in (first, second))
    swapped_away = one - other
    total_one, total_other = one.sum(axis=0), other.sum(axis=0)
    scorer = first.metric
    rng = np.random.default_rng(sampling.seed)
    samples = sampling.samples or TRIALS
    differences = np.empty(samples)
    most = max(_LEAST_ROWS, min(_ROWS, _FLIPS // len(one) // _LEAST_ROWS * _LEAST_ROWS))
    for start in range(0, samples, most):
        rows = min(most, samples - start)
        # trials x segments: whether a segment's two translations change places
        flips = rng.integers(2, size=(rows, len(one)), dtype=bool)
        moved = flips.astype(np.float64) @ swapped_away  # trials x numbers
        for i, row in enumerate(moved, start):
            differences[i] = abs(
                float(scorer.score_of_sum(total_one - row))
                - float(scorer.score_of_sum(total_other + row))
            )
    return _p_value(differences, difference)


def _p_value(differences: "NDArray[np.floating[Any]]", observed: float) -> float:
    """Share of samples that differ more than the systems do.

    One is added to both counts, so that no p-value is too small for the number of samples.
    """
    return float(((differences > observed).sum() + 1) / (len(differences) + 1))
