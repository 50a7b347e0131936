"""Two benchmarks compared: what got better or worse, significantly or not, and against floors."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mtpipe.errors import ConfigError, InputError, QualityRegression
from mtpipe.pipeline.bench.store import Place, Store, read_json
from mtpipe.records import Record
from mtpipe.types.benchmark import BenchmarkTask, Configuration

LESS_IS_BETTER = {"TER", "calibration error", "peak_mb", "size_mb", "load_s", "latency_p50_ms"}
MEAN = "mean"
"""All directions together."""
_COSTS = ("per_second", "peak_mb", "size_mb")
_MIN_SPEED_CHANGE = 0.02
"""Below it a difference in speed or memory is noise even if no round overlaps."""


class Verdict(StrEnum):
    """What became of a figure."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True)
class Comparison:
    """One figure of one configuration, before and after.

    Attributes:
        set_name: of the test set.
        direction: or ``mean``.
        label: of the configuration.
        figure: its name.
        before: its value in A.
        after: its value in B.
        verdict: better or worse only if the difference is significant.
        test: how that was decided.
    """

    set_name: str
    direction: str
    label: str
    figure: str
    before: float
    after: float
    verdict: Verdict
    test: str

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def words(self) -> str:
        """Verdict and test."""
        return f"{self.verdict} ({self.test})" if self.test else self.verdict.value

    def record(self) -> Record:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Floors:
    """What may not happen.

    Attributes:
        tolerance: by figure, the largest significant loss that is allowed: of a score in points,
            of ``speed`` and ``memory`` as a share.
        floors: by set, direction (or ``mean``) and figure, the least (of a cost the most) that is
            allowed.
    """

    tolerance: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)


def read_floors(path: Path) -> Floors:
    """Read a floor file.

    Raises:
        ConfigError: it doesn't parse, or something in it isn't a number.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        unknown = set(raw) - {"tolerance", "floors"}
        if unknown:
            raise ValueError(f"unknown table {', '.join(sorted(unknown))}")
        tolerance = {name: float(value) for name, value in raw.get("tolerance", {}).items()}
        floors = {
            name: {
                direction: {figure: float(value) for figure, value in figures.items()}
                for direction, figures in directions.items()
            }
            for name, directions in raw.get("floors", {}).items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as exc:
        raise ConfigError(
            f"{path} is no floor file: {exc}", hint="mtpipe bench compare --help shows one"
        ) from exc
    return Floors(tolerance, floors)


def compare_reports(before: Path, after: Path) -> list[Comparison]:
    """Compare two reports, figure by figure.

    Args:
        before: a report.json.
        after: another one.

    Raises:
        InputError: one of them is no such file, or they have nothing in common.
    """
    reports = [_Report(path) for path in (before, after)]
    found = [
        comparison
        for name in reports[0].sets
        if name in reports[1].sets
        for comparison in _compare_sets(reports, name)
    ]
    if not found:
        raise InputError(
            f"{before} and {after} have no configuration on a test set in common",
            hint="both have to be measured on the same sets",
        )
    return found


def require_floors(floors: Floors, found: Sequence[Comparison], after: Path) -> None:
    """Complain of what fell beyond what is allowed.

    Raises:
        QualityRegression: lists everything that did.
        InputError: there is a floor under a figure that wasn't measured.
    """
    problems = [*_beyond_tolerance(floors, found), *_below_floor(floors, _Report(after))]
    if problems:
        raise QualityRegression(
            "the benchmark fell below what is allowed:\n  " + "\n  ".join(problems),
            hint="if that is intended, change the floor file in the same commit",
        )


class _Report:
    """A report.json, with the counts that lie beside it."""

    def __init__(self, path: Path) -> None:
        record = read_json(path)
        try:
            if record["format"] != 1:
                raise KeyError("format")
            self.task = BenchmarkTask(record["task"])
            self.sets: dict[str, Record] = {each["name"]: each for each in record["sets"]}
            for each in self.sets.values():
                _ = [row["configuration"]["label"] for _, row in _rows(each)]
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise InputError(
                f"{path} is no report of mtpipe bench: {exc}",
                hint="it is report.json in the folder of the results",
            ) from exc
        self._store = Store(path.parent, self.task)

    def counts(self, set_name: str, direction: str, row: Record, metric: str) -> Any:
        fields = {name: v for name, v in row["configuration"].items() if name != "label"}
        configuration = Configuration(**fields)
        sha256 = self.sets[set_name]["sha256"].get(direction, "")
        return self._store.counts(Place(configuration, set_name, direction, sha256), metric)


def _rows(each: Record) -> Iterator[tuple[str, Record]]:
    yield from ((MEAN, row) for row in each["overall"])
    for direction, rows in each["directions"].items():
        yield from ((direction, row) for row in rows)


def _compare_sets(reports: Sequence[_Report], name: str) -> Iterator[Comparison]:
    sides = [report.sets[name] for report in reports]
    tables: list[dict[tuple[str, str], Record]] = [
        {(direction, row["configuration"]["label"]): row for direction, row in _rows(side)}
        for side in sides
    ]
    labels = [{label for _, label in table} for table in tables]
    renamed = labels[0].pop() if all(len(some) == 1 for some in labels) else None
    for (direction, label), after in tables[1].items():
        before = tables[0].get((direction, renamed or label))
        if before is None:
            continue
        same_lines = all(
            sides[0]["sha256"].get(d) == sha
            for d, sha in sides[1]["sha256"].items()
            if direction in (d, MEAN)
        )
        if not same_lines:
            raise InputError(
                f"the test set {name} isn't the same in both reports ({direction})",
                hint="measure both on the same lines",
            )
        for figure in (f for f in after["quality"] if f in before["quality"]):
            values = before["quality"][figure], after["quality"][figure]
            significant, test = _tested(reports, name, direction, (before, after), figure)
            yield _comparison((name, direction, label, figure), values, significant, test)
        for figure, values in _costs(before, after):
            yield _comparison((name, direction, label, figure), values, *_apart(*values))


def _comparison(
    where: tuple[str, str, str, str], values: tuple[Record, Record], significant: bool, test: str
) -> Comparison:
    before, after = (each["value"] for each in values)
    gain = (before - after) if where[3] in LESS_IS_BETTER else (after - before)
    verdict = Verdict.SAME
    if significant and gain:
        verdict = Verdict.BETTER if gain > 0 else Verdict.WORSE
    return Comparison(*where, before, after, verdict, test)


def _costs(before: Record, after: Record) -> Iterator[tuple[str, tuple[Record, Record]]]:
    for figure in _COSTS:
        sides = []
        for row in (before, after):
            if figure == "size_mb":
                sides.append({"value": row["size_mb"]} if row["size_mb"] else None)
            else:
                sides.append(row["speed"][figure] if row["speed"] else None)
        if sides[0] and sides[1]:
            yield figure, (sides[0], sides[1])


def _tested(
    reports: Sequence[_Report], name: str, direction: str, rows: Sequence[Record], figure: str
) -> tuple[bool, str]:
    """Whether a difference in quality is significant, and by which test."""
    from mtpipe.pipeline.bench.significance import statistics_of  # noqa: PLC0415
    from mtpipe.score.metrics import MetricName  # noqa: PLC0415
    from mtpipe.score.significance import ALPHA, PairedMethod, compare  # noqa: PLC0415

    metric = {
        "BLEU": MetricName.BLEU,
        "chrF2": MetricName.CHRF,
        "chrF2++": MetricName.CHRF_PLUS_PLUS,
        "TER": MetricName.TER,
    }.get(figure)
    if metric and direction != MEAN:
        counts = [
            report.counts(name, direction, row, metric.value)
            for report, row in zip(reports, rows, strict=True)
        ]
        if all(rows is not None for rows in counts) and len(counts[0]) == len(counts[1]):
            if (counts[0] == counts[1]).all():
                return False, "identical counts"
            systems = {
                side: statistics_of(metric, rows) for side, rows in zip("AB", counts, strict=True)
            }
            [pair] = compare(systems, PairedMethod.BOOTSTRAP).pairs
            return pair.p_value < ALPHA, f"p = {pair.p_value:.3f}"
    if direction == MEAN or not metric:
        return False, "not tested"
    before, after = (row["quality"][figure] for row in rows)
    if None in (before.get("low"), after.get("low")):
        return False, "not tested"
    return _overlap(before, after), "intervals"


def _overlap(before: Record, after: Record) -> bool:
    """Whether two intervals are apart."""
    return bool(after["low"] > before["high"] or after["high"] < before["low"])


def _apart(before: Record, after: Record) -> tuple[bool, str]:
    """Whether the rounds of two speeds don't overlap; sizes differ or don't."""
    if abs(after["value"] - before["value"]) < _MIN_SPEED_CHANGE * before["value"]:
        return False, "within 2 %"
    if before.get("low") is None or after.get("low") is None:
        return True, ""
    return _overlap(before, after), "rounds; not measured side by side"


def _beyond_tolerance(floors: Floors, found: Sequence[Comparison]) -> Iterator[str]:
    shares = {"per_second": "speed", "peak_mb": "memory", "size_mb": "size"}
    for each in found:
        name = shares.get(each.figure, each.figure)
        if name not in floors.tolerance or each.verdict is not Verdict.WORSE:
            continue
        loss = abs(each.change) / (each.before if each.figure in shares else 1)
        if loss > floors.tolerance[name]:
            yield (
                f"{each.set_name} {each.direction}, {each.label}: {each.figure} went from "
                f"{each.before:.2f} to {each.after:.2f} ({each.test})"
            )


def _below_floor(floors: Floors, report: _Report) -> Iterator[str]:
    for name, directions in floors.floors.items():
        table: dict[str, list[Record]] = {}
        for direction, row in _rows(report.sets.get(name, {"overall": [], "directions": {}})):
            table.setdefault(direction, []).append(row)
        for direction, figures in directions.items():
            if direction not in table:
                raise InputError(
                    f"there is a floor under {name} {direction}, which wasn't measured"
                )
            for figure, least in figures.items():
                for row in table[direction]:
                    value = _value(row, figure)
                    if value is None:
                        raise InputError(
                            f"there is a floor under {figure} of {name} {direction}, which "
                            "wasn't measured"
                        )
                    below = value > least if figure in LESS_IS_BETTER else value < least
                    if below:
                        label = row["configuration"]["label"]
                        yield (
                            f"{name} {direction}, {label}: {figure} is {value:.2f}, "
                            f"the floor {least:.2f}"
                        )


def _value(row: Record, figure: str) -> float | None:
    if figure in row["quality"]:
        return float(row["quality"][figure]["value"])
    if figure == "size_mb":
        return row["size_mb"] and float(row["size_mb"])
    speed = (row["speed"] or {}).get(figure)
    return float(speed["value"]) if isinstance(speed, dict) else None
