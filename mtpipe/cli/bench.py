"""``mtpipe bench``: which model, and what does it cost?"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from mtpipe.cli import console
from mtpipe.cli.options import complete_model
from mtpipe.errors import PARTIAL_FAILURE
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkTask
from mtpipe.types.choices import Device, EngineName, MetricName, Quantization

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from mtpipe.pipeline.bench.compare import Comparison
    from mtpipe.types.benchmark import BenchmarkReport, BenchmarkRow, SetReport


class _RunByDefault(TyperGroup):
    """Takes what isn't a command's name for an argument of ``run``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    help="Benchmark models: quality with its significance, speed, memory, size.\n\n"
    "`mtpipe bench MODEL...` is short for `mtpipe bench run MODEL...`; its options: "
    "`mtpipe bench run --help`.\n\n"
    "Examples:\n```\nmtpipe bench starter --testset news.de-en.tsv\n"
    "mtpipe bench compare before/report.json after/report.json --floors floors.toml\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def run(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...",
            help="Installed models or folders; for align an encoder, for detect a detector.",
            autocompletion=complete_model,
            show_default=False,
        ),
    ] = None,
    testset: Annotated[
        list[str] | None,
        typer.Option(
            "--testset",
            "-t",
            metavar="SET",
            help="File, folder, common stem of parallel files, or sacrebleu's name of a set; may "
            "be repeated.",
            show_default=False,
        ),
    ] = None,
    task: Annotated[
        BenchmarkTask, typer.Option(help="The job that is measured.")
    ] = BenchmarkTask.TRANSLATE,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Where results are kept, and found again."
        ),
    ] = Path("bench"),
    engine: Annotated[
        list[EngineName] | None,
        typer.Option(help="What runs the models; may be repeated.", show_default="ctranslate2"),
    ] = None,
    beam: Annotated[
        list[int] | None,
        typer.Option(min=1, max=64, help="Widths; may be repeated.", show_default="4"),
    ] = None,
    quantization: Annotated[
        list[Quantization] | None,
        typer.Option(
            help="Weights for ctranslate2; may be repeated.",
            show_default="int8 on a CPU, float16 on a GPU",
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to compute.")] = Device.AUTO,
    threads: Annotated[
        int, typer.Option(min=0, help="CPU threads; 0: one a core.", show_default=False)
    ] = 0,
    direction: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIRECTION",
            help="Only this one, e.g. de-en; may be repeated.",
            show_default="all",
        ),
    ] = None,
    metric: Annotated[
        list[MetricName] | None,
        typer.Option(
            help="Of translations, the leading one first; may be repeated.",
            show_default="chrf and bleu",
        ),
    ] = None,
    max_lines: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Measure quality on the first lines only; the report says so.",
            show_default="all",
        ),
    ] = None,
    speed: Annotated[bool, typer.Option(help="Measure speed, memory and size.")] = True,
    speed_lines: Annotated[
        int, typer.Option(min=1, help="Lines of each direction that are timed together.")
    ] = 200,
    latency_lines: Annotated[
        int, typer.Option(min=1, help="Of these, lines that are timed one at a time.")
    ] = 40,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds of timing.")] = 3,
    worst: Annotated[
        int,
        typer.Option(
            min=0, help="Show so many of the worst segments in the HTML page (test sentences!)."
        ),
    ] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Measure again what is measured already.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON instead of tables.")
    ] = False,
) -> None:
    """Measure models on test sets, and print the figures.

    Every combination of models, engines, quantizations and beams is a configuration; speed is
    compared with the first one. Results are kept in the output folder, one JSON file a model,
    revision and test set. Those of the models and sets that are named are summed up there in
    report.json, report.md and report.html, in the place of an earlier report. Only what is missing
    is measured: the same command goes on after an interruption or a crash, and measures nothing a
    second time.

    Test sets: `NAME.de-en.tsv` (source TAB reference), `NAME.de` and `NAME.en` side by side, WMT
    XML, a folder of these, or a set of sacrebleu by name (needs a network once). For align:
    `NAME.de`, `NAME.fr` and the gold alignment `NAME.defr`. For detect: JSON lines with pair,
    label (human or machine), source and candidate.

    For speed, leave the machine alone. A configuration that fails is listed; the exit code is
    then 6.

    Examples:
    ```
    mtpipe bench run starter --testset news.de-en.tsv
    mtpipe bench starter opus-mt-de-en -t wmt20 --direction de-en -o results
    mtpipe bench starter -t flores --engine ctranslate2 --engine transformers --beam 1 --beam 4
    mtpipe bench static --task align --testset gold/book
    mtpipe bench my.module:function --task detect --testset pairs.jsonl.gz
    ```
    """
    if not testset:
        raise typer.BadParameter("no --testset is given")
    if not models:
        raise typer.BadParameter("no MODEL is given")
    if quantization and Quantization.AUTO in quantization:
        raise typer.BadParameter("--quantization is int8, float16 or float32; auto is none of them")

    from mtpipe.pipeline.bench.contenders import Options  # noqa: PLC0415
    from mtpipe.pipeline.bench.publish import publish  # noqa: PLC0415
    from mtpipe.pipeline.bench.run import Plan, measure, with_defaults  # noqa: PLC0415
    from mtpipe.pipeline.bench.speed import SpeedPlan  # noqa: PLC0415

    plan = Plan(
        task=task,
        models=models,
        testsets=testset,
        options=Options(
            engines=[each.value for each in engine or [EngineName.CTRANSLATE2]],
            beams=beam or [4],
            precisions=[each.value for each in quantization or []],
            device=device.value,
            threads=threads or None,
        ),
        directions=[Direction.parse(each) for each in direction or []],
        max_items=max_lines,
        metrics=_metrics(metric),
        speed=SpeedPlan(lines=speed_lines, singles=latency_lines, rounds=rounds) if speed else None,
        force=force,
    )
    with console.progress(unit=task.unit) as progress:
        bar = progress.add_task("measuring", total=None, note="")
        state = measure(
            with_defaults(plan),
            output,
            lambda what, done, total: progress.update(
                bar, description=console.one_line(what), completed=done, total=total
            ),
        )
    report, written = publish(state, output, worst=worst)
    if as_json:
        from mtpipe.report.benchmark import report_record  # noqa: PLC0415

        sys.stdout.write(json.dumps(report_record(report), ensure_ascii=False, indent=1) + "\n")
    else:
        _print(report)
    files = ", ".join(map(str, written)) or f"nothing; a report in {output} is as it was"
    console.notice(f"{state.measured} measurements made; written: {files}")
    for warning in report.warnings:
        console.notice(f"warning: {warning}")
    if state.failures:
        raise typer.Exit(PARTIAL_FAILURE)


def _metrics(chosen: list[MetricName] | None) -> list[Any]:
    if not chosen:
        return []
    from mtpipe.types.choices import MetricName  # noqa: PLC0415

    return [MetricName(each.value) for each in dict.fromkeys(chosen)]


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="A report.json, before.")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="A report.json, after.")],
    floors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with what may not happen."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what got better or worse between two benchmarks, and whether it is significant.

    Configurations are matched by model, engine, precision and beam, whatever their revisions; if
    both reports have but one, these two are compared. What only A has is shown as gone. With the
    n-gram counts that lie beside the reports a difference is tested by a paired bootstrap (centred,
    two-sided); without them it counts as significant if the 95 % intervals don't overlap.

    With `--floors`, the exit code is 7 if something fell beyond what the file allows, or is gone:
    ```
    [tolerance]            # a significant loss of more than that, against A
    chrF2 = 0.3
    speed = 0.1            # share of the speed
    [floors.news.de-en]    # the least that B has to have; "mean" for all directions
    chrF2 = 35.0
    per_second = 50
    ```

    Examples:
    ```
    mtpipe bench compare before/report.json after/report.json
    mtpipe bench compare main.json branch.json --floors data/benchmarks/floors.toml
    ```
    """
    from mtpipe.pipeline.bench.compare import compare_reports  # noqa: PLC0415
    from mtpipe.pipeline.bench.floors import read_floors, require_floors  # noqa: PLC0415

    wanted = read_floors(floors) if floors else None
    found = compare_reports(before, after)
    if as_json:
        sys.stdout.write(json.dumps([each.record() for each in found], indent=1) + "\n")
    else:
        _print_comparison(found)
    if wanted:
        require_floors(wanted, found, after)


def _print(report: "BenchmarkReport") -> None:
    from rich.console import Console  # noqa: PLC0415 - not on the way to --help

    terminal = Console()
    if not terminal.is_terminal:
        terminal = Console(width=200)
    for each in report.sets:
        if each.overall:
            terminal.print(_table(f"{each.name}, all directions", each, each.overall))
        for direction, rows in each.directions.items():
            terminal.print(_table(f"{each.name}, {direction}", each, rows))


def _table(title: str, each: "SetReport", rows: "tuple[BenchmarkRow, ...]") -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from mtpipe.report.benchmark import sheet  # noqa: PLC0415

    found = sheet(each, rows)
    table = Table(title=_plain(title), title_justify="left", box=box.SIMPLE, pad_edge=False)
    for header in found.headers:
        table.add_column(_plain(header), justify="right" if header != "configuration" else "left")
    for row in found.rows:
        table.add_row(*(_plain(f"{c.text} {c.note}" if "±" in c.note else c.text) for c in row))
    return table


def _plain(text: str) -> "Text":
    """What reports, manifests and names of models say, which may steer no terminal."""
    from rich.text import Text  # noqa: PLC0415

    return Text(console.one_line(text))


def _print_comparison(found: "list[Comparison]") -> None:
    from rich import box  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    terminal = Console()
    if not terminal.is_terminal:
        terminal = Console(width=160)
    table = Table(box=box.SIMPLE, pad_edge=False)
    for header in ("set", "direction", "configuration", "figure", "A", "B", "change", ""):
        numeric = header in ("A", "B", "change")
        table.add_column(header, justify="right" if numeric else "left")
    for each in found:
        style = {"better": "green", "worse": "red", "gone": "red"}.get(each.verdict.value, "")
        table.add_row(
            *(_plain(text) for text in (each.set_name, each.direction, each.label, each.figure)),
            *("-" if value is None else f"{value:,.2f}" for value in (each.before, each.after)),
            "" if each.change is None else f"{each.change:+,.2f}",
            Text(each.words, style=style),
        )
    terminal.print(table)
