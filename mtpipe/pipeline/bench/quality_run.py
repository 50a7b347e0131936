"""The quality of each contender on each test set, as far as it isn't measured yet."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mtpipe.errors import MtpipeError
from mtpipe.pipeline.bench import quality
from mtpipe.pipeline.bench.contenders import Contender
from mtpipe.pipeline.bench.detectors import prior_of
from mtpipe.pipeline.bench.plan import (
    Measured,
    Plan,
    Progress,
    known_quality,
    place_of,
    record_failure,
)
from mtpipe.pipeline.bench.process import Worker
from mtpipe.pipeline.bench.store import Place, Store
from mtpipe.pipeline.bench.units import TestSet, Unit, payload
from mtpipe.types.benchmark import BenchmarkTask
from mtpipe.types.choices import MetricName


def measure_quality(state: Measured, store: Store, on_progress: Progress) -> None:
    """Measure what is missing; a contender that fails is listed in ``state``."""
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
            record_failure(state, contender, f"quality on {each.name}", exc)
            done = min(total, done + sum(len(unit.sources) for unit in units))


def _without_quality(plan: Plan, store: Store, contender: Contender, each: TestSet) -> list[Unit]:
    return [
        unit
        for unit in each.units
        if contender.can(unit.direction)
        and (plan.force or known_quality(plan, store, contender, each, unit) is None)
    ]


def _one_quality(
    state: Measured,
    store: Store,
    contender: Contender,
    each: TestSet,
    unit: Unit,
    worker: Worker,
) -> None:
    task, place = state.plan.task, place_of(contender, each, unit)
    output = worker.call("run", data=payload(task, unit))["output"]
    if task is BenchmarkTask.TRANSLATE:
        # With what was measured of it before, which this takes the place of.
        before = (store.quality(place) or {}).get("metrics", [])
        metrics = list(dict.fromkeys([*state.plan.metrics, *map(MetricName, before)]))
        record, counts = quality.translation_quality(unit, output, metrics)
        record["metrics"] = [name.value for name in metrics]
        store.save_outputs(place, [text for text, _ in output])
        store.save_counts(place, counts)
    elif task is BenchmarkTask.ALIGN:
        record = quality.alignment_quality(unit, output)
    else:
        prior = prior_of(contender.configuration.model)
        record = quality.detection_quality(unit, output, prior)
        _keep_probabilities(store, place, output)
    record["signature"] = store.entry(contender.configuration, each.name)["signature"]
    record["measured"] = datetime.now(UTC).isoformat(timespec="seconds")
    store.save_quality(place, record)
    state.measured += 1


def _keep_probabilities(store: Store, place: Place, output: Sequence[float]) -> None:
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    store.save_counts(place, {quality.PROBABILITIES: np.array(output, np.float64)})
