"""``mtpipe archive``: the archive of originals."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cli import archive_options, console
from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.options import From
from mtpipe.errors import INTERRUPTED, PARTIAL_FAILURE
from mtpipe.types import Article, Failure, Language

if TYPE_CHECKING:
    from mtpipe import Archive, Scope
    from mtpipe.results import AddSummary

app = typer.Typer(
    help="Keep originals, and find those that a candidate comes from.\n\n"
    "Examples:\n```\nmtpipe archive add originals/ pages/*.html\n"
    "mtpipe archive search originals/ suspect.html\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command("add")
def add(
    archive: archive_options.Place,
    inputs: archive_options.Added = None,
    spoken: From = None,
    from_archive: archive_options.Other = None,
    shards: archive_options.Shards = None,
    failures: archive_options.Failures = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Add articles, in any form that `translate` reads, to an archive; make it if there is none.

    An article that is there already, whatever its name, is never added twice; one that has changed
    is replaced. After an interruption the same command resumes. Articles that fail are listed in
    ARCHIVE.failures.jsonl, and the exit code is 6.

    Examples:
    ```
    mtpipe archive add originals/ pages/ more.jsonl
    mtpipe archive add s3://bucket/originals https://example.org/article
    mtpipe archive add new/ --from-archive old/
    mtpipe archive add large/ pages/ --shards 8
    ```
    """
    if not inputs and not from_archive:
        raise typer.BadParameter("give files to add, - for standard input, or --from-archive")
    language = Language.parse(spoken) if spoken else None
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    with console.interruptible() as is_stopped:
        other, opened = _opened(archive, from_archive, shards)
        summary = _added(opened, inputs or [], other, language, furniture, is_stopped)
        interrupted = is_stopped()

    from mtpipe.cli.archive_output import list_failures, report_added  # noqa: PLC0415

    report_added(summary)
    listed = None
    try:
        listed = summary.list_failures(failures or _failures_of(archive))
    finally:
        furniture.tell()
        list_failures(summary.failures, listed)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def _opened(
    place: str, from_archive: str | None, shards: int | None
) -> "tuple[Archive | None, Archive]":
    """The archive whose articles are added, if there is one, and that which they are added to."""
    from mtpipe import Archive  # noqa: PLC0415 - not on the way to --help

    other = Archive(from_archive) if from_archive else None
    return other, Archive(place, create=True, shards=shards)


def _added(
    archive: "Archive",
    inputs: list[str],
    other: "Archive | None",
    language: Language | None,
    furniture: Furniture,
    is_stopped: Callable[[], bool],
) -> "AddSummary":
    from mtpipe import Sources, read_articles  # noqa: PLC0415 - not on the way to --help
    from mtpipe.cli.archive_output import progress_note  # noqa: PLC0415

    sources = Sources(inputs)
    total = sources.articles
    if other is not None and total is not None:
        total += len(other)
    articles = read_articles(sources, language=language, rules=furniture.rules)
    with console.progress(unit="articles") as progress:
        task = progress.add_task("adding", total=total, note="")
        return archive.add(
            furniture.watched(articles),
            from_archive=other,
            is_stopped=is_stopped,
            on_progress=lambda summary: progress.update(
                task, completed=summary.done, note=progress_note(summary)
            ),
        )


@app.command("remove")
def remove(
    archive: archive_options.Place,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of articles, as `list` prints them.")
    ],
) -> None:
    """Remove articles from an archive.

    Ids that aren't there are listed, and the exit code is then 6.

    Examples:
    ```
    mtpipe archive remove originals/ pages/ferry.en.html
    mtpipe archive list originals/ --json | jq -r .id | xargs mtpipe archive remove originals/
    ```
    """
    from mtpipe import Archive  # noqa: PLC0415 - not on the way to --help

    there = Archive(archive).remove(ids)
    missing = [each for each in ids if each not in there]
    console.notice(f"{len(there)} articles removed")
    console.failures_some([f"not in the archive: {each}" for each in missing], "ids")
    if missing:
        raise typer.Exit(PARTIAL_FAILURE)


@app.command("list")
def list_articles(
    archive: archive_options.Place,
    language: Annotated[
        str | None, typer.Option(metavar="LANG", help="Only articles in this language.")
    ] = None,
    containing: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only articles with these words, any case.")
    ] = None,
    as_json: archive_options.Json = False,
) -> None:
    """List the articles of an archive: language, date, sentences, id and title.

    Examples:
    ```
    mtpipe archive list originals/
    mtpipe archive list originals/ --language fr --containing "nouveau pont"
    mtpipe archive list originals/ --json | jq -r .title
    ```
    """
    from mtpipe import Archive  # noqa: PLC0415 - not on the way to --help
    from mtpipe.cli.archive_output import print_listed  # noqa: PLC0415

    spoken = Language.parse(language) if language else None
    for each in Archive(archive).listed(language=spoken, containing=containing or ""):
        print_listed(each, as_json=as_json)


@app.command("search")
def search(
    archive: archive_options.Place,
    inputs: archive_options.Candidates,
    language: archive_options.Languages = None,
    translations: archive_options.Translations = False,
    since: archive_options.Since = "",
    until: archive_options.Until = "",
    within: archive_options.Within = None,
    limit: archive_options.Limit = 5,
    min_score: archive_options.MinScore = 0.1,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
    as_json: archive_options.Json = False,
) -> None:
    """Find the articles that candidates come from, in whatever language.

    The score is the share of the candidate that is found again: 1 is a copy, .4 to .8 a
    translation of the whole; below .25 it is mostly chance, unless much was added to the
    candidate. The number of sentences that certainly support the hit stands beside it. Articles
    without a date are in every period.

    Examples:
    ```
    mtpipe archive search originals/ suspect.html
    mtpipe archive search originals/ pages/ --translations --within 30 --json
    mtpipe archive search originals/ - --language fr --language en < suspect.txt
    ```
    """
    for option, day in (("--since", since), ("--until", until)):
        _check_day(option, day)
    spoken = tuple(Language.parse(code) for code in language or [])
    rules = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text).rules

    from mtpipe import Scope, read_articles  # noqa: PLC0415 - not on the way to --help

    scope = Scope(spoken, translations, since, until, within)
    items = read_articles(inputs, rules=rules)
    _search(archive, items, scope, limit=limit, min_score=min_score, as_json=as_json)


def _search(
    place: str,
    items: Iterable[Article | Failure],
    scope: "Scope",
    *,
    limit: int,
    min_score: float,
    as_json: bool,
) -> None:
    from mtpipe import Archive  # noqa: PLC0415 - not on the way to --help
    from mtpipe.cli.archive_output import list_failures, print_hits  # noqa: PLC0415

    archive = Archive(place)
    failures: list[Failure] = []
    waiting: list[Article] = []

    def candidates() -> Iterator[Article]:
        for item in items:
            if isinstance(item, Failure):
                failures.append(item)
            else:
                waiting.append(item)
                yield item

    for hits in archive.find_all(candidates(), scope=scope, limit=limit, min_score=min_score):
        print_hits(waiting.pop(0), hits, as_json=as_json)
    list_failures(failures, None)


@app.command("check")
def check(
    archive: archive_options.Place,
    repair: Annotated[
        bool, typer.Option("--repair", help="Leave one of each article that is there twice.")
    ] = False,
    as_json: archive_options.Json = False,
) -> None:
    """Compare every article of an archive with the checksums that were written with it.

    Articles that differ from what was added (a disk error, another program) are listed, and the
    exit code is 6: remove them and add their pages again. If files are too damaged to be read, it
    is 3. Archives of earlier versions have no checksums; only their articles are compared, not the
    vectors. Earlier versions could also add an article twice, if two runs added it at the same
    time; --repair leaves one of each.

    Examples:
    ```
    mtpipe archive check originals/
    mtpipe archive check originals/ --repair
    mtpipe archive check originals/ --json | jq -r .id | xargs mtpipe archive remove originals/
    ```
    """
    from mtpipe import Archive  # noqa: PLC0415 - not on the way to --help
    from mtpipe.cli.archive_output import print_check  # noqa: PLC0415

    print_check(Archive(archive), repair=repair, as_json=as_json)


@app.command("info")
def info(archive: archive_options.Place, as_json: archive_options.Json = False) -> None:
    """Show what is in an archive, how large it is and what made it.

    Examples:
    ```
    mtpipe archive info originals/
    mtpipe archive info originals/ --json
    ```
    """
    from mtpipe import Archive  # noqa: PLC0415 - not on the way to --help
    from mtpipe.cli.archive_output import print_statistics  # noqa: PLC0415

    print_statistics(Archive(archive).statistics(), as_json=as_json)


def _failures_of(archive: str) -> Path:
    """Beside the archive's folder, or in this one."""
    place = Path(archive) if "://" not in archive else Path(archive.rstrip("/").split("/")[-1])
    return place.resolve().with_name(f"{place.resolve().name}.failures.jsonl")


def _check_day(option: str, day: str) -> None:
    try:
        date.fromisoformat(day or "2000-01-01")
    except ValueError:
        raise typer.BadParameter(f"{option} {day}: write the day as 2024-02-29") from None
