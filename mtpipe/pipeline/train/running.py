"""Training as a call: from a recipe, or from keywords alone, to a model."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import TypedDict, Unpack

from mtpipe.errors import ConfigError
from mtpipe.pipeline.train.execution import Run, carry_out
from mtpipe.training.folder import Continuation
from mtpipe.training.recipe import read_recipe
from mtpipe.training.settings import Recipe
from mtpipe.types import Direction
from mtpipe.types.training import Outcome, TrainingReport


class TrainKeywords(TypedDict, total=False):
    """Further options of :func:`train`; what isn't given is as the recipe says.

    Attributes:
        direction: to train, such as ``de-en``, and the columns of files whose names don't say.
        dev: files of the development set.
        encoder_init: folder of a pretrained encoder that a new model begins with.
        vocabulary: folder with a tokenizer for a new model.
        max_steps: stop after so many steps of the whole run.
        max_epochs: stop after so many readings of the data.
        patience: stop after so many evaluations without a better chrF2.
        continuation: ``same``, ``resume`` or ``restart``: what happens to a run that is in the
            folder; by default it is taken up if its settings are the same.
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: CPU threads; by default as many as there are cores.
    """

    direction: Direction | str | None
    dev: Sequence[str | Path]
    encoder_init: str | Path | None
    vocabulary: str | Path | None
    max_steps: int | None
    max_epochs: float | None
    patience: int | None
    continuation: Continuation | str
    device: str
    threads: int | None


Event = str | TrainingReport
"""A line on a stage of the run, or how far the training is."""

_TURN = Lock()
"""Held while training: torch has one number of threads and one seed for the whole process."""


def train(
    recipe: str | Path | None = None,
    *,
    data: Sequence[str | Path] = (),
    init: str | None = None,
    output: str | Path,
    max_minutes: float | None = None,
    on_event: Callable[[Event], None] = lambda _: None,
    report_every_s: float = 30,
    **further: Unpack[TrainKeywords],
) -> Outcome:
    r"""Train a translation model from scratch, or fine-tune one.

    It takes the extra ``torch``. Any number of threads may call this: one trains, the others wait.

    >>> from pathlib import Path
    >>> from mtpipe import train
    >>> size = Path("my.de-en.tsv").write_text("Guten Morgen.\tGood morning.\n" * 9)
    >>> outcome = train(data=["my.de-en.tsv"], init="starter", output="tuned", max_steps=1)
    >>> (outcome.step, outcome.model.as_posix())
    (1, 'tuned/model')

    Args:
        recipe: file in TOML; keywords go before what it says.
        data: sentence pairs, .tsv or .tmx, also compressed.
        init: model to fine-tune: the name of an installed one, or a folder.
        output: folder of the run, which gets the model, too.
        max_minutes: stop so many minutes from now.
        on_event: gets a line on each stage, and reports of the training's progress.
        report_every_s: seconds between two of those reports.
        further: see :class:`TrainKeywords`.

    Raises:
        DependencyMissing: torch or transformers isn't installed.
        ConfigError: settings contradict each other or the run that is in the folder.
        ModelError: the model to start from can't be used, or doesn't fit the data.
        InputError: corpora can't be read, or nothing of them is left.
        EngineError: the loss isn't finite any more, or a batch doesn't fit (OutOfMemory).
        OutputError: the folder can't be written.
        KeyboardInterrupt: SIGINT or SIGTERM came; during the training, the state is saved first.
    """
    settings = _recipe(recipe, data, init, max_minutes, further)
    run = Run(
        output=Path(output),
        continuation=_continuation(further.get("continuation", Continuation.SAME)),
        device=further.get("device", "auto"),
        threads=further.get("threads"),
        note=on_event,
        report=on_event,
        report_every_s=report_every_s,
    )
    with _TURN:
        return carry_out(settings, run)


def _recipe(
    recipe: str | Path | None,
    data: Sequence[str | Path],
    init: str | None,
    max_minutes: float | None,
    further: TrainKeywords,
) -> Recipe:
    direction = further.get("direction")
    return read_recipe(
        Path(recipe) if recipe is not None else None,
        data=_resolved(data),
        direction=str(direction) if direction is not None else None,
        init=str(Path(init).resolve()) if init and Path(init, "config.json").is_file() else init,
        encoder_init=next(iter(_resolved([further.get("encoder_init")])), None),
        vocabulary=next(iter(_resolved([further.get("vocabulary")])), None),
        dev=_resolved(further.get("dev", ())),
        max_steps=further.get("max_steps"),
        max_epochs=further.get("max_epochs"),
        max_minutes=max_minutes,
        patience=further.get("patience"),
    )


def _continuation(name: Continuation | str) -> Continuation:
    try:
        return Continuation(name)
    except ValueError as exc:
        known = ", ".join(Continuation)
        raise ConfigError(f"a run isn't continued as {name!r}", hint=f"it can be {known}") from exc


def _resolved(paths: Iterable[str | Path | None]) -> list[str]:
    """As recipes have them; their paths would be relative to the recipe."""
    return [str(Path(path).resolve()) for path in paths if path is not None]
