"""``mtpipe align``."""

import io
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from mtpipe.errors import InputError, OutputError
from mtpipe.files import refuse_same, replacement
from mtpipe.types import Language
from mtpipe.types.choices import AlignmentFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from mtpipe.alignment.evaluate import Tally
    from mtpipe.pipeline.align import AlignedDocuments


_STDOUT = Path("-")
_UNRELATED = 0.35
"""Mean score of the links below which texts have hardly to do with each other."""


def align(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="File or address; - is standard input.")
    ],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Its other version.")],
    lines: Annotated[
        bool, typer.Option("--lines", help="One sentence a line, in both files.")
    ] = False,
    output_format: Annotated[
        AlignmentFormat, typer.Option("--format", "-f", help="How to write the alignment.")
    ] = AlignmentFormat.TABLE,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = _STDOUT,
    source_language: Annotated[
        str | None,
        typer.Option("--from", metavar="LANG", help="Language of SOURCE; identified if not given."),
    ] = None,
    target_language: Annotated[
        str | None,
        typer.Option("--to", metavar="LANG", help="Language of TARGET; identified if not given."),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="static, or a sentence-transformers model such as sentence-transformers/LaBSE.",
        ),
    ] = "static",
    max_bead: Annotated[
        int, typer.Option(min=2, max=12, help="Sentences of both sides that may form one bead.")
    ] = 6,
    min_score: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Don't link what is less alike, 0 to 1."),
    ] = 0.0,
    gold: Annotated[
        Path | None,
        typer.Option(
            "--evaluate",
            metavar="GOLD",
            help="Print precision, recall and F1 against this alignment instead.",
        ),
    ] = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Align the sentences of two versions of a text.

    Both sides may be articles in any form that `translate` reads, or files with one sentence a
    line. Every sentence ends up in one bead: 1-1, 1-n, n-1, n-m, or alone. What was moved is
    alone on both sides and reported as a moved block.

    Examples:
    ```
    mtpipe align original.html translation.html
    mtpipe align --lines --from de --to fr a.de a.fr --format tmx -o a.tmx
    mtpipe align original.txt candidate.txt --format html -o side-by-side.html
    mtpipe align --lines a.de a.fr --evaluate a.gold
    ```
    """
    from mtpipe.pipeline.align import align_documents, load_encoder, read_document  # noqa: PLC0415

    if source == "-" and target == "-":
        raise typer.BadParameter("only one of SOURCE and TARGET can be standard input")
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    if lines:
        furniture.refuse_options("lines")
    if output != _STDOUT:
        refuse_same([Path(source), Path(target), *([gold] if gold else [])], [output])
    model = load_encoder(encoder)
    languages = (
        Language.parse(code) if code else None for code in (source_language, target_language)
    )
    sides = [
        read_document(name, language=language, lines=lines, rules=furniture.rules)
        for name, language in zip((source, target), languages, strict=True)
    ]
    for side in sides:
        furniture.count(side.name, side.furniture)
    result = align_documents(sides[0], sides[1], model, max_bead=max_bead, min_score=min_score)
    if gold is None and (score := result.mean_score) < _UNRELATED:
        console.notice(
            f"warning: these hardly are two versions of one text: links score {score:.2f} on average; "
            f"--min-score {_UNRELATED} leaves the doubtful ones out"
        )
    if gold is not None:
        _write(output, _evaluation(result, gold, as_json=output_format is AlignmentFormat.JSONL))
    elif output_format is AlignmentFormat.TABLE:
        _write(output, _table(result))
        console.notice(_summary(result))
    else:
        _write(output, _formatted(result, output_format))
    furniture.tell()


def _write(output: Path, content: "Iterable[str] | Table") -> None:
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help
    from rich.table import Table  # noqa: PLC0415

    try:
        with ExitStack() as stack:
            stream = (
                sys.stdout.buffer if output == _STDOUT else stack.enter_context(replacement(output))
            )
            if output == _STDOUT and isinstance(content, Table):
                Console(file=sys.stdout).print(content)
                return
            if isinstance(content, Table):
                text = io.StringIO()
                Console(file=text).print(content)
                content = text.getvalue().splitlines()
            # Bytes, so that it is UTF-8 whatever the locale says.
            stream.writelines(f"{line}\n".encode("utf-8", "replace") for line in content)
            stream.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise OutputError(f"can't write {output}: {exc.strerror}") from exc


def _formatted(result: "AlignedDocuments", output_format: AlignmentFormat) -> "Iterator[str]":
    from mtpipe import __version__  # noqa: PLC0415
    from mtpipe.alignment import formats  # noqa: PLC0415

    alignment = result.alignment
    texts = result.source.sentences, result.target.sentences
    languages = result.source.language, result.target.language
    if output_format is AlignmentFormat.VECALIGN:
        return formats.vecalign_lines(alignment)
    if output_format is AlignmentFormat.JSONL:
        return formats.jsonl_lines(alignment, *texts)
    if output_format is AlignmentFormat.TSV:
        return formats.tsv_lines(alignment, *texts)
    if output_format is AlignmentFormat.TMX:
        return formats.tmx_lines(alignment, *texts, languages=languages, version=__version__)
    from mtpipe.report.alignment import alignment_page  # noqa: PLC0415

    names = result.source.name, result.target.name
    return iter([alignment_page(alignment, *texts, names=names, languages=languages)])


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
    table.add_column(Text(console.one_line(result.source.name)), ratio=1, overflow="fold")
    table.add_column("score", justify="center", no_wrap=True)
    table.add_column(Text(console.one_line(result.target.name)), ratio=1, overflow="fold")
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
            Text("\n".join(console.one_line(source[i]) for i in bead.source)),
            middle,
            Text("\n".join(console.one_line(target[j]) for j in bead.target)),
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


def _evaluation(
    result: "AlignedDocuments", gold: Path, *, as_json: bool
) -> "Iterable[str] | Table":
    from mtpipe.alignment.evaluate import Tally, read_beads  # noqa: PLC0415

    wanted = read_beads(gold)
    for name, sentences, used in (
        (result.source.name, result.source.sentences, [i for bead in wanted for i in bead[0]]),
        (result.target.name, result.target.sentences, [j for bead in wanted for j in bead[1]]),
    ):
        if used and max(used) >= len(sentences):
            raise InputError(
                f"{gold} names sentence {max(used)} (from 0), but {name} has {len(sentences)}",
                hint="was it made from one sentence a line? Then add --lines",
            )
    tally = Tally()
    tally.add([(tuple(b.source), tuple(b.target)) for b in result.alignment.beads], wanted)
    return [_evaluation_json(tally)] if as_json else _evaluation_table(tally)


def _evaluation_json(tally: "Tally") -> str:
    qualities = {"strict": tally.strict, "lax": tally.lax}
    return json.dumps(
        {
            **{
                name: {"precision": q.precision, "recall": q.recall, "f1": q.f1}
                for name, q in qualities.items()
            },
            "shapes": {
                f"{a}-{b}": {
                    name: tally.by_shape[a, b][name] for name in ("gold", "found", "right")
                }
                for a, b in tally.shapes()
            },
        }
    )


def _evaluation_table(tally: "Tally") -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE, pad_edge=False)
    for header in ("", "precision", "recall", "F1", "gold", "found", "right"):
        table.add_column(header, justify="right" if header else "left")
    for name, quality in (("strict", tally.strict), ("lax", tally.lax)):
        figures = (quality.precision, quality.recall, quality.f1)
        table.add_row(name, *(f"{figure:.3f}" for figure in figures))
    table.add_section()
    for a, b in tally.shapes():
        quality, counts = tally.strict_of(a, b), tally.by_shape[a, b]
        table.add_row(
            f"{a}-{b}",
            *(f"{figure:.3f}" for figure in (quality.precision, quality.recall, quality.f1)),
            *(str(counts[name]) for name in ("gold", "found", "right")),
        )
    return table
