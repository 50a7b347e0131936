"""Two benchmarks compared: what got better or worse, significantly or not, and what is gone."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe.errors import InputError
from mtpipe.pipeline.bench.report_files import MEAN, PublishedReport, PublishedRow, PublishedSet
from mtpipe.records import Record
from mtpipe.types.benchmark import LESS_IS_BETTER, FigureComparison, FigureVerdict
from mtpipe.types.choices import MetricName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mtpipe.scoring.metrics import Statistics

TESTED = {
    "BLEU": MetricName.BLEU,
    "chrF2": MetricName.CHRF,
    "chrF2++": MetricName.CHRF_PLUS_PLUS,
    "TER": MetricName.TER,
}
"""Figures of quality that a difference can be significant of, and their metrics."""
_COSTS = ("per_second", "peak_mb", "size_mb")
_MIN_SPEED_CHANGE = 0.02
"""Below it a difference in speed or memory is noise even if no round overlaps."""
_ROUNDING = 0.001
"""Reports have figures of quality with four digits."""


def compare_figures(before: Path, after: Path) -> list[FigureComparison]:
    """Compare two reports, figure by figure.

    Args:
        before: a report.json.
        after: another one.

    Returns:
        What both have, and what only the earlier one has.

    Raises:
        InputError: one of them is no such file, or they have nothing in common.
    """
    reports = [PublishedReport(path) for path in (before, after)]
    found = [comparison for name in reports[0].sets for comparison in _compare_sets(reports, name)]
    if all(each.verdict is FigureVerdict.GONE for each in found):
        raise InputError(
            f"{before} and {after} have no configuration on a test set in common",
            hint="both have to be measured on the same sets",
        )
    return found


def _compare_sets(reports: Sequence[PublishedReport], name: str) -> Iterator[FigureComparison]:
    first = reports[0].sets[name]
    second = reports[1].sets.get(name, PublishedSet({}, {}))
    alone = len(first.configurations) == len(second.configurations) == 1
    for direction, earlier in first.directions.items():
        later = second.directions.get(direction, [])
        if direction == MEAN and not _same_lines(first, second, MEAN):
            continue  # of other directions; what is gone of them shows there
        pairs = [(row, _match(row, earlier, later, alone=alone)) for row in earlier]
        if any(other for _, other in pairs) and not _same_lines(first, second, direction):
            raise InputError(
                f"the test set {name} isn't the same in both reports ({direction})",
                hint="measure both on the same lines",
            )
        for row, other in pairs:
            if other is None:
                if direction != MEAN:
                    yield _gone(name, direction, row)
            elif direction != MEAN or row.record["items"] == other.record["items"]:
                yield from _compare_rows(reports, name, direction, (row, other))


def _same_lines(first: PublishedSet, second: PublishedSet, direction: str) -> bool:
    if direction == MEAN:
        return first.sha256 == second.sha256
    return first.sha256.get(direction) == second.sha256.get(direction)


def _match(
    row: PublishedRow,
    earlier: Sequence[PublishedRow],
    later: Sequence[PublishedRow],
    *,
    alone: bool,
) -> PublishedRow | None:
    """The later row of the same configuration, whatever its revision; None if there is none.

    Where several have the same label, revisions decide, and then versions of the software. Where
    both reports have but one configuration, these two belong together.
    """
    if alone:
        return next(iter(later), None)
    configuration = row.configuration
    others = [each for each in later if each.name == row.name]
    twins = [each for each in earlier if each.name == row.name]
    if len(others) > 1 or len(twins) > 1:
        others = [e for e in others if e.configuration.revision == configuration.revision]
        twins = [e for e in twins if e.configuration.revision == configuration.revision]
    if len(others) > 1 or len(twins) > 1:
        others = [each for each in others if each.configuration.key == configuration.key]
    return next(iter(others), None)


def _gone(name: str, direction: str, row: PublishedRow) -> FigureComparison:
    # Of candidates that people alone wrote nothing can be said but how many they are.
    figures = {name: found["value"] for name, found in row.record["quality"].items()}
    figure, value = next(iter(figures.items()), ("items", row.record["items"]))
    return FigureComparison(name, direction, row.label, figure, value, None, FigureVerdict.GONE, "")


def _compare_rows(
    reports: Sequence[PublishedReport],
    name: str,
    direction: str,
    rows: tuple[PublishedRow, PublishedRow],
) -> Iterator[FigureComparison]:
    same = rows[0].name == rows[1].name
    label = rows[1].label if same else f"{rows[0].label} -> {rows[1].label}"
    before, after = (row.record for row in rows)
    for figure, value in before["quality"].items():
        where = (name, direction, label, figure)
        if figure in after["quality"]:
            significant, test = _tested(reports, name, direction, rows, figure)
            yield _comparison(where, (value, after["quality"][figure]), significant, test)
        else:
            yield FigureComparison(*where, value["value"], None, FigureVerdict.UNMEASURED, "")
    for figure in _COSTS:
        where = (name, direction, label, figure)
        cost, later_cost = _cost(before, figure), _cost(after, figure)
        if cost and later_cost:
            significant, test = _apart(reports, cost, later_cost)
            yield _comparison(where, (cost, later_cost), significant, test)
        elif cost:
            yield FigureComparison(*where, cost["value"], None, FigureVerdict.UNMEASURED, "")


def _comparison(
    where: tuple[str, str, str, str],
    values: tuple[Record, Record],
    significant: bool | None,
    test: str,
) -> FigureComparison:
    before, after = (each["value"] for each in values)
    gain = (before - after) if where[3] in LESS_IS_BETTER else (after - before)
    verdict = FigureVerdict.SAME
    if gain and significant is None:
        verdict = FigureVerdict.UNTESTED
    elif gain and significant:
        verdict = FigureVerdict.BETTER if gain > 0 else FigureVerdict.WORSE
    return FigureComparison(*where, before, after, verdict, test)


def _cost(row: Record, figure: str) -> Record | None:
    if figure == "size_mb":
        return {"value": row["size_mb"]} if row["size_mb"] else None
    speed: Record = row["speed"] or {}
    return {**speed[figure], "rounds": speed["rounds"]} if speed.get(figure) else None


def _tested(
    reports: Sequence[PublishedReport],
    name: str,
    direction: str,
    rows: tuple[PublishedRow, PublishedRow],
    figure: str,
) -> tuple[bool | None, str]:
    """Whether a difference in quality is significant, and by which test; None without one."""
    from mtpipe.pipeline.bench.ranks import METHOD  # noqa: PLC0415
    from mtpipe.scoring.significance import PairedMethod, compare  # noqa: PLC0415

    metric = TESTED.get(figure)
    if direction == MEAN or not metric:
        return None, ""
    first, second = (
        _counted(report.counts(name, direction, row, metric.value), metric, row, figure)
        for report, row in zip(reports, rows, strict=True)
    )
    if first is not None and second is not None and len(first) == len(second):
        if first.rows == second.rows:
            return False, "identical counts"
        [pair] = compare({"A": first, "B": second}, PairedMethod(METHOD)).pairs
        return pair.is_significant(), f"p = {pair.p_value:.3f}"
    before, after = (row.record["quality"][figure] for row in rows)
    if None in (before.get("low"), after.get("low")):
        return None, ""
    return _overlap(before, after), "intervals"


def _counted(
    counts: "NDArray[np.floating[Any]] | None", metric: MetricName, row: PublishedRow, figure: str
) -> "Statistics | None":
    """What lies beside a report, unless it is a later run's: then it doesn't give the figure."""
    from mtpipe.pipeline.bench.ranks import statistics_of  # noqa: PLC0415

    if counts is None:
        return None
    found = statistics_of(metric, counts)
    is_its = abs(found.score.value - row.record["quality"][figure]["value"]) < _ROUNDING
    return found if is_its else None


def _overlap(before: Record, after: Record) -> bool:
    """Whether two intervals are apart."""
    return bool(after["low"] > before["high"] or after["high"] < before["low"])


def _apart(
    reports: Sequence[PublishedReport], before: Record, after: Record
) -> tuple[bool | None, str]:
    """Whether the rounds of two speeds don't overlap, None where they can't tell; sizes differ or don't."""
    is_timed = None not in (before.get("low"), after.get("low"))
    if is_timed and reports[0].place != reports[1].place:
        return None, "on another machine, or with other threads"
    if abs(after["value"] - before["value"]) < _MIN_SPEED_CHANGE * before["value"]:
        return False, "within 2 %"
    if not is_timed:
        return True, ""
    if min(before["rounds"], after["rounds"]) < 2:
        return None, "one round"
    return _overlap(before, after), "rounds; not measured side by side"
