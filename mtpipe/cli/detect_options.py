"""Options of ``mtpipe detect``."""

from pathlib import Path
from typing import Annotated

import typer

from mtpipe.cli.options import finite
from mtpipe.errors import FOUND
from mtpipe.types.choices import FailOn

__all__ = [
    "Archive",
    "Calibrate",
    "Candidates",
    "Card",
    "Engine",
    "FailOns",
    "Json",
    "Model",
    "Original",
    "Output",
    "Pairs",
    "Prior",
    "Report",
    "Rules",
    "WithinDays",
]


Candidates = Annotated[
    list[str] | None,
    typer.Argument(
        help="Articles under suspicion: pages, text, tables, folders, addresses, - .",
        metavar="CANDIDATE...",
    ),
]
Original = Annotated[
    str | None,
    typer.Option("--original", metavar="FILE", help="The article that they may come from."),
]
Archive = Annotated[
    str | None,
    typer.Option("--archive", metavar="DIR", help="Search this archive for the original."),
]
Pairs = Annotated[
    Path | None,
    typer.Option(
        "--pairs",
        metavar="FILE",
        help="Instead of candidates: JSON lines with original and candidate.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="JSON lines, one per candidate; resumable."
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a page that explains the verdict, and JSON beside it; a folder for several "
        "candidates.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines instead of the summary.")]
FailOns = Annotated[
    list[FailOn] | None,
    typer.Option(
        "--fail-on", help=f"Exit with {FOUND} if a candidate gets this verdict; may be repeated."
    ),
]
WithinDays = Annotated[
    int | None,
    typer.Option(
        "--within",
        metavar="DAYS",
        min=0,
        help="With --archive: the original is at most this many days older.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="Translates the original, for comparison with the candidate and for reports.",
    ),
]
Prior = Annotated[
    float | None,
    typer.Option(
        "--prior",
        metavar="SHARE",
        min=0,
        max=1,
        callback=finite,
        help="Share of machine translations that you expect among such candidates, 0.01 say: adds "
        "the probability that follows.",
    ),
]
Engine = Annotated[
    bool,
    typer.Option(
        "--engine/--no-engine",
        help="Measure with translation models as well: slower, but much more reliable.",
    ),
]
Rules = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules", metavar="FILE", help="Further rules for pages, in TOML; may be repeated."
    ),
]
Card = Annotated[
    Path | None,
    typer.Option("--card", metavar="FILE", help="Card of the verdict, as written by --calibrate."),
]
Calibrate = Annotated[
    list[Path] | None,
    typer.Option(
        "--calibrate",
        metavar="FILE",
        help="Instead of detecting: learn the verdict from labelled pairs, and write its card to "
        "-o; may be repeated.",
    ),
]
