"""A report.json that a benchmark left, read again, with the counts that lie beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe.errors import InputError
from mtpipe.pipeline.bench.store import Place, Store, read_json
from mtpipe.records import Record
from mtpipe.types.benchmark import BenchmarkTask, Configuration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEAN = "mean"
"""All directions together."""


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A configuration on a direction.

    Attributes:
        configuration: which.
        label: as it is shown; no other row of the direction has it.
        record: its figures, see :class:`mtpipe.types.benchmark.BenchmarkRow`.
    """

    configuration: Configuration
    label: str
    record: Record

    @property
    def name(self) -> str:
        """The label whatever the revision, which reports are matched by."""
        return replace(self.configuration, mark="").label

    def figure(self, name: str) -> float | None:
        """A figure of quality or cost; None where it wasn't measured."""
        if name in self.record["quality"]:
            return float(self.record["quality"][name]["value"])
        if name == "size_mb":
            return self.record["size_mb"] and float(self.record["size_mb"])
        cost = (self.record["speed"] or {}).get(name)
        return float(cost["value"]) if isinstance(cost, dict) else None


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """A test set.

    Attributes:
        sha256: of what was measured on, by direction.
        directions: rows by direction, those of all together under :data:`MEAN`.
    """

    sha256: dict[str, str]
    directions: dict[str, list[PublishedRow]]

    @property
    def configurations(self) -> set[str]:
        """Keys of all that were measured."""
        return {row.configuration.key for rows in self.directions.values() for row in rows}


class PublishedReport:
    """A report.json.

    Args:
        path: of the file.

    Raises:
        InputError: it is something else.
    """

    def __init__(self, path: Path) -> None:
        record = read_json(path)
        try:
            if record["format"] != 1:
                raise KeyError("format")
            self.sets = {each["name"]: _set(each) for each in record["sets"]}
            self.place = record["machine"], record["threads"]
            self._store = Store(path.parent, BenchmarkTask(record["task"]))
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise InputError(
                f"{path} is no report of mtpipe bench: {exc}",
                hint="it is report.json in the folder of the results",
            ) from exc

    def counts(
        self, set_name: str, direction: str, row: PublishedRow, metric: str
    ) -> "NDArray[np.float32] | None":
        """What a metric counted in each line; None where it isn't there."""
        sha256 = self.sets[set_name].sha256.get(direction, "")
        place = Place(row.configuration, set_name, direction, sha256)
        return self._store.counts(place, metric)


def _set(record: Record) -> PublishedSet:
    directions = {MEAN: _rows(record["overall"])} if record["overall"] else {}
    directions |= {name: _rows(rows) for name, rows in record["directions"].items()}
    return PublishedSet(dict(record["sha256"]), directions)


def _rows(records: Sequence[Record]) -> list[PublishedRow]:
    labels = [str(record["configuration"]["label"]) for record in records]
    rows = []
    for label, record in zip(labels, records, strict=True):
        fields = {name: v for name, v in record["configuration"].items() if name != "label"}
        configuration = Configuration(**fields)
        mark = f" @{configuration.revision[:6]}" if labels.count(label) > 1 else ""
        rows.append(PublishedRow(configuration, label + mark, record))
    return rows
