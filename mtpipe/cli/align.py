"""``mtpipe align``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtpipe.cli import console
from mtpipe.cli.align_output import write_alignment, write_evaluation
from mtpipe.cli.furniture import (
    DropSelector,
    DropText,
    Furniture,
    KeepSelector,
    KeepText,
    Wording,
)
from mtpipe.cli.options import STANDARD, Output, finite
from mtpipe.errors import InputError
from mtpipe.files import refuse_same
from mtpipe.lines import MAX_LINES, read_lines
from mtpipe.types import Language
from mtpipe.types.choices import AlignmentFormat

if TYPE_CHECKING:
    from mtpipe.types import Article
    from mtpipe.types.alignment import AlignedDocuments

_UNRELATED = 0.35
"""Mean score of the links below which texts have hardly to do with each other."""

_Source = Annotated[
    str, typer.Argument(metavar="SOURCE", help="File or address; - is standard input.")
]
_Target = Annotated[str, typer.Argument(metavar="TARGET", help="Its other version.")]
_Lines = Annotated[bool, typer.Option("--lines", help="One sentence per line, in both files.")]
_Format = Annotated[
    AlignmentFormat, typer.Option("--format", "-f", help="How to write the alignment.")
]
_From = Annotated[
    str | None,
    typer.Option("--from", metavar="LANG", help="Language of SOURCE; identified by default."),
]
_To = Annotated[
    str | None,
    typer.Option("--to", metavar="LANG", help="Language of TARGET; identified by default."),
]
_Encoder = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="static, or a sentence-transformers model such as sentence-transformers/LaBSE.",
    ),
]
_MaxBead = Annotated[
    int, typer.Option(min=2, max=12, help="Sentences of both sides that may form one bead.")
]
_MinScore = Annotated[
    float,
    typer.Option(min=0.0, max=1.0, callback=finite, help="Don't link what is less alike, 0 to 1."),
]
_Gold = Annotated[
    Path | None,
    typer.Option(
        "--evaluate",
        metavar="GOLD",
        help="Print precision, recall and F1 against this alignment instead.",
    ),
]


def align(
    source: _Source,
    target: _Target,
    lines: _Lines = False,
    output_format: _Format = AlignmentFormat.TABLE,
    output: Output = STANDARD,
    source_language: _From = None,
    target_language: _To = None,
    encoder: _Encoder = "static",
    max_bead: _MaxBead = 6,
    min_score: _MinScore = 0.0,
    gold: _Gold = None,
    wording: Wording = None,
    drop_selector: DropSelector = None,
    keep_selector: KeepSelector = None,
    drop_text: DropText = None,
    keep_text: KeepText = None,
) -> None:
    """Align the sentences of two versions of a text.

    Both sides may be articles in any form that `translate` reads, or files with one sentence per
    line. Every sentence ends up in one bead: 1-1, 1-n, n-1, n-m, or alone. Moved sentences are
    alone on both sides and reported as a moved block.

    Examples:
    ```
    mtpipe align original.html translation.html
    mtpipe align --lines --from de --to fr a.de a.fr --format tmx -o a.tmx
    mtpipe align original.txt candidate.txt --format html -o side-by-side.html
    mtpipe align --lines a.de a.fr --evaluate a.gold
    ```
    """
    from mtpipe import align as align_texts  # noqa: PLC0415 - not on the way to --help
    from mtpipe import evaluate_alignment  # noqa: PLC0415

    names = source, target
    furniture = Furniture(wording, drop_selector, keep_selector, drop_text, keep_text)
    _refuse_mistakes(names, output, gold, output_format, furniture if lines else None)
    languages = tuple(Language.parse(c) if c else None for c in (source_language, target_language))
    texts = [
        _sentences(name) if lines else _article(name, language, furniture)
        for name, language in zip(names, languages, strict=True)
    ]
    result = align_texts(
        *texts,
        languages=(languages[0], languages[1]),
        encoder=encoder,
        max_bead=max_bead,
        min_score=min_score,
        names=names,
    )
    if gold is not None:
        write_evaluation(output, evaluate_alignment(result, gold), output_format)
    else:
        if output_format is AlignmentFormat.TMX:
            _refuse_unknown_languages(result)
        _warn_of_unrelated(result, min_score)
        write_alignment(output, result, output_format)
    furniture.tell()


def _refuse_mistakes(
    names: tuple[str, str],
    output: Path,
    gold: Path | None,
    form: AlignmentFormat,
    unused: Furniture | None,
) -> None:
    """Complain of options that contradict each other.

    Args:
        names: of both sides.
        output: where results go.
        gold: alignment to compare with.
        form: of the output.
        unused: options for articles, where there are none.
    """
    if names == ("-", "-"):
        raise typer.BadParameter("only one of SOURCE and TARGET can be standard input")
    if gold and form not in (AlignmentFormat.TABLE, AlignmentFormat.JSONL):
        raise typer.BadParameter(f"--evaluate prints a table, or jsonl, but not {form}")
    if unused:
        unused.refuse_options("lines")
    if output != STANDARD:
        refuse_same([*map(Path, names), *([gold] if gold else [])], [output])


def _refuse_unknown_languages(result: "AlignedDocuments") -> None:
    """TMX tells both sides of a unit apart by their languages."""
    for side, option in ((result.source, "--from"), (result.target, "--to")):
        if side.language is None:
            raise InputError(
                f"the language of {side.name} can't be told, and TMX needs it",
                hint=f"name it with {option}",
            )


def _warn_of_unrelated(result: "AlignedDocuments", min_score: float) -> None:
    score = result.mean_score
    for side in (result.source, result.target):
        if not any(map(str.strip, side.sentences)):
            console.notice(f"warning: {side.name} has no text, so nothing is linked")
            return
    if all(bead.is_null for bead in result.alignment.beads):
        why = f"no sentences score {min_score:g} or more" if min_score else "no sentences are alike"
        console.notice(f"warning: nothing is linked: {why}")
    elif score < _UNRELATED:
        console.notice(
            "warning: these are hardly two versions of one text: links score "
            f"{score:.2f} on average; --min-score {_UNRELATED} leaves the doubtful ones out"
        )


def _article(name: str, language: Language | None, furniture: Furniture) -> "Article":
    from mtpipe import read_article  # noqa: PLC0415

    article = read_article(
        name,
        language=language,
        rules=furniture.rules,
        if_several="align articles one pair at a time",
    )
    furniture.count(name, article.furniture)
    return article


def _sentences(name: str) -> list[str]:
    from mtpipe.compressed import open_bytes  # noqa: PLC0415 - not on the way to --help

    with open_bytes(Path("/dev/stdin" if name == "-" else name)) as stream:
        lines = list(read_lines(stream, name=name, most=MAX_LINES))
    if doubtful := [line for line in lines if line.flag]:
        more = f"; {len(doubtful)} lines are doubtful in all" if len(doubtful) > 1 else ""
        console.notice(f"warning: {name}: line {doubtful[0].number} {doubtful[0].flag}{more}")
    return [line.text for line in lines]
