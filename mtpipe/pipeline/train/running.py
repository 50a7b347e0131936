"""Training: connects the trainer with models to start from and engines to evaluate with."""

import logging
import math
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe._optional import require
from mtpipe.config import cpu_threads
from mtpipe.errors import ConfigError, OutputError
from mtpipe.models.cards import InstalledModel, find_installed, model_at
from mtpipe.models.marian import check_model
from mtpipe.pipeline.train.companions import make_companions
from mtpipe.training.batches import Mixture
from mtpipe.training.corpora import (
    Note,
    find_corpora,
    token_stores,
    warn_of_unknown_weights,
)
from mtpipe.training.development import Pairs, read_development
from mtpipe.training.folder import Continuation, open_folder, settings_of
from mtpipe.training.settings import Recipe
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction

if TYPE_CHECKING:
    from transformers import MarianMTModel

    from mtpipe.training.pretrained import PretrainedEncoder
    from mtpipe.training.trainer import Ending, Report

WARM_BATCHES = 300
"""Batches that a model which begins from an encoder is fitted to."""

DEVELOPMENT_SEGMENTS = 250
"""Segments of each direction that an evaluation during training translates."""

_log = logging.getLogger(__name__)


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
    ending: "Ending"
    step: int
    tokens: int
    seconds: float
    best_chrf: float | None
    best_step: int


@dataclass(frozen=True)
class Run:
    """Where and how a recipe is carried out.

    Attributes:
        output: folder of the run.
        continuation: what happens to a run that is there already.
        device: "cpu", "cuda" or "auto".
        threads: CPU threads; None takes as many as there are cores.
        note: told of each stage, one line.
        report: told of the training's progress.
        report_every_s: seconds between two of those reports.
    """

    output: Path
    continuation: Continuation = Continuation.SAME
    device: str = "auto"
    threads: int | None = None
    note: Note = field(default=_log.info)
    report: "Callable[[Report], None]" = field(default=lambda _: None)
    report_every_s: float = 30


def train(recipe: Recipe, run: Run) -> Outcome:
    """Carry out a recipe: prepare vocabulary and corpora, train, evaluate, save.

    Raises:
        DependencyMissing: torch or transformers isn't installed.
        ConfigError: settings contradict each other or the run that is in the folder.
        ModelError: the model to start from can't be used, or doesn't fit the data.
        InputError: corpora can't be read, or nothing of them is left.
        EngineError: the loss isn't finite any more.
        OutOfMemory: a batch doesn't fit.
        OutputError: the folder can't be written.
        KeyboardInterrupt: SIGINT or SIGTERM came; during the training, the state is saved first.
    """
    # Read by OpenMP when torch is loaded. Threads that wait for each other spinning fall to a
    # fifth of their speed as soon as anything else runs; to sleep costs a twentieth at most. Only
    # here: CTranslate2 decodes each batch on one thread, and torch decodes as a benchmark's stock does.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    require("torch", extra="torch")
    require("transformers", extra="torch")
    from mtpipe.training.warm_start import check_vocabulary  # noqa: PLC0415

    device, threads = _device(run.device), run.threads or cpu_threads()
    init = find_installed(recipe.init) if recipe.init else None
    encoder = _encoder(recipe)
    settings = settings_of(recipe)
    corpora = find_corpora(recipe, frozenset(init.card.directions) if init else None)
    trained = frozenset().union(*(corpus.directions for corpus in corpora))
    development = (
        read_development(recipe.dev, trained, recipe.direction, limit=DEVELOPMENT_SEGMENTS)
        if recipe.dev
        else {}
    )
    try:
        open_folder(run.output, settings, run.continuation)
        companions = run.output / "tokenizer"
        if not companions.is_dir():
            make_companions(
                recipe, init, encoder, corpora, companions, threads=threads, note=run.note
            )
        vocabulary = Vocabulary(companions, threads=threads)
        if encoder:
            known = check_vocabulary(encoder, vocabulary)
            run.note(f"{known:,} of {len(vocabulary):,} tokens begin as {encoder.name}'s")
        stores = list(token_stores(corpora, vocabulary, companions, run.output, run.note))
        warn_of_unknown_weights(recipe.weights, stores)
        mixture = Mixture(
            stores,
            recipe.weights,
            vocabulary,
            batch_tokens=recipe.schedule.batch_tokens,
            seed=recipe.seed,
        )
        return _train(
            recipe,
            run,
            init,
            encoder,
            mixture,
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

    from mtpipe.training.trainer import Ending, Trainer  # noqa: PLC0415

    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    trainer = Trainer(
        _initial_model(recipe, init, encoder, mixture),
        companions,
        mixture,
        recipe.schedule,
        run.output,
        evaluate=_evaluator(development, device, threads) if development else None,
        report=run.report,
        device=device,
    )
    if trainer.resume():
        run.note(f"taking up the run in {run.output} at step {trainer.progress.step:,}")
    run.note(
        f"training on {mixture.pairs:,} pairs ({len(recipe.data)} files), {device}, "
        f"{threads} threads"
    )
    with _stop_on_signal() as stop:
        ending = trainer.run(
            stop=stop, evaluate_first=init is not None, report_every_s=run.report_every_s
        )
    if ending is Ending.STOPPED:
        run.note(f"stopped at step {trainer.progress.step:,}; the same command goes on from there")
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


def _evaluator(
    development: dict[Direction, Pairs], device: str, threads: int
) -> Callable[[Path], dict[str, float]]:
    """What the trainer calls: greedy translation of the development set, chrF2 and BLEU.

    The figures are by direction (``chrf/de-en``) and their means (``chrf``).
    """
    import sacrebleu
    import torch

    from mtpipe.engines.base import DecodingOptions  # noqa: PLC0415
    from mtpipe.pipeline.systems.loading import load_system  # noqa: PLC0415

    def evaluate(directory: Path) -> dict[str, float]:
        # Of the candidate's own folder, and gone with it: the next one has other weights.
        conversions = directory / "ctranslate2"
        system = load_system(
            replace(model_at(directory), converted=conversions),
            options=DecodingOptions(beam=1),
            device=device,
            threads=threads,
        )
        scores: dict[str, float] = {}
        for direction, pairs in development.items():
            sources, references = zip(*pairs, strict=True)
            texts = [hypothesis.text for hypothesis in system.translate(sources, direction)]
            chrf = sacrebleu.corpus_chrf(texts, [references]).score
            scores[f"chrf/{direction}"] = chrf
            scores[f"bleu/{direction}"] = sacrebleu.corpus_bleu(texts, [references]).score
        for figure in ("chrf", "bleu"):
            values = [value for name, value in scores.items() if name.startswith(f"{figure}/")]
            scores[figure] = math.fsum(values) / len(values)
        shutil.rmtree(conversions, ignore_errors=True)
        # CTranslate2 leaves OpenMP with one thread for the whole process, torch's steps included.
        torch.set_num_threads(threads)
        return scores

    return evaluate


@contextmanager
def _stop_on_signal() -> Iterator[Callable[[], bool]]:
    """Yield a question: has SIGINT or SIGTERM come? A second one interrupts at once.

    Outside the main thread, where signals can't be had, the answer is always no.
    """
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def handle(_number: int, _frame: object) -> None:
        came.set()
        restore()

    for number in signals:
        signal.signal(number, handle)
    try:
        yield came.is_set
    finally:
        restore()
