"""``mtpipe bench``: which model, and what does it cost?"""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mtpipe.cli import console
from mtpipe.cli.bench_output import (
    print_comparison,
    print_comparison_json,
    print_report,
    print_report_json,
)
from mtpipe.cli.options import ComputeDevice, Json, Threads, complete_model
from mtpipe.cli.progress import counted
from mtpipe.errors import PARTIAL_FAILURE
from mtpipe.types.benchmark import BenchmarkReport, BenchmarkTask
from mtpipe.types.choices import Device, EngineName, MetricName, Quantization


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
    "Test sets: `NAME.de-en.tsv` (source TAB reference), `NAME.de` and `NAME.en` side by side, WMT "
    "XML, a folder of these, or a set of sacrebleu by name (needs a network once). For align: "
    "`NAME.de`, `NAME.fr` and the gold alignment `NAME.defr`. For detect: JSON lines with pair, "
    "label (human or machine), source and candidate.\n\n"
    "Examples:\n```\nmtpipe bench starter --testset news.de-en.tsv\n"
    "mtpipe bench compare before/report.json after/report.json --floors floors.toml\n```",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL...",
        help="Installed models or folders; for align an encoder, for detect a detector.",
        autocompletion=complete_model,
        show_default=False,
    ),
]
_Testset = Annotated[
    list[str] | None,
    typer.Option(
        "--testset",
        "-t",
        metavar="SET",
        help="File, folder, common stem of parallel files, or sacrebleu's name of a set, see "
        "`mtpipe bench --help`; may be repeated.",
        show_default=False,
    ),
]
_Task = Annotated[BenchmarkTask, typer.Option(help="The job that is measured.")]
_Output = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="DIR", help="Folder of the results, also of earlier ones."
    ),
]
_Engine = Annotated[
    list[EngineName] | None,
    typer.Option(
        help="Software that runs the models; may be repeated.", show_default="ctranslate2"
    ),
]
_Beam = Annotated[
    list[int] | None,
    typer.Option(min=1, max=64, help="Beam width; may be repeated.", show_default="4"),
]
_Quantization = Annotated[
    list[Quantization] | None,
    typer.Option(
        help="Weights for ctranslate2; may be repeated.",
        show_default="int8 on a CPU, float16 on a GPU",
    ),
]
_Direction = Annotated[
    list[str] | None,
    typer.Option(
        metavar="DIRECTION",
        help="Only this one, e.g. de-en; may be repeated.",
        show_default="all",
    ),
]
_Metric = Annotated[
    list[MetricName] | None,
    typer.Option(
        help="Metric of translations, the leading one first; may be repeated.",
        show_default="chrf and bleu",
    ),
]
_MaxLines = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Measure quality on the first lines only; the report says so.",
        show_default="all",
    ),
]
_Speed = Annotated[bool, typer.Option(help="Measure speed, memory and size.")]
_SpeedLines = Annotated[
    int, typer.Option(min=1, help="Lines of each direction that are timed together.")
]
_LatencyLines = Annotated[
    int, typer.Option(min=1, help="Of these, how many are timed one at a time.")
]
_Rounds = Annotated[int, typer.Option(min=1, max=100, help="Rounds of timing.")]
_Worst = Annotated[
    int,
    typer.Option(
        min=0, help="Show this many of the worst segments in the HTML page (test sentences!)."
    ),
]
_Force = Annotated[bool, typer.Option("--force", help="Measure again what has been measured.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of tables.")]


@app.command()
def run(
    models: _Models = None,
    testset: _Testset = None,
    task: _Task = BenchmarkTask.TRANSLATE,
    output: _Output = Path("bench"),
    engine: _Engine = None,
    beam: _Beam = None,
    quantization: _Quantization = None,
    device: ComputeDevice = Device.AUTO,
    threads: Threads = 0,
    direction: _Direction = None,
    metric: _Metric = None,
    max_lines: _MaxLines = None,
    speed: _Speed = True,
    speed_lines: _SpeedLines = 200,
    latency_lines: _LatencyLines = 40,
    rounds: _Rounds = 3,
    worst: _Worst = 0,
    force: _Force = False,
    as_json: _Json = False,
) -> None:
    """Measure models on test sets, and print the figures.

    Every combination of models, engines, quantizations and beams is a configuration; speed is
    compared with the first one. Results are kept in the output folder; report.json, report.md and
    report.html there sum up those of the given models and sets. Only what is missing is measured:
    the same command resumes after an interruption or a crash, and measures nothing twice.

    Leave the machine alone for speed. Configurations that fail are listed; the exit code is then 6.

    Examples:
    ```
    mtpipe bench run starter --testset news.de-en.tsv
    mtpipe bench starter opus-mt-de-en -t wmt20 --direction de-en -o results
    mtpipe bench starter -t flores --engine ctranslate2 --engine transformers --beam 1 --beam 4
    mtpipe bench static --task align --testset gold/book
    mtpipe bench my.module:function --task detect --testset pairs.jsonl.gz
    ```
    """
    report = _measured(
        models or [],
        testset or [],
        output=output,
        task=task,
        speed=speed,
        engines=engine or [],
        beams=beam or [],
        quantizations=quantization or [],
        device=device.value,
        threads=threads or None,
        directions=direction or [],
        metrics=metric or [],
        max_lines=max_lines,
        speed_lines=speed_lines,
        latency_lines=latency_lines,
        rounds=rounds,
        worst=worst,
        force=force,
    )
    _show(report, output, as_json=as_json)


def _measured(
    models: list[str],
    testset: list[str],
    *,
    task: BenchmarkTask,
    quantizations: list[Quantization],
    **options: Any,
) -> BenchmarkReport:
    """Measure what is missing, and show the progress."""
    if not testset:
        raise typer.BadParameter("no --testset is given")
    if not models:
        raise typer.BadParameter("no MODEL is given")
    if Quantization.AUTO in quantizations:
        raise typer.BadParameter("--quantization is int8, float16 or float32; auto is none of them")
    if task is not BenchmarkTask.TRANSLATE:
        _refuse_what_is_for_translations(task, {**options, "quantizations": quantizations})

    from mtpipe import bench  # noqa: PLC0415 - not on the way to --help

    with counted(task.unit) as on_progress:
        return bench(
            models,
            testset,
            task=task,
            quantizations=quantizations,
            on_progress=on_progress,
            **options,
        )


_FOR_TRANSLATIONS = {
    "engines": "--engine",
    "beams": "--beam",
    "quantizations": "--quantization",
    "metrics": "--metric",
    "worst": "--worst",
}


def _refuse_what_is_for_translations(task: BenchmarkTask, options: dict[str, Any]) -> None:
    """Complain of options that have no effect on another job.

    Raises:
        BadParameter: there are some.
    """
    found = [option for name, option in _FOR_TRANSLATIONS.items() if options[name]]
    if task is BenchmarkTask.ALIGN and options["max_lines"]:
        found.append("--max-lines")  # of a part of a text there is no gold alignment
    if found:
        raise typer.BadParameter(f"{', '.join(found)} has no effect on --task {task.value}")


def _show(report: BenchmarkReport, output: Path, *, as_json: bool) -> None:
    (print_report_json if as_json else print_report)(report)
    files = ", ".join(map(str, report.files)) or f"nothing; a report in {output} is as it was"
    console.notice(f"{report.measured} measurements made; written: {files}")
    for warning in report.warnings:
        console.notice(f"warning: {warning}")
    if report.failures:
        raise typer.Exit(PARTIAL_FAILURE)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="A report.json, before.")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="A report.json, after.")],
    floors: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with what may not happen."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what got better or worse between two benchmarks, and whether it is significant.

    Configurations are matched by model, engine, precision and beam, whatever their revisions; if
    both reports have but one, these two are compared. What only A has is shown as gone. With the
    n-gram counts that lie beside the reports a difference is tested by a paired bootstrap (centred,
    two-sided); without them it counts as significant if the 95 % intervals don't overlap. Speed and
    memory are compared by their rounds; on another machine nothing can be said of them.

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
    from mtpipe import compare_reports  # noqa: PLC0415

    found = compare_reports(before, after, floors=floors)
    (print_comparison_json if as_json else print_comparison)(found.figures)
    if found.regression:
        raise found.regression
