"""What ``mtpipe align`` prints: the alignment or its evaluation, as a table or in other forms."""

import json
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mtpipe.cells import one_line
from mtpipe.cli import console
from mtpipe.cli.output import print_to, write_lines
from mtpipe.types.choices import AlignmentFormat

if TYPE_CHECKING:
    from rich.table import Table

    from mtpipe.types.alignment import AlignedDocuments, AlignmentEvaluation


def write_alignment(output: Path, result: "AlignedDocuments", form: AlignmentFormat) -> None:
    """Write an alignment; a table also gets a summary on standard error.

    Raises:
        OutputError: it can't be written.
    """
    if form is AlignmentFormat.TABLE:
        print_to(output, partial(_print, _table(result)))
        console.notice(_summary(result))
        return
    from mtpipe.report.alignment_lines import alignment_lines  # noqa: PLC0415 - not for --help

    write_lines(output, alignment_lines(result, form))


def write_evaluation(output: Path, result: "AlignmentEvaluation", form: AlignmentFormat) -> None:
    """Write figures as JSON where JSON lines were asked for, else as a table.

    Raises:
        OutputError: they can't be written.
    """
    if form is AlignmentFormat.JSONL:
        write_lines(output, [_evaluation_json(result)])
    else:
        print_to(output, partial(_print, _evaluation_table(result)))


def _print(table: "Table", stream: IO[str]) -> None:
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help

    Console(file=stream).print(table)


def _table(result: "AlignedDocuments") -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    source, target = result.source.sentences, result.target.sentences
    moves = result.alignment.moves
    moved_to = {i: move for move in moves for i in move.source}
    moved_from = {j: move for move in moves for j in move.target}
    table = Table(box=box.SIMPLE, show_lines=False, pad_edge=False, expand=True)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column(Text(one_line(result.source.name)), ratio=1, overflow="fold")
    table.add_column("score", justify="center", no_wrap=True)
    table.add_column(Text(one_line(result.target.name)), ratio=1, overflow="fold")
    table.add_column("#", style="dim", no_wrap=True)
    for bead in result.alignment.beads:
        if not bead.is_null:
            style = "green" if bead.score >= 0.6 else "yellow" if bead.score >= 0.35 else "red"
            middle = Text(f"{bead.score:.2f}", style=style)
        elif bead.source:
            move = moved_to.get(bead.source[0])
            middle = Text(f"→ {move.target[0] + 1}" if move else "-", style="magenta")
        else:
            move = moved_from.get(bead.target[0])
            middle = Text(f"← {move.source[0] + 1}" if move else "+", style="magenta")
        table.add_row(
            _numbers(bead.source),
            Text("\n".join(one_line(source[i]) for i in bead.source)),
            middle,
            Text("\n".join(one_line(target[j]) for j in bead.target)),
            _numbers(bead.target),
        )
    return table


def _numbers(sentences: range) -> str:
    if not sentences:
        return ""
    first, last = sentences[0] + 1, sentences[-1] + 1
    return str(first) if first == last else f"{first}-{last}"


def _summary(result: "AlignedDocuments") -> str:
    beads, moves = result.alignment.beads, result.alignment.moves
    parts = [
        f"{sum(not bead.is_null for bead in beads)} links",
        f"{sum(not bead.target for bead in beads)} only in {result.source.name} (-)",
        f"{sum(not bead.source for bead in beads)} only in {result.target.name} (+)",
    ]
    if moves:
        parts.append(f"{len(moves)} moved (→ ←)")
    return ", ".join(parts)


def _evaluation_json(result: "AlignmentEvaluation") -> str:
    qualities = {"strict": result.strict, "lax": result.lax}
    return json.dumps(
        {
            **{
                name: {"precision": q.precision, "recall": q.recall, "f1": q.f1}
                for name, q in qualities.items()
            },
            "shapes": {
                f"{shape.source}-{shape.target}": {
                    "gold": shape.gold,
                    "found": shape.found,
                    "right": shape.right,
                }
                for shape in result.shapes
            },
        }
    )


def _evaluation_table(result: "AlignmentEvaluation") -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE, pad_edge=False)
    for header in ("", "precision", "recall", "F1", "gold", "found", "right"):
        table.add_column(header, justify="right" if header else "left")
    for name, quality in (("strict", result.strict), ("lax", result.lax)):
        figures = (quality.precision, quality.recall, quality.f1)
        table.add_row(name, *(f"{figure:.3f}" for figure in figures))
    table.add_section()
    for shape in result.shapes:
        quality = shape.quality
        table.add_row(
            f"{shape.source}-{shape.target}",
            *(f"{figure:.3f}" for figure in (quality.precision, quality.recall, quality.f1)),
            *(str(count) for count in (shape.gold, shape.found, shape.right)),
        )
    return table
