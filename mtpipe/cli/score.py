"""``mtpipe score``."""

import io
import sys
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from mtpipe.cli import console
from mtpipe.errors import OutputError
from mtpipe.types import Direction
from mtpipe.types.choices import ScoreFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table
    from rich.text import Text

    from mtpipe.report.scores import ScoreCell, ScoreReport, ScoreTable


class Paired(StrEnum):
    """sacrebleu's ways of :class:`mtpipe.scoring.significance.PairedMethod`, by their values."""

    BOOTSTRAP = "bootstrap"
    RANDOMISATION = "randomisation"


_STDOUT = Path("-")


def score(
    hypotheses: Annotated[
        list[str],
        typer.Argument(
            metavar="[NAME=]FILE[:PART]...",
            help="Translations, one file a system; - is standard input. PART is a column of a TSV "
            "file, a field of JSON lines, a language of a TMX file, a system in WMT XML.",
        ),
    ],
    references: Annotated[
        list[str] | None,
        typer.Option(
            "--reference", "-r", metavar="FILE[:PART]", help="Human translation; may be repeated."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="FILE[:PART]", help="Sources, for scores that need them."),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="METRIC",
            help="bleu, chrf, chrf++, ter; without a reference: round-trip, model; if installed: "
            "comet, cometkiwi, metricx, metricx-qe. May be repeated.  [default: bleu, chrf]",
            show_default=False,
        ),
    ] = None,
    paired: Annotated[
        Paired | None,
        typer.Option(help="Compare every pair of systems, and cluster them."),
    ] = None,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Estimate 95 % intervals by bootstrap.")
    ] = False,
    samples: Annotated[
        int | None,
        typer.Option(
            min=10,
            max=1_000_000,
            help="Resamples or trials.  [default: 1000; randomisation: 10000]",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=1, help="Of the random numbers.")] = 12345,
    alpha: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="p-values below are significant.")
    ] = 0.05,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="System that p-values refer to; the first if not given."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="Also score each document, domain or origlang (where the files say so, or "
            "--label does), or each segment. May be repeated.",
        ),
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label", metavar="LABEL=FILE", help="A label for each segment, e.g. document=ids.txt."
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="BLEU's tokenizer, by sacreBLEU's names; by default 13a, or the one for Chinese, "
            "Japanese or Korean if --to says so.",
        ),
    ] = None,
    lowercase: Annotated[
        bool, typer.Option("--lowercase", help="Ignore case in BLEU and chrF.")
    ] = False,
    source_language: Annotated[
        str | None, typer.Option("--from", metavar="LANG", help="Language of the sources.")
    ] = None,
    target_language: Annotated[
        str | None, typer.Option("--to", metavar="LANG", help="Language of the translations.")
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="For the metrics round-trip and model.")
    ] = "auto",
    digits: Annotated[
        int, typer.Option(min=0, max=10, help="Behind the decimal point; JSON and CSV have all.")
    ] = 1,
    between: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Systems whose segments the HTML page compares; the first two."
        ),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=1, max=10_000, help="Segments of each side on the HTML page.")
    ] = 50,
    output_format: Annotated[
        ScoreFormat, typer.Option("--format", "-f", help="How to write the scores.")
    ] = ScoreFormat.TABLE,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = _STDOUT,
) -> None:
    """Score translations: BLEU, chrF, chrF++ and TER, exactly as sacreBLEU does.

    Line n of every file is the same segment. Files are text, or by their names TSV, JSON lines
    (among them what `mtpipe translate` writes), TMX and WMT's XML; each may be compressed with
    gzip.

    Examples:
    ```
    mtpipe score sys.txt -r ref.txt
    mtpipe score a=sysA.txt b=sysB.txt -r ref1.txt -r ref2.txt -m bleu -m ter --paired bootstrap
    mtpipe score translated.jsonl -r testset.tsv:2 --confidence --by document
    mtpipe score newstest.en-de.xml --paired randomisation --by domain -f json -o scores.json
    mtpipe score sysA.txt sysB.txt -r ref.txt -f html -o differences.html
    mtpipe score sys.txt --source src.txt --from de --to en -m round-trip -m model
    ```
    """
    from mtpipe.pipeline.score import scoring as pipeline  # noqa: PLC0415 - not on the way to --help
    from mtpipe.scoring.metrics import MetricOptions  # noqa: PLC0415
    from mtpipe.scoring.significance import PairedMethod, Sampling  # noqa: PLC0415

    pair = _pair(between)
    named_labels = dict(_label(text) for text in labels or ())
    if output != _STDOUT:
        given = [*hypotheses, *(references or ()), *named_labels.values()]
        pipeline.require_no_input(output, [*given, *([source] if source else [])])
    options = pipeline.ScoreOptions(
        metrics=tuple(dict.fromkeys(map(pipeline.parse_metric, metrics or ["bleu", "chrf"]))),
        metric_options=MetricOptions(tokenizer, target_language or "", lowercase=lowercase),
        digits=digits,
        confidence=confidence,
        paired=PairedMethod(paired) if paired else None,
        sampling=Sampling(samples, seed),
        alpha=alpha,
        baseline=baseline,
        by=tuple(dict.fromkeys(by or ())),
        examples=examples if output_format is ScoreFormat.HTML else 0,
        between=pair,
        model=model,
    )
    material = pipeline.read_material(
        hypotheses,
        references or (),
        source=source,
        labels=named_labels,
        direction=_direction(source_language, target_language, needed=options.needs_model),
    )
    with console.progress(unit="steps") as progress:
        task = progress.add_task("scoring", total=None, note="")
        report = pipeline.score_material(
            material,
            options,
            on_plan=lambda steps: progress.update(task, total=steps),
            on_step=lambda note: progress.update(task, advance=1, note=note),
        )
    _write(output, report, output_format)


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    first, comma, second = text.partition(",")
    if not comma or not first or not second or first == second:
        raise typer.BadParameter(f"--between needs two systems, as in a,b, not {text!r}")
    return first, second


def _label(text: str) -> tuple[str, str]:
    kind, sign, path = text.partition("=")
    if not sign or not kind or not path:
        raise typer.BadParameter(f"--label is LABEL=FILE, not {text!r}")
    return kind, path


def _direction(source: str | None, target: str | None, *, needed: bool) -> Direction | None:
    # For a tokenizer the target may be any language; for a model it has to be one of ours.
    return Direction.parse(f"{source}-{target}") if needed and source and target else None


def _write(output: Path, report: "ScoreReport", output_format: ScoreFormat) -> None:
    try:
        if output_format is ScoreFormat.TABLE and output == _STDOUT:
            _print_tables(sys.stdout, report)
            return
        data = _formatted(report, output_format).encode("utf-8", "replace")
        if output == _STDOUT:
            # Bytes, so that it is UTF-8 whatever the locale says.
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            from mtpipe.files import replacement  # noqa: PLC0415 - not on the way to --help

            with replacement(output) as file:
                file.write(data)
    except BrokenPipeError as exc:
        raise OutputError("the reader has gone") from exc
    except OSError as exc:
        raise OutputError(f"can't write {output}: {exc.strerror}") from exc


def _formatted(report: "ScoreReport", output_format: ScoreFormat) -> str:
    if output_format is ScoreFormat.TABLE:
        buffer = io.StringIO()
        _print_tables(buffer, report)
        return buffer.getvalue()
    from mtpipe.report import score_formats  # noqa: PLC0415 - not on the way to --help

    if output_format is ScoreFormat.JSON:
        return score_formats.json_report(report)
    if output_format is ScoreFormat.CSV:
        return score_formats.csv_report(report)
    if output_format is ScoreFormat.LATEX:
        return score_formats.latex_report(report)
    if output_format is ScoreFormat.MARKDOWN:
        return score_formats.markdown_report(report)
    from mtpipe.report.score_page import score_page  # noqa: PLC0415

    return score_page(report)


def _print_tables(stream: IO[str], report: "ScoreReport") -> None:
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help

    from mtpipe.report.scores import describe_test, signatures  # noqa: PLC0415

    terminal = Console(file=stream)
    for table in _tables(report):
        terminal.print(table)
    if report.test:
        terminal.print(describe_test(report.test), markup=False, highlight=False)
    lines = ["|".join(pair) for pair in signatures(report)]
    if console.is_verbose():
        lines += _details(report)
    for line in lines:
        terminal.print(console.one_line(line), markup=False, highlight=False, soft_wrap=True)


def _details(report: "ScoreReport") -> "Iterator[str]":
    """The further figures of all segments."""
    for row in report.tables[0].rows:
        for column, cell in zip(report.columns, row.cells, strict=True):
            if cell.details:
                yield f"{row.system}: {column.name} {cell.value:.{column.digits}f} {cell.details}"


def _tables(report: "ScoreReport") -> "Iterator[Table]":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    for kind, group in groupby(report.tables, key=lambda table: table.kind):
        tables = list(group)
        whole = tables[0] is report.tables[0]
        grid = Table(box=box.SIMPLE, pad_edge=False)
        if whole:
            grid.add_column(f"{tables[0].segments} segments", overflow="fold")
        else:
            grid.add_column(Text(console.one_line(kind)), overflow="fold")
            grid.add_column("segments", justify="right")
            grid.add_column("system", overflow="fold")
        for column in report.columns:
            arrow = "↑" if column.higher_is_better else "↓"
            grid.add_column(Text(f"{column.name} {arrow}"), justify="right")
        for table in tables:
            best = _best(report, table)
            for number, row in enumerate(table.rows):
                place = (
                    []
                    if whole
                    else [Text(console.one_line(table.name)), str(table.segments)]
                    if number == 0
                    else ["", ""]
                )
                cells = [
                    _cell(report, cell, i, best=row.system in best[i])
                    for i, cell in enumerate(row.cells)
                ]
                grid.add_row(*place, Text(console.one_line(row.system)), *cells)
        yield grid


def _best(report: "ScoreReport", table: "ScoreTable") -> list[set[str]]:
    from mtpipe.report.scores import best_rows  # noqa: PLC0415

    return [
        best_rows(table, i, higher_is_better=column.higher_is_better)
        for i, column in enumerate(report.columns)
    ]


def _cell(report: "ScoreReport", cell: "ScoreCell", column: int, *, best: bool) -> "Text":
    """Score and interval; below, p-value and cluster."""
    from rich.text import Text  # noqa: PLC0415

    from mtpipe.report.scores import p_text, score_text  # noqa: PLC0415

    text = Text(score_text(cell, report.columns[column].digits), style="bold" if best else "")
    if cell.p_value is not None:
        text.append(
            f"\np={p_text(cell.p_value, significant=cell.significant)}",
            style="not bold green" if cell.significant else "not bold yellow",
        )
    elif cell.cluster is not None:
        text.append("\nbaseline", style="not bold dim")
    if cell.cluster is not None:
        text.append(f" #{cell.cluster}", style="not bold")
    return text
