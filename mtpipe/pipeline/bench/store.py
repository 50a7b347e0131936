"""Measurements on disk, one JSON file a model, revision and test set; nothing is lost by a kill.

::

    DIR/starter/0573e251f863/news.json       what was measured, by configuration
    DIR/starter/0573e251f863/news.npz        n-gram counts of each line, for tests of significance
    DIR/significance.json                    such tests, by what was compared
    DIR/outputs/...                          translations; git is told to leave them alone
    DIR/report.json, report.md, report.html  written anew by every run

Figures only, but for ``outputs``.
"""

import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtpipe.errors import InputError, OutputError
from mtpipe.records import Record, replacement
from mtpipe.types.benchmark import BenchmarkTask, Configuration

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = 1


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
            A record with ``quality`` (by direction) and ``speed`` (a list of rounds).

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

    def save(self, configuration: Configuration, set_name: str) -> None:
        """Write the file that an entry is in.

        Raises:
            OutputError: it can't be written; the old one is as it was.
        """
        path = self._path(configuration, set_name)
        self.write(path, json.dumps(self._files[path], ensure_ascii=False, indent=1) + "\n")

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

    def counts(
        self, configuration: Configuration, set_name: str
    ) -> "dict[str, NDArray[np.float32]]":
        """Counts by ``key/direction/metric``, each lines x numbers; empty where there are none."""
        return read_counts(self._path(configuration, set_name).with_suffix(".npz"))

    def save_counts(
        self,
        configuration: Configuration,
        set_name: str,
        new: "dict[str, NDArray[np.float32]]",
    ) -> None:
        """Add counts to those that are there.

        Raises:
            OutputError: they can't be written.
        """
        import numpy as np  # noqa: PLC0415 - not on the way to --help

        path = self._path(configuration, set_name).with_suffix(".npz")
        together = {**self.counts(configuration, set_name), **new}
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

    def outputs_path(self, configuration: Configuration, set_name: str, direction: str) -> Path:
        """Where the translations of a configuration are kept."""
        name = f"{_slug(set_name)}.{direction}.txt"
        return self.directory / "outputs" / _slug(configuration.key) / name

    def save_outputs(self, path: Path, lines: list[str]) -> None:
        """Keep translations, and tell git not to."""
        ignore = self.directory / "outputs" / ".gitignore"
        if not ignore.exists():
            self.write(ignore, "*\n")
        self.write(path, "".join(f"{line}\n" for line in lines))

    @property
    def significance_path(self) -> Path:
        """Where tests of significance are kept."""
        return self.directory / "significance.json"

    def significance(self) -> Record:
        """Tests by what was compared."""
        path = self.significance_path
        return read_json(path) if path.is_file() else {}

    def _path(self, configuration: Configuration, set_name: str) -> Path:
        folder = self.directory / _slug(configuration.model) / _slug(configuration.revision)
        return folder / f"{_slug(set_name)}.json"

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


def read_counts(path: Path) -> "dict[str, NDArray[np.float32]]":
    """Read counts; none where the file is missing or damaged, since they can be made again."""
    import numpy as np  # noqa: PLC0415 - not on the way to --help

    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name].astype(np.float32) for name in arrays}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError):
        return {}


def _slug(name: str) -> str:
    """A name that is safe as a file's."""
    return re.sub(r"[^\w.@+-]+", "_", name).strip(".") or "_"
