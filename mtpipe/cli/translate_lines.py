"""``mtpipe translate --lines``."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import typer

from mtpipe.cli import console
from mtpipe.errors import PARTIAL_FAILURE, InputError, OutputError
from mtpipe.files import part_of, refuse_same, unfinished, whole_lines
from mtpipe.types import Direction

if TYPE_CHECKING:
    from mtpipe.engines.system import System
    from mtpipe.models.cards import InstalledModel
    from mtpipe.pipeline.translate.lines import LinesSummary

STANDARD = Path("-")


def translate_lines(
    source: Path,
    output: Path,
    direction: Direction,
    model: str,
    load: "Callable[..., System]",
    *,
    as_json: bool,
) -> None:
    """Translate one file line by line."""
    from mtpipe.pipeline.systems import choosing as systems  # noqa: PLC0415
    from mtpipe.pipeline.translate.lines import translate_lines as translated  # noqa: PLC0415

    refuse_same([standard_input() if source == STANDARD else source], _written(output))
    chosen = systems.choose_model(model, direction)
    if model == systems.AUTO:
        announce(chosen, direction)
    from mtpipe.engines.protection import Safeguards  # noqa: PLC0415

    system = load(chosen, safeguards=Safeguards.PROTECT)
    with _opened(source, output) as (stream, target), console.progress(unit="lines") as progress:
        task = progress.add_task("translating", total=None, note="")
        summary = translated(
            stream,
            target,
            system,
            direction,
            name=str(source) if source != STANDARD else "standard input",
            as_json=as_json,
            on_progress=lambda done: progress.update(task, completed=done),
        )
    _report(summary)


def announce(model: "InstalledModel", direction: Direction) -> None:
    """Say which model was chosen, and whether there is a better one to fetch."""
    from mtpipe.pipeline.systems import choosing as systems  # noqa: PLC0415

    better = systems.better_than(model, direction)
    advice = f"; a better one: mtpipe models fetch {better}" if better else ""
    console.notice(f"model: {model.card.name} for {direction}{advice}")


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
                else cast("BinaryIO", files.enter_context(unfinished(output)))
            )
        except OSError as exc:
            raise OutputError(f"can't write {output}: {exc.strerror}") from exc
        try:
            yield stream, target
        except BaseException:
            if output != STANDARD and (lines := whole_lines(part := part_of(output))):
                console.notice(f"{lines} lines are in {part}")
            raise


def _written(output: Path) -> list[Path]:
    """The files that are written to on the way to an output."""
    if output == STANDARD:
        return []
    return [output, part_of(output)]


def standard_input() -> int:
    """That of standard input; none at all where it isn't a file."""
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
