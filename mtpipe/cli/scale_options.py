"""Options and arguments of ``mtpipe scale``; those that other commands have stand there."""

from typing import Annotated

import typer

from mtpipe.cli.options import Json, finite
from mtpipe.scale import Form

__all__ = [
    "Address",
    "Articles",
    "BroadcastSentences",
    "Cache",
    "Duplicates",
    "Format",
    "Gpus",
    "Json",
    "Output",
    "OutputArchive",
    "Prices",
    "RowsPerShard",
    "Shards",
    "Threads",
    "Workers",
]

_WORKERS = "Who works"


def complete_address(incomplete: str) -> list[str]:
    """How addresses of clusters begin, for the shell."""
    return [each for each in ("auto", "ray://") if each.startswith(incomplete)]


Articles = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="Files, folders, globs or addresses, also s3:// and gs://; all workers see the same.",
    ),
]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="Folder of the output, also s3:// or gs://; the same command resumes there.",
    ),
]
OutputArchive = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="ARCHIVE",
        help="The archive: its folder, or object storage: s3:// or gs://bucket/path.",
    ),
]
Format = Annotated[Form, typer.Option("--format", "-f", help="How rows are written.")]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache",
        help="Reuse sentences that were translated before on the same machine.",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="ADDRESS",
        autocompletion=complete_address,
        help="Ray cluster: auto for the one that this machine is in, HOST:PORT or ray://HOST:PORT; "
        "by default one is started on this machine, for this run.",
        rich_help_panel=_WORKERS,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="Processes; by default as many as the cluster has processors for.",
        rich_help_panel=_WORKERS,
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads-per-worker",
        min=1,
        metavar="N",
        help="CPU threads of each.",
        rich_help_panel=_WORKERS,
    ),
]
Gpus = Annotated[
    float,
    typer.Option(
        "--gpus-per-worker",
        min=0,
        callback=finite,
        metavar="N",
        help="GPUs of each; .5 lets two share one.",
        show_default=False,
        rich_help_panel=_WORKERS,
    ),
]
RowsPerShard = Annotated[
    int,
    typer.Option(
        "--rows-per-shard",
        min=1,
        metavar="N",
        help="Articles that a worker does at a time: what is done again if it dies.",
        rich_help_panel=_WORKERS,
    ),
]
Prices = Annotated[
    list[float] | None,
    typer.Option(
        "--price-per-hour",
        min=0,
        callback=finite,
        metavar="PRICE",
        help="Price of one machine: the report says what a million articles cost; may be repeated.",
    ),
]
BroadcastSentences = Annotated[
    int | None,
    typer.Option(
        "--broadcast-sentences",
        min=0,
        metavar="N",
        help="With --archive: every worker holds an archive of up to so many sentences; a larger "
        "one is held once, shard by shard, and asked.",
        show_default=False,
    ),
]
Duplicates = Annotated[
    bool,
    typer.Option(
        "--duplicates/--no-duplicates",
        help="Examine one of several articles that say nearly the same.",
    ),
]
Shards = Annotated[
    int | None,
    typer.Option(
        "--shards",
        min=1,
        metavar="N",
        help="Parts of a new archive, each with a writer of its own.",
        show_default=False,
    ),
]
