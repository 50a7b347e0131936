"""The output of a run: a folder that one run at a time writes to, and that any may take up.

``rows/`` has a file a shard, ``manifests/`` what is known of it, ``failures.jsonl`` what failed,
``run.json`` what the last run was. Not for the shards, which workers write:
:mod:`mtpipe.scale.worker`.
"""

import json
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from mtpipe.errors import InputError, OutputError
from mtpipe.files import open_for_oneself
from mtpipe.records import to_line
from mtpipe.scale import attempts, manifest, output
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.output import Form
from mtpipe.scale.shards import prefix_of, unread
from mtpipe.storage import Place
from mtpipe.types import Failure

__all__ = ["AT_LAST", "RunFolder", "opened"]

FAILURES = "failures.jsonl"
AT_LAST = "~"
"""In the place of a shard's name: lists failures behind those of all shards."""
_OURS = {manifest.FOLDER, output.FOLDER, attempts.FOLDER, ".lock"}
"""What may be there of a run that was killed as it began."""
_NAME = re.compile(r"(?P<prefix>.+)-(?P<number>\d{5,})\.(?P<ending>.+)")


class RunFolder:
    """What a run makes of its output; made by :func:`opened`.

    Attributes:
        name: of the run.

    Args:
        place: of the output.
        task: name of what is done.
        form: of the rows.
        spool: a file of this process's own, for failures until the end.
    """

    def __init__(self, place: Place, task: str, form: Form, spool: IO[bytes]) -> None:
        self.name = uuid.uuid4().hex
        self._place = place
        self._task = task
        self._form = form
        self._spool = spool
        self._listed: dict[str, tuple[int, int]] = {}
        self._sources: dict[str, int] = {}
        self._seen: set[str] = set()

    def begin(self) -> None:
        """Say that this run is at work.

        Raises:
            OutputError: that can't be written.
        """
        self._write_run(is_complete=False, figures={})

    def add(self, done: Manifest) -> bool:
        """Take note of a shard; whether it is the first time."""
        if done.shard in self._seen:
            return False
        self._seen.add(done.shard)
        self._sources[done.source] = max(self._sources.get(done.source, 0), done.number + 1)
        self.add_failures(done.shard, done.failures)
        return True

    def add_failures(self, shard: str, failures: tuple[Failure, ...]) -> None:
        """Take note of failures, which are listed by the names of their shards."""
        if failures:
            text = "".join(to_line(asdict(failure)) for failure in failures)
            data = text.encode("utf-8", "replace")
            self._listed[shard] = self._spool.seek(0, 2), len(data)
            self._spool.write(data)

    def finish(
        self, *, sources: Iterator[str], is_complete: bool, figures: Mapping[str, Any]
    ) -> None:
        """Put in place what says what came of the run.

        Args:
            sources: labels of all that was read, if it was read to its end.
            is_complete: whether it was; then earlier shards that it has no longer are removed.
            figures: of the run.

        Raises:
            OutputError: it can't be written.
        """
        if is_complete:
            numbers: dict[str, int] = {}
            for label in sources:
                note = unread(label)
                numbers[prefix_of(note)] = self._sources.get(note, 0)
                if note not in self._sources:  # or nobody knows what it has
                    numbers[prefix_of(label)] = self._sources.get(label, 0)
            self._remove_earlier(numbers)
            for place in list((self._place / attempts.FOLDER).files()):
                place.delete()
        self._list_failures()
        self._write_run(is_complete=is_complete, figures=figures)

    def _list_failures(self) -> None:
        place = self._place / FAILURES
        if not self._listed:
            place.delete()
            return
        with place.replacement() as file:
            for _, (start, length) in sorted(self._listed.items()):
                self._spool.seek(start)
                file.write(self._spool.read(length))

    def _remove_earlier(self, numbers: Mapping[str, int]) -> None:
        """Remove what earlier runs made of the same sources and this one didn't.

        Args:
            numbers: of shards, by how their names begin.
        """
        for folder, ending in (
            # First what says that a shard is done.
            (manifest.FOLDER, "json"),
            (output.FOLDER, self._form.value),
        ):
            for place in list((self._place / folder).files()):
                found = _NAME.fullmatch(place.file_name)
                if found and found["prefix"] in numbers:
                    is_there = int(found["number"]) < numbers[found["prefix"]]
                    if not is_there or found["ending"] != ending:
                        place.delete()
            if not self._place.is_remote:
                for path in Path((self._place / folder).name).glob(".*-*"):
                    path.unlink(missing_ok=True)  # of workers that were killed as they wrote

    def _write_run(self, *, is_complete: bool, figures: Mapping[str, Any]) -> None:
        record = {
            "format": 1,
            "run": self.name,
            "task": self._task,
            "form": self._form.value,
            "is_complete": is_complete,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            **figures,
        }
        text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        (self._place / attempts.RUN_FILE).write(text.encode())


@contextmanager
def opened(place: Place, task: str, form: Form) -> Iterator[RunFolder]:
    """An output, created if it isn't there, for one run.

    Object stores know no locks: there, the run that came last is the one whose workers go on.

    Raises:
        OutputError: another run is writing to it, or it can't be written.
        InputError: there is something else than the output of such a task.
    """
    with ExitStack() as stack:
        if place.is_folder():
            _refuse_others(place, task)
        if not place.is_remote:
            path = Path(place.name)
            _create(path)
            stack.enter_context(open_for_oneself(path / ".lock", path))
        folder = RunFolder(place, task, form, stack.enter_context(tempfile.TemporaryFile()))
        folder.begin()
        yield folder


def _create(path: Path) -> None:
    try:
        for folder in (manifest.FOLDER, output.FOLDER, attempts.FOLDER):
            (path / folder).mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"can't write {path}: {exc.strerror}") from exc


def _refuse_others(place: Place, task: str) -> None:
    """See that an output has nothing in it but what such a task makes.

    Raises:
        InputError: it has.
    """
    found: Any = None
    with suppress(InputError, OSError, ValueError):
        found = json.loads((place / attempts.RUN_FILE).read())
    if found is None:
        there = set() if place.is_remote else {path.name for path in Path(place.name).iterdir()}
        if others := there - _OURS:
            raise InputError(
                f"{place.name} has something else in it: {min(others)}",
                hint="give the output a name of its own with -o",
            )
        return
    other = found.get("task") if isinstance(found, dict) else None
    if other != task:
        raise InputError(
            f"{place.name} holds the output of {other or 'something'} else than {task}",
            hint="give the output another name with -o",
        )
