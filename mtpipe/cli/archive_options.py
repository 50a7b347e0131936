"""Options and arguments of ``mtpipe archive``."""

from pathlib import Path
from typing import Annotated

import typer

from mtpipe.cli.options import finite

__all__ = [
    "Added",
    "Candidates",
    "Failures",
    "Json",
    "Languages",
    "Limit",
    "MinScore",
    "Other",
    "Place",
    "Shards",
    "Since",
    "Translations",
    "Until",
    "Within",
]

Place = Annotated[
    str,
    typer.Argument(
        metavar="ARCHIVE", help="Its folder, or object storage: s3://, gs:// or az://bucket/path."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
Added = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[INPUT]...",
        help="Files, folders, globs or addresses; - is standard input.",
        show_default=False,
    ),
]
Other = Annotated[
    str | None,
    typer.Option(
        "--from-archive",
        metavar="ARCHIVE",
        help="Add the articles of another archive, whatever version or encoder made it.",
    ),
]
Shards = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=4_096,
        metavar="N",
        help="Make a new archive in N parts, for millions of articles; by default in one.",
    ),
]
Failures = Annotated[
    Path | None,
    typer.Option(
        "--failures",
        metavar="FILE",
        help="List failed articles here; by default in ARCHIVE.failures.jsonl, for an archive in "
        "object storage in the current folder.",
    ),
]
Candidates = Annotated[
    list[str], typer.Argument(metavar="INPUT...", help="Candidates, as for `translate`.")
]
Languages = Annotated[
    list[str] | None,
    typer.Option("--language", metavar="LANG", help="Language of the original; may be repeated."),
]
Translations = Annotated[
    bool, typer.Option("--translations", help="Only originals in another language: no copies.")
]
Since = Annotated[
    str,
    typer.Option("--since", metavar="DATE", help="Original published on this day or later."),
]
Until = Annotated[
    str,
    typer.Option("--until", metavar="DATE", help="Original published on this day or earlier."),
]
Within = Annotated[
    int | None,
    typer.Option(
        "--within",
        min=0,
        metavar="DAYS",
        help="Original published at most this many days before the candidate.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Hits per candidate.")]
MinScore = Annotated[
    float,
    typer.Option(
        "--min-score",
        min=0,
        max=1,
        callback=finite,
        metavar="SCORE",
        help="Leave weaker hits out.",
    ),
]
