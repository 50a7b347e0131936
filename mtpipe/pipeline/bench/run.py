"""A benchmark from beginning to end: what is missing is measured, everything is summed up."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from mtpipe.config import cpu_threads
from mtpipe.errors import ConfigError, InputError
from mtpipe.pipeline.bench.contenders import Options, contenders, require_directions
from mtpipe.pipeline.bench.hardware import describe_machine
from mtpipe.pipeline.bench.plan import Measured, Plan, Progress, with_defaults
from mtpipe.pipeline.bench.publish import publish
from mtpipe.pipeline.bench.quality_run import measure_quality
from mtpipe.pipeline.bench.speed import SpeedPlan
from mtpipe.pipeline.bench.speed_run import measure_speed
from mtpipe.pipeline.bench.store import Store, alone
from mtpipe.pipeline.bench.testsets import read_testset
from mtpipe.pipeline.bench.units import TestSet
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkReport, BenchmarkTask
from mtpipe.types.choices import EngineName, MetricName, Quantization


class BenchKeywords(TypedDict, total=False):
    """Further options of :func:`bench`, each with a default.

    Attributes:
        engines: what runs the models; ``ctranslate2`` by default.
        beams: widths of the search; 4 by default.
        quantizations: formats of CTranslate2's weights; by default int8 on a CPU, float16 on a GPU.
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: CPU threads of each; by default as many as there are cores.
        directions: only these, such as ``de-en``; all by default.
        metrics: of translations, the leading one first; chrF and BLEU by default.
        max_lines: measure quality on the first lines only.
        speed_lines: lines of each direction that are timed together; 200 by default.
        latency_lines: of these, lines that are timed one at a time; 40 by default.
        rounds: of timing; 3 by default.
        worst: so many of the worst segments are shown in the page; 0 by default.
        force: measure again what is measured already.
    """

    engines: Sequence[EngineName | str]
    beams: Sequence[int]
    quantizations: Sequence[Quantization | str]
    device: str
    threads: int | None
    directions: Sequence[Direction | str]
    metrics: Sequence[MetricName | str]
    max_lines: int | None
    speed_lines: int
    latency_lines: int
    rounds: int
    worst: int
    force: bool


def bench(
    models: str | Sequence[str],
    testsets: str | Path | Sequence[str | Path],
    *,
    output: str | Path,
    task: BenchmarkTask | str = BenchmarkTask.TRANSLATE,
    speed: bool = True,
    on_progress: Progress = lambda *_: None,
    **further: Unpack[BenchKeywords],
) -> BenchmarkReport:
    r"""Measure models on test sets: quality with its significance, speed, memory, size.

    Every combination of models, engines, quantizations and beams is a configuration. Results are
    kept in the output folder; only what is missing there is measured. Several threads may call
    this at once, each with an output folder of its own; for speed, leave the machine alone.

    >>> from pathlib import Path
    >>> from mtpipe import bench
    >>> size = Path("tiny.de-en.tsv").write_text("Guten Morgen.\tGood morning.\n")
    >>> report = bench("starter", "tiny.de-en.tsv", output="results", speed=False)
    >>> report.sets[0].rows[0].configuration.model
    'starter'

    Args:
        models: names or folders; for ``align`` encoders, for ``detect`` detectors.
        testsets: files, folders, common stems of parallel files, or sacrebleu's names of sets.
        output: folder of the results, and of report.json, report.md and report.html.
        task: ``translate``, ``align`` or ``detect``.
        speed: measure speed, memory and size, too.
        on_progress: gets what is being done, how many units are done, and how many there are.
        further: see :class:`BenchKeywords`.

    Returns:
        The report; a configuration that fails is among its failures, the others go on.

    Raises:
        InputError: there is no such test set, or it can't be read.
        ModelError: there is no such model, or it has none of the directions.
        ConfigError: options that can't be.
        OutputError: results can't be written, or another run is writing there.
    """
    directory = Path(output)
    state = measure(
        with_defaults(_plan(models, testsets, task, further, speed=speed)), directory, on_progress
    )
    report, files = publish(state, directory, worst=further.get("worst", 0))
    return replace(
        report, failures=tuple(state.failures), measured=state.measured, files=tuple(files)
    )


def _plan(
    models: str | Sequence[str],
    testsets: str | Path | Sequence[str | Path],
    task: BenchmarkTask | str,
    further: BenchKeywords,
    *,
    speed: bool,
) -> Plan:
    try:
        kind = BenchmarkTask(task)
        engines = [EngineName(each).value for each in further.get("engines") or ["ctranslate2"]]
        precisions = [Quantization(each) for each in further.get("quantizations") or []]
        metrics = [MetricName(each) for each in dict.fromkeys(further.get("metrics") or [])]
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc
    if Quantization.AUTO in precisions:
        raise ConfigError("a benchmark's quantization is int8, float16 or float32, not auto")
    default = SpeedPlan()
    return Plan(
        task=kind,
        models=[models] if isinstance(models, str) else list(models),
        testsets=[testsets] if isinstance(testsets, str) else _names(testsets),
        options=Options(
            engines=engines,
            beams=further.get("beams") or [4],
            precisions=[each.value for each in precisions],
            device=further.get("device", "auto"),
            threads=further.get("threads"),
        ),
        directions=[
            Direction.parse(each) if isinstance(each, str) else each
            for each in further.get("directions") or []
        ],
        max_items=further.get("max_lines"),
        metrics=metrics,
        speed=SpeedPlan(
            lines=further.get("speed_lines", default.lines),
            singles=further.get("latency_lines", default.singles),
            rounds=further.get("rounds", default.rounds),
        )
        if speed
        else None,
        force=further.get("force", False),
    )


def _names(testsets: Path | Sequence[str | Path]) -> list[str]:
    return [str(testsets)] if isinstance(testsets, Path) else list(map(str, testsets))


def measure(plan: Plan, directory: Path, on_progress: Progress = lambda *_: None) -> Measured:
    """Measure what isn't measured yet.

    Args:
        plan: what is wanted.
        directory: where results are and will be.
        on_progress: gets what is being done, and how far it is.

    Returns:
        What the summary needs; a contender that fails is listed, the others go on.

    Raises:
        MtpipeError: the plan can't be carried out at all.
    """
    chosen = contenders(plan.task, plan.models, plan.options)
    sets = _read_sets(plan)
    require_directions(chosen, sorted({unit.direction for each in sets for unit in each.units}))
    machine = describe_machine(gpus=any(c.configuration.device == "cuda" for c in chosen))
    state = Measured(plan, chosen, sets, machine, plan.options.threads or cpu_threads())
    store = Store(directory, plan.task)
    with alone(directory):
        measure_quality(state, store, on_progress)
        if plan.speed:
            for each in sets:
                measure_speed(state, store, each, plan.speed, on_progress)
    return state


def _read_sets(plan: Plan) -> list[TestSet]:
    """All test sets of a plan.

    Raises:
        InputError: two have the same name, by which results are kept and shown.
    """
    sets = [
        each
        for name in plan.testsets
        for each in read_testset(
            name, plan.task, directions=plan.directions, max_items=plan.max_items
        )
    ]
    names = [each.name for each in sets]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"two test sets are called {name}",
                hint="rename one; files of one set are given together, by their folder or stem",
            )
    return sets
