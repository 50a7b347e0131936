"""How a training run goes on, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Ending(StrEnum):
    """Why a run ended."""

    BUDGET = "budget used up"
    PATIENCE = "no improvement"
    STOPPED = "stopped"


@dataclass(frozen=True)
class TrainingReport:
    """How far a run is.

    Attributes:
        step: optimiser steps done.
        loss: mean cross-entropy since the last report, nats per target token; None where no
            step was made since.
        tokens_per_s: target tokens per second since the last report.
        done: share of the budget that is used, 0 to 1.
        scores: development figures, where this report comes from an evaluation.
        is_best: whether they are the best so far.
    """

    step: int
    loss: float | None
    tokens_per_s: float
    done: float
    scores: dict[str, float] | None = None
    is_best: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a training run ended.

    Attributes:
        model: folder of the resulting model.
        ending: why it ended.
        step: optimiser steps, earlier resumptions included.
        tokens: target tokens seen, likewise.
        seconds: spent in those steps.
        best_chrf: chrF2 of the model on the development set, or None without one.
        best_step: step that the model is of.
    """

    model: Path
    ending: Ending
    step: int
    tokens: int
    seconds: float
    best_chrf: float | None
    best_step: int
