"""``mtpipe models``: what models there are, and their installation."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cells import one_line
from mtpipe.cli import console
from mtpipe.cli.models_output import fact_table, model_table, print_check, print_json, print_table
from mtpipe.cli.options import Json
from mtpipe.errors import ModelCorrupt
from mtpipe.types.choices import Quantization

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress


app = typer.Typer(
    help="List, fetch, convert, check, remove and prune models.\n\n"
    "Examples:\n```\nmtpipe models list\nmtpipe models fetch opus-mt-de-en\nmtpipe models check\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


def _known_names(incomplete: str) -> list[str]:
    """Names of models, for the shell."""
    from mtpipe.models.cards import known_cards  # noqa: PLC0415

    return [name for name in known_cards() if name.startswith(incomplete)]


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the known and the installed models.

    Of the installed models of a direction, `--model auto` takes the one of the highest rank.

    Examples:
    ```
    mtpipe models list
    mtpipe models list --json | jq -r '.[] | select(.installed) | .name'
    ```
    """
    from mtpipe.models.listing import model_rows  # noqa: PLC0415 - not on the way to --help

    rows = model_rows()
    if as_json:
        print_json(rows)
    else:
        print_table(model_table(rows))
        if not all(row["installed"] for row in rows):
            console.notice("Install one with: mtpipe models fetch NAME")


@app.command()
def info(
    name: Annotated[
        str, typer.Argument(help="Name of a model, or folder of one.", autocompletion=_known_names)
    ],
    as_json: Json = False,
) -> None:
    """Show the card of a model, and where it is installed.

    Examples:
    ```
    mtpipe models info starter
    mtpipe models info opus-mt-de-en --json
    ```
    """
    from mtpipe.models.listing import model_facts  # noqa: PLC0415

    facts = model_facts(name)
    if as_json:
        print_json(facts)
    else:
        print_table(fact_table(facts))
        if facts["installed"] is None:
            console.notice(f"Install it with: mtpipe models fetch {facts['name']}")


@app.command()
def fetch(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of a known model, or hub id of any Marian model.",
            autocompletion=_known_names,
        ),
    ],
    revision: Annotated[
        str | None,
        typer.Option(help="Commit hash, branch or tag; by default the one that the card pins."),
    ] = None,
    direction: Annotated[
        list[str] | None,
        typer.Option(
            help="What a model without a card translates, where its name doesn't say; "
            "may be repeated."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch it even if it is installed.")
    ] = False,
) -> None:
    """Install a model from the Hugging Face hub, and print its folder.

    Takes the files of the weights (safetensors), the vocabulary and the configuration, nothing
    that could run. Verifies their checksums, converts the model to CTranslate2 int8, and
    translates a plain sentence with it: a model that fails is not installed. A fetch resumes after
    an interruption.

    `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` are honoured.

    Examples:
    ```
    mtpipe models fetch opus-mt-de-en
    mtpipe models fetch Helsinki-NLP/opus-mt-tc-big-en-fr --revision main
    mtpipe models fetch someone/my-marian-model --direction de-en --direction en-de
    ```
    """
    from mtpipe import fetch_model  # noqa: PLC0415

    _quieten_client()
    with _byte_progress() as bar:
        task = bar.add_task(name, total=None)
        model = fetch_model(
            name,
            revision=revision,
            directions=direction or [],
            force=force,
            on_notice=_notice_above(bar),
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    typer.echo(model.directory)


@app.command()
def convert(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of an installed model, or folder of one.", autocompletion=_known_names
        ),
    ],
    quantization: Annotated[
        Quantization, typer.Option(help="Format of the weights.")
    ] = Quantization.INT8,
) -> None:
    """Convert a model to CTranslate2 again, or to another weight format, and print the folder.

    The result then translates a plain sentence in each direction, as with `fetch`; one that fails
    isn't kept.

    `int8` is the fastest on CPUs, `float16` on GPUs; `float32` is exact. Translating converts by
    itself where need be.

    Examples:
    ```
    mtpipe models convert starter
    mtpipe models convert opus-mt-de-en --quantization float16
    ```
    """
    from mtpipe import convert_model  # noqa: PLC0415

    typer.echo(convert_model(name, quantization))


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Installed models; all of them by default.", autocompletion=_known_names
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Verify installed models: checksums, conversion, and a test translation per direction.

    Ends with exit code 4 if any fails.

    Examples:
    ```
    mtpipe models check
    mtpipe models check starter --json
    ```
    """
    from mtpipe import check_model  # noqa: PLC0415
    from mtpipe.models.cards import find_installed, installed_models  # noqa: PLC0415

    chosen = [find_installed(name) for name in names] if names else installed_models()
    results = []
    for model in chosen:
        result = check_model(model)
        results.append(result)
        if not as_json:
            print_check(result)
    if as_json:
        print_json([result.record() for result in results])
    failed = [result for result in results if result.problem]
    if failed:
        listed = ", ".join(result.name for result in failed)
        raise ModelCorrupt(
            f"{len(failed)} of {len(results)} models failed: {listed}", hint=failed[0].hint
        )


@app.command()
def remove(
    name: Annotated[
        str, typer.Argument(help="Name of an installed model.", autocompletion=_known_names)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Delete an installed model and its conversions.

    Of a symbolic link to a folder elsewhere, only the link.

    Examples:
    ```
    mtpipe models remove opus-mt-de-en
    mtpipe models remove opus-mt-de-en --yes
    ```
    """
    from mtpipe import remove_model  # noqa: PLC0415

    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("nobody can be asked here; confirm with --yes")
        typer.confirm(f"Delete {name}?", abort=True, err=True)
    directory = remove_model(name)
    console.notice(f"deleted {directory}")


@app.command()
def prune() -> None:
    """Delete the conversions that no model needs, and print their folders.

    Those of folders and models that aren't there any more, and those of earlier weights. `mtpipe cache
    info` says how large they are. One that is needed after all is made again in seconds.

    Example:
    ```
    mtpipe models prune
    ```
    """
    from mtpipe import prune_conversions  # noqa: PLC0415

    pruned = prune_conversions()
    for conversion in pruned:
        typer.echo(conversion.directory)
    size_bytes = sum(conversion.size_bytes for conversion in pruned)
    console.notice(f"conversions deleted: {len(pruned):,} ({size_bytes / 1e6:,.1f} MB)")


def _quieten_client() -> None:
    """The hub's client reports broken connections by itself; not to those who want quiet."""
    import logging  # noqa: PLC0415

    if console.is_quiet():
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)


def _byte_progress() -> "Progress":
    """A progress display for a download, on standard error, gone when it ends."""
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    stderr = console.stderr()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=stderr,
        disable=console.is_quiet() or not stderr.is_terminal,
        transient=True,
    )


def _notice_above(bar: "Progress") -> "Callable[[str], None]":
    """Notices that don't tear the progress display apart."""

    def notice(message: str) -> None:
        if not console.is_quiet():
            bar.console.print(one_line(message), markup=False, highlight=False, soft_wrap=True)

    return notice
