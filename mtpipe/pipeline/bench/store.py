"""Measurements on disk, one JSON file per model, revision and test set; nothing is lost by a kill.

::

    DIR/starter/0573e251f863/news.json       what was measured, by configuration
    DIR/starter/0573e251f863/news.npz        n-gram counts of each line, for tests of significance
    DIR/significance.json                    such tests, by what was compared
    DIR/outputs/...                          translations; ignored by git
    DIR/report.json, report.md, report.html  on the last run's models and sets

Figures only, but for ``outputs``. What is kept of a direction goes by the sha256 of its lines, too
(``de-en@3f2a90c1d7be``): another set of the same name, or its first lines only, stand beside it and
never in its place. What was kept by the direction alone counts where its sha256 is the same.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe.errors import InputError, OutputError
from mtpipe.files import locked_folder, replacement
from mtpipe.records import Record
from mtpipe.types.benchmark import BenchmarkTask, Configuration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = 1
_DIGITS = 12
"""Of a sha256 that distinguish lines from other lines."""
_SEAL = "sha256"
_OF_A_TEST = {"signature", "clusters"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What a measurement is of.

    Attributes:
        configuration: that was measured.
        set_name: of the test set.
        direction: of it.
        sha256: of the direction's content.
    """

    configuration: Configuration
    set_name: str
    direction: str
    sha256: str

    @property
    def part(self) -> str:
        """Direction and content."""
        return f"{self.direction}@{self.sha256[:_DIGITS]}"


class Store:
    """The folder of a benchmark's measurements.

    Args:
        directory: made when something is first written.
        task: whose measurements.
    """

    def __init__(self, directory: Path, task: BenchmarkTask) -> None:
        self.directory = directory
        self._task = task
        self._files: dict[Path, Record] = {}

    def entry(self, configuration: Configuration, set_name: str) -> Record:
        """What is known of a configuration on a set; change it, then :meth:`save` it.

        Returns:
            A record with ``quality`` (by direction and content, see :meth:`quality`) and ``speed``
            (a list of rounds).

        Raises:
            InputError: the file can't be read; it isn't overwritten.
        """
        path = self._path(configuration, set_name)
        if path not in self._files:
            self._files[path] = self._read(path) if path.is_file() else self._new(configuration)
        entries: dict[str, Record] = self._files[path]["configurations"]
        return entries.setdefault(
            configuration.key, {"label": configuration.label, "quality": {}, "speed": []}
        )

    def quality(self, place: Place) -> Record | None:
        """Figures of a direction with just this content; None where there are none."""
        known: dict[str, Record] = self.entry(place.configuration, place.set_name)["quality"]
        found = known.get(self._key(place))
        return found if found and found.get("sha256") == place.sha256 else None

    def save_quality(self, place: Place, record: Record) -> None:
        """Keep figures of a direction; ``record`` gets the content's sha256.

        Raises:
            OutputError: they can't be written.
        """
        known = self.entry(place.configuration, place.set_name)["quality"]
        known[place.part] = {**record, "sha256": place.sha256}
        self.save(place.configuration, place.set_name)

    def _key(self, place: Place) -> str:
        """What a direction is kept by: with its content, or alone as it was once."""
        known = self.entry(place.configuration, place.set_name)["quality"]
        alone = known.get(place.direction, {}).get("sha256") == place.sha256
        return place.direction if alone and place.part not in known else place.part

    def save(self, configuration: Configuration, set_name: str) -> None:
        """Write the file that an entry is in.

        Raises:
            OutputError: it can't be written; the old one is as it was.
        """
        path = self._path(configuration, set_name)
        record = sealed(self._files[path])
        self.write(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")

    def write(self, path: Path, text: str) -> None:
        """Write a file of the folder as a whole.

        Raises:
            OutputError: it can't be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacement(path) as file:
                file.write(text.encode("utf-8", "replace"))
        except OSError as exc:
            raise OutputError(f"can't write {path}: {exc.strerror}") from exc

    def counts(self, place: Place, name: str) -> "NDArray[np.floating[Any]] | None":
        """Counts of a metric (lines x numbers); None where there are none."""
        rows = read_counts(self._counts_path(place))
        return rows.get(f"{place.configuration.key}/{self._key(place)}/{name}")

    def save_counts(self, place: Place, new: "dict[str, NDArray[np.floating[Any]]]") -> None:
        """Add counts, by metric, to those that are there.

        Raises:
            OutputError: they can't be written.
        """
        import numpy as np  # noqa: PLC0415 - not on the way to --help

        path = self._counts_path(place)
        prefix = f"{place.configuration.key}/{place.part}/"
        together = read_counts(path) | {prefix + name: rows for name, rows in new.items()}
        # Whole numbers compress well as such; TER's and chrF's are all whole.
        arrays: dict[str, Any] = {
            name: array.astype(np.int32)
            if array.ndim > 1 and (array == np.rint(array)).all()
            else array
            for name, array in together.items()
        }
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacement(path) as file:
                np.savez_compressed(file, **arrays)
        except OSError as exc:
            raise OutputError(f"can't write {path}: {exc.strerror}") from exc

    def outputs(self, place: Place) -> list[str]:
        """Translations; none where they aren't there (results of others, say)."""
        path = self._outputs_path(place, self._key(place))
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        return text.split("\n")[:-1]

    def save_outputs(self, place: Place, lines: list[str]) -> None:
        """Keep translations, which git ignores.

        Raises:
            OutputError: they can't be written.
        """
        ignore = self.directory / "outputs" / ".gitignore"
        if not ignore.exists():
            self.write(ignore, "*\n")
        text = "".join(f"{line}\n" for line in lines)
        self.write(self._outputs_path(place, place.part), text)

    def _outputs_path(self, place: Place, part: str) -> Path:
        name = f"{_slug(place.set_name)}.{part}.txt"
        return self.directory / "outputs" / _slug(place.configuration.key) / name

    @property
    def significance_path(self) -> Path:
        """Where tests of significance are kept."""
        return self.directory / "significance.json"

    def significance(self) -> Record:
        """Tests by what was compared; those that are damaged are left out, and made anew."""
        path = self.significance_path
        try:
            kept = read_json(path) if path.is_file() else {}
        except InputError as exc:
            _log.warning("%s; its tests are made anew", exc.message)
            return {}
        return {
            name: record
            for name, record in kept.items()
            if isinstance(record, dict) and record.keys() >= _OF_A_TEST and is_whole(record)
        }

    def _path(self, configuration: Configuration, set_name: str) -> Path:
        folder = self.directory / _slug(configuration.model) / _slug(configuration.revision)
        return folder / f"{_slug(set_name)}.json"

    def _counts_path(self, place: Place) -> Path:
        return self._path(place.configuration, place.set_name).with_suffix(".npz")

    def _new(self, configuration: Configuration) -> Record:
        return {
            "format": FORMAT,
            "task": self._task.value,
            "model": configuration.model,
            "revision": configuration.revision,
            "configurations": {},
        }

    def _read(self, path: Path) -> Record:
        record = read_json(path)
        if not is_whole(record):
            raise InputError(
                f"{path} is damaged: it isn't what was written",
                hint="fetch it from where it is kept, or delete it and measure anew; if you changed "
                f"it, delete its field {_SEAL}, too",
            )
        if record.get("format") != FORMAT or not isinstance(record.get("configurations"), dict):
            raise InputError(
                f"{path} isn't from this version of mtpipe bench",
                hint="move it away, or choose another --output",
            )
        if record.get("task") != self._task.value:
            raise InputError(
                f"{path} has measurements of {record.get('task')}, not of {self._task.value}",
                hint="choose another --output",
            )
        return record


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Keep other runs out of a folder of measurements, which is created if need be.

    Files are written as a whole, so that of two runs one would lose what it measured.

    Raises:
        OutputError: another run is at it, or it can't be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"can't write {directory}: {exc.strerror}") from exc
    with locked_folder(directory) as is_ours:
        if not is_ours:
            raise OutputError(
                f"another run is writing to {directory}; nothing was changed",
                hint="wait for it to end, or choose another --output",
            )
        yield


def sealed(record: Record) -> Record:
    """A record with the sha256 of what else is in it, by which damage shows."""
    content = {name: value for name, value in record.items() if name != _SEAL}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return {**content, _SEAL: hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()}


def is_whole(record: Record) -> bool:
    """Whether a record is as it was sealed; those of earlier versions have no seal."""
    return _SEAL not in record or sealed(record)[_SEAL] == record[_SEAL]


def read_json(path: Path) -> Record:
    """Read a JSON object.

    Raises:
        InputError: it can't be read, or is something else.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise InputError(f"can't read {path}: {exc}") from exc
    if not isinstance(found, dict):
        raise InputError(f"{path} isn't a JSON object")
    return found


def read_counts(path: Path) -> "dict[str, NDArray[np.floating[Any]]]":
    """Read counts; none where the file is missing or damaged, since they can be made again."""
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    try:
        # Opened here: where it isn't what it should be, numpy leaves it open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: _as_counted(arrays[name]) for name in arrays}
    except Exception:  # noqa: BLE001 - what a damaged file raises is anybody's guess
        return {}


def _as_counted(array: "NDArray[Any]") -> "NDArray[np.floating[Any]]":
    """Counts as sacrebleu has them; probabilities as they are, since all of 0.99999999 counts."""
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    return array if array.dtype == np.float64 else array.astype(np.float32)


def _slug(name: str) -> str:
    """A name that is safe as a file's."""
    return re.sub(r"[^\w.@+-]+", "_", name).strip(".") or "_"
