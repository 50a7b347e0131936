"""A recipe carried out: connects the trainer with models to start from and an evaluator."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe._optional import require
from mtpipe.config import cpu_threads
from mtpipe.errors import ConfigError, OutputError
from mtpipe.models.cards import InstalledModel, find_installed
from mtpipe.models.marian import check_model
from mtpipe.pipeline.train.companions import make_companions
from mtpipe.pipeline.train.evaluator import evaluator
from mtpipe.pipeline.train.stopping import stop_on_signal
from mtpipe.training.batches import Mixture
from mtpipe.training.corpora import (
    Corpus,
    Note,
    find_corpora,
    token_stores,
    warn_of_unknown_weights,
)
from mtpipe.training.development import Pairs, digest_of_pairs, read_development
from mtpipe.training.folder import Continuation, held, open_folder, settings_of
from mtpipe.training.settings import Recipe
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction
from mtpipe.types.training import Ending, Outcome, TrainingReport

if TYPE_CHECKING:
    from transformers import MarianMTModel

    from mtpipe.training.pretrained import PretrainedEncoder

WARM_BATCHES = 300
"""Batches that a model which begins from an encoder is fitted to."""

DEVELOPMENT_SEGMENTS = 250
"""Segments of each direction that an evaluation during training translates."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """Where and how a recipe is carried out.

    Attributes:
        output: folder of the run.
        continuation: what happens to a run that is there already.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads; None takes as many as there are cores.
        note: gets a line on each stage.
        report: gets the training's progress.
        report_every_s: seconds between two of those reports.
    """

    output: Path
    continuation: Continuation = Continuation.SAME
    device: str = "auto"
    threads: int | None = None
    note: Note = field(default=_log.info)
    report: Callable[[TrainingReport], None] = field(default=lambda _: None)
    report_every_s: float = 30


def carry_out(recipe: Recipe, run: Run) -> Outcome:
    """Carry out a recipe: prepare vocabulary and corpora, train, evaluate, save.

    Raises:
        MtpipeError: see :func:`mtpipe.pipeline.train.running.train`.
        KeyboardInterrupt: SIGINT or SIGTERM came; during the training, the state is saved first.
    """
    _require_torch()
    device, threads = _device(run.device), run.threads or cpu_threads()
    init = find_installed(recipe.init) if recipe.init else None
    encoder = _encoder(recipe)
    corpora = find_corpora(recipe, frozenset(init.card.directions) if init else None)
    trained = frozenset().union(*(corpus.directions for corpus in corpora))
    development = (
        read_development(recipe.dev, trained, recipe.direction, limit=DEVELOPMENT_SEGMENTS)
        if recipe.dev
        else {}
    )
    settings = settings_of(recipe, digest_of_pairs(development))
    try:
        with held(run.output):
            open_folder(run.output, settings, run.continuation)
            companions = run.output / "tokenizer"
            if not companions.is_dir():
                make_companions(
                    recipe, init, encoder, corpora, companions, threads=threads, note=run.note
                )
            return _train(
                recipe,
                run,
                init,
                encoder,
                _mixture(recipe, run, encoder, corpora, companions, threads=threads),
                companions=companions,
                development=development,
                device=device,
                threads=threads,
            )
    except OSError as exc:
        raise OutputError(
            f"can't write to {run.output}: {exc.strerror or exc}",
            hint="free some space or choose another --output, then run the same command again",
        ) from exc


def _require_torch() -> None:
    # Read by OpenMP when torch is loaded. Threads that wait for each other spinning fall to a
    # fifth of their speed as soon as anything else runs; to sleep costs a twentieth at most. Only
    # here: CTranslate2 decodes each batch on one thread, and torch decodes as a benchmark's stock does.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    require("torch", extra="torch")
    require("transformers", extra="torch")


def _mixture(
    recipe: Recipe,
    run: Run,
    encoder: "PretrainedEncoder | None",
    corpora: list[Corpus],
    companions: Path,
    *,
    threads: int,
) -> Mixture:
    """The batches of a run, from corpora that are tokenised now unless they are already."""
    from mtpipe.training.warm_start import check_vocabulary  # noqa: PLC0415

    vocabulary = Vocabulary(companions, threads=threads)
    if encoder:
        known = check_vocabulary(encoder, vocabulary)
        run.note(f"{known:,} of {len(vocabulary):,} tokens begin as {encoder.name}'s")
    stores = list(token_stores(corpora, vocabulary, companions, run.output, run.note))
    warn_of_unknown_weights(recipe.weights, stores)
    return Mixture(
        stores,
        recipe.weights,
        vocabulary,
        batch_tokens=recipe.schedule.batch_tokens,
        seed=recipe.seed,
    )


def _device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("there is no GPU that torch can use", hint="--device cpu")
    return name


def _train(
    recipe: Recipe,
    run: Run,
    init: InstalledModel | None,
    encoder: "PretrainedEncoder | None",
    mixture: Mixture,
    *,
    companions: Path,
    development: dict[Direction, Pairs],
    device: str,
    threads: int,
) -> Outcome:
    import torch

    from mtpipe.training.trainer import Trainer  # noqa: PLC0415

    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    trainer = Trainer(
        _initial_model(recipe, init, encoder, mixture),
        companions,
        mixture,
        recipe.schedule,
        run.output,
        evaluate=evaluator(development, device, threads) if development else None,
        development=digest_of_pairs(development),
        report=run.report,
        device=device,
    )
    if trainer.resume():
        run.note(f"taking up the run in {run.output} at step {trainer.progress.step:,}")
    run.note(
        f"training on {mixture.pairs:,} pairs ({len(recipe.data)} files), {device}, "
        f"{threads} threads"
    )
    with stop_on_signal() as stop:
        ending = trainer.run(
            stop=stop, evaluate_first=init is not None, report_every_s=run.report_every_s
        )
    if ending is Ending.STOPPED:
        run.note(f"stopped at step {trainer.progress.step:,}; the same command resumes from there")
        raise KeyboardInterrupt
    progress = trainer.progress
    figures = [point for point in progress.curve if "chrf" in point]
    best = max(figures, key=lambda point: point["chrf"], default=None)
    return Outcome(
        model=run.output / "model",
        ending=ending,
        step=progress.step,
        tokens=progress.tokens,
        seconds=progress.seconds,
        best_chrf=best["chrf"] if best and development else None,
        best_step=best["step"] if best and development else progress.step,
    )


def _encoder(recipe: Recipe) -> "PretrainedEncoder | None":
    """The encoder to begin with, read and checked before anything else takes time."""
    if recipe.encoder_init is None:
        return None
    if not recipe.encoder_init.is_dir():
        raise ConfigError(
            f"there is no folder {recipe.encoder_init} with an encoder",
            hint="it takes config.json, model.safetensors and tokenizer.json from the model hub",
        )
    from mtpipe.training.pretrained import read_encoder  # noqa: PLC0415
    from mtpipe.training.warm_start import check_layers  # noqa: PLC0415

    encoder = read_encoder(recipe.encoder_init)
    check_layers(encoder, recipe.architecture)
    return encoder


def _initial_model(
    recipe: Recipe,
    init: InstalledModel | None,
    encoder: "PretrainedEncoder | None",
    mixture: Mixture,
) -> "MarianMTModel":
    from mtpipe.training.model import load_model, new_model  # noqa: PLC0415
    from mtpipe.training.warm_start import warm_model  # noqa: PLC0415

    if init:
        check_model(init.directory)
        return load_model(init.directory)
    if encoder is None:
        return new_model(recipe.architecture, len(mixture.vocabulary))
    first = [batch for _, _, batch in islice(mixture.batches(), WARM_BATCHES)]
    return warm_model(encoder, recipe.architecture, mixture.vocabulary, first)
