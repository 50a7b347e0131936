"""What the report of a run on many workers shows: its speed, failures, verdicts and cost.

Made by :mod:`mtpipe.scale.figures` from the manifests of a run, shown by :mod:`mtpipe.report.scale_page`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "ArchivePart",
    "Cluster",
    "Cost",
    "FailureKind",
    "ScaleFigures",
    "ShardFigures",
    "Tallied",
    "WorkerFigures",
]


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """What one worker did in this run.

    Attributes:
        name: ``node/pid``.
        shards: that it wrote.
        rows: of the input in them.
        busy_s: seconds that it worked on them, by the clock.
        cpu_s: seconds of processor time that it took.
        peak_bytes: the most memory that it held; 0 where nobody looked.
    """

    name: str
    shards: int
    rows: int
    busy_s: float
    cpu_s: float
    peak_bytes: int

    @property
    def rows_per_s(self) -> float:
        """Rows a second while it worked."""
        return self.rows / self.busy_s if self.busy_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class ShardFigures:
    """One shard that took long.

    Attributes:
        name: of the shard.
        source: the input that it was cut from.
        rows: of the input in it.
        seconds: that it took.
        worker: that did it.
        times_mean: how many times the average a row of it took; 0 where there is none.
    """

    name: str
    source: str
    rows: int
    seconds: float
    worker: str
    times_mean: float = 0.0


@dataclass(frozen=True, slots=True)
class FailureKind:
    """Failures that say the same, but for names and numbers.

    Attributes:
        stage: that failed: ``read``, ``extract``, ...
        error: the message; numbers and names are left out of it.
        count: how many there are.
        example: id of an article that failed so; empty for the rest of a long list.
    """

    stage: str
    error: str
    count: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class Tallied:
    """Counts of one thing (a site, a language) by verdict.

    Attributes:
        name: of it.
        counts: by verdict, the most frequent first.
    """

    name: str
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles that say nearly the same, of which one was examined.

    Attributes:
        representative: id of the one.
        members: how many there are, itself included.
        examples: ids of some others.
    """

    representative: str
    members: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchivePart:
    """A shard of an archive that was filled.

    Attributes:
        number: of the shard, from 0.
        articles: in it.
        sentences: in it.
        size_bytes: as stored; None where that isn't known.
        write_s: seconds of writing.
        tidy_s: seconds of merging files and building the index.
        is_indexed: whether there is an index.
    """

    number: int
    articles: int
    sentences: int
    size_bytes: int | None
    write_s: float
    tidy_s: float
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What a million rows cost at a price that the user stated.

    Attributes:
        price_per_hour: of one machine.
        total: for a million rows, in the same money.
    """

    price_per_hour: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleFigures:
    """A run on many workers.

    Attributes:
        task: ``translate``, ``detect`` or ``index``.
        output: where its rows are.
        signatures: of what made them; one, unless shards of different runs are there.
        shards: all that are there.
        shards_before: those of them that earlier runs made.
        rows: of the input, in all of them.
        output_rows: rows that were written.
        output_bytes: their size, as stored.
        seconds: of this run, without its setting up.
        setup_s: seconds until the cluster and the workers stood.
        workers: that the run asked for.
        machines: that its workers stood on; 0 where this run did nothing.
        rows_now: rows of this run.
        busy_s: seconds that the workers of this run worked, summed up.
        busy_before_s: the same of earlier runs.
        by_worker: the workers of this run, the slowest first.
        slowest: the shards that took longest, longest first.
        failures: number of them.
        failure_kinds: what they say, the most frequent first.
        totals: further sums of the task, ``sentences`` say, by name.
        flags: problems of translated sentences, by name.
        verdicts: how often each came.
        languages: by verdict, or counts alone under an empty name.
        sites: by verdict, the largest first.
        sites_left_out: verdicts on sites that aren't listed.
        clusters: number of clusters of near-duplicates; None where none were looked for.
        duplicates: articles that weren't examined since they are in a cluster.
        largest: the largest clusters.
        parts: shards of the archive that was filled.
        tidy_s: seconds that merging its files and building its indexes took, after all else.
        costs: of a million rows, at each stated price.
        command: that did it.
        created: when the report was made.
        version: of the package.
    """

    task: str
    output: str
    signatures: tuple[str, ...]
    shards: int
    shards_before: int
    rows: int
    output_rows: int
    output_bytes: int
    seconds: float
    setup_s: float
    workers: int
    machines: int
    rows_now: int
    busy_s: float
    busy_before_s: float
    by_worker: tuple[WorkerFigures, ...]
    slowest: tuple[ShardFigures, ...]
    failures: int
    failure_kinds: tuple[FailureKind, ...]
    totals: Mapping[str, int] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[Tallied, ...] = ()
    sites: tuple[Tallied, ...] = ()
    sites_left_out: int = 0
    clusters: int | None = None
    duplicates: int = 0
    largest: tuple[Cluster, ...] = ()
    parts: tuple[ArchivePart, ...] = ()
    tidy_s: float = 0.0
    costs: tuple[Cost, ...] = ()
    command: str = ""
    created: str = ""
    version: str = ""

    @property
    def rows_per_s(self) -> float | None:
        """Rows a second of all workers together; None where this run did nothing."""
        return self.rows_now / self.seconds if self.rows_now and self.seconds > 0 else None

    @property
    def rows_per_worker_s(self) -> float | None:
        """Rows a second of one worker while it works, on average over all runs."""
        busy = self.busy_s + self.busy_before_s
        return self.rows / busy if self.rows and busy > 0 else None

    @property
    def utilisation(self) -> float | None:
        """Share of the workers' time that they worked; None where this run did nothing."""
        there = self.workers * self.seconds
        return min(self.busy_s / there, 1.0) if self.rows_now and there > 0 else None

    @property
    def million_hours(self) -> float | None:
        """Hours that a million rows take at this run's speed, with as many workers."""
        return 1e6 / self.rows_per_s / 3600 if self.rows_per_s else None

    @property
    def million_worker_hours(self) -> float | None:
        """Hours of one worker, never idle, that a million rows take."""
        return 1e6 / self.rows_per_worker_s / 3600 if self.rows_per_worker_s else None

    @property
    def million_machine_hours(self) -> float | None:
        """Hours of machines that a million rows take: hours times machines."""
        return self.million_hours * self.machines if self.million_hours and self.machines else None
