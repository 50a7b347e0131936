"""``mtpipe archive``: the archive of originals."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtpipe.cli import console
from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.errors import INTERRUPTED, PARTIAL_FAILURE
from mtpipe.types import Article, Failure, Language

if TYPE_CHECKING:
    from mtpipe.pipeline.archive.adding import AddSummary, Original

app = typer.Typer(
    help="Keep originals, and find those that a candidate comes from.\n\n"
    "Examples:\n```\nmtpipe archive add originals/ pages/*.html\n"
    "mtpipe archive search originals/ suspect.html\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_Place = Annotated[
    str,
    typer.Argument(
        metavar="ARCHIVE", help="Its folder, or object storage: s3://, gs:// or az://bucket/path."
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, an object a line.")]


@app.command("add")
def add(
    archive: _Place,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            help="Files, folders, globs or addresses; - is standard input.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="LANG", help="Language of all; by default each article's own."),
    ] = None,
    from_archive: Annotated[
        str | None,
        typer.Option(
            metavar="ARCHIVE", help="Add the articles of another archive, whatever made it."
        ),
    ] = None,
    failures: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where articles that failed are listed; by default ARCHIVE.failures.jsonl, for "
            "one in object storage in the current folder.",
        ),
    ] = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Add articles, in any form that `translate` reads, to an archive; make it if there is none.

    What is there already isn't added again, under whatever name; an article that has changed is
    replaced. A run can be interrupted or killed; the same command goes on where it was. Articles
    that fail are listed in ARCHIVE.failures.jsonl, and the exit code is 6.

    Examples:
    ```
    mtpipe archive add originals/ pages/ more.jsonl
    mtpipe archive add s3://bucket/originals https://example.org/article
    mtpipe archive add new/ --from-archive old/
    ```
    """
    if not inputs and not from_archive:
        raise typer.BadParameter("give files to add, - for standard input, or --from-archive")
    spoken = Language.parse(language) if language else None
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)

    from mtpipe import Sources  # noqa: PLC0415
    from mtpipe.archive.table import Archive  # noqa: PLC0415
    from mtpipe.ingest import read_articles  # noqa: PLC0415
    from mtpipe.pipeline.archive.adding import ArchiveEncoder, add_articles, chained  # noqa: PLC0415
    from mtpipe.pipeline.failures import write_failures  # noqa: PLC0415

    encoder = ArchiveEncoder()
    other = Archive(from_archive) if from_archive else None
    store = Archive(archive, encoder.stamp, create=True)
    total = Sources(inputs or []).articles
    if other is not None and total is not None:
        total += len(other)
    with (
        console.interruptible() as is_stopped,
        console.progress(unit="articles") as progress,
    ):
        task = progress.add_task("adding", total=total, note="")
        summary = add_articles(
            chained(
                other,
                furniture.watched(
                    read_articles(inputs or [], language=spoken, rules=furniture.rules)
                ),
            ),
            store,
            encoder,
            is_stopped=is_stopped,
            on_progress=lambda summary: progress.update(
                task, completed=summary.done, note=_note(summary)
            ),
        )
        interrupted = is_stopped()
    console.notice(
        f"{summary.added} articles added, {summary.replaced} replaced, {summary.skipped} were "
        f"there; {summary.sentences} sentences in {summary.seconds:.1f} s"
    )
    console.notice_some(
        [f"replaced, since the content has changed: {name}" for name in summary.replaced_ids],
        "articles",
    )
    listed = None
    try:
        listed = write_failures(summary.failures, failures or _failures_of(archive))
    finally:
        furniture.tell()
        _list_failures(summary.failures, listed)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


@app.command("remove")
def remove(
    archive: _Place,
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
    from mtpipe.archive.table import Archive  # noqa: PLC0415

    store = Archive(archive)
    there = store.remove(ids)
    if there:
        store.tidy()
    missing = [each for each in ids if each not in there]
    console.notice(f"{len(there)} articles removed")
    console.notice_some([f"not in the archive: {each}" for each in missing], "ids")
    if missing:
        raise typer.Exit(PARTIAL_FAILURE)


@app.command("list")
def list_articles(
    archive: _Place,
    language: Annotated[
        str | None, typer.Option(metavar="LANG", help="Only articles in this language.")
    ] = None,
    containing: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only articles with these words, any case.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """List the articles of an archive: language, date, sentences, id and title.

    Examples:
    ```
    mtpipe archive list originals/
    mtpipe archive list originals/ --language fr --containing "nouveau pont"
    mtpipe archive list originals/ --json | jq -r .title
    ```
    """
    spoken = Language.parse(language) if language else None

    from mtpipe.archive.table import Archive  # noqa: PLC0415

    for each in Archive(archive).listed(language=spoken, containing=containing or ""):
        if as_json:
            typer.echo(json.dumps(asdict(each), ensure_ascii=False))
        else:
            typer.echo(
                f"{each.language}  {each.published or '-':10}  {each.sentences:>5}  "
                f"{console.one_line(each.id)}  {console.one_line(each.title)}"
            )


@app.command("search")
def search(
    archive: _Place,
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Candidates, as for `translate`.")
    ],
    language: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG", help="Language of the original; several by repetition."),
    ] = None,
    translations: Annotated[
        bool,
        typer.Option("--translations", help="Only originals in another language: no copies."),
    ] = False,
    since: Annotated[
        str, typer.Option(metavar="DATE", help="Original published on this day or later.")
    ] = "",
    until: Annotated[
        str, typer.Option(metavar="DATE", help="Original published on this day or earlier.")
    ] = "",
    within: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="DAYS", help="Original published at most that long before the candidate."
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Hits a candidate.")] = 5,
    min_score: Annotated[
        float, typer.Option(min=0, max=1, metavar="SCORE", help="Leave weaker hits out.")
    ] = 0.1,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
    as_json: _Json = False,
) -> None:
    """Find the articles that candidates come from, in whatever language.

    The score is the share of the candidate that is found again: 1 is a copy, .4 to .8 a
    translation of the whole; below .25 it is mostly chance, unless much was added to the
    candidate. The sentences that certainly speak for the hit are counted beside it. Articles
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

    from mtpipe.ingest import read_articles  # noqa: PLC0415
    from mtpipe.pipeline.archive.adding import OriginalFinder, Scope  # noqa: PLC0415

    scope = Scope(spoken, translations, since, until, within)
    finder = OriginalFinder(archive)
    failures: list[Failure] = []
    waiting: list[Article] = []

    def candidates() -> Any:
        for item in read_articles(inputs, rules=rules):
            if isinstance(item, Failure):
                failures.append(item)
            else:
                waiting.append(item)
                yield item

    for found in finder.find_all(candidates(), scope=scope, limit=limit):
        candidate = waiting.pop(0)
        hits = [original for original in found if original.score >= min_score]
        if as_json:
            typer.echo(json.dumps(_record(candidate, hits), ensure_ascii=False))
        else:
            _print_hits(candidate, hits)
    _list_failures(failures, None)


@app.command("check")
def check(
    archive: _Place,
    repair: Annotated[
        bool, typer.Option("--repair", help="Leave one of each article that is there twice.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Compare every article of an archive with the checksums that were written with it.

    Articles that aren't what was added (a disk's error, another program) are listed, and the exit
    code is then 6: remove them and add their pages again. Where files are damaged so that they
    can't be read at all, it is 3. Archives of earlier versions have no checksums; only the articles
    in them are compared, not their vectors. Earlier versions also let articles in twice where two
    runs added them at once; --repair leaves one of each.

    Examples:
    ```
    mtpipe archive check originals/
    mtpipe archive check originals/ --repair
    mtpipe archive check originals/ --json | jq -r .id | xargs mtpipe archive remove originals/
    ```
    """
    from mtpipe.archive.checksums import check_rows  # noqa: PLC0415
    from mtpipe.archive.table import Archive  # noqa: PLC0415

    store = Archive(archive)
    articles = damaged = 0
    times: Counter[str] = Counter()

    def tell(name: str, problem: str) -> None:
        if as_json:
            typer.echo(json.dumps({"id": name, "problem": problem}, ensure_ascii=False))
        else:
            typer.echo(f"{console.one_line(name)}: {console.one_line(problem)}")

    for each in check_rows(store):
        articles += 1
        times[each.id] += 1
        if each.problem:
            damaged += 1
            tell(each.id, each.problem)
    doubles = {name: count for name, count in times.items() if count > 1}
    if repair and doubles:
        console.notice(f"{store.drop_doubles():,} doubles are gone")
    elif doubles:
        for name, count in doubles.items():
            tell(name, f"is there {count} times")
        console.notice(f"to leave one of each: mtpipe archive check {archive} --repair")
    console.notice(f"{articles - damaged:,} of {articles:,} articles are what was added")
    if not store.has_checksums:
        console.notice(
            "an earlier version made this archive: its vectors have no checksums; to have them: "
            f"mtpipe archive add NEW --from-archive {archive}"
        )
    if damaged or (doubles and not repair):
        raise typer.Exit(PARTIAL_FAILURE)


@app.command("stats")
def stats(archive: _Place, as_json: _Json = False) -> None:
    """Say what is in an archive, how large it is and what made it.

    Examples:
    ```
    mtpipe archive stats originals/
    mtpipe archive stats originals/ --json
    ```
    """
    from mtpipe.archive.table import Archive  # noqa: PLC0415
    from mtpipe.pipeline.archive.adding import statistics  # noqa: PLC0415

    figures = statistics(Archive(archive))
    if as_json:
        typer.echo(json.dumps(asdict(figures), ensure_ascii=False))
        return
    languages = ", ".join(f"{code} {count:,}" for code, count in figures.languages.items())
    size = "unknown" if figures.size_bytes is None else f"{figures.size_bytes / 1e6:.1f} MB"
    typer.echo(
        f"articles:  {figures.articles:,} ({languages or 'none'})\n"
        f"sentences: {figures.sentences:,}\n"
        f"published: {figures.first or '-'} to {figures.last or '-'}, "
        f"{figures.undated:,} without a date\n"
        f"size:      {size}\n"
        f"search:    {'by index' if figures.is_indexed else 'exact'}\n"
        f"encoder:   {figures.encoder} {figures.encoder_sha256[:12]}\n"
        f"made by:   mtpipe {figures.version}"
    )


def _failures_of(archive: str) -> Path:
    """Beside the archive's folder, or in this one."""
    place = Path(archive) if "://" not in archive else Path(archive.rstrip("/").split("/")[-1])
    return place.resolve().with_name(f"{place.resolve().name}.failures.jsonl")


def _check_day(option: str, day: str) -> None:
    try:
        date.fromisoformat(day or "2000-01-01")
    except ValueError:
        raise typer.BadParameter(f"{option} {day}: write the day as 2024-02-29") from None


def _note(summary: "AddSummary") -> str:
    return f"{summary.done / max(summary.seconds, 1e-9):.0f}/s, {summary.skipped} were there"


def _list_failures(failures: list[Failure], listed: Path | None) -> None:
    console.notice_some(
        [f"failed: {each.article_id} ({each.stage}): {each.error}" for each in failures], "articles"
    )
    if listed:
        console.notice(f"failures are listed in {listed}")
    if failures:
        raise typer.Exit(PARTIAL_FAILURE)


def _record(candidate: Article, hits: "list[Original]") -> dict[str, Any]:
    return {
        "id": candidate.id,
        "language": candidate.language.value,
        "title": candidate.title,
        "originals": [
            {
                "id": hit.article.id,
                "language": hit.article.language.value,
                "score": hit.score,
                "votes": hit.votes,
                "sentences": hit.sentences,
                "published": hit.article.metadata.published,
                "title": hit.article.title,
                "address": hit.article.metadata.address,
                "shared": list(hit.shared),
            }
            for hit in hits
        ],
    }


def _print_hits(candidate: Article, hits: "list[Original]") -> None:
    typer.echo(
        f"{console.one_line(candidate.id)} ({candidate.language.value}) {console.one_line(candidate.title)}".rstrip()
    )
    for hit in hits:
        article = hit.article
        typer.echo(
            f"  {hit.score:.2f}  {hit.votes:>3} of {hit.sentences} sentences  "
            f"{article.language.value}  {console.one_line(article.metadata.published[:10]) or '-':10}  "
            f"{console.one_line(article.id)}  {console.one_line(article.title)}"
        )
    if not hits:
        typer.echo("  nothing in the archive")
