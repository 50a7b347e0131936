"""What workers do: tasks, which travel to the workers, and processors, which are loaded there.

Not for how workers are run: see :mod:`mtpipe.scale.running`.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

import mtpipe
from mtpipe.config import FurnitureSettings
from mtpipe.errors import ConfigError
from mtpipe.records import Record
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.shards import Shard
from mtpipe.types import Failure

__all__ = ["Confirming", "Processed", "Processor", "Resources", "Task", "reading_signature"]


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of a shard.

    Attributes:
        rows: of the output, in their order; the same on every worker.
        failures: articles that have no row.
        counts: sums of the task's own, by name: ``{"languages": {"de": 12}}``.
    """

    rows: Sequence[Record]
    failures: Sequence[Failure] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Processor(Protocol):
    """Does shards, one after another, in a worker."""

    @property
    def signature(self) -> str:
        """Everything that rows depend on, apart from the shard."""
        ...

    def process(self, shard: Shard) -> Processed:
        """Do a shard.

        What is wrong with single articles comes back as failures. Errors of models, settings and
        dependencies, and outputs that can't be written, end the run; others fail the shard.
        """
        ...


@runtime_checkable
class Confirming(Protocol):
    """A processor that has a say on whether a shard is done, beside its manifest."""

    def confirms(self, manifest: Manifest) -> bool:
        """Whether what the manifest says is still so."""
        ...


class Task(Protocol):
    """A picklable description of what workers do, made in the driver; light."""

    @property
    def name(self) -> str:
        """``translate``, ``detect`` ...; an output belongs to one of them."""
        ...

    def check(self) -> None:
        """See in the driver, before anything is started, whether it can be done at all; in short.

        Raises:
            MtpipeError: it can't; with what repairs it.
        """
        ...

    def load(self) -> Processor:
        """Load what it takes, in a worker, once.

        Raises:
            MtpipeError: it can't be loaded; the run ends with this.
        """
        ...

    def schema(self) -> Any:
        """The ``pyarrow.Schema`` of its rows, for Parquet; asked in a worker."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Where work is done, and by how many.

    Attributes:
        address: of a Ray cluster: ``auto``, ``HOST:PORT``, ``ray://HOST:PORT``; None starts one
            on this machine, for this run.
        workers: processes; by default as many as the cluster has processors for.
        threads_per_worker: that each computes with.
        gpus_per_worker: of each; several may share one.
        rows_per_shard: articles of a shard, at the most.

    Raises:
        ConfigError: a number that can't be.
    """

    address: str | None = None
    workers: int | None = None
    threads_per_worker: int = 1
    gpus_per_worker: float = 0.0
    rows_per_shard: int = 500

    def __post_init__(self) -> None:
        for name, value in (
            ("workers", 1 if self.workers is None else self.workers),
            ("threads_per_worker", self.threads_per_worker),
            ("rows_per_shard", self.rows_per_shard),
        ):
            if value < 1:
                raise ConfigError(f"{name.replace('_', ' ')}: at least 1, not {value}")
        share = self.gpus_per_worker
        if not 0 <= share < math.inf or (share > 1 and share != int(share)):
            raise ConfigError(f"a worker has a share of a GPU or whole ones, not {share}")


def reading_signature(rules: FurnitureSettings, language: str | None) -> str:
    """What is read of an article depends on, apart from the article; for signatures.

    Args:
        rules: what is furniture.
        language: of all articles; None where each one's is identified.
    """
    found = f"mtpipe {mtpipe.__version__}, {language or 'any language'}"
    if rules == FurnitureSettings():
        return found
    digest = hashlib.sha256(json.dumps(asdict(rules), sort_keys=True).encode()).hexdigest()
    return f"{found}, furniture {digest[:16]}"
