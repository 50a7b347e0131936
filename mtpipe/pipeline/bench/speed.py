"""Speed, by the method of the WMT efficiency tasks, in rounds that alternate.

In a round, every contender gets a fresh process, loads, and then, one direction after the other,
all of them in turn translate the same lines: first together (throughput), then one at a time
(latency). Machines drift, so only times of the same round are set against each other. The order
rotates from direction to direction and from round to round.

A round is kept as a whole or not at all.

Sources: Heafield et al., Findings of the WMT 2022 Shared Task on Efficient Translation.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mtpipe import __version__
from mtpipe.errors import MtpipeError
from mtpipe.pipeline.bench.contenders import Contender
from mtpipe.pipeline.bench.hardware import Watch
from mtpipe.pipeline.bench.process import Worker
from mtpipe.pipeline.bench.units import Unit, payload
from mtpipe.records import Record
from mtpipe.types.benchmark import BenchmarkTask

WARM_UP_LINES = 16


@dataclass(frozen=True, kw_only=True)
class SpeedPlan:
    """How speed is measured.

    Attributes:
        lines: of each direction that are timed together: the first different ones.
        singles: of these, timed one at a time.
        rounds: how often all of it is done.
    """

    lines: int = 200
    singles: int = 40
    rounds: int = 3


@dataclass(frozen=True)
class Sample:
    """What of a unit is timed.

    Attributes:
        unit: the whole.
        data: what is timed together.
        warm_up: what is done before, untimed.
        singles: what is timed one at a time.
        items: lines, sentences or documents in ``data``.
    """

    unit: Unit
    data: Any
    warm_up: Any
    singles: list[Any]
    items: int


def sample(task: BenchmarkTask, unit: Unit, plan: SpeedPlan) -> Sample:
    """Choose what of a unit is timed; the same in every run."""
    if task is not BenchmarkTask.TRANSLATE:
        data = payload(task, unit)
        documents = task is BenchmarkTask.DETECT
        items = len(unit.sources) + (0 if documents else len(unit.targets[0]))
        return Sample(unit, data, data[:1] if documents else data, [], items)
    # What comes twice is decoded once, and would count twice.
    lines = list(dict.fromkeys(filter(str.strip, unit.sources)))[: plan.lines]
    step = max(1, len(lines) // max(1, plan.singles))

    def of(some: Sequence[str]) -> Record:
        return {"direction": unit.name, "lines": list(some)}

    return Sample(
        unit,
        of(lines),
        of(lines[:WARM_UP_LINES]),
        [of([line]) for line in lines[::step][: plan.singles]],
        len(lines),
    )


def sample_id(samples: Sequence[Sample]) -> str:
    """What distinguishes these samples from those of another set or plan."""
    return _digest(f"{s.unit.sha256}:{s.items}:{len(s.singles)}" for s in samples)


def session_id(chosen: Sequence[Contender], sampled: str, machine: str, threads: int) -> str:
    """What rounds have in common that may be set against each other."""
    keys = sorted(each.configuration.key for each in chosen)
    return _digest([*keys, sampled, machine, str(threads), __version__])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def measure_round(
    task: BenchmarkTask,
    chosen: Sequence[Contender],
    samples: Sequence[Sample],
    number: int,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
) -> list[Record]:
    """One round of all contenders.

    Returns:
        One record a contender, in their order: ``load_s``, ``peak_bytes``, ``others_cores`` that
        other programs kept busy meanwhile, and by direction ``items``, ``seconds`` and, where there are singles, ``p50_s`` and ``p95_s``.

    Raises:
        ContenderFailed: one of them did.
    """
    records: list[Record] = [
        {
            "round": number,
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "directions": {},
        }
        for _ in chosen
    ]
    watch = Watch()
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker()) for _ in chosen]
        for place in _rotated(len(chosen), number):
            with _named(chosen[place]):
                loaded = workers[place].call(
                    "load", task=task.value, specification=chosen[place].specification
                )
            records[place]["load_s"] = round(loaded["seconds"], 4)
        for step, each in enumerate(samples):
            for place in _rotated(len(chosen), number + step):
                if not chosen[place].can(each.unit.direction):
                    continue
                with _named(chosen[place]):
                    timed = workers[place].call(
                        "time", data=each.data, warm_up=each.warm_up, singles=each.singles
                    )
                records[place]["directions"][each.unit.name] = {
                    "items": each.items,
                    "seconds": max(round(timed["seconds"], 7), 1e-7),
                    **_percentiles(timed["latencies"]),
                }
                on_progress(each.items)
        for contender, record, worker in zip(chosen, records, workers, strict=True):
            with _named(contender):
                record["peak_bytes"] = worker.call("peak")["bytes"]
    others = watch.others()
    for record in records:
        record["others_cores"] = None if others is None else round(others, 3)
    return records


class ContenderFailed(Exception):
    """A round can't be finished.

    Attributes:
        contender: whose fault it is.
        error: what it failed with.
    """

    def __init__(self, contender: Contender, error: MtpipeError) -> None:
        super().__init__(str(error))
        self.contender = contender
        self.error = error


@contextmanager
def _named(contender: Contender) -> Iterator[None]:
    """Say of an error whose it is."""
    try:
        yield
    except MtpipeError as exc:
        raise ContenderFailed(contender, exc) from exc


def _percentiles(latencies: Sequence[float]) -> Record:
    if not latencies:
        return {}
    return {f"p{share}_s": round(percentile(latencies, share), 5) for share in (50, 95)}


def percentile(values: Sequence[float], share: float) -> float:
    """A percentile, interpolated between the two values next to it, as numpy does it."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _rotated(count: int, by: int) -> list[int]:
    return [(place + by) % count for place in range(count)]
