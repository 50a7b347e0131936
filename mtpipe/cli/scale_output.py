"""What ``mtpipe scale`` shows of a run: how far it is, and what came of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from mtpipe.cli import console
from mtpipe.errors import FOUND, InputError
from mtpipe.report.scale_page import duration, number, scale_record
from mtpipe.types.choices import FailOn

if TYPE_CHECKING:
    from mtpipe.scale import ScaleSummary
    from mtpipe.types.scale import ScaleFigures

__all__ = ["finish", "watched"]

STARTING = "starting workers"


@contextmanager
def watched(what: str) -> Iterator[dict[str, Any]]:
    """Show the progress of a run.

    Args:
        what: is done.

    Yields:
        What the run has to call.
    """
    on_stop = "giving up the shards in hand; the same command does them"
    with console.interruptible(on_stop) as is_stopped, console.progress(unit="shards") as progress:
        task = progress.add_task(STARTING, total=None, note="")

        def show(summary: "ScaleSummary") -> None:
            done = summary.shards_done + summary.shards_skipped
            told = what if summary.workers else STARTING
            progress.update(task, description=told, completed=done, note=_note(summary))

        yield {"on_progress": show, "is_stopped": is_stopped, "verbose": console.is_verbose()}


def finish(
    summary: "ScaleSummary",
    prices: Sequence[float],
    *,
    fail_on: Sequence[FailOn] = (),
    as_json: bool,
) -> None:
    """Write the report, say what came of the run, and exit with the code of that.

    Args:
        summary: of the run.
        prices: of a machine for an hour.
        fail_on: verdicts that fail the command.
        as_json: print the report's record.

    Raises:
        InputError: nothing could be read.
    """
    if summary.nothing_was_read and not summary.is_unfinished:
        raise _unreadable(summary)
    figures = summary.figures(prices=prices, command=console.command_line())
    written = summary.write_report(figures)
    if as_json:
        typer.echo(json.dumps(scale_record(figures), ensure_ascii=False))
    _tell(summary, figures)
    console.notice(f"report: {written}")
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)
    if figures.verdicts.keys() & {name.finding.value for name in fail_on}:
        raise typer.Exit(FOUND)


def _note(summary: "ScaleSummary") -> str:
    speed = summary.rows_done / max(summary.seconds, 1e-9)
    return (
        f"{summary.rows:,} rows, {number(speed)}/s, {summary.failures:,} failed, "
        f"{summary.workers} workers"
    )


def _tell(summary: "ScaleSummary", figures: "ScaleFigures") -> None:
    skipped = summary.shards_skipped
    before = f", {skipped:,} of {figures.shards:,} shards were done before" if skipped else ""
    console.notice(
        f"{figures.rows:,} articles in {figures.shards:,} shards, {duration(summary.seconds)}, "
        f"after {duration(summary.setup_seconds)} until {summary.workers} workers stood{before}"
    )
    if figures.rows_per_s is not None and figures.utilisation is not None:
        console.notice(
            f"{number(figures.rows_per_s)} articles/s; workers were at work "
            f"{100 * figures.utilisation:.0f}% of the time"
        )
    if figures.verdicts:
        console.notice(", ".join(f"{count:,} {name}" for name, count in figures.verdicts.items()))
    if figures.clusters:
        console.notice(
            f"{figures.duplicates:,} near-duplicates in {figures.clusters:,} clusters weren't "
            "examined, but for their pages"
        )
    console.failures_some(
        [
            f"failed: {kind.count:,} ({kind.stage}): {kind.error}, e.g. {kind.example}"
            if kind.stage
            else f"failed: {kind.count:,} {kind.error}"
            for kind in figures.failure_kinds
        ],
        "kinds of failures",
    )
    if figures.failures:
        console.notice(f"failures are listed in {summary.output}/failures.jsonl")


def _unreadable(summary: "ScaleSummary") -> InputError:
    first = summary.first_failure
    told = f"{first.article_id}: {first.error}" if first else "there is nothing to read"
    if summary.failures > 1:
        told = f"none of {summary.failures:,} articles can be read; first {told}"
    return InputError(told, hint=f"failures are listed in {summary.output}/failures.jsonl")
