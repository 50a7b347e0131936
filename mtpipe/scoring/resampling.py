"""Bootstrap resamples of a score, and the interval that they give, with sacrebleu's numbers.

The same seed gives the intervals of ``sacrebleu --confidence`` and ``--paired-bs``: random numbers
are drawn in the same order, but in small pieces instead of at once.

Source: Koehn, Statistical Significance Tests for Machine Translation Evaluation (EMNLP 2004).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mtpipe.scoring.metrics import Statistics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 12345
"""Of all random numbers where no other is given; sacrebleu's."""

RESAMPLES = 1_000
"""Bootstrap resamples where no other number is given; sacrebleu's."""

TRIALS = 10_000
"""Trials of an approximate randomisation where no other number is given; sacrebleu's."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How random samples are taken.

    Attributes:
        samples: resamples or trials; None for the method's default.
        seed: at least 1: sacrebleu takes 0 for "no seed".
    """

    samples: int | None = None
    seed: int = SEED


SAMPLING = Sampling()
"""The method's usual number of samples, and sacrebleu's seed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval.

    Attributes:
        mean: of the resamples' scores, which is about but not exactly the score.
        half_width: half the distance of the 2.5th and 97.5th percentile.
    """

    mean: float
    half_width: float


def resample(statistics: Statistics, sampling: Sampling = SAMPLING) -> "NDArray[np.floating[Any]]":
    """Scores of bootstrap resamples (drawn with replacement, as large as the corpus).

    Systems that are resampled with the same seed get the same segments, which pairs them.

    Returns:
        One score per resample. That of chrF and TER is in single precision, since sacrebleu's is.
    """
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    rng = np.random.default_rng(sampling.seed)
    segments = len(statistics)
    rows = statistics.array  # segments x numbers
    return np.array(
        [
            # Summed in float32, as sacrebleu does it.
            statistics.metric.score_of_sum(rows[rng.choice(segments, size=segments)].sum(axis=0))
            for _ in range(sampling.samples or RESAMPLES)
        ]
    )


def interval(scores: "NDArray[np.floating[Any]]") -> Interval:
    """The interval of resampled scores, as of ``sacrebleu --paired-bs``."""
    from sacrebleu.significance import estimate_ci

    mean, half_width = estimate_ci(scores)
    return Interval(float(mean), float(half_width))


def interval_alone(scores: "NDArray[np.floating[Any]]") -> Interval:
    """The interval of resampled scores, as of ``sacrebleu --confidence``.

    The mean is added up in another precision than that of :func:`interval`, which shows in the
    seventh digit.
    """
    from sacrebleu.metrics.base import Score

    estimated: Any = Score("", 0.0)
    estimated.estimate_ci([Score("", value) for value in scores])
    return Interval(float(estimated._mean), float(estimated._ci))  # noqa: SLF001


def confidence(statistics: Statistics, sampling: Sampling = SAMPLING) -> Interval:
    """The bootstrap interval of a system's score, as of ``sacrebleu --confidence``."""
    return interval_alone(resample(statistics, sampling))
