"""``mtpipe translate``."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.options import (
    STANDARD,
    ComputeDevice,
    Failures,
    From,
    Inputs,
    Model,
    Output,
    Threads,
    Weights,
)
from mtpipe.cli.translate_articles import translate_articles
from mtpipe.cli.translate_lines import translate_lines
from mtpipe.cli.translate_options import (
    AsJson,
    Beam,
    Cache,
    Comet,
    Engine,
    Format,
    Lines,
    RoundTrip,
    To,
)
from mtpipe.types.choices import Device, DocumentFormat, EngineName, Quantization

if TYPE_CHECKING:
    from mtpipe import Translator


def translate(
    to: To,
    inputs: Inputs = None,
    source: From = None,
    output: Output = STANDARD,
    form: Format = DocumentFormat.JSONL,
    failures: Failures = None,
    lines: Lines = False,
    as_json: AsJson = False,
    model: Model = "auto",
    engine: Engine = EngineName.CTRANSLATE2,
    beam: Beam = 4,
    quantization: Weights = Quantization.AUTO,
    device: ComputeDevice = Device.AUTO,
    threads: Threads = 0,
    cache: Cache = True,
    round_trip: RoundTrip = False,
    comet: Comet = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Translate articles, or single lines, between German, English and French.

    Articles are HTML, text, Markdown, JSON, CSV, TSV, Parquet, feeds or WARC, also compressed. What
    surrounds an article on its page is kept in the JSON, untranslated. Evident mistakes are
    decoded again in other ways, and flagged.

    Ctrl-C finishes the articles in hand; a second one stops at once. The same command resumes.
    Failed articles are listed in OUTPUT.failures.jsonl (exit code 6, or 3 if all failed to read).

    With `--lines`, every line of the input becomes one line of the output, even if it is empty,
    very long or in the wrong encoding; doubtful lines are listed on standard error.

    Examples:
    ```
    mtpipe translate pages/ --to en -o translated.jsonl
    mtpipe translate page.html --to fr --format html -o page.fr.html
    mtpipe translate pages/ --to fr --round-trip -o estimated.jsonl
    mtpipe translate https://example.org/article --from de --to en --format text
    mtpipe translate --lines --from de --to en < in.txt > out.txt
    ```
    """
    if engine is not EngineName.CTRANSLATE2 and quantization is not Quantization.AUTO:
        raise typer.BadParameter("--quantization is for --engine ctranslate2")
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    system: dict[str, Any] = {"model": model, "engine": engine, "beam": beam}
    system |= {"quantization": quantization, "device": device, "threads": threads or None}
    system |= {"source": source}
    if lines:
        estimates = round_trip or bool(comet)
        _refuse_what_is_for_articles(inputs, source, form, failures, estimates, furniture)
        translate_lines(inputs, output, partial(_translator, to, system), as_json=as_json)
    elif as_json:
        raise typer.BadParameter("--json is for --lines; articles are JSON lines anyway")
    else:
        system |= {"cache": cache, "round_trip": round_trip, "comet": comet}
        load = partial(_translator, to, system)
        translate_articles(inputs, output, load, form=form, failures=failures, furniture=furniture)


def _translator(to: str, options: dict[str, Any]) -> "Translator":
    from mtpipe import Translator  # noqa: PLC0415 - not for --help

    return Translator(to, **options)


def _refuse_what_is_for_articles(
    inputs: list[str] | None,
    source: str | None,
    form: DocumentFormat,
    failures: Path | None,
    estimates: bool,
    furniture: Furniture,
) -> None:
    """Complain of options that have no effect on lines, and of what lines need.

    Raises:
        BadParameter: there is something to complain of.
    """
    if source is None:
        raise typer.BadParameter("--lines needs --from as well")
    if form is not DocumentFormat.JSONL:
        raise typer.BadParameter("--format is for articles; --lines writes lines, or --json")
    if inputs and len(inputs) > 1:
        raise typer.BadParameter("--lines takes one file")
    if failures:
        raise typer.BadParameter("--failures is for articles; doubtful lines go to standard error")
    if estimates:
        raise typer.BadParameter("--round-trip and --comet are for articles")
    furniture.refuse_options("lines")
