"""``mtpipe translate``."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from mtpipe.cli import console
from mtpipe.errors import PARTIAL_FAILURE, InputError, OutputError
from mtpipe.types import Direction, Language

if TYPE_CHECKING:
    from mtpipe.pipeline.translate import LinesSummary

STANDARD = Path("-")
LISTED = 20
"""Doubtful lines that are listed one by one."""


class Engine(StrEnum):
    """As in mtpipe.engines.base, which isn't imported on the way to --help."""

    CTRANSLATE2 = "ctranslate2"
    TRANSFORMERS = "transformers"


class Quantization(StrEnum):
    """As in mtpipe.models.cards."""

    AUTO = "auto"
    INT8 = "int8"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


def complete_model(incomplete: str) -> list[str]:
    """Names of installed models, for the shell."""
    from mtpipe.models.cards import installed_models  # noqa: PLC0415

    names = ["auto", *(model.card.name for model in installed_models())]
    return [name for name in names if name.startswith(incomplete)]


def translate(
    source_language: Annotated[
        str, typer.Option("--from", metavar="LANG", help="Source language: de, en or fr.")
    ],
    target_language: Annotated[
        str, typer.Option("--to", metavar="LANG", help="Target language: de, en or fr.")
    ],
    source: Annotated[
        Path,
        typer.Argument(metavar="[FILE]", help="Text to translate; - is standard input."),
    ] = STANDARD,
    lines: Annotated[
        bool, typer.Option("--lines", help="One segment a line in, one out; empty lines are kept.")
    ] = False,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = STANDARD,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            autocompletion=complete_model,
            help="An installed model, a folder, or auto: the best that is installed.",
        ),
    ] = "auto",
    engine: Annotated[
        Engine, typer.Option("--engine", help="What runs the model.")
    ] = Engine.CTRANSLATE2,
    beam: Annotated[
        int,
        typer.Option("--beam", min=1, max=64, help="Width of the beam search; 1 is greedy."),
    ] = 4,
    quantization: Annotated[
        Quantization,
        typer.Option(help="Weights for ctranslate2; auto: int8 on a CPU, float16 on a GPU."),
    ] = Quantization.AUTO,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Annotated[
        int, typer.Option(min=0, help="CPU threads; 0: one a core.", show_default=False)
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON lines with source, target and score.")
    ] = False,
) -> None:
    """Translate text between German, English and French.

    Every line of the input becomes one line of the output, also if it is empty, very long or in
    the wrong encoding; what was doubtful is listed on standard error, and the exit code is 6.

    Examples:
    ```
    mtpipe translate --lines --from de --to en < in.txt > out.txt
    mtpipe translate --lines --from fr --to de --json in.txt -o out.jsonl
    mtpipe translate --lines --from en --to fr --model opus-mt-en-fr --beam 6 in.txt
    ```
    """
    if not lines:
        raise typer.BadParameter("only text with one segment a line so far: give --lines")
    direction = Direction(Language.parse(source_language), Language.parse(target_language))

    from mtpipe.engines.base import DecodingOptions, EngineName  # noqa: PLC0415
    from mtpipe.models.cards import Variant  # noqa: PLC0415
    from mtpipe.pipeline import systems  # noqa: PLC0415
    from mtpipe.pipeline.translate import translate_lines  # noqa: PLC0415

    chosen = systems.choose_model(model, direction)
    if model == systems.AUTO:
        better = systems.better_than(chosen, direction)
        advice = f"; a better one: mtpipe models fetch {better}" if better else ""
        console.notice(f"model: {chosen.card.name} for {direction}{advice}")
    system = systems.load_system(
        chosen,
        engine=EngineName(engine),
        options=DecodingOptions(beam=beam),
        variant=None if quantization is Quantization.AUTO else Variant(quantization),
        device=device,
        threads=threads or None,
    )
    with _opened(source, output) as (stream, target), console.progress(unit="lines") as progress:
        task = progress.add_task("translating", total=None, note="")
        summary = translate_lines(
            stream,
            target,
            system,
            direction,
            name=str(source) if source != STANDARD else "standard input",
            as_json=as_json,
            on_progress=lambda done: progress.update(task, completed=done),
        )
    _report(summary)


@contextmanager
def _opened(source: Path, output: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Input and output as streams of bytes; standard ones stay open."""
    with ExitStack() as files:
        try:
            stream = (
                sys.stdin.buffer if source == STANDARD else files.enter_context(source.open("rb"))
            )
        except OSError as exc:
            raise InputError(f"can't read {source}: {exc.strerror}") from exc
        try:
            target = (
                sys.stdout.buffer
                if output == STANDARD
                # Unbuffered: what couldn't be written must not come up again when it is closed.
                else files.enter_context(output.open("wb", buffering=0))
            )
        except OSError as exc:
            raise OutputError(f"can't write {output}: {exc.strerror}") from exc
        yield stream, target


def _report(summary: "LinesSummary") -> None:
    """Say what was done, and list the doubtful lines."""
    if console.is_verbose():
        speed = summary.lines / max(summary.seconds, 1e-9)
        console.notice(f"{summary.lines} lines in {summary.seconds:.1f} s, {speed:.0f} lines/s")
    if summary.flagged:
        for line in summary.flagged[:LISTED]:
            console.notice(f"line {line.number} {line.flag}")
        if len(summary.flagged) > LISTED:
            console.notice(f"... and {len(summary.flagged) - LISTED} more lines")
        raise typer.Exit(PARTIAL_FAILURE)
