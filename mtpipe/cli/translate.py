"""``mtpipe translate``."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.options import complete_model
from mtpipe.cli.translate_articles import translate_articles
from mtpipe.cli.translate_lines import STANDARD, translate_lines
from mtpipe.types import Direction, Language
from mtpipe.types.choices import Device, DocumentFormat, EngineName, Quantization


def translate(
    target_language: Annotated[
        str, typer.Option("--to", metavar="LANG", help="Target language: de, en or fr.")
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            help="Files, folders, globs or addresses; - or nothing is standard input.",
            show_default=False,
        ),
    ] = None,
    source_language: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="LANG", help="Source language; by default each article's own."
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = STANDARD,
    output_format: Annotated[
        DocumentFormat, typer.Option("--format", "-f", help="How articles are written.")
    ] = DocumentFormat.JSONL,
    failures: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where articles that failed are listed; by default OUTPUT.failures.jsonl.",
        ),
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="One segment a line in, one out; empty lines are kept.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --lines: write source, target, score and flags.")
    ] = False,
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
        EngineName, typer.Option("--engine", help="What runs the model.")
    ] = EngineName.CTRANSLATE2,
    beam: Annotated[
        int,
        typer.Option("--beam", min=1, max=64, help="Width of the beam search; 1 is greedy."),
    ] = 4,
    quantization: Annotated[
        Quantization,
        typer.Option(help="Weights for ctranslate2; auto: int8 on a CPU, float16 on a GPU."),
    ] = Quantization.AUTO,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    threads: Annotated[
        int, typer.Option(min=0, help="CPU threads; 0: one a core.", show_default=False)
    ] = 0,
    cache: Annotated[
        bool, typer.Option(help="Keep the sentences of articles, and don't translate them again.")
    ] = True,
    round_trip: Annotated[
        bool,
        typer.Option(
            "--round-trip",
            help="Translate the sentences of articles back, too, and say how alike they are (chrF).",
        ),
    ] = False,
    comet: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Estimate the quality of each sentence with COMET, e.g. "
            "Unbabel/wmt22-cometkiwi-da; needs comet-score.",
        ),
    ] = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Translate articles, or single lines, between German, English and French.

    Articles are HTML, text, Markdown, JSON, CSV, TSV, Parquet or feeds, also compressed. What surrounds an article on its
    page is told apart and kept in the JSON, untranslated. What is evidently wrong with a
    translation is decoded again another way, and flagged.

    Ctrl-C finishes the articles in hand, up to some five hundred sentences: seconds of a small
    model's work, minutes of a large one's. A second Ctrl-C stops at once, and so may you kill a run:
    the same command goes on where it was. Articles that fail are listed in OUTPUT.failures.jsonl,
    and the exit code is 6, or 3 if nothing could be read at all.

    With `--lines`, every line of the input becomes one line of the output, also if it is empty,
    very long or in the wrong encoding; what was doubtful is listed on standard error.

    Examples:
    ```
    mtpipe translate pages/ --to en -o translated.jsonl
    mtpipe translate page.html --to fr --format html -o page.fr.html
    mtpipe translate pages/ --to fr --round-trip -o estimated.jsonl
    mtpipe translate https://example.org/article --from de --to en --format text
    mtpipe translate --lines --from de --to en < in.txt > out.txt
    ```
    """
    source = Language.parse(source_language) if source_language else None
    target = Language.parse(target_language)
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)

    from mtpipe.engines.base import DecodingOptions  # noqa: PLC0415
    from mtpipe.pipeline.systems import loading as systems  # noqa: PLC0415

    load = partial(
        systems.load_system,
        engine=EngineName(engine),
        options=DecodingOptions(beam=beam),
        quantization=Quantization(quantization),
        device=device.value,
        threads=threads or None,
    )
    if lines:
        if source is None:
            raise typer.BadParameter("--lines needs --from as well")
        if output_format is not DocumentFormat.JSONL:
            raise typer.BadParameter("--format is for articles; --lines writes lines, or --json")
        if inputs and len(inputs) > 1:
            raise typer.BadParameter("--lines takes one file")
        if round_trip or comet:
            raise typer.BadParameter("--round-trip and --comet are for articles")
        furniture.refuse_options("lines")
        file = Path(inputs[0]) if inputs else STANDARD
        translate_lines(file, output, Direction(source, target), model, load, as_json=as_json)
        return
    if as_json:
        raise typer.BadParameter("--json is for --lines; articles are JSON lines anyway")
    if source is not None:
        Direction(source, target)  # complains about twice the same
    translate_articles(
        inputs or ["-"],
        target,
        source=source,
        output=None if output == STANDARD else output,
        output_format=output_format,
        failures=failures,
        model=model,
        load=load,
        cache=cache,
        round_trip=round_trip,
        comet=comet,
        furniture=furniture,
    )
