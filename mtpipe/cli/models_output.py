"""What ``mtpipe models`` shows: tables of models and of a card's facts, and what a check found.

Cards and vocabularies come from strangers; what they say is printed without what could steer a
terminal.
"""

from typing import TYPE_CHECKING, Any

import typer

from mtpipe.cells import one_line, plain_json

if TYPE_CHECKING:
    from rich.table import Table

    from mtpipe.models.listing import ModelCheck

_ALL_DIRECTIONS = 6
_MOST_CHARS = 40  # of a licence in a table


def model_table(rows: list[dict[str, Any]]) -> "Table":
    """Models, one per row."""
    from rich import box  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("Model", "Directions"):
        table.add_column(heading, no_wrap=heading == "Model")
    table.add_column("Installed")
    table.add_column("Auto takes it for")
    table.add_column("Rank", justify="right")
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Licence", no_wrap=True)
    for row in rows:
        table.add_row(
            escape(one_line(row["name"])),
            _short(row["directions"]),
            "with mtpipe" if row["bundled"] else "yes" if row["installed"] else "-",
            _short(row["auto"]) or "-",
            str(row["rank"]),
            _megabytes(row["size_bytes"]),
            escape(_cut(one_line(row["licence"]))),
            style="bold" if row["installed"] else "",
        )
    return table


def fact_table(facts: dict[str, Any]) -> "Table":
    """What a card says, one fact per row."""
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    shown = {
        **facts,
        "directions": " ".join(facts["directions"]),
        "parameters": f"{facts['parameters']:,}" if facts["parameters"] else "",
        "size_bytes": _megabytes(facts["size_bytes"]) if facts["size_bytes"] else "",
        "figures": "\n".join(_figure_lines(facts["figures"])),
        "sha256": "\n".join(f"{digest}  {name}" for name, digest in facts["sha256"].items()),
        "installed": facts["installed"] or "no",
        "converted": " ".join(facts["converted"]),
    }
    labels = {"size_bytes": "size", "training_data": "training data"}
    for key, value in shown.items():
        if value != "":
            lines = map(one_line, str(value).split("\n"))
            table.add_row(labels.get(key, key), escape("\n".join(lines)))
    return table


def _figure_lines(figures: dict[str, Any], prefix: str = "") -> list[str]:
    """Nested tables of figures as ``set direction metric value`` lines."""
    lines = []
    for key, value in figures.items():
        if isinstance(value, dict):
            lines += _figure_lines(value, f"{prefix}{key} ")
        else:
            lines.append(f"{prefix}{key} {value}")
    return lines


def _short(directions: list[str]) -> str:
    return "all six" if len(directions) == _ALL_DIRECTIONS else " ".join(directions)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"


def _megabytes(size: int | None) -> str:
    return f"{size / 1e6:,.0f} MB" if size else "?"


def print_check(result: "ModelCheck") -> None:
    """Print what a check of a model found."""
    typer.echo(one_line(f"{result.name}: {result.problem or 'sound'}"))
    for direction, (source, output) in result.outputs.items():
        typer.echo(one_line(f"  {direction}  {source} -> {output}"))


def print_json(value: Any) -> None:
    """Print JSON to standard output."""
    typer.echo(plain_json(value, indent=2))


def print_table(table: "Table") -> None:
    """Print a table to standard output, wide where nothing limits the width."""
    from rich.console import Console  # noqa: PLC0415

    out = Console(highlight=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=200)
    out.print(table)
