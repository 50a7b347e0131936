"""``mtpipe train``: new models, and fine-tuned ones."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtpipe.cli import console
from mtpipe.cli.options import ComputeDevice, finite
from mtpipe.types import Direction, Language
from mtpipe.types.choices import Device

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtpipe.types.training import Outcome, TrainingReport

_Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder of the run; the model goes there, too.")
]
_Recipe = Annotated[
    Path | None,
    typer.Argument(help="Recipe in TOML; options override it.", metavar="RECIPE"),
]
_Data = Annotated[
    list[Path] | None,
    typer.Option(
        help="Sentence pairs, .tsv or .tmx, also .xz, .gz, .bz2 or .zst; may be repeated. A name "
        "like news.de-en.tsv says what the columns are."
    ),
]
_From = Annotated[str | None, typer.Option("--from", help="Source language: de, en or fr.")]
_To = Annotated[str | None, typer.Option("--to", help="Target language.")]
_Init = Annotated[
    str | None,
    typer.Option(help="Model to fine-tune: the name of an installed one, or a folder."),
]
_EncoderInit = Annotated[
    Path | None,
    typer.Option(
        help="Folder of a pretrained encoder (BERT, XLM-R, E5) for a new model to begin with."
    ),
]
_Vocabulary = Annotated[
    Path | None,
    typer.Option(
        help="Folder with a tokenizer for a new model; else one is trained, or cut from the "
        "encoder's."
    ),
]
_Dev = Annotated[
    list[Path] | None,
    typer.Option(
        help="Development set to be measured on: .tsv or .tmx, or one text file per language, "
        "parallel by lines (dev.de, dev.en); may be repeated."
    ),
]
_MaxSteps = Annotated[
    int | None, typer.Option(help="Stop after this many steps of the whole run.", min=1)
]
_MaxEpochs = Annotated[
    float | None,
    typer.Option(callback=finite, help="Stop after reading the data this many times."),
]
_MaxMinutes = Annotated[
    float | None, typer.Option(callback=finite, help="Stop this many minutes from now.")
]
_Patience = Annotated[
    int | None,
    typer.Option(help="Stop after this many evaluations without a better chrF2.", min=1),
]
_Resume = Annotated[
    bool, typer.Option("--resume", help="Continue a run even if its settings differ.")
]
_Restart = Annotated[
    bool, typer.Option("--restart", help="Remove the run that is in the folder and start over.")
]
_Threads = Annotated[int | None, typer.Option(help="CPU threads; by default all cores.", min=1)]
_Json = Annotated[bool, typer.Option("--json", help="Print figures as JSON.")]


def train(
    *,
    output: _Output,
    recipe: _Recipe = None,
    data: _Data = None,
    source: _From = None,
    target: _To = None,
    init: _Init = None,
    encoder_init: _EncoderInit = None,
    vocabulary: _Vocabulary = None,
    dev: _Dev = None,
    max_steps: _MaxSteps = None,
    max_epochs: _MaxEpochs = None,
    max_minutes: _MaxMinutes = None,
    patience: _Patience = None,
    resume: _Resume = False,
    restart: _Restart = False,
    device: ComputeDevice = Device.AUTO,
    threads: _Threads = None,
    as_json: _Json = False,
) -> None:
    """Train a translation model from scratch, or fine-tune one, and print its folder.

    With `--init`, an existing Marian model is fine-tuned: low rates, dropout, two epochs by default.
    Without it, a new model is made, with a vocabulary of its own; that takes hundreds of thousands
    of sentences, and an end (`--max-minutes`, say). A new model that begins with a pretrained
    encoder (`--encoder-init`: `config.json`, `model.safetensors` and `tokenizer.json`, as on the
    model hub) needs about a tenth as many. All of it needs `pip install 'mtpipe[torch]'`.

    With `--dev`, the model is measured every so often (chrF2, BLEU) and the best one is kept.
    The folder of the run holds `model/`, which `mtpipe translate --model` takes, `curve.csv` and
    `curve.svg`. Ctrl-C saves the state; the same command resumes from there, and also after the
    end, with a higher `--max-steps` or `--max-epochs`, or for other `--max-minutes`.

    Examples:
    ```
    mtpipe train --data my.tsv --from de --to en --init starter --output tuned
    mtpipe translate --model tuned/model --from de --to en --lines < in.txt
    mtpipe train recipe.toml --max-minutes 60 --output run
    mtpipe train recipe.toml --encoder-init multilingual-e5-small --max-minutes 60 --output run
    ```
    """
    outcome = _trained(
        recipe,
        data=data or (),
        init=init,
        output=output,
        max_minutes=max_minutes,
        direction=_direction(source, target),
        dev=dev or (),
        encoder_init=encoder_init,
        vocabulary=vocabulary,
        max_steps=max_steps,
        max_epochs=max_epochs,
        patience=patience,
        continuation=_continuation(resume=resume, restart=restart),
        device=device.value,
        threads=threads,
    )
    _print(outcome, as_json=as_json)


def _trained(recipe: Path | None, **options: Any) -> "Outcome":
    """Train, and show the progress."""
    from mtpipe import train as train_model  # noqa: PLC0415 - not on the way to --help

    with _reporting() as (show, every_s):
        return train_model(recipe, on_event=show, report_every_s=every_s, **options)


def _continuation(*, resume: bool, restart: bool) -> str:
    if resume and restart:
        raise typer.BadParameter("--resume and --restart exclude each other")
    return "resume" if resume else "restart" if restart else "same"


def _direction(source: str | None, target: str | None) -> Direction | None:
    if (source is None) != (target is None):
        raise typer.BadParameter("--from and --to belong together")
    if source is None or target is None:
        return None
    return Direction(Language.parse(source), Language.parse(target))


def _print(outcome: "Outcome", *, as_json: bool) -> None:
    quality = "" if outcome.best_chrf is None else f", chrF2 {outcome.best_chrf:.1f}"
    console.notice(
        f"{outcome.ending.value} after {outcome.step:,} steps; "
        f"the model is of step {outcome.best_step:,}{quality}"
    )
    if as_json:
        figures = asdict(outcome) | {"model": str(outcome.model), "seconds": outcome.seconds}
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    else:
        sys.stdout.write(f"{outcome.model}\n")


@contextmanager
def _reporting() -> "Iterator[tuple[Callable[[str | TrainingReport], None], float]]":
    """A function that shows events, and the seconds between reports: a bar on a terminal, or lines.

    Notes and evaluations are always lines.
    """
    stderr = console.stderr()
    if console.is_quiet() or not stderr.is_terminal:

        def print_line(event: "str | TrainingReport") -> None:
            console.notice(event if isinstance(event, str) else _line(event))

        yield print_line, 30.0
        return
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, *times, console=stderr, transient=True) as bar:
        task = bar.add_task("training", total=1.0, visible=False)

        def move_bar(event: "str | TrainingReport") -> None:
            if isinstance(event, str):
                console.notice(event)
            elif event.scores:
                bar.console.print(_line(event), markup=False, highlight=False)
            elif event.loss is not None:
                text = _line(event).partition(" · ")[2]
                bar.update(task, completed=event.done, description=text, visible=True)

        yield move_bar, 2.0


def _line(report: "TrainingReport") -> str:
    return _scores_line(report) if report.scores else _progress_line(report)


def _progress_line(report: "TrainingReport") -> str:
    loss = "" if report.loss is None else f" · loss {report.loss:.3f}"
    return f"{report.done:4.0%} · step {report.step:,}{loss} · {report.tokens_per_s:,.0f} tokens/s"


def _scores_line(report: "TrainingReport") -> str:
    scores = report.scores or {}
    directions = [
        f"{name.removeprefix('chrf/')} {value:.1f}"
        for name, value in scores.items()
        if name.startswith("chrf/")
    ]
    each = f" ({', '.join(directions)})" if len(directions) > 1 else ""
    best = ", the best so far" if report.is_best else ""
    return (
        f"step {report.step:,}: chrF2 {scores['chrf']:.1f}{each}, BLEU {scores['bleu']:.1f}{best}"
    )
