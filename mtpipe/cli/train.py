"""``mtpipe train``: new models, and fine-tuned ones."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cli import console
from mtpipe.types import Direction, Language
from mtpipe.types.choices import Device

if TYPE_CHECKING:
    from collections.abc import Callable

    from mtpipe.training.trainer import Report


def train(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the run, which gets the model, too.")
    ],
    recipe: Annotated[
        Path | None,
        typer.Argument(help="Recipe in TOML; options go before what it says.", metavar="RECIPE"),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="Sentence pairs, .tsv or .tmx, also .xz, .gz or .bz2; may be repeated. A name "
            "like news.de-en.tsv says what the columns are."
        ),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Source language: de, en or fr.")
    ] = None,
    target: Annotated[str | None, typer.Option("--to", help="Target language.")] = None,
    init: Annotated[
        str | None,
        typer.Option(help="Model to fine-tune: the name of an installed one, or a folder."),
    ] = None,
    encoder_init: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a pretrained encoder (BERT, XLM-R, E5) for a new model to begin with."
        ),
    ] = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            help="Folder with a tokenizer for a new model; else one is trained, or cut from the "
            "encoder's."
        ),
    ] = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option(
            help="Development set to be measured on: .tsv or .tmx, or one text file a language, "
            "parallel by lines (dev.de, dev.en); may be repeated."
        ),
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option(help="Stop after so many steps of the whole run.", min=1)
    ] = None,
    max_epochs: Annotated[
        float | None, typer.Option(help="Stop after so many readings of the data.")
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="Stop so many minutes from now.")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Stop after so many evaluations without a better chrF2.", min=1),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take up a run even if its settings were others.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Remove a run that is in the folder, begin anew.")
    ] = False,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads; by default all cores.", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures as JSON.")] = False,
) -> None:
    """Train a translation model from scratch, or fine-tune one, and print its folder.

    With `--init`, an existing Marian model is fine-tuned: low rates, dropout, two epochs unless
    told otherwise. Without, a new model is made, with a vocabulary of its own; that takes
    hundreds of thousands of sentences, and an end (`--max-minutes`, say). A new model that begins
    with a pretrained encoder (`--encoder-init`: `config.json`, `model.safetensors` and
    `tokenizer.json`, as on the model hub) needs about a tenth as many.

    With `--dev`, the model is measured every so often (chrF2, BLEU) and the best one is kept.
    The folder of the run holds `model/`, which `mtpipe translate --model` takes, `curve.csv` and
    `curve.svg`. Ctrl-C saves the state; the same command goes on from there. So does it after the
    end, with a higher `--max-steps` or `--max-epochs`, or for other `--max-minutes`.

    Training on a CPU or a GPU takes the same command; it needs `pip install 'mtpipe[torch]'`.

    Examples:
    ```
    mtpipe train --data my.tsv --from de --to en --init starter --output tuned
    mtpipe translate --model tuned/model --from de --to en --lines < in.txt
    mtpipe train recipe.toml --max-minutes 60 --output run
    mtpipe train recipe.toml --encoder-init multilingual-e5-small --max-minutes 60 --output run
    ```
    """
    from mtpipe.pipeline.train.running import Run  # noqa: PLC0415
    from mtpipe.pipeline.train.running import train as run_training  # noqa: PLC0415
    from mtpipe.training.folder import Continuation  # noqa: PLC0415
    from mtpipe.training.recipe import read_recipe  # noqa: PLC0415

    if resume and restart:
        raise typer.BadParameter("--resume and --restart exclude each other")
    if (source is None) != (target is None):
        raise typer.BadParameter("--from and --to belong together")
    direction = (
        str(Direction(Language.parse(source), Language.parse(target)))
        if source is not None and target is not None
        else None
    )
    settings = read_recipe(
        recipe,
        data=[str(path.resolve()) for path in data or []],
        direction=direction,
        init=str(Path(init).resolve()) if init and Path(init, "config.json").is_file() else init,
        encoder_init=str(encoder_init.resolve()) if encoder_init else None,
        vocabulary=str(vocabulary.resolve()) if vocabulary else None,
        dev=[str(path.resolve()) for path in dev or []],
        max_steps=max_steps,
        max_epochs=max_epochs,
        max_minutes=max_minutes,
        patience=patience,
    )
    with _reporting() as (report, every_s):
        outcome = run_training(
            settings,
            Run(
                output=output,
                continuation=Continuation.RESUME
                if resume
                else Continuation.RESTART
                if restart
                else Continuation.SAME,
                device=device.value,
                threads=threads,
                note=console.notice,
                report=report,
                report_every_s=every_s,
            ),
        )
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
def _reporting() -> "Iterator[tuple[Callable[[Report], None], float]]":
    """A function that shows reports, and the seconds between them: a bar on a terminal, or lines.

    Evaluations are always a line.
    """
    stderr = console.stderr()
    if console.is_quiet() or not stderr.is_terminal:

        def print_line(report: "Report") -> None:
            console.notice(_scores_line(report) if report.scores else _progress_line(report))

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

        def move_bar(report: "Report") -> None:
            if report.scores:
                bar.console.print(_scores_line(report), markup=False, highlight=False)
            elif report.loss is not None:
                text = _progress_line(report).partition(" · ")[2]
                bar.update(task, completed=report.done, description=text, visible=True)

        yield move_bar, 2.0


def _progress_line(report: "Report") -> str:
    loss = "" if report.loss is None else f" · loss {report.loss:.3f}"
    return f"{report.done:4.0%} · step {report.step:,}{loss} · {report.tokens_per_s:,.0f} tokens/s"


def _scores_line(report: "Report") -> str:
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
