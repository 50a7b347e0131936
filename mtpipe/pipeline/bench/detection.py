"""A detector's probabilities looked at more closely: by engine and test set, and ratio by ratio."""

from collections.abc import Callable, Iterator, Sequence
from math import log
from typing import Any

from mtpipe.detection.engine_names import engine_family, generation_of
from mtpipe.detection.support import LEAST_RATIO
from mtpipe.pipeline.bench.detectors import prior_of
from mtpipe.pipeline.bench.labelled import MACHINE
from mtpipe.pipeline.bench.plan import Measured, known_quality, place_of
from mtpipe.pipeline.bench.quality import PROBABILITIES
from mtpipe.pipeline.bench.store import Store
from mtpipe.pipeline.bench.units import TestSet, Unit
from mtpipe.records import Record
from mtpipe.scoring.classification import roc_area
from mtpipe.scoring.likelihood_ratios import log_ratios, tippett
from mtpipe.types.benchmark import DetectionGroup, RatioShares, ReliabilityBin

__all__ = ["detection_details", "detection_groups", "ratio_shares"]

_MOST_POINTS = 200
"""Of a Tippett plot: more can't be seen."""

_Case = tuple[bool, float, str, str, str]
"""Whether a machine made it, log-ratio, engine, test set, direction."""


def detection_details(state: Measured, store: Store, each: TestSet) -> dict[str, Any]:
    """What a report of a set has beside the figures, by the configurations' labels.

    Returns:
        ``reliability``, ``tippett`` and ``groups`` of :class:`mtpipe.types.benchmark.SetReport`.
    """
    details: dict[str, dict[str, Any]] = {"reliability": {}, "tippett": {}, "groups": {}}
    for contender in state.chosen:
        label = contender.configuration.label
        records = (known_quality(state.plan, store, contender, each, u) for u in each.units)
        if columns := [record["bins"] for record in records if record and "bins" in record]:
            details["reliability"][label] = tuple(map(_together, zip(*columns, strict=True)))
        known = [
            (unit, kept.tolist())
            for unit in each.units
            if (kept := store.counts(place_of(contender, each, unit), PROBABILITIES)) is not None
        ]
        if known:
            units, outputs = zip(*known, strict=True)
            prior = prior_of(contender.configuration.model)
            details["tippett"][label] = ratio_shares(units, outputs, prior)
            details["groups"][label] = detection_groups(units, outputs, prior)
    return details


def _together(bins: Sequence[Record]) -> ReliabilityBin:
    """The same bin of all directions."""
    count = sum(each["count"] for each in bins)
    confidence, frequency = (
        sum(each["count"] * each[name] for each in bins) / max(count, 1)
        for name in ("confidence", "frequency")
    )
    return ReliabilityBin(bins[0]["low"], bins[0]["high"], count, confidence, frequency)


def detection_groups(
    units: Sequence[Unit], outputs: Sequence[Sequence[float]], prior: float
) -> tuple[DetectionGroup, ...]:
    """How a detector does by engine, generation, test set and direction.

    Args:
        units: all directions of a set.
        outputs: the probabilities of each.
        prior: the share of machines that they presume.

    Returns:
        By kind and name; kinds that nothing is known of, or that have but one name, are left out.
    """
    cases = list(_cases(units, outputs, prior))
    found: list[DetectionGroup] = []
    kinds: tuple[tuple[str, Callable[[_Case], str], bool], ...] = (
        ("engine", lambda case: engine_family(case[2]) if case[0] else "", True),
        ("generation", lambda case: generation_of(engine_family(case[2])) if case[0] else "", True),
        ("test set", lambda case: case[3], False),
        ("direction", lambda case: case[4], False),
    )
    for kind, name_of, keeps_people in kinds:
        names = sorted({name_of(case) for case in cases} - {""})
        if len(names) < 2:
            continue
        for name in names:
            part = [
                case for case in cases if name_of(case) == name or (keeps_people and not case[0])
            ]
            found.append(_group(kind, name, part))
    return tuple(found)


def ratio_shares(
    units: Sequence[Unit], outputs: Sequence[Sequence[float]], prior: float
) -> tuple[RatioShares, ...]:
    """The points of a Tippett plot, of all directions together; nothing where a kind is lacking."""
    cases = list(_cases(units, outputs, prior))
    labels, ratios = [case[0] for case in cases], [case[1] for case in cases]
    if len(set(labels)) < 2:
        return ()
    points = tippett(labels, ratios)
    step = max(1, -(-len(points) // _MOST_POINTS))
    return tuple(
        RatioShares(point.log_ratio / log(10), point.positives, point.negatives)
        for point in points[::step]
    )


def _cases(
    units: Sequence[Unit], outputs: Sequence[Sequence[float]], prior: float
) -> Iterator[_Case]:
    for unit, output in zip(units, outputs, strict=True):
        origins = unit.origins or (("", ""),) * len(unit.gold)
        for (_, label), ratio, (engine, test_set) in zip(
            unit.gold, log_ratios(output, prior), origins, strict=True
        ):
            yield label == MACHINE, ratio, engine, test_set, unit.name


def _group(kind: str, name: str, cases: Sequence[_Case]) -> DetectionGroup:
    machines, people = (
        [ratio for is_machine, ratio, *_ in cases if is_machine is side] for side in (True, False)
    )
    return DetectionGroup(
        kind,
        name,
        len(machines),
        len(people),
        _area(cases) if machines and people else None,
        {
            support.value: (_share(machines, log(least)), _share(people, log(least)))
            for support, least in LEAST_RATIO.items()
        },
    )


def _area(cases: Sequence[_Case]) -> float:
    return roc_area([case[0] for case in cases], [case[1] for case in cases])


def _share(ratios: Sequence[float], least: float) -> float:
    return sum(ratio >= least for ratio in ratios) / max(1, len(ratios))
