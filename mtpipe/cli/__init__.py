"""The command line: one module a command, each parses, makes one pipeline call and prints.

Standard output carries results only; logs, progress and errors go to standard error.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mtpipe import __version__
from mtpipe.cli import (
    align,
    archive,
    bench,
    cache,
    console,
    detect,
    models,
    scale,
    score,
    serve,
    train,
    translate,
)
from mtpipe.cli.aliases import todays
from mtpipe.errors import INTERRUPTED, InputError, MtpipeError, OutputError

_NOT_WRITTEN = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
"""What the system says where it can't take any more."""

_NO_NAME = {errno.ENAMETOOLONG, errno.ELOOP}
"""What the system says of a name that no file can have."""

_NOT_OPENED = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR}
"""What the system says of a file that the user may not open, or that is of another kind.

Merely asking whether it is there may bring the former up, anywhere.
"""

_SHOWN_CHARS = 200


@contextmanager
def _own_exit_codes() -> Iterator[None]:
    """Name what Typer and rich would make a silent exit of, with codes of their own.

    Raises:
        OutputError: the output's reader has gone, its disk is full, or the like.
        InputError: a name that no file can have, or a file that can't be opened.
        Abort: Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt as exc:
        raise typer.Abort from exc
    except SystemExit as exc:
        if isinstance(exc.__context__, BrokenPipeError):  # rich's way to go
            raise _not_written(exc.__context__) from exc.__context__
        raise
    except OSError as exc:
        if exc.errno in _NO_NAME:
            name = str(exc.filename)[:_SHOWN_CHARS]
            raise InputError(f"{name}... can't be the name of a file: {exc.strerror}") from exc
        if exc.errno in _NOT_OPENED and exc.filename is not None:
            raise InputError(f"can't open {exc.filename}: {exc.strerror}") from exc
        if exc.errno not in _NOT_WRITTEN:
            raise
        raise _not_written(exc) from exc


def _not_written(exc: OSError) -> OutputError:
    return OutputError(f"can't write {exc.filename or 'the output'}: {exc.strerror}")


class _Root(TyperGroup):
    """The command of all commands."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """As its base, which prints the help on the way."""
        with _own_exit_codes():
            return super().make_context(*args, **kwargs)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """As its base, after earlier words became today's."""
        return super().parse_args(ctx, todays(args))

    def invoke(self, ctx: Any) -> Any:
        """As its base."""
        with _own_exit_codes():
            return super().invoke(ctx)


app = typer.Typer(
    name="mtpipe",
    cls=_Root,
    help="Translate, align, score and benchmark with MarianMT models between German, English and "
    "French, and detect machine-translated republications.",
    epilog="Examples:\n```\n"
    "mtpipe translate pages/ --to en -o out.jsonl\n"
    "mtpipe detect page.html --original article.html --report report.html\n"
    "mtpipe models list\n"
    "mtpipe COMMAND --help\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("translate")(translate.translate)
app.command("align")(align.align)
app.command("detect")(detect.detect)
app.command("score")(score.score)
app.command("serve")(serve.serve)
app.command("train")(train.train)
app.add_typer(archive.app, name="archive")
app.add_typer(bench.app, name="bench")
app.add_typer(models.app, name="models")
app.add_typer(scale.app, name="scale")
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
    for stream in (sys.stdout, sys.stderr):
        # A locale without a character is no reason to fail, nor to write anything but UTF-8.
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    try:
        result = app(args=argv, prog_name="mtpipe", standalone_mode=False)
        with _own_exit_codes():
            sys.stdout.flush()
    except _USAGE_PROBLEM as exc:
        exc.show()
        return int(exc.exit_code)
    except typer.Abort:
        _tell("interrupted", hint=None)
        return INTERRUPTED
    except MtpipeError as exc:
        # That the reader (head, less) has seen enough is no news to the user.
        if not isinstance(exc.__cause__, BrokenPipeError):
            _tell(exc.message, hint=exc.hint)
        return exc.exit_code
    finally:
        _give_up_output()
    return result if isinstance(result, int) else 0


def _tell(message: str, *, hint: str | None) -> None:
    """Print an error, if there is still somebody to read it."""
    with suppress(OSError, SystemExit):
        console.error(message, hint=hint)


def _give_up_output() -> None:
    """Send what can't be written nowhere, or Python would try once more at its exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
