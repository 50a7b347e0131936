"""Manifests: what is known of each shard that is done, in a small file beside its output.

A shard without one isn't done, whatever else there is of it. Not for what a run's manifests come
to: see :mod:`mtpipe.scale.figures`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mtpipe.errors import InputError
from mtpipe.scale.shards import Shard
from mtpipe.storage import Place
from mtpipe.types import Failure

__all__ = [
    "FOLDER",
    "WORKER_STAGE",
    "Manifest",
    "delete_manifest",
    "read_manifest",
    "read_manifests",
    "write_manifest",
]

FOLDER = "manifests"
"""Below the output of a run."""

WORKER_STAGE = "worker"
"""Stage of failures that are the worker's, not the article's; the next run tries them again."""

Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A shard that is done.

    Attributes:
        shard: its name.
        source: label of the input.
        number: 0-based, within the source.
        first: 0-based number of its first row within the source.
        rows: of the input.
        input_sha256: hex digest of everything that was read.
        signature: of everything else that the output depends on.
        output: the file, by its path below the output of the run.
        output_rows: rows that were written.
        output_bytes: size of the file.
        output_sha256: hex digest of the file.
        failures: articles that couldn't be worked on.
        counts: sums of the task's own, by name: ``{"languages": {"de": 12}}``.
        worker: that did it, ``node/pid``.
        started: when, ISO 8601.
        seconds: that it took, by the clock.
        cpu_seconds: of processor time that it took.
        peak_bytes: the most memory that the worker held so far.
    """

    shard: str
    source: str
    number: int
    first: int
    rows: int
    input_sha256: str
    signature: str
    output: str
    output_rows: int
    output_bytes: int
    output_sha256: str
    failures: tuple[Failure, ...] = ()
    counts: Counts = field(default_factory=dict)
    worker: str = ""
    started: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0

    OF_THE_RUN = frozenset({"worker", "started", "seconds", "cpu_seconds", "peak_bytes"})
    """Fields that differ between runs that do the same."""

    @property
    def comparable(self) -> dict[str, Any]:
        """What is the same in every run over the same input with the same signature."""
        return {name: value for name, value in asdict(self).items() if name not in self.OF_THE_RUN}

    def is_of(self, shard: Shard, signature: str, output: str) -> bool:
        """Whether it says that a shard is done in this way, with nothing to be tried again."""
        return (
            self.input_sha256 == shard.sha256
            and self.signature == signature
            and self.output == output
            and not any(failure.stage == WORKER_STAGE for failure in self.failures)
        )

    def to_json(self) -> str:
        """The manifest as a file has it."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    @classmethod
    def parse(cls, text: str | bytes) -> "Manifest":
        """A manifest from its file.

        Raises:
            ValueError: it isn't one.
        """
        try:
            found = json.loads(text)
            given = {each.name: found[each.name] for each in fields(cls)}
            given["failures"] = tuple(Failure(**failure) for failure in found["failures"])
            manifest = cls(**given)
        except (KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise ValueError(f"not a manifest: {exc}") from exc
        for each in fields(cls):
            if not isinstance(getattr(manifest, each.name), _TYPES.get(each.type, object)):
                raise ValueError(f"not a manifest: {each.name}")
        if not all(isinstance(counts, dict) for counts in manifest.counts.values()):
            raise ValueError("not a manifest: counts")
        return manifest


_TYPES: dict[Any, Any] = {str: str, int: int, float: (int, float), Counts: dict}


def write_manifest(output: Place, manifest: Manifest) -> None:
    """Write a shard's manifest, in place of an earlier one.

    Raises:
        OutputError: it can't be written.
    """
    _place(output, manifest.shard).write(manifest.to_json().encode("utf-8", "replace"))


def delete_manifest(output: Place, shard: str) -> None:
    """Say no longer that a shard is done.

    Raises:
        OutputError: it can't be removed.
    """
    _place(output, shard).delete()


def read_manifest(output: Place, shard: str) -> Manifest | None:
    """The manifest of a shard; None if there is none that can be read."""
    with suppress(InputError, OSError, ValueError):
        return Manifest.parse(_place(output, shard).read())
    return None


def read_manifests(output: Place) -> Iterator[Manifest]:
    """All manifests below an output, by their names; damaged ones are skipped."""
    folder = output / FOLDER
    if not folder.is_folder():
        return
    for place in folder.files(".json"):
        with suppress(InputError, OSError, ValueError):
            yield Manifest.parse(place.read())


def _place(output: Place, shard: str) -> Place:
    return output / FOLDER / f"{shard}.json"
