"""``mtpipe translate --lines``."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtpipe.cli import console
from mtpipe.cli.options import STANDARD
from mtpipe.errors import PARTIAL_FAILURE
from mtpipe.files import part_of, refuse_same, whole_lines

if TYPE_CHECKING:
    from mtpipe import Translator
    from mtpipe.results import LinesSummary


def translate_lines(
    inputs: list[str] | None, output: Path, load: "Callable[[], Translator]", *, as_json: bool
) -> None:
    """Translate one file line by line.

    Args:
        inputs: the file; none or ``-`` for standard input.
        output: the file, or ``-``.
        load: makes the translator.
        as_json: write JSON objects.
    """
    lines = Path(inputs[0]) if inputs else STANDARD
    written = [] if output == STANDARD else [output, part_of(output)]
    refuse_same([standard_input() if lines == STANDARD else lines], written)
    translator = load()
    announce(translator)
    is_open = False
    with console.progress(unit="lines") as progress:
        task = progress.add_task("translating", total=None, note="")

        def on_progress(done: int) -> None:
            nonlocal is_open
            is_open = True
            progress.update(task, completed=done)

        try:
            summary = translator.lines(
                None if lines == STANDARD else lines,
                None if output == STANDARD else output,
                as_json=as_json,
                on_progress=on_progress,
            )
        except BaseException:
            if is_open and written and (done := whole_lines(part_of(output))):
                console.notice(f"{done} lines are in {part_of(output)}")
            raise
    _report(summary)


def announce(translator: "Translator", source: str | None = None) -> None:
    """Say which models were chosen for a language, and whether there are better ones to fetch."""
    if translator.model != "auto":
        return
    for model in translator.models(source):
        advice = f"; a better one: mtpipe models fetch {model.better}" if model.better else ""
        console.notice(f"model: {model.name} for {model.direction}{advice}")


def standard_input() -> int:
    """File descriptor of standard input; -1 where it isn't a file."""
    with suppress(OSError, ValueError, AttributeError):
        return sys.stdin.fileno()
    return -1


def _report(summary: "LinesSummary") -> None:
    """Say what was done, and list the doubtful lines."""
    if console.is_verbose():
        speed = summary.lines / max(summary.seconds, 1e-9)
        console.notice(f"{summary.lines} lines in {summary.seconds:.1f} s, {speed:.0f} lines/s")
    if summary.flags:
        counted = ", ".join(
            f"{flag.problem} {times}" for flag, times in summary.flags.most_common()
        )
        console.notice(f"doubtful translations: {counted}; --json says which")
    if summary.flagged:
        console.failures_some(
            [f"line {line.number} {line.flag}" for line in summary.flagged], "lines"
        )
        raise typer.Exit(PARTIAL_FAILURE)
