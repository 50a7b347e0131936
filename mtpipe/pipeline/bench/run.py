"""A benchmark from beginning to end: what is missing is measured, everything is summed up."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe.config import cpu_threads
from mtpipe.errors import InputError, MtpipeError
from mtpipe.pipeline.bench import quality
from mtpipe.pipeline.bench.contenders import (
    Contender,
    Options,
    contenders,
    require_directions,
)
from mtpipe.pipeline.bench.hardware import describe_machine
from mtpipe.pipeline.bench.process import Worker
from mtpipe.pipeline.bench.speed import SpeedPlan, measure_round, sample, sample_id, session_id
from mtpipe.pipeline.bench.store import Place, Store
from mtpipe.pipeline.bench.testsets import TestSet, Unit, read_testset
from mtpipe.records import Record
from mtpipe.types import Direction, Failure
from mtpipe.types.benchmark import BenchmarkTask

if TYPE_CHECKING:
    from mtpipe.types.choices import MetricName

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be measured.

    Attributes:
        task: the job.
        models: names; the first one, with the first options, is what speed is compared with.
        testsets: names, see :func:`~mtpipe.pipeline.bench.testsets.read_testset`.
        options: how models are run.
        directions: only these; all if empty.
        max_items: lines (pairs) of each direction for quality; None for all.
        metrics: of translations, the leading one first.
        speed: how speed is measured; None to leave it out.
        force: measure again what is there.
    """

    task: BenchmarkTask = BenchmarkTask.TRANSLATE
    models: Sequence[str]
    testsets: Sequence[str]
    options: Options = field(default_factory=Options)
    directions: Sequence[Direction] = ()
    max_items: int | None = None
    metrics: "Sequence[MetricName]" = ()
    speed: SpeedPlan | None = field(default_factory=SpeedPlan)
    force: bool = False


@dataclass
class Measured:
    """What a run comes to, besides what it left in the store.

    Attributes:
        plan: of the run.
        chosen: all contenders; the first is the baseline.
        sets: that they were measured on.
        machine: in words.
        threads: of each contender.
        sessions: by set and contender's key, the session whose rounds count.
        measured: number of measurements that were made anew.
        failures: what couldn't be measured.
    """

    plan: Plan
    chosen: list[Contender]
    sets: list[TestSet]
    machine: str
    threads: int
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    measured: int = 0
    failures: list[Failure] = field(default_factory=list)


Progress = Callable[[str, int, int], None]
"""Told what is done, how many units are done, and how many there are."""


def measure(plan: Plan, directory: Path, on_progress: Progress = lambda *_: None) -> Measured:
    """Measure what isn't measured yet.

    Args:
        plan: what is wanted.
        directory: where results are and will be.
        on_progress: told how it goes.

    Returns:
        What the summary needs; a contender that fails is listed, the others go on.

    Raises:
        MtpipeError: the plan can't be carried out at all.
    """
    chosen = contenders(plan.task, plan.models, plan.options)
    sets = _read_sets(plan)
    require_directions(chosen, sorted({unit.direction for each in sets for unit in each.units}))
    state = Measured(plan, chosen, sets, describe_machine(), plan.options.threads or cpu_threads())
    store = Store(directory, plan.task)
    _measure_quality(state, store, on_progress)
    if plan.speed:
        for each in sets:
            _measure_speed(state, store, each, plan.speed, on_progress)
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


def _measure_quality(state: Measured, store: Store, on_progress: Progress) -> None:
    work = [
        (contender, each, missing)
        for contender in state.chosen
        for each in state.sets
        if (missing := _without_quality(state.plan, store, contender, each))
    ]
    total = sum(len(unit.sources) for _, _, units in work for unit in units)
    done = 0
    for contender, each, units in work:
        configuration = contender.configuration
        what = f"quality of {configuration.label}"
        try:
            with Worker() as worker:
                on_progress(what, done, total)
                entry = store.entry(configuration, each.name)
                specification = contender.specification
                if state.plan.task is BenchmarkTask.TRANSLATE:
                    prepared = worker.call("prepare", specification=specification)
                    entry["size_bytes"] = prepared["size_bytes"]
                    specification = {**specification, "watch": True}
                loaded = worker.call(
                    "load", task=state.plan.task.value, specification=specification
                )
                entry["signature"] = loaded["signature"]
                for unit in units:
                    _one_quality(state, store, contender, each, unit, worker)
                    done += len(unit.sources)
                    on_progress(what, done, total)
        except MtpipeError as exc:
            _fail(state, contender, f"quality on {each.name}", exc)
            done = min(total, done + sum(len(unit.sources) for unit in units))


def _without_quality(plan: Plan, store: Store, contender: Contender, each: TestSet) -> list[Unit]:
    return [
        unit
        for unit in each.units
        if contender.can(unit.direction)
        and (plan.force or known_quality(plan, store, contender, each, unit) is None)
    ]


def known_quality(
    plan: Plan, store: Store, contender: Contender, each: TestSet, unit: Unit
) -> Record | None:
    """What is kept of a contender's quality on a unit, if all wanted metrics are in it."""
    record = store.quality(place_of(contender, each, unit))
    wanted = {name.value for name in plan.metrics}
    return record if record and wanted <= set(record.get("metrics", [])) else None


def place_of(contender: Contender, each: TestSet, unit: Unit) -> Place:
    """Where the store keeps what is measured of a contender on a unit."""
    return Place(contender.configuration, each.name, unit.name, unit.sha256)


def _one_quality(
    state: Measured,
    store: Store,
    contender: Contender,
    each: TestSet,
    unit: Unit,
    worker: Worker,
) -> None:
    task, place = state.plan.task, place_of(contender, each, unit)
    output = worker.call("run", data=quality.payload(task, unit))["output"]
    if task is BenchmarkTask.TRANSLATE:
        metrics = state.plan.metrics
        record, counts = quality.translation_quality(unit, output, metrics)
        record["metrics"] = [name.value for name in metrics]
        store.save_outputs(place, [text for text, _ in output])
        store.save_counts(place, counts)
    elif task is BenchmarkTask.ALIGN:
        record = quality.alignment_quality(unit, output)
    else:
        record = quality.detection_quality(unit, output)
        _keep_probabilities(store, place, output)
    record["measured"] = datetime.now(UTC).isoformat(timespec="seconds")
    store.save_quality(place, record)
    state.measured += 1


def _keep_probabilities(store: Store, place: Place, output: Sequence[float]) -> None:
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    store.save_counts(place, {quality.PROBABILITIES: np.array(output, np.float32)})


def _measure_speed(
    state: Measured, store: Store, each: TestSet, plan: SpeedPlan, on_progress: Progress
) -> None:
    """Rounds of those that lack them, together with the baseline.

    Of contenders that were measured together with the baseline before, nothing is measured again.
    """
    task = state.plan.task
    samples = [sample(task, unit, plan) for unit in each.units]
    alive = [c for c in state.chosen if c.configuration.label not in _failed(state)]
    if not alive:
        return
    if not state.plan.force:
        _known_sessions(state, store, each, alive, sample_id(samples), plan.rounds)
    missing = [c for c in alive if (each.name, c.configuration.key) not in state.sessions]
    if not missing:
        return
    together = [alive[0], *(c for c in missing if c is not alive[0])]
    sampled = sample_id(samples)
    session = session_id(together, sampled, state.machine, state.threads)
    if state.plan.force:
        for contender in together:
            _drop_rounds(store, contender, each, session)
    first = _whole_rounds(store, together, each, session)
    items = sum(s.items for s in samples for c in together if c.can(s.unit.direction))
    total, done = items * (plan.rounds - first), 0
    for number in range(first, plan.rounds):
        what = f"speed, round {number + 1} of {plan.rounds}"
        on_progress(what, done, total)

        def advance(more: int, what: str = what) -> None:
            nonlocal done
            done += more
            on_progress(what, done, total)

        try:
            records = measure_round(task, together, samples, number, on_progress=advance)
        except MtpipeError as exc:
            state.failures.append(Failure(each.name, "speed", str(exc)))
            return
        for contender, record in zip(together, records, strict=True):
            entry = store.entry(contender.configuration, each.name)
            # The weakest part of a round that was cut off half-way is its other half.
            entry["speed"] = [
                old for old in entry["speed"] if (old["session"], old["round"]) != (session, number)
            ]
            entry["speed"].append(
                {
                    "session": session,
                    "sample": sampled,
                    "machine": state.machine,
                    "threads": state.threads,
                    "with": [c.configuration.key for c in together],
                    **record,
                }
            )
            store.save(contender.configuration, each.name)
        state.measured += len(together)
    for contender in together:
        state.sessions.setdefault((each.name, contender.configuration.key), session)


def _known_sessions(
    state: Measured,
    store: Store,
    each: TestSet,
    alive: Sequence[Contender],
    sampled: str,
    count: int,
) -> None:
    """Find, for each contender, rounds that the baseline took part in."""
    baseline = alive[0].configuration.key
    for contender in alive:
        rounds: dict[str, int] = {}
        for record in store.entry(contender.configuration, each.name)["speed"]:
            is_ours = (
                record["machine"] == state.machine
                and record["threads"] == state.threads
                and baseline in record["with"]
                and record["sample"] == sampled
            )
            if is_ours:
                rounds[record["session"]] = rounds.get(record["session"], 0) + 1
        enough = [session for session, there in rounds.items() if there >= count]
        if enough:
            state.sessions[each.name, contender.configuration.key] = enough[-1]


def _whole_rounds(store: Store, together: Sequence[Contender], each: TestSet, session: str) -> int:
    """Number of rounds from the first on that every contender has."""
    numbers = [
        {
            record["round"]
            for record in store.entry(c.configuration, each.name)["speed"]
            if record["session"] == session
        }
        for c in together
    ]
    common = set.intersection(*numbers)
    count = 0
    while count in common:
        count += 1
    return count


def _drop_rounds(store: Store, contender: Contender, each: TestSet, session: str) -> None:
    entry = store.entry(contender.configuration, each.name)
    entry["speed"] = [record for record in entry["speed"] if record["session"] != session]


def _failed(state: Measured) -> set[str]:
    return {failure.article_id for failure in state.failures}


def _fail(state: Measured, contender: Contender, stage: str, exc: MtpipeError) -> None:
    label = contender.configuration.label
    _log.warning("%s failed (%s): %s", label, stage, exc)
    state.failures.append(Failure(label, stage, str(exc)))


def with_defaults(plan: Plan) -> Plan:
    """The plan with the usual metrics where it names none."""
    if plan.metrics or plan.task is not BenchmarkTask.TRANSLATE:
        return plan
    from mtpipe.types.choices import MetricName  # noqa: PLC0415

    return replace(plan, metrics=(MetricName.CHRF, MetricName.BLEU))
