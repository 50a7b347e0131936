"""What the commands share at the terminal: standard error, verbosity, error lines, progress."""

import logging
import shlex
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

from mtpipe.cells import one_line

if TYPE_CHECKING:
    from types import FrameType

    from rich.console import Console
    from rich.progress import Progress


class Verbosity(StrEnum):
    """How much goes to standard error."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


_LEVELS = {
    Verbosity.QUIET: logging.ERROR,
    Verbosity.NORMAL: logging.WARNING,
    Verbosity.VERBOSE: logging.INFO,
}
LISTED = 20
"""Messages about single items that are printed one by one."""

_log = logging.getLogger("mtpipe")


class _StderrHandler(logging.Handler):
    """Prints a record as one line; notices without a prefix, warnings and errors with theirs."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        line = one_line(record.getMessage())
        stderr().print(f"{prefix}{line}", markup=False, highlight=False)


_given: list[str] = []


def remember(arguments: Sequence[str]) -> None:
    """Keep the command line, which reports tell how to repeat."""
    _given[:] = arguments


def command_line() -> str:
    """The command that is running, ready to be pasted into a shell."""
    return shlex.join(["mtpipe", *_given])


def configure(verbosity: Verbosity) -> None:
    """Route the package's log to standard error at a level that fits the verbosity."""
    _log.handlers = [_StderrHandler()]
    _log.setLevel(_LEVELS[verbosity])
    _log.propagate = False


def is_quiet() -> bool:
    """Whether the user asked for errors only."""
    return _log.getEffectiveLevel() >= logging.ERROR


def is_verbose() -> bool:
    """Whether the user asked for details."""
    return _log.getEffectiveLevel() <= logging.INFO


def notice(message: str) -> None:
    """Print one line to standard error unless quiet."""
    if not is_quiet():
        stderr().print(one_line(message), markup=False, highlight=False, soft_wrap=True)


def notice_some(messages: Sequence[str], things: str) -> None:
    """Print the first :data:`LISTED` of some messages, and how many more there are."""
    for message in messages[:LISTED]:
        notice(message)
    if len(messages) > LISTED:
        notice(f"... and {len(messages) - LISTED} more {things}")


def failures_some(messages: Sequence[str], things: str) -> None:
    """Like :func:`notice_some` for what failed, which is told to those who want errors only, too."""
    if not is_quiet():
        notice_some(messages, things)
        return
    for message in messages[:LISTED]:
        error(message, hint=None)
    if len(messages) > LISTED:
        error(f"... and {len(messages) - LISTED} more {things}", hint=None)


def error(message: str, *, hint: str | None) -> None:
    """Print an error and what repairs it."""
    stderr().print("[bold red]error:[/] ", end="")
    stderr().print(_lines(message), markup=False, highlight=False, soft_wrap=True)
    if hint:
        stderr().print(f"  {_lines(hint)}", markup=False, highlight=False, soft_wrap=True)


def _lines(text: str) -> str:
    return "\n".join(map(one_line, text.split("\n")))


def stderr() -> "Console":
    """A console on the current standard error."""
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help

    return Console(stderr=True, soft_wrap=True)


def progress(*, unit: str) -> "Progress":
    """A progress display on standard error: count, speed and time left.

    Shows nothing when quiet or when standard error isn't a terminal.

    Args:
        unit: what is counted, e.g. ``"lines"``.
    """
    from rich.progress import (  # noqa: PLC0415 - not on the way to --help
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = stderr()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit}  {{task.fields[note]}}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=is_quiet() or not console.is_terminal,
        transient=True,
    )


@contextmanager
def interruptible(
    told: str = "finishing the articles in hand",
) -> "Iterator[Callable[[], bool]]":
    """Make the first Ctrl-C a wish to stop, and only the second one an interruption.

    Args:
        told: what becomes of the wish, for the user.

    Yields:
        Whether the wish was made.
    """
    wished = False

    def wish(number: int, frame: "FrameType | None") -> None:
        nonlocal wished
        wished = True
        signal.signal(signal.SIGINT, before)
        notice(f"{told}; to stop at once, press Ctrl-C again")

    before = signal.signal(signal.SIGINT, wish)
    try:
        yield lambda: wished
    finally:
        signal.signal(signal.SIGINT, before)
