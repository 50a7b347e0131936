"""What a benchmark is to measure, and what it has come to so far."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mtpipe.errors import MtpipeError
from mtpipe.pipeline.bench.contenders import Contender, Options
from mtpipe.pipeline.bench.speed import SpeedPlan
from mtpipe.pipeline.bench.store import Place, Store
from mtpipe.pipeline.bench.units import TestSet, Unit
from mtpipe.records import Record
from mtpipe.types import Direction, Failure
from mtpipe.types.benchmark import BenchmarkTask
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
    metrics: Sequence[MetricName] = ()
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
"""Gets what is being done, how many units are done, and how many there are."""


def with_defaults(plan: Plan) -> Plan:
    """The plan with the usual metrics where it names none."""
    if plan.metrics or plan.task is not BenchmarkTask.TRANSLATE:
        return plan
    return replace(plan, metrics=(MetricName.CHRF, MetricName.BLEU))


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


def failed_labels(state: Measured) -> set[str]:
    """Labels of what couldn't be measured."""
    return {failure.article_id for failure in state.failures}


def record_failure(state: Measured, contender: Contender, stage: str, exc: MtpipeError) -> None:
    """Take note of a contender that can't be measured; the others go on."""
    label = contender.configuration.label
    _log.warning("%s failed (%s): %s", label, stage, exc)
    state.failures.append(Failure(label, stage, str(exc)))
