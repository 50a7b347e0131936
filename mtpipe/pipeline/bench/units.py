"""What a benchmark measures at once, and the test set that it is of."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mtpipe.pipeline.bench.manifests import Manifest
from mtpipe.types import Direction
from mtpipe.types.benchmark import BenchmarkTask


@dataclass(frozen=True)
class Unit:
    """What is measured at once: a direction of a test set, a document, a pair of languages.

    Attributes:
        name: the direction, ``de-en``.
        direction: the same.
        sources: segments of one side.
        targets: for translation, one sequence per reference; for alignment, one with the sentences
            of the other side; for detection, none.
        gold: for alignment, the beads; for detection, candidates and labels.
        origins: for detection, what made each candidate and the test set that it is from, as far as
            that is known; else nothing.
        sha256: of all this but the origins.
    """

    direction: Direction
    sources: tuple[Any, ...]
    targets: tuple[tuple[str | None, ...], ...]
    gold: tuple[Any, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The direction as text."""
        return str(self.direction)

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the content."""
        content = json.dumps([self.sources, self.targets, self.gold], ensure_ascii=False)
        return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class TestSet:
    """A test set of one or more units.

    Attributes:
        name: without folder, direction and suffix.
        units: what is in it.
        manifest: what is known of it; None where there is none.
        verified: whether its files are those of the manifest; None without one.
    """

    __test__ = False  # no test case, whatever pytest takes it for

    name: str
    units: tuple[Unit, ...]
    manifest: Manifest | None = None
    verified: bool | None = None


def payload(task: BenchmarkTask, unit: Unit) -> Any:
    """A unit as the worker takes it."""
    if task is BenchmarkTask.TRANSLATE:
        return {"direction": unit.name, "lines": unit.sources}
    if task is BenchmarkTask.ALIGN:
        languages = [unit.direction.source.value, unit.direction.target.value]
        return {"source": unit.sources, "target": unit.targets[0], "languages": languages}
    return [
        [unit.name, original, candidate]
        for original, (candidate, _) in zip(unit.sources, unit.gold, strict=True)
    ]
