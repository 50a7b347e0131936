"""What ``mtpipe archive`` shows: hits, damage and figures, for people and as JSON."""

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from mtpipe.cells import one_line
from mtpipe.cli import console
from mtpipe.errors import PARTIAL_FAILURE
from mtpipe.types import Article, Failure

if TYPE_CHECKING:
    from pathlib import Path

    from mtpipe import Archive
    from mtpipe.results import AddSummary, ArchiveStatistics, Listed, Original

__all__ = [
    "list_failures",
    "print_check",
    "print_hits",
    "print_listed",
    "print_statistics",
    "progress_note",
    "report_added",
]


def progress_note(summary: "AddSummary") -> str:
    """What stands beside the progress bar."""
    return f"{summary.done / max(summary.seconds, 1e-9):.0f}/s, {summary.skipped} were there"


def report_added(summary: "AddSummary") -> None:
    """Say what became of articles on their way into an archive."""
    console.notice(
        f"{summary.added} articles added, {summary.replaced} replaced, {summary.skipped} were "
        f"there; {summary.sentences} sentences in {summary.seconds:.1f} s"
    )
    console.notice_some(
        [f"replaced, since the content has changed: {name}" for name in summary.replaced_ids],
        "articles",
    )


def list_failures(failures: list[Failure], listed: "Path | None") -> None:
    """Show what failed, and exit with the code of that.

    Args:
        failures: of the run.
        listed: the file that has them, if there is one.
    """
    console.failures_some(
        [f"failed: {each.article_id} ({each.stage}): {each.error}" for each in failures], "articles"
    )
    if listed:
        console.notice(f"failures are listed in {listed}")
    if failures:
        raise typer.Exit(PARTIAL_FAILURE)


def print_listed(each: "Listed", *, as_json: bool) -> None:
    """Print an article of an archive."""
    if as_json:
        typer.echo(json.dumps(asdict(each), ensure_ascii=False))
        return
    typer.echo(
        f"{each.language}  {each.published or '-':10}  {each.sentences:>5}  "
        f"{one_line(each.id)}  {one_line(each.title)}"
    )


def print_hits(candidate: Article, hits: "list[Original]", *, as_json: bool) -> None:
    """Print the articles that a candidate may come from."""
    if as_json:
        typer.echo(json.dumps(_record(candidate, hits), ensure_ascii=False))
        return
    typer.echo(
        f"{one_line(candidate.id)} ({candidate.language.value}) "
        f"{one_line(candidate.title)}".rstrip()
    )
    for hit in hits:
        article = hit.article
        typer.echo(
            f"  {hit.score:.2f}  {hit.votes:>3} of {hit.sentences} sentences  "
            f"{article.language.value}  "
            f"{one_line(article.metadata.published[:10]) or '-':10}  "
            f"{one_line(article.id)}  {one_line(article.title)}"
        )
    if not hits:
        typer.echo("  nothing in the archive")


def print_check(archive: "Archive", *, repair: bool, as_json: bool) -> None:
    """Check an archive, print what is wrong, and exit with the code of that.

    Args:
        archive: that is checked.
        repair: leave one of each article that is there more than once.
        as_json: print an object per line.
    """
    articles = damaged = 0
    times: Counter[str] = Counter()
    for each in archive.check():
        articles += 1
        times[each.id] += 1
        if each.problem:
            damaged += 1
            _print_problem(each.id, each.problem, as_json=as_json)
    doubles = {name: count for name, count in times.items() if count > 1}
    if repair and doubles:
        console.notice(f"{archive.repair():,} doubles are gone")
    elif doubles:
        for name, count in doubles.items():
            _print_problem(name, f"is there {count} times", as_json=as_json)
        console.notice(f"to leave one of each: mtpipe archive check {archive.uri} --repair")
    console.notice(f"{articles - damaged:,} of {articles:,} articles are what was added")
    if not archive.has_checksums:
        console.notice(
            "an earlier version made this archive: its vectors have no checksums; to have them: "
            f"mtpipe archive add NEW --from-archive {archive.uri}"
        )
    if damaged or (doubles and not repair):
        raise typer.Exit(PARTIAL_FAILURE)


def print_statistics(figures: "ArchiveStatistics", *, as_json: bool) -> None:
    """Print what is in an archive."""
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
        f"size:      {size}{f' in {figures.shards} shards' if figures.shards else ''}\n"
        f"search:    {'by index' if figures.is_indexed else 'exact'}\n"
        f"encoder:   {figures.encoder} {figures.encoder_sha256[:12]}\n"
        f"made by:   mtpipe {figures.version}"
    )


def _print_problem(name: str, problem: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"id": name, "problem": problem}, ensure_ascii=False))
    else:
        typer.echo(f"{one_line(name)}: {one_line(problem)}")


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
