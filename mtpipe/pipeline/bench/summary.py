"""From measurements to a report: medians, ratios, means over directions, clusters."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mtpipe.pipeline.bench.contenders import Contender
from mtpipe.pipeline.bench.detection import detection_details
from mtpipe.pipeline.bench.detectors import prior_of
from mtpipe.pipeline.bench.plan import Measured, known_quality, place_of
from mtpipe.pipeline.bench.quality import PROBABILITIES, detection_quality
from mtpipe.pipeline.bench.ranks import Ranks, Tests
from mtpipe.pipeline.bench.speed import WARM_UP_LINES
from mtpipe.pipeline.bench.store import Store
from mtpipe.pipeline.bench.units import TestSet, Unit
from mtpipe.records import Record
from mtpipe.types.benchmark import (
    BenchmarkReport,
    BenchmarkRow,
    BenchmarkTask,
    Figure,
    SetReport,
    SpeedFigures,
)

if TYPE_CHECKING:
    from mtpipe.types.benchmark import WorstSegment


_BUSY_CORES = 0.1
"""More than that, kept busy by other programs, makes speeds doubtful."""


def summarise(
    state: Measured,
    store: Store,
    *,
    worst: "Callable[[TestSet], tuple[WorstSegment, ...]]" = lambda _: (),
) -> BenchmarkReport:
    """Sum up what a run measured or found measured.

    Args:
        state: of the run.
        store: where its measurements are.
        worst: chooses segments to show.
    """
    tests = Tests(store)
    sets = tuple(_set_report(state, store, each, tests, worst(each)) for each in state.sets)
    tests.save()
    return BenchmarkReport(
        task=state.plan.task,
        machine=state.machine,
        threads=state.threads,
        sets=sets,
        method=method(state),
        warnings=tuple(_warnings(state, store)),
    )


def method(state: Measured) -> tuple[str, ...]:
    """What was timed and what not, in sentences."""
    task, plan = state.plan.task, state.plan.speed
    sentences = []
    if state.plan.max_items is not None and task is not BenchmarkTask.ALIGN:
        sentences.append(
            f"Quality is that of the first {state.plan.max_items} {task.unit} of each direction."
        )
    if task is BenchmarkTask.TRANSLATE:
        sentences.append(_ALONE)
        if len(state.chosen) > 1:
            sentences.append(_RANKS)
    if plan is None:
        return (*sentences, "Speed wasn't measured.")
    if task is BenchmarkTask.TRANSLATE:
        sentences.append(_THROUGHPUT.format(lines=plan.lines, warm_up=WARM_UP_LINES))
        sentences.append(_LATENCY.format(singles=plan.singles))
    else:
        sentences.append(_ALIGNING if task is BenchmarkTask.ALIGN else _DETECTING)
    baseline = state.chosen[0].configuration.label
    return (*sentences, _LOAD, _ROUNDS.format(rounds=plan.rounds, baseline=baseline))


_ALONE = (
    "Measured is the model alone, on lines as they stand: mistakes are counted. mtpipe translate "
    "also mends them, unless told otherwise, which takes more time."
)
_RANKS = (
    "Ranks: down the list, a configuration shares the rank above unless it is significantly worse "
    "than the best of that rank (p < 0.05), by the first metric. The test is a paired bootstrap, "
    "two-sided: p is the share of resamples in which the difference is as far from its mean over "
    "all resamples as the measured one is from 0, and at least 2 / 2^n of n lines. sacrebleu's "
    "formula, which mtpipe score uses, gives smaller values. Nothing is corrected for the number of "
    "comparisons."
)
_THROUGHPUT = (
    "Throughput: the first {lines} different lines of each direction in one call, text in and "
    "text out: tokenising, sorting, batching, decoding and joining are timed. Starting the "
    "process, loading, reading files and a warm-up of {warm_up} lines are not."
)
_LATENCY = (
    "Latency: {singles} of these lines, spread evenly, each in a call of its own; p50 and p95 over "
    "the lines, then the median over rounds."
)
_ALIGNING = (
    "Speed: encoding and aligning a whole document, sentences of both sides counted; loading, "
    "reading files and one untimed run before are not timed."
)
_DETECTING = (
    "Speed: one call with all documents; loading, reading files and a warm-up with the first "
    "document are not timed."
)
_LOAD = (
    "Load: in a fresh process, from nothing imported to ready; conversion to the engine's format "
    "was done before. Memory: most resident memory of that process, interpreter and libraries "
    "included, a GPU's own memory not. Size: the files that are loaded."
)
_ROUNDS = (
    "Every figure is the median of {rounds} rounds, with the least and the most. In a round all "
    "configurations take turns, direction by direction, in rotating order; 'times' is the median "
    "of the rounds' ratios to {baseline}."
)


def _warnings(state: Measured, store: Store) -> "list[str]":
    found = [f"{f.article_id}: {f.stage} failed: {f.error}" for f in state.failures]
    for each in state.sets:
        if each.verified is False:
            found.append(f"{each.name}: its files aren't those that its manifest describes")
        others = [
            record["others_cores"] or 0
            for contender in state.chosen
            for record in _rounds(state, store, each, contender)
        ]
        if max(others, default=0) > _BUSY_CORES:
            found.append(
                f"{each.name}: other programs kept up to {max(others):.1f} cores busy meanwhile; "
                "speeds are too low, ratios less so"
            )
    return found


def _set_report(
    state: Measured,
    store: Store,
    each: TestSet,
    tests: Tests,
    worst: "tuple[WorstSegment, ...]",
) -> SetReport:
    directions: dict[str, tuple[BenchmarkRow, ...]] = {}
    for unit in each.units:
        able = [c for c in state.chosen if known_quality(state.plan, store, c, each, unit)]
        if able:
            ranks = tests.ranks(state.plan.metrics, able, each, unit) if len(able) > 1 else None
            directions[unit.name] = tuple(
                _row(state, store, each, contender, [unit], ranks) for contender in able
            )
    shared = [
        unit
        for unit in each.units
        if len(directions.get(unit.name, ())) == len(_present(directions))
    ]
    overall = tuple(
        _row(state, store, each, contender, shared, None)
        for contender in state.chosen
        if len(shared) > 1 and contender.configuration.key in _present(directions)
    )
    manifest = each.manifest
    return SetReport(
        name=each.name,
        task=state.plan.task,
        licence=manifest.licence if manifest else "unknown",
        source=manifest.origin if manifest else "the user's files",
        verified=each.verified,
        sha256={unit.name: unit.sha256 for unit in each.units},
        overall=overall,
        directions=directions,
        metric_signatures=_signatures(state, store, each),
        significance=tests.signature if directions else "",
        worst=worst,
        **(
            detection_details(state, store, each) if state.plan.task is BenchmarkTask.DETECT else {}
        ),
    )


def _present(directions: "dict[str, tuple[BenchmarkRow, ...]]") -> set[str]:
    return {row.configuration.key for rows in directions.values() for row in rows}


def _row(
    state: Measured,
    store: Store,
    each: TestSet,
    contender: Contender,
    units: Sequence[Unit],
    ranks: Ranks | None,
) -> BenchmarkRow:
    """A contender's row; of several directions, the means of the figures."""
    configuration = contender.configuration
    entry = store.entry(configuration, each.name)
    records = _qualities(state, store, each, contender, units)
    if len(records) > 1 and state.plan.task is BenchmarkTask.DETECT:
        records = _pooled(store, each, contender, units) or records
    size = entry.get("size_bytes")
    return BenchmarkRow(
        configuration=configuration,
        items=sum(record["items"] for record in records),
        quality={
            name: Figure(**records[0]["figures"][name])
            if len(records) == 1
            else Figure(statistics.fmean(r["figures"][name]["value"] for r in records))
            for name in _figure_names(state, records)
        },
        rank=ranks.get(configuration.key) if ranks else None,
        problems=dict(sum((Counter(r["problems"]) for r in records), Counter())),
        speed=_speed(state, store, each, contender, [unit.name for unit in units]),
        size_mb=size / 1e6 if size else None,
        signature=_listed(r.get("signature") or entry.get("signature", "") for r in records),
    )


def _qualities(
    state: Measured, store: Store, each: TestSet, contender: Contender, units: Sequence[Unit]
) -> list[Record]:
    """What is known of a contender's quality on these units."""
    records = (known_quality(state.plan, store, contender, each, unit) for unit in units)
    return [record for record in records if record is not None]


def _pooled(
    store: Store, each: TestSet, contender: Contender, units: Sequence[Unit]
) -> list[Record]:
    """Detection over all directions at once, which isn't the mean of the directions' figures."""
    columns = [store.counts(place_of(contender, each, unit), PROBABILITIES) for unit in units]
    if any(column is None for column in columns):
        return []
    together = Unit(
        units[0].direction,
        tuple(original for unit in units for original in unit.sources),
        (),
        tuple(pair for unit in units for pair in unit.gold),
    )
    output = [float(p) for c in columns if c is not None for p in c]
    return [detection_quality(together, output, prior_of(contender.configuration.model))]


def _figure_names(state: Measured, records: Sequence[Record]) -> list[str]:
    """Names of the figures that were asked for: an entry may have more, of earlier runs."""
    figures = records[0]["figures"]
    if state.plan.metrics:
        # Each record has all of them; which others, differs from direction to direction.
        by_metric = dict(zip(records[0]["metrics"], figures, strict=True))
        return [by_metric[name.value] for name in state.plan.metrics]
    # Records of older versions have fewer.
    return [name for name in figures if all(name in r["figures"] for r in records)]


def _rounds(
    state: Measured, store: Store, each: TestSet, contender: Contender, session: str | None = None
) -> list[Record]:
    key = contender.configuration.key
    session = session or state.sessions.get((each.name, key))
    # An earlier run may have done more of them.
    count = state.plan.speed.rounds if state.plan.speed else 0
    speed = store.entry(contender.configuration, each.name)["speed"]
    return [r for r in speed if r["session"] == session and r["round"] < count]


def _speed(
    state: Measured,
    store: Store,
    each: TestSet,
    contender: Contender,
    directions: Sequence[str],
) -> SpeedFigures | None:
    rounds = _rounds(state, store, each, contender)
    rounds = [r for r in rounds if all(name in r["directions"] for name in directions)]
    if not rounds:
        return None
    seconds = {r["round"]: sum(r["directions"][d]["seconds"] for d in directions) for r in rounds}
    items = sum(rounds[0]["directions"][name]["items"] for name in directions)
    baseline = state.chosen[0]
    ratio = None
    if contender is not baseline:
        theirs = {
            r["round"]: sum(r["directions"][name]["seconds"] for name in directions)
            for r in _rounds(state, store, each, baseline, rounds[0]["session"])
            if all(name in r["directions"] for name in directions)
        }
        ratios = [theirs[number] / own for number, own in seconds.items() if number in theirs]
        ratio = _spread(ratios) if ratios else None
    p50, p95 = (
        _spread(
            [1000 * statistics.fmean(r["directions"][d][name] for d in directions) for r in rounds]
        )
        if all(name in r["directions"][d] for r in rounds for d in directions)
        else None
        for name in ("p50_s", "p95_s")
    )
    return SpeedFigures(
        per_second=_spread([items / own for own in seconds.values()]),
        ratio=ratio,
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        load_s=_spread([r["load_s"] for r in rounds]),
        peak_mb=_spread([r["peak_bytes"] / 1e6 for r in rounds]),
        rounds=len(rounds),
    )


def _spread(values: Sequence[float]) -> Figure:
    return Figure(statistics.median(values), min(values), max(values))


def _signatures(state: Measured, store: Store, each: TestSet) -> dict[str, str]:
    """Of the figures; with the directions where those differ: in references or cases, say."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for unit in each.units:
        for contender in state.chosen:
            for record in _qualities(state, store, each, contender, [unit]):
                shown = _figure_names(state, [record]) if state.plan.metrics else None
                for name, signature in record["metric_signatures"].items():
                    if shown is None or name in shown:
                        found.setdefault(name, {}).setdefault(unit.name, {})[signature] = None
    return {name: _by_direction(signatures) for name, signatures in found.items()}


def _by_direction(signatures: Mapping[str, Iterable[str]]) -> str:
    """One signature, if all directions have it; else that of each."""
    texts = {direction: _listed(some) for direction, some in signatures.items()}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{direction}: {text}" for direction, text in texts.items())


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(texts))
