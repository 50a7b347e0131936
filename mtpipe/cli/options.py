"""Options and arguments that recur among the commands: one name and one help text for each concept."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from mtpipe.types.choices import Device, Quantization

STANDARD = Path("-")
"""Standard input or output, wherever a file may be given."""


def complete_model(incomplete: str) -> list[str]:
    """Names of installed models, for the shell."""
    from mtpipe.models.cards import installed_models  # noqa: PLC0415 - only when completing

    names = ["auto", *(model.card.name for model in installed_models())]
    return [name for name in names if name.startswith(incomplete)]


def finite(value: Any) -> Any:
    """The value of an option, or its values, unless one is ``nan``, which no range keeps out, or ``inf``.

    Raises:
        BadParameter: it is.
    """
    for each in value if isinstance(value, list | tuple) else [value]:
        if each is not None and not math.isfinite(each):
            raise typer.BadParameter(f"{each} isn't a finite number.")
    return value


Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[INPUT]...",
        help="Files, folders, globs or addresses; - or nothing is standard input.",
        show_default=False,
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="LANG",
        help="Language of the input (de, en or fr); identified by default.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        autocompletion=complete_model,
        help="An installed model, a folder, or auto: the best one installed.",
    ),
]
ComputeDevice = Annotated[Device, typer.Option("--device", help="Where to compute.")]
Weights = Annotated[
    Quantization,
    typer.Option(
        "--quantization",
        help="Weights for ctranslate2; auto: int8 on a CPU, float16 on a GPU.",
    ),
]
Threads = Annotated[
    int,
    typer.Option("--threads", min=0, help="CPU threads; 0: one per core.", show_default=False),
]
Failures = Annotated[
    Path | None,
    typer.Option(
        "--failures",
        metavar="FILE",
        help="List failed articles here; by default in OUTPUT.failures.jsonl.",
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
