"""BLEU, chrF, chrF++ and TER: sacrebleu's figures, to the last digit, with its signatures.

Measuring is separated from adding up, as inside sacrebleu: :meth:`Metric.measure` counts n-grams
or edits once for each segment, and everything else (corpus, document and segment scores, splits,
:mod:`mtpipe.scoring.significance`) is made of these :class:`Statistics`.

Not for reading files (:mod:`mtpipe.scoring.inputs`), nor for scores without a reference
(:mod:`mtpipe.scoring.quality`).

Source: Post, A Call for Clarity in Reporting BLEU Scores (WMT 2018).
"""

import copy
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from mtpipe.errors import ConfigError, DependencyMissing, InputError
from mtpipe.types.choices import MetricName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_TOKENIZED_LINES = 100
"""So many segments that end in " ." show that a text was never detokenised (sacrebleu's number)."""


@dataclass(frozen=True, slots=True)
class MetricOptions:
    """What changes a figure, and therefore stands in its signature.

    Attributes:
        tokenizer: BLEU's, by sacrebleu's name; None for the usual one of the target language,
            which is ``13a`` for all but Chinese, Japanese and Korean.
        target_language: ISO 639-1 code; only looked at for the usual tokenizer.
        lowercase: make BLEU, chrF and chrF++ ignore case. TER always does.
    """

    tokenizer: str | None = None
    target_language: str = ""
    lowercase: bool = False


@dataclass(frozen=True, slots=True)
class MetricScore:
    """A figure and what made it comparable.

    Attributes:
        metric: which metric, as on the command line.
        name: sacrebleu's name of it, with its parameters: ``BLEU``, ``chrF2``, ``chrF2++``, ``TER``.
        value: 0..100, in percent; TER may be above 100.
        signature: sacrebleu's.
        details: sacrebleu's further figures (BLEU: precisions, brevity penalty), or empty.
    """

    metric: str
    name: str
    value: float
    signature: str
    details: str = ""


class Scorer(Protocol):
    """What turns added-up statistics into a score: a :class:`Metric`, or a mean of segment scores."""

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""
        ...

    def signature(
        self,
        *,
        bootstrap: int | None = None,
        trials: int | None = None,
        seed: int | None = None,
        per_segment: bool = False,
    ) -> str:
        """What made a figure comparable; see :meth:`Metric.signature`."""
        ...

    def add_up(self, rows: list[list[float]], *, per_segment: bool = False) -> MetricScore:
        """The score of some segments taken together."""
        ...

    def score_of_sum(self, row: "NDArray[np.floating[Any]]") -> "float | np.floating[Any]":
        """The score of statistics that were added up elsewhere."""
        ...


class Metric:
    """A metric bound to its references, whose n-grams are counted once for all systems.

    Args:
        name: which metric.
        references: one sequence of segments for each reference translation, of equal lengths. A
            segment that a reference lacks is None; an empty string is an empty translation.
        options: what changes the figures.

    Raises:
        InputError: there is no reference, or they have different lengths or no segments.
        ConfigError: the tokenizer is unknown.
        DependencyMissing: the tokenizer needs a package or a model that isn't there.
    """

    def __init__(
        self,
        name: MetricName,
        references: Sequence[Sequence[str | None]],
        *,
        options: MetricOptions = MetricOptions(),
    ) -> None:
        lengths = sorted({len(reference) for reference in references})
        if not lengths or not lengths[0]:
            raise InputError("there is no reference to score against")
        if len(lengths) > 1:
            raise InputError(f"the references have {lengths[0]} and {lengths[-1]} segments")
        self.name = name
        self.options = options
        self.segments = lengths[0]
        self.references = len(references)
        self._sacrebleu = _build(name, references, options)

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""
        return self.name.higher_is_better

    def measure(self, hypotheses: Sequence[str]) -> "Statistics":
        """Count what the scores of a system's output are computed from.

        Args:
            hypotheses: one for each segment of the references.

        Raises:
            InputError: their number differs from the references'.
        """
        if len(hypotheses) != self.segments:
            raise InputError(
                f"there are {len(hypotheses)} hypotheses for {self.segments} reference segments"
            )
        if (
            self.name is MetricName.BLEU
            and sum(hypothesis.endswith(" .") for hypothesis in hypotheses) >= _TOKENIZED_LINES
        ):
            _log.warning(
                "over %d lines end in a separate full stop; BLEU is for detokenised text",
                _TOKENIZED_LINES,
            )
        rows = self._sacrebleu._extract_corpus_statistics(hypotheses, None)  # noqa: SLF001
        return Statistics(self, rows)

    def signature(
        self,
        *,
        bootstrap: int | None = None,
        trials: int | None = None,
        seed: int | None = None,
        per_segment: bool = False,
    ) -> str:
        """Sacrebleu's signature of a figure.

        Args:
            bootstrap: number of bootstrap resamples behind an interval or a p-value.
            trials: number of trials of an approximate randomisation.
            seed: of either.
            per_segment: whether it is for the scores of single segments.
        """
        signature = (self._for_segments if per_segment else self._sacrebleu).get_signature()
        for key, value in (("bs", bootstrap), ("ar", trials), ("seed", seed)):
            if value is not None:
                signature.update(key, value)
        return str(signature)

    @cached_property
    def _for_segments(self) -> Any:
        """The same for single segments: BLEU then leaves out orders without any n-gram."""
        metric = copy.copy(self._sacrebleu)
        if self.name is MetricName.BLEU:
            metric.effective_order = True
        return metric

    def add_up(self, rows: list[list[float]], *, per_segment: bool = False) -> MetricScore:
        """The score of some segments taken together.

        Args:
            rows: their statistics; at least one row.
            per_segment: whether this is one segment on its own.
        """
        metric = self._for_segments if per_segment else self._sacrebleu
        score = metric._aggregate_and_compute(rows)  # noqa: SLF001 - the other half of _extract
        return MetricScore(
            metric=self.name,
            name=score.name,
            value=float(score.score),
            signature=self.signature(per_segment=per_segment),
            details=score._verbose.strip(),  # noqa: SLF001 - what score.format() prints
        )

    def score_of_sum(self, row: "NDArray[np.floating[Any]]") -> "float | np.floating[Any]":
        """The score of statistics that were added up elsewhere, in the precision it comes out in.

        Args:
            row: sum of the rows of e.g. a resample.
        """
        score: float = self._sacrebleu._compute_score_from_stats(row).score  # noqa: SLF001
        return score


class Statistics:
    """What a metric counted in one system's output: the sufficient statistics of its scores.

    Args:
        metric: that counted.
        rows: a row of numbers for each segment, as sacrebleu makes them; a corpus's row is their
            sum.
    """

    def __init__(self, metric: Scorer, rows: list[list[float]]) -> None:
        self.metric = metric
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def array(self) -> "NDArray[np.float32]":
        """The rows as an array (segments x numbers), in the precision that sacrebleu samples in."""
        import numpy as np  # noqa: PLC0415 - not on the way to --help

        return np.array(self.rows, dtype=np.float32)

    @cached_property
    def score(self) -> MetricScore:
        """The score of the whole."""
        return self.metric.add_up(self.rows)

    def score_of(self, segments: Sequence[int]) -> MetricScore:
        """The score of some segments taken together: a document, a domain.

        Args:
            segments: their numbers, from 0; at least one.
        """
        return self.metric.add_up([self.rows[i] for i in segments])

    @cached_property
    def segment_scores(self) -> tuple[MetricScore, ...]:
        """The score of each segment alone, as ``sacrebleu --sentence-level`` has it."""
        return tuple(self.metric.add_up([row], per_segment=True) for row in self.rows)


def _build(
    name: MetricName, references: Sequence[Sequence[str | None]], options: MetricOptions
) -> Any:
    from sacrebleu.metrics import BLEU, CHRF, TER

    if name is MetricName.TER:
        return TER(references=references)
    if name is not MetricName.BLEU:
        return CHRF(
            word_order=2 if name is MetricName.CHRF_PLUS_PLUS else 0,
            lowercase=options.lowercase,
            references=references,
        )
    if options.tokenizer is not None and options.tokenizer not in BLEU.TOKENIZERS:
        raise ConfigError(
            f"there is no tokenizer {options.tokenizer!r}",
            hint=f"it can be {', '.join(BLEU.TOKENIZERS)}",
        )
    try:
        return BLEU(
            lowercase=options.lowercase,
            # sacrebleu's own warning goes past --quiet; Metric.measure gives it instead.
            force=True,
            tokenize=options.tokenizer,
            trg_lang="" if options.tokenizer else options.target_language,
            references=references,
        )
    except (ImportError, RuntimeError, OSError, SystemExit) as exc:
        # Some tokenizers need a package; others fetch a model, and sacrebleu exits if it can't.
        reason = " ".join(str(exc).split()) or "its model can't be fetched"
        raise DependencyMissing(
            f"the tokenizer {options.tokenizer or 'of ' + options.target_language} can't be used: "
            f"{reason}",
            hint="choose another one, e.g. --tokenizer 13a",
        ) from exc
