"""Options of ``mtpipe translate`` that no other command has."""

from typing import Annotated

import typer

from mtpipe.types.choices import DocumentFormat, EngineName

To = Annotated[str, typer.Option("--to", metavar="LANG", help="Target language: de, en or fr.")]
Format = Annotated[DocumentFormat, typer.Option("--format", "-f", help="How articles are written.")]
Lines = Annotated[
    bool,
    typer.Option("--lines", help="One segment per line in, one out; empty lines are kept."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="With --lines: write source, target, score and flags.")
]
Engine = Annotated[EngineName, typer.Option("--engine", help="What runs the model.")]
Beam = Annotated[
    int,
    typer.Option("--beam", min=1, max=64, help="Width of the beam search; 1 is greedy."),
]
Cache = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache", help="Reuse the sentences of articles that were translated before."
    ),
]
RoundTrip = Annotated[
    bool,
    typer.Option(
        "--round-trip",
        help="Also translate the sentences of articles back, and rate how close they come (chrF).",
    ),
]
Comet = Annotated[
    str | None,
    typer.Option(
        "--comet",
        metavar="MODEL",
        help="Estimate the quality of each sentence with COMET, e.g. "
        "Unbabel/wmt22-cometkiwi-da; needs comet-score.",
    ),
]
