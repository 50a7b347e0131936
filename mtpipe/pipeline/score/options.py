"""What is asked of a scoring run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from mtpipe.errors import ConfigError
from mtpipe.scoring.metrics import MetricOptions
from mtpipe.scoring.quality import QualityName
from mtpipe.scoring.resampling import Sampling
from mtpipe.scoring.significance import ALPHA, PairedMethod
from mtpipe.types.choices import MetricName

AnyMetric = MetricName | QualityName


def parse_metric(name: str) -> AnyMetric:
    """The metric of a name, whatever its case.

    Raises:
        ConfigError: there is none.
    """
    for kind in (MetricName, QualityName):
        if name.lower() in set(kind):
            return kind(name.lower())
    known = ", ".join([*MetricName, *QualityName])
    raise ConfigError(f"there is no metric {name!r}", hint=f"it can be {known}")


PAIRED = (PairedMethod.BOOTSTRAP, PairedMethod.RANDOMISATION)
"""Tests that may be asked for: sacrebleu's. The other one is the benchmarks', whose reports say what it is."""

_SAMPLED = "--paired or --confidence"

BY_MODEL = frozenset({QualityName.ROUND_TRIP, QualityName.MODEL})
"""Metrics that need a translation model."""


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What is asked of the material.

    Attributes:
        metrics: in the order of the columns.
        metric_options: what changes the string metrics' figures.
        digits: behind the decimal point, for people.
        confidence: whether to estimate intervals; the paired bootstrap does so anyway.
        paired: how systems are compared, or None.
        sampling: for both.
        alpha: below which a p-value is significant.
        baseline: the system that p-values refer to; None for the first.
        by: kinds of labels to split by; ``segment`` for every segment on its own.
        examples: segments to show of each side of a comparison; 0 for no comparison.
        between: the two systems to be compared segment by segment; None for the first two.
        model: for reference-free scores that need a model.
    """

    metrics: tuple[AnyMetric, ...] = (MetricName.BLEU, MetricName.CHRF)
    metric_options: MetricOptions = field(default_factory=MetricOptions)
    digits: int = 1
    confidence: bool = False
    paired: PairedMethod | None = None
    sampling: Sampling = field(default_factory=Sampling)
    alpha: float = ALPHA
    baseline: str | None = None
    by: tuple[str, ...] = ()
    examples: int = 0
    between: tuple[str, str] | None = None
    model: str = "auto"

    @property
    def needs_model(self) -> bool:
        """Whether a metric needs a translation model, and so the direction."""
        return any(metric in BY_MODEL for metric in self.metrics)


class ScoreKeywords(TypedDict, total=False):
    """Further options of :func:`mtpipe.pipeline.score.scoring.score`, each with a default.

    Attributes:
        confidence: estimate 95 % intervals by bootstrap; the paired bootstrap does so anyway.
        samples: resamples or trials; by default 1000, of a randomisation 10000.
        seed: of the random numbers, at least 1; by default sacrebleu's.
        alpha: below which a p-value is significant; 0.05 by default.
        baseline: name of the system that p-values refer to; by default the first.
        by: kinds of labels to score apart, such as ``document``; ``segment`` for each segment.
        tokenizer: BLEU's, by sacrebleu's name; by default the target language's.
        lowercase: ignore case in BLEU and chrF.
        model: for ``round-trip`` and ``model``: a name, a folder, or ``auto``.
        digits: behind the decimal point, for people; 1 by default.
        examples: segments to show of each side of a comparison; 0, the default, for none.
        between: the two systems to be compared; by default the first two.
    """

    confidence: bool
    samples: int | None
    seed: int
    alpha: float
    baseline: str | None
    by: Sequence[str]
    tokenizer: str | None
    lowercase: bool
    model: str
    digits: int
    examples: int
    between: tuple[str, str] | None


def options_of(
    metrics: Sequence[str],
    paired: str | None,
    target_language: str | None,
    further: ScoreKeywords,
) -> ScoreOptions:
    """Options from the keywords of a call.

    Raises:
        ConfigError: there is no such metric or test.
    """
    default = ScoreOptions()
    if paired and paired not in PAIRED:
        known = ", ".join(PAIRED)
        raise ConfigError(f"there is no paired test {paired!r}", hint=f"it can be {known}")
    return ScoreOptions(
        metrics=tuple(dict.fromkeys(map(parse_metric, metrics))),
        metric_options=MetricOptions(
            further.get("tokenizer"),
            target_language or "",
            lowercase=further.get("lowercase", False),
        ),
        digits=further.get("digits", default.digits),
        confidence=further.get("confidence", default.confidence),
        paired=PairedMethod(paired) if paired else None,
        sampling=Sampling(further.get("samples"), further.get("seed", default.sampling.seed)),
        alpha=further.get("alpha", default.alpha),
        baseline=further.get("baseline"),
        by=tuple(dict.fromkeys(further.get("by", ()))),
        examples=further.get("examples", default.examples),
        between=further.get("between"),
        model=further.get("model", default.model),
    )


def refuse_what_has_no_effect(options: ScoreOptions) -> None:
    """Complain of what belongs to a test, a metric or a page that isn't asked for.

    Raises:
        ConfigError: there is something to complain of.
    """
    default, metrics = ScoreOptions(), options.metrics
    has_case = any(isinstance(each, MetricName) and each is not MetricName.TER for each in metrics)
    is_sampled = options.paired is not None or options.confidence
    for is_given, is_used, name, goes_with in (
        (options.baseline is not None, options.paired, "a baseline", "--paired"),
        (options.alpha != default.alpha, options.paired, "--alpha", "--paired"),
        (options.sampling.samples, is_sampled, "a number of samples", _SAMPLED),
        (options.sampling != default.sampling, is_sampled, "a seed", _SAMPLED),
        (
            options.metric_options.tokenizer is not None,
            MetricName.BLEU in metrics,
            "a tokenizer",
            "--metric bleu",
        ),
        (options.metric_options.lowercase, has_case, "--lowercase", "bleu, chrf and chrf++"),
        (options.between is not None, options.examples, "--between", "--format html"),
    ):
        if is_given and not is_used:
            raise ConfigError(f"{name} has no effect here", hint=f"it goes with {goes_with}")
