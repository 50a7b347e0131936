"""The command line: one module a command, each parses, makes one pipeline call and prints.

Standard output carries results only; logs, progress and errors go to standard error.
"""

import os
import sys
from typing import Annotated, Any

import typer

from mtpipe import __version__
from mtpipe.cli import (
    align,
    archive,
    bench,
    cache,
    console,
    detect,
    models,
    score,
    train,
    translate,
)
from mtpipe.errors import INTERRUPTED, MtpipeError

app = typer.Typer(
    name="mtpipe",
    help="Translate, align, score and benchmark with MarianMT models between German, English and "
    "French, and detect machine-translated republications.",
    epilog="Examples:  mtpipe translate pages/ --to en -o out.jsonl  |  "
    "mtpipe translate --lines --from de --to en < in.txt > out.txt  |  "
    "mtpipe models list  |  mtpipe COMMAND --help",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("translate")(translate.translate)
app.command("align")(align.align)
app.command("detect")(detect.detect)
app.command("score")(score.score)
app.command("train")(train.train)
app.add_typer(archive.app, name="archive")
app.add_typer(bench.app, name="bench")
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")

# Typer came with a copy of Click of its own one day; the root of usage errors is named so in both.
_USAGE_PROBLEM: Any = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mtpipe {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what is done and with what.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors only, no progress.")
    ] = False,
) -> None:
    if verbose and quiet:
        raise typer.BadParameter("--verbose and --quiet exclude each other")
    console.configure(
        console.Verbosity.VERBOSE
        if verbose
        else console.Verbosity.QUIET
        if quiet
        else console.Verbosity.NORMAL
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: arguments without the program's name; those of the process by default.

    Returns:
        The exit code, see :mod:`mtpipe.errors`.
    """
    console.remember(sys.argv[1:] if argv is None else argv)
    try:
        result = app(args=argv, prog_name="mtpipe", standalone_mode=False)
        sys.stdout.flush()
    except _USAGE_PROBLEM as exc:
        exc.show()
        return int(exc.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        console.error("interrupted", hint=None)
        return INTERRUPTED
    except MtpipeError as exc:
        if isinstance(exc.__cause__, BrokenPipeError):
            # The reader (head, less) has seen enough, which is no news to the user. What Python
            # would still flush at exit goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            console.error(exc.message, hint=exc.hint)
        return exc.exit_code
    return result if isinstance(result, int) else 0
