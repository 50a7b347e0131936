"""From the manifests of a run to the figures of its report, in bounded memory.

A manifest is looked at once, and nothing of it is kept but sums, a few of the slowest shards, and
counters that hold so many names at the most: a run over 10^8 articles has 10^5 manifests and any
number of sites. Reads no files (:mod:`mtpipe.scale.manifest`) and makes no page
(:mod:`mtpipe.report.scale_page`).
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from mtpipe import __version__
from mtpipe.errors import ConfigError
from mtpipe.types.scale import (
    Cluster,
    Cost,
    FailureKind,
    ScaleFigures,
    ShardFigures,
    Tallied,
    WorkerFigures,
)

if TYPE_CHECKING:
    from mtpipe.scale.manifest import Manifest
    from mtpipe.types import Failure

__all__ = ["Tally"]

MOST_NAMES = 10_000
"""Names that a counter holds: sites, workers, kinds of failures."""
SLOWEST = 10
LISTED_SITES = 50
LISTED_KINDS = 50
LISTED_CLUSTERS = 50
_ERROR_CHARS = 200
_REST = "of other kinds"
_Entry = TypeVar("_Entry", bound=tuple[float, int, object])

# What differs between messages that say the same: addresses, quoted names, paths, numbers.
_VARIABLE = re.compile(
    r"""[a-z][a-z0-9+.-]*://\S+ | (?<!\w)'[^'\n]*'(?!\w) | "[^"\n]*" | “[^”\n]*” | \S*/\S+ | \S+\.\w{2,5}(?=[:,;]) """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class _Bounded:
    """A counter of names that holds so many at the most; the rarest give way.

    A name that gave way and comes again starts anew, so counts of rare names are lower bounds
    once there are more names than room. What was given up is counted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.counts: Counter[str] = Counter()
        self.left_out = 0

    def add(self, name: str, count: int) -> None:
        self.counts[name] += count
        if len(self.counts) > 2 * self._most:
            kept = self.counts.most_common(self._most)
            self.left_out += self.counts.total() - sum(count for _, count in kept)
            self.counts = Counter(dict(kept))


class Tally:
    """Takes manifests one by one, and says at any time what they come to.

    For one thread.

    Args:
        most_names: that each counter holds.
    """

    def __init__(self, *, most_names: int = MOST_NAMES) -> None:
        self._most_names = most_names
        self._signatures = _Bounded(20)
        self._shards = self._before = self._rows = self._rows_now = 0
        self._output_rows = self._output_bytes = 0
        self._busy = self._busy_before = self._shard_s = 0.0
        self._workers: dict[str, WorkerFigures] = {}
        self._machines: set[str] = set()
        self._slowest: list[tuple[float, int, ShardFigures]] = []
        self._failures = 0
        self._kinds = _Bounded(most_names)
        self._examples: dict[str, str] = {}
        self._counts: dict[str, _Bounded] = {}
        self._clusters: int | None = None
        self._duplicates = 0
        self._largest: list[tuple[int, int, Cluster]] = []

    def add(self, manifest: "Manifest", *, is_new: bool = True) -> None:
        """Take a manifest into account.

        Args:
            manifest: of a shard.
            is_new: this run did the shard; an earlier one's counts, but for the speed of workers.
        """
        self._shards += 1
        self._rows += manifest.rows
        self._output_rows += manifest.output_rows
        self._output_bytes += manifest.output_bytes
        self._shard_s += manifest.seconds
        self._signatures.add(manifest.signature, 1)
        for failure in manifest.failures:
            self.add_failure(failure)
        for name, counts in manifest.counts.items():
            counter = self._counts.setdefault(name, _Bounded(self._most_names))
            for key, count in counts.items():
                counter.add(key, count)
        self._add_slow(manifest)
        if is_new:
            self._rows_now += manifest.rows
            self._busy += manifest.seconds
            self._add_worker(manifest)
        else:
            self._before += 1
            self._busy_before += manifest.seconds

    def add_phase(self, earlier: "Tally") -> None:
        """Take into account how long an earlier phase worked on the same rows."""
        self._busy += earlier._busy  # noqa: SLF001 - another of its kind
        self._busy_before += earlier._busy_before  # noqa: SLF001

    def figures(
        self,
        *,
        task: str,
        output: str,
        seconds: float,
        setup_s: float,
        workers: int,
        prices: Sequence[float] = (),
        command: str = "",
    ) -> ScaleFigures:
        """What the manifests come to.

        Args:
            task: what was done.
            output: where the rows are.
            seconds: of this run, without its setting up.
            setup_s: until cluster and workers stood.
            workers: that were asked for.
            prices: of one machine for an hour.
            command: that did it.
        """
        sites, left_out = self._tallied("sites", LISTED_SITES)
        languages, _ = self._tallied("languages", self._most_names)
        bare = ScaleFigures(
            task=task,
            output=output,
            signatures=tuple(name for name, _ in self._signatures.counts.most_common()),
            shards=self._shards,
            shards_before=self._before,
            rows=self._rows,
            output_rows=self._output_rows,
            output_bytes=self._output_bytes,
            seconds=seconds,
            setup_s=setup_s,
            workers=workers,
            machines=len(self._machines),
            rows_now=self._rows_now,
            busy_s=self._busy,
            busy_before_s=self._busy_before,
            by_worker=tuple(sorted(self._workers.values(), key=lambda each: each.rows_per_s)),
            slowest=self._slowest_first(),
            failures=self._failures,
            failure_kinds=self._failure_kinds(),
            totals=self._sums("totals"),
            flags=self._sums("flags"),
            verdicts=self._sums("verdicts"),
            languages=languages,
            sites=sites,
            sites_left_out=left_out,
            clusters=self._clusters,
            duplicates=self._duplicates,
            largest=tuple(cluster for *_, cluster in sorted(self._largest, reverse=True)),
            command=command,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
        )
        return with_costs(bare, prices)

    def add_failure(self, failure: "Failure") -> None:
        """Count an article that failed, also one that is of no shard."""
        self._failures += 1
        key = f"{failure.stage}\n{kind_of(failure.error, failure.article_id)}"
        self._kinds.add(key, 1)
        if len(self._examples) < 2 * self._most_names:
            self._examples.setdefault(key, failure.article_id)

    def add_clusters(self, clusters: Iterable[Cluster]) -> None:
        """Take clusters of near-duplicates into account; none also says that they were looked for."""
        self._clusters = self._clusters or 0
        for cluster in clusters:
            self._clusters += 1
            self._duplicates += cluster.members - 1
            entry = (cluster.members, -self._clusters, cluster)  # no two are equal
            _keep_largest(self._largest, entry, LISTED_CLUSTERS)

    def _add_slow(self, manifest: "Manifest") -> None:
        shard = ShardFigures(
            manifest.shard, manifest.source, manifest.rows, manifest.seconds, manifest.worker
        )
        entry = (shard.seconds, -self._shards, shard)  # no two are equal
        _keep_largest(self._slowest, entry, SLOWEST)

    def _slowest_first(self) -> tuple[ShardFigures, ...]:
        mean = self._shard_s / self._rows if self._rows else 0.0
        return tuple(
            replace(shard, times_mean=shard.seconds / shard.rows / mean)
            if shard.rows and mean
            else shard
            for *_, shard in sorted(self._slowest, reverse=True)
        )

    def _add_worker(self, manifest: "Manifest") -> None:
        name = manifest.worker
        if name not in self._workers and len(self._workers) >= self._most_names:
            name = "others"
        if len(self._machines) < self._most_names:
            self._machines.add(name.rpartition("/")[0])
        before = self._workers.get(name, WorkerFigures(name, 0, 0, 0.0, 0.0, 0))
        self._workers[name] = WorkerFigures(
            name,
            before.shards + 1,
            before.rows + manifest.rows,
            before.busy_s + manifest.seconds,
            before.cpu_s + manifest.cpu_seconds,
            max(before.peak_bytes, manifest.peak_bytes),
        )

    def _failure_kinds(self) -> tuple[FailureKind, ...]:
        common = self._kinds.counts.most_common(LISTED_KINDS)
        kinds = []
        for key, count in common:
            stage, _, error = key.partition("\n")
            kinds.append(FailureKind(stage, error, count, self._examples.get(key, "")))
        if rest := self._failures - sum(count for _, count in common):
            kinds.append(FailureKind("", _REST, rest))
        return tuple(kinds)

    def _sums(self, name: str) -> dict[str, int]:
        """Sums of a task's tallies, the most frequent first."""
        return dict(self._counts[name].counts.most_common()) if name in self._counts else {}

    def _tallied(self, name: str, most: int) -> tuple[tuple[Tallied, ...], int]:
        """Counts whose keys are ``name|verdict``, the largest names first, and what is left out."""
        if name not in self._counts:
            return (), 0
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for key, count in self._counts[name].counts.items():
            thing, found_one, verdict = key.rpartition("|")
            if not found_one:
                thing, verdict = key, ""
            found[thing][verdict] += count
        ordered = sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
        left_out = self._counts[name].left_out
        left_out += sum(counts.total() for _, counts in ordered[most:])
        listed = (Tallied(thing, dict(counts.most_common())) for thing, counts in ordered[:most])
        return tuple(listed), left_out


def _keep_largest(heap: list[_Entry], entry: _Entry, most: int) -> None:
    """Add an entry to a heap that keeps so many, the largest."""
    if len(heap) < most:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def with_costs(figures: ScaleFigures, prices: Sequence[float]) -> ScaleFigures:
    """The figures with what a million rows cost at each price; nothing without a measured speed.

    Raises:
        ConfigError: a price that no report could hold.
    """
    hours = figures.million_machine_hours
    for price in prices:
        if not 0 <= price * (hours or 1.0) < math.inf:
            raise ConfigError(f"a price per hour is a number, and none below 0: not {price}")
    costs = tuple(Cost(price, price * hours) for price in prices) if hours else ()
    return replace(figures, costs=costs)


def kind_of(error: str, article_id: str = "") -> str:
    """An error's message without what is of the single article: its name, addresses, numbers.

    Args:
        error: the message.
        article_id: of the article, which messages may name.
    """
    text = error[: 10 * _ERROR_CHARS]
    text = text.replace(article_id, "…") if article_id else text
    text = _NUMBER.sub("N", _VARIABLE.sub("…", text))
    return " ".join(text.split())[:_ERROR_CHARS]
