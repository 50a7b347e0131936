"""``mtpipe translate`` for articles."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtpipe.cli import console
from mtpipe.cli.furniture import Furniture
from mtpipe.cli.translate_lines import announce, standard_input
from mtpipe.errors import INTERRUPTED, PARTIAL_FAILURE, InputError
from mtpipe.files import refuse_same
from mtpipe.types import Direction, Failure, Flag, Language

if TYPE_CHECKING:
    from mtpipe.engines.system import System
    from mtpipe.pipeline.systems.routes import Route, Router
    from mtpipe.pipeline.translate.articles import ArticlesSummary
    from mtpipe.pipeline.translate.estimates import Estimator


def translate_articles(
    inputs: list[str],
    target: Language,
    *,
    source: Language | None,
    output: Path | None,
    output_format: str,
    failures: Path | None,
    model: str,
    load: "Callable[..., System]",
    cache: bool,
    round_trip: bool,
    comet: str | None,
    furniture: Furniture,
) -> None:
    """Translate whatever articles the inputs lead to."""
    from mtpipe.cache import SegmentCache  # noqa: PLC0415
    from mtpipe.config import cache_file, cache_limit_bytes  # noqa: PLC0415
    from mtpipe.engines.protection import Safeguards  # noqa: PLC0415
    from mtpipe.ingest import read_articles  # noqa: PLC0415
    from mtpipe.pipeline import failures as failures_list  # noqa: PLC0415
    from mtpipe.pipeline.systems import choosing as systems  # noqa: PLC0415
    from mtpipe.pipeline.systems.routes import Router  # noqa: PLC0415
    from mtpipe.pipeline.translate import articles  # noqa: PLC0415
    from mtpipe.pipeline.translate import output as articles_output  # noqa: PLC0415
    from mtpipe.pipeline.translate.chunks import Plan  # noqa: PLC0415
    from mtpipe.pipeline.translate.markup import load_matcher  # noqa: PLC0415
    from mtpipe.types.choices import DocumentFormat  # noqa: PLC0415

    form = DocumentFormat(output_format)
    if output:
        refuse_same(articles.files_of(inputs, stdin=standard_input()), [output])
    memory = SegmentCache(cache_file(), limit_bytes=cache_limit_bytes()) if cache else None
    router = Router(
        model,
        lambda chosen, other: load(
            chosen, safeguards=Safeguards.REPAIR, memory=memory, other=other
        ),
    )
    announced: set[Direction] = set()

    def route(direction: Direction) -> "Route":
        if model == systems.AUTO and direction not in announced:
            announced.add(direction)
            for chosen, leg in systems.choose_legs(model, direction):
                announce(chosen, leg)
        return router.route(direction)

    if source is not None:
        route(Direction(source, target))  # a wrong model shows before anything is read
    plan = Plan(
        target,
        route,
        estimators=_estimators(router, round_trip=round_trip, comet=comet),
        markup=load_matcher() if form is DocumentFormat.HTML else None,
    )
    total = articles.count_articles(inputs)
    with (
        closing(memory) if memory else nullcontext(),
        articles_output.opened_output(output, form, sys.stdout.buffer, target) as written,
        console.interruptible() as is_stopped,
        console.progress(unit="articles") as progress,
    ):
        task = progress.add_task("translating", total=total, note="")
        summary = articles.translate_articles(
            furniture.watched(read_articles(inputs, language=source, rules=furniture.rules)),
            plan,
            written,
            is_stopped=is_stopped,
            on_progress=lambda summary: progress.update(
                task, completed=summary.done, note=_note(summary)
            ),
        )
        interrupted = summary.is_unfinished
        place = failures or failures_list.failures_of(output)
        if summary.nothing_was_read and not interrupted:
            # Here, so that no empty document takes the place of a full one.
            raise _unreadable(summary.failures, place)
    listed = None
    try:
        if place and (summary.failures or not interrupted):
            listed = failures_list.write_failures(summary.failures, place)
    finally:
        _report(summary, listed)
        furniture.tell()
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if summary.failures:
        raise typer.Exit(PARTIAL_FAILURE)


def _unreadable(failed: Sequence[Failure], place: Path | None) -> InputError:
    """The error of a run that hadn't anything to work on; its failures are listed if wanted."""
    from mtpipe.pipeline.failures import write_failures  # noqa: PLC0415

    first = f"{failed[0].article_id}: {failed[0].error}"
    listed = write_failures(failed, place) if place else None
    return InputError(
        first if len(failed) == 1 else f"none of {len(failed)} inputs can be read; first {first}",
        hint=f"failures are listed in {listed}" if listed else None,
    )


def _estimators(
    router: "Router", *, round_trip: bool, comet: str | None
) -> "tuple[Estimator, ...]":
    from mtpipe.pipeline.translate.estimates import CometKiwi, RoundTrip  # noqa: PLC0415

    wanted: list[Estimator] = [RoundTrip(router.route)] if round_trip else []
    if comet:
        wanted.append(CometKiwi(comet))
    return tuple(wanted)


def _note(summary: "ArticlesSummary") -> str:
    speed = summary.segments / max(summary.seconds, 1e-9)
    flags = summary.flags.total()
    return f"{summary.segments} sentences, {speed:.0f}/s, {flags} flags"


def _report(summary: "ArticlesSummary", listed: Path | None) -> None:
    skipped = f", {summary.skipped} were done before" if summary.skipped else ""
    console.notice(
        f"{summary.articles} articles, {summary.segments} sentences in {summary.seconds:.1f} s"
        f"{skipped}"
    )
    if summary.flags:
        console.notice(f"flagged: {_counted(summary.flags)}")
    console.failures_some(
        [f"failed: {f.article_id} ({f.stage}): {f.error}" for f in summary.failures], "articles"
    )
    if listed:
        console.notice(f"failures are listed in {listed}")


def _counted(flags: Counter[Flag]) -> str:
    """``numbers 3 (1 solved)`` for each problem, the most frequent first."""
    all_of = Counter[str]()
    solved = Counter[str]()
    for flag, times in flags.items():
        all_of[flag.problem] += times
        solved[flag.problem] += times if flag.remedy else 0
    return ", ".join(
        f"{problem} {times} ({solved[problem]} solved)" for problem, times in all_of.most_common()
    )
