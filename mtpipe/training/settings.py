"""What a training run is made of; :mod:`mtpipe.training.recipe` reads it from files."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError
from mtpipe.types import Direction


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Sizes of a new Marian transformer (ignored when a run starts from an existing model).

    The defaults are the starter model's: small enough to train and to run on two CPU cores. Most
    layers are in the encoder, which runs once a sentence (Kasai et al. 2021, "Deep encoder,
    shallow decoder").
    """

    d_model: int = 256
    ffn_dim: int = 1024
    heads: int = 4
    encoder_layers: int = 6
    decoder_layers: int = 2
    vocabulary: int = 16_000

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if value < 1:
                raise ConfigError(f"architecture.{name} is at least 1, not {value}")
        if self.d_model % (2 * self.heads):
            raise ConfigError(
                f"architecture.d_model {self.d_model} can't be shared out between "
                f"{self.heads} heads of even width"
            )


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Optimisation: Muon on matrices, AdamW on embeddings, norms and biases.

    Muon: Jordan et al. 2024; the update's scale 0.2 * sqrt(max dim): Liu et al. 2025 (Muon is
    scalable for LLM training).

    Attributes:
        batch_tokens: target tokens a step, roughly.
        muon_rate: peak learning rate of the matrices; 0 puts them under AdamW like the rest.
        adam_rate: peak learning rate of everything else.
        encoder_rate: peak learning rate of the encoder, which is then all under AdamW: a pretrained
            one learns what is new at a tenth of the rates that fresh weights need. None treats it
            like the rest.
        output_rate: peak learning rate of the output embeddings, under AdamW; None is the rest's.
        weight_decay: of the matrices, under Muon.
        warmup_steps: steps in which the rates climb from zero to their peaks. A run that is
            taken up climbs from the rates at which it was left.
        decay: share of the budget, at its end, in which the rates fall linearly to zero; 0 for
            a run that will be resumed at full rate.
        dropout: in the model; 0 for large corpora seen a few times.
        label_smoothing: mass given to the whole vocabulary.
        sampled_vocabulary: tokens, besides those that a batch wants, that its softmax is computed
            over; 0 for the whole vocabulary. Faster, and a little noisier.
        average: horizon, in steps, of the exponential moving average of the weights that is
            evaluated and exported.
        evaluate_minutes: time between evaluations on the development set, at least; they are
            rarer where they would take more than a tenth of the time.
        patience: evaluations in a row without a better chrF2 after which training stops; None
            never stops early.
        max_steps: budget in steps of the whole run, earlier resumptions included; or None.
        max_epochs: budget in readings of the corpora, of the whole run; or None.
        max_minutes: budget in minutes, by the clock and for this invocation alone; or None.
    """

    batch_tokens: int = 4_000
    muon_rate: float = 3e-3
    adam_rate: float = 2e-3
    encoder_rate: float | None = None
    output_rate: float | None = None
    weight_decay: float = 0.05
    warmup_steps: int = 150
    decay: float = 0.15
    dropout: float = 0.0
    label_smoothing: float = 0.0
    sampled_vocabulary: int = 0
    average: int = 400
    evaluate_minutes: float = 15.0
    patience: int | None = None
    max_steps: int | None = None
    max_epochs: float | None = None
    max_minutes: float | None = None

    def __post_init__(self) -> None:
        if self.max_steps is None and self.max_minutes is None and self.max_epochs is None:
            raise ConfigError(
                "training needs an end", hint="give --max-steps, --max-epochs or --max-minutes"
            )
        for name, value in dataclasses.asdict(self).items():
            # Comparisons with nan are all false, those with an end of the run included.
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigError(f"schedule.{name} is a finite number, not {value}")
        for name in ("decay", "dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"schedule.{name} is a share, 0 to 1, not {getattr(self, name)}")
        for name in (
            *("muon_rate", "weight_decay", "warmup_steps", "evaluate_minutes"),
            "sampled_vocabulary",
        ):
            if getattr(self, name) < 0:
                raise ConfigError(f"schedule.{name} isn't negative, but {getattr(self, name)}")
        for name in (
            *("batch_tokens", "adam_rate", "encoder_rate", "output_rate", "average"),
            *("patience", "max_steps", "max_epochs", "max_minutes"),
        ):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigError(f"schedule.{name} is more than 0, not {value}")


FINE_TUNING: Mapping[str, Any] = {
    "batch_tokens": 2_000,
    "muon_rate": 0.0,
    "adam_rate": 5e-5,
    "warmup_steps": 50,
    "decay": 0.5,
    "dropout": 0.1,
    "label_smoothing": 0.1,
    "average": 100,
    "evaluate_minutes": 3.0,
    "patience": 5,
}
"""Defaults of the schedule where a run starts from an existing model.

Published models were trained with Adam, whose solutions Muon's updates of equal size in all
directions disturb; low rates and dropout keep what the model knows.
"""

WARM_START: Mapping[str, Any] = {
    "encoder_rate": 2e-4,
    "output_rate": 8e-4,
    "decay": 0.7,
}
"""Defaults of the schedule where a run starts from a pretrained encoder and a fresh decoder."""

FINE_TUNING_EPOCHS = 2.0
"""Budget of a fine-tuning run that names none."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One training run.

    Attributes:
        data: parallel files, see :func:`mtpipe.training.corpus.read_pairs`. The languages of
            each come from its name (``de-en.tsv.xz``, ``news.de-en.tmx``) or else from
            ``direction``.
        direction: the one direction to train, and the columns of files whose names don't say.
            None trains both directions of every file.
        dev: files of the development set: TSV files named and read like ``data``, or text files
            that are parallel line by line and end in their language (``dev.de``, ``dev.en``).
        init: the model to start from, by its name or folder; None for fresh weights.
        encoder_init: folder of a pretrained encoder that a new model begins with, see
            :mod:`mtpipe.training.warm_start`; None for fresh weights.
        vocabulary: folder with the tokenizer of a new model; None trains one, or cuts it from
            that of ``encoder_init``.
        weights: mixture weights, see :class:`mtpipe.training.batches.Mixture`.
        architecture: of a new model; width, heads and feed-forward size are ``encoder_init``'s
            where there is one.
        schedule: of the optimisation.
        seed: of everything random.
    """

    data: list[Path]
    direction: Direction | None = None
    dev: list[Path] = field(default_factory=list)
    init: str | None = None
    encoder_init: Path | None = None
    vocabulary: Path | None = None
    weights: dict[str, float] = field(default_factory=dict)
    architecture: Architecture = field(default_factory=Architecture)
    schedule: Schedule
    seed: int = 1

    def __post_init__(self) -> None:
        if self.init and self.encoder_init:
            raise ConfigError(
                "a run starts from a model (init) or from an encoder (encoder_init), not from both"
            )
        for name, weight in self.weights.items():
            if not math.isfinite(weight):
                raise ConfigError(f"weights.{name} is a finite number, not {weight}")
