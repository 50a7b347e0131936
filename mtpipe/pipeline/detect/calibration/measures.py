"""Measuring many pairs: on all cores, and each only once where what was measured is kept.

What is measured of a pair depends on its texts alone, so that a run that was stopped goes on where it
was, and a later one fits anew in seconds.
"""

import hashlib
import html
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path

from mtpipe import __version__
from mtpipe.blas import single_threaded
from mtpipe.detection.agreement import agreement
from mtpipe.detection.features import Features
from mtpipe.errors import MtpipeError
from mtpipe.models.cards import find_installed
from mtpipe.pipeline.detect.examiner import MEASURES_VERSION
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.systems.choosing import system_name
from mtpipe.pipeline.systems.rating import Rater
from mtpipe.records import Record, ResumableFile
from mtpipe.types import Bead, Direction

__all__ = ["Kind", "Measured", "Task", "measure_all"]

_AT_ONCE = 16
"""Tasks that a process takes at a time."""

_WORTH_PROCESSES = 200
"""Tasks from which on further processes pay: each loads everything for itself, in some seconds."""

Progress = Callable[[int, int], None]
"""Told how many tasks are done, and of how many."""


class Kind(StrEnum):
    """What is measured."""

    RELATION = "relation"
    """Whether the one renders the other."""
    CLOSENESS = "closeness"
    """How closely."""
    PLAUSIBILITY = "plausibility"
    """How a model expects it; takes by far the longest."""
    AGREEMENT = "agreement"
    """How far two translations of one original agree, sentence by sentence."""


@dataclass(frozen=True, slots=True)
class Task:
    """Two texts to be measured.

    Attributes:
        kind: what is measured.
        first: sentences of the original; for agreement, of the translation that is compared with.
        second: sentences of the candidate.
        direction: from the original's language to the candidate's.
    """

    kind: Kind
    first: tuple[str, ...]
    second: tuple[str, ...]
    direction: Direction

    @property
    def key(self) -> str:
        """Hex digest of everything that the measures depend on, but how they are made."""
        content = json.dumps([self.kind, self.first, self.second, str(self.direction)])
        return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a task.

    Attributes:
        features: nothing where too little corresponds to be measured.
        sentences: that they are of.
    """

    features: Features
    sentences: int


def measure_all(
    tasks: Sequence[Task],
    rated_by: str = "",
    *,
    kept: Path | None = None,
    processes: int | None = None,
    progress: Progress = lambda _done, _total: None,
) -> list[Measured]:
    """Measure tasks, in any order.

    Args:
        tasks: to be measured; those that are alike are measured once.
        rated_by: name of the installed model whose expectations are measured; empty for none.
        kept: a file of what was measured before, which gets what is measured now.
        processes: that share the work; by default as many as there are cores, if it is much.
        progress: told how far it is.

    Returns:
        One for each task, in their order.

    Raises:
        MalformedRecord: the file has something else in it.
        OutputError: it can't be written; what is in it is safe.
        ModelError: the model that rates isn't there, or damaged.
        MtpipeError: a process was ended from outside.
    """
    by_key = {task.key: task for task in tasks}
    with ExitStack() as stack:
        versions = _versions(rated_by)
        rows = stack.enter_context(ResumableFile(kept, _identify)) if kept else None
        found = {
            key: Measured(record["features"], record["sentences"])
            for key, task in by_key.items()
            if rows is not None and (record := rows.read(key, versions[task.kind])) is not None
        }
        missing = [key for key in by_key if key not in found]
        progress(len(found), len(by_key))
        measured = _measured([by_key[key] for key in missing], rated_by, processes)
        for key, one in zip(missing, measured, strict=True):
            found[key] = one
            if rows is not None:
                rows.write(
                    {
                        "id": key,
                        "features": one.features,
                        "sentences": one.sentences,
                        "version": versions[by_key[key].kind],
                    }
                )
            progress(len(found), len(by_key))
    return [found[task.key] for task in tasks]


def _measured(tasks: Sequence[Task], rated_by: str, processes: int | None) -> Iterator[Measured]:
    enough = (os.cpu_count() or 1) if len(tasks) >= _WORTH_PROCESSES else 1
    if (count := processes or enough) == 1:
        measurer = _Measurer(rated_by)
        yield from map(measurer, tasks)
        return
    with ProcessPoolExecutor(count, get_context("spawn"), _begin, (rated_by,)) as pool:
        try:
            yield from pool.map(_in_process, tasks, chunksize=_AT_ONCE)
        except BrokenProcessPool as exc:
            raise MtpipeError(
                "a process that measures was ended, perhaps for want of memory",
                hint="the same command goes on from here",
            ) from exc
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _Measurer:
    """Measures tasks with everything loaded."""

    def __init__(self, rated_by: str) -> None:
        self._instruments = Instruments(Rater(find_installed(rated_by)) if rated_by else None)

    def __call__(self, task: Task) -> Measured:
        if task.kind is Kind.AGREEMENT:
            ours, theirs = (
                [html.unescape(text) for text in side] for side in (task.first, task.second)
            )
            beads = [Bead(range(n, n + 1), range(n, n + 1), 0.0) for n in range(len(theirs))]
            return Measured(agreement(ours, theirs, beads), len(theirs))
        measured = self._instruments.measure(task.first, task.second, task.direction)
        if task.kind is Kind.RELATION:
            return Measured(measured.relation, min(len(measured.original), len(task.second)))
        if not measured.rendered:
            return Measured({}, 0)
        features = (
            self._instruments.plausibility(measured, task.direction)
            if task.kind is Kind.PLAUSIBILITY
            else measured.closeness
        )
        return Measured(features, len(measured.rendered))


_measurer: _Measurer | None = None
"""Of this process, where it was started to measure."""


def _begin(rated_by: str) -> None:
    global _measurer  # noqa: PLW0603 - what a process of a pool is given at its start
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that waits for the results
    _measurer = _Measurer(rated_by)


def _in_process(task: Task) -> Measured:
    assert _measurer is not None  # noqa: S101 - _begin was here
    with single_threaded():
        return _measurer(task)


def _versions(rated_by: str) -> dict[Kind, str]:
    """How each kind is measured: another model's expectations leave the others as they are."""
    version = f"mtpipe:{__version__}|measures:{MEASURES_VERSION}"
    rated = system_name(find_installed(rated_by)) if rated_by else ""
    return dict.fromkeys(Kind, version) | {Kind.PLAUSIBILITY: f"{version}|{rated}"}


def _identify(record: Record) -> tuple[str, str]:
    return record["id"], record["version"]
