"""``mtpipe translate`` for articles."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mtpipe.cli import console
from mtpipe.cli.furniture import Furniture
from mtpipe.cli.options import STANDARD
from mtpipe.cli.translate_lines import announce, standard_input
from mtpipe.errors import INTERRUPTED, PARTIAL_FAILURE, InputError, UnsupportedDirection
from mtpipe.files import refuse_same
from mtpipe.types import Article, Failure, Flag, Language
from mtpipe.types.choices import DocumentFormat

if TYPE_CHECKING:
    from mtpipe import Translator
    from mtpipe.results import ArticlesSummary


def translate_articles(
    inputs: list[str] | None,
    output: Path,
    load: "Callable[[], Translator]",
    *,
    form: DocumentFormat,
    failures: Path | None,
    furniture: Furniture,
) -> None:
    """Translate whatever articles the inputs lead to.

    Args:
        inputs: files and the like; none for standard input.
        output: the file, or ``-``.
        load: makes the translator.
        form: of the output.
        failures: where failed articles are listed, if not beside the output.
        furniture: what is set aside.
    """
    from mtpipe import Sources, read_articles  # noqa: PLC0415

    sources = Sources(inputs or ["-"])
    if output != STANDARD:
        refuse_same(sources.files(stdin=standard_input()), [output])
    with load() as translator:
        if translator.source:
            announce(translator)
        with console.interruptible() as is_stopped, console.progress(unit="articles") as progress:
            task = progress.add_task("translating", total=sources.articles, note="")
            articles = read_articles(sources, language=translator.source, rules=furniture.rules)
            summary = translator.write(
                _announced(furniture.watched(articles), translator),
                None if output == STANDARD else output,
                form=form,
                is_stopped=is_stopped,
                on_progress=lambda summary: progress.update(
                    task, completed=summary.done, note=_note(summary)
                ),
            )
    if summary.nothing_was_read and not summary.is_unfinished:
        raise _unreadable(summary, failures)
    listed = None
    try:
        listed = summary.list_failures(failures)
    finally:
        _report(summary, listed)
        furniture.tell()
    if summary.is_unfinished:
        raise typer.Exit(INTERRUPTED)
    if summary.failures:
        raise typer.Exit(PARTIAL_FAILURE)


def _announced(
    items: Iterable[Article | Failure], translator: "Translator"
) -> Iterator[Article | Failure]:
    """The articles as they come; for each new language, the models are announced first."""
    announced = {translator.source}
    for item in items:
        blocks = item.blocks if isinstance(item, Article) else ()
        codes = [item.language] if isinstance(item, Article) else []
        for code in (*codes, *(block.language for block in blocks if block.language)):
            with suppress(UnsupportedDirection):  # it stays as it is
                if (language := Language.parse(code)) not in announced:
                    announced.add(language)
                    announce(translator, language)
        yield item


def _unreadable(summary: "ArticlesSummary", place: Path | None) -> InputError:
    """The error of a run that hadn't anything to work on; its failures are listed if wanted."""
    failed = summary.failures
    first = f"{failed[0].article_id}: {failed[0].error}"
    listed = summary.list_failures(place)
    return InputError(
        first if len(failed) == 1 else f"none of {len(failed)} inputs can be read; first {first}",
        hint=f"failures are listed in {listed}" if listed else None,
    )


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
