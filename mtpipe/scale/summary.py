"""What became of a run on many workers; also how far it is.

Not for the report of a run: see :mod:`mtpipe.scale.figures`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mtpipe.errors import INTERRUPTED, PARTIAL_FAILURE, InputError
from mtpipe.pipeline.failures import READING
from mtpipe.scale.figures import Tally
from mtpipe.scale.manifest import Manifest
from mtpipe.scale.reporting import write_report
from mtpipe.storage import Place
from mtpipe.types import Failure
from mtpipe.types.scale import ScaleFigures

__all__ = ["ScaleSummary"]


@dataclass
class ScaleSummary:
    """What became of a run.

    Attributes:
        task: what was done.
        output: where it is.
        shards_done: by this run.
        shards_skipped: that were done already.
        rows: that were read, of all shards.
        rows_done: of those of this run.
        output_rows: that all shards have.
        failures: articles that failed, in all shards.
        stages: the same by stage.
        first_failure: for messages.
        workers: that there were.
        seconds: since the workers stood.
        setup_seconds: until the workers stood.
        is_unfinished: whether a wish to stop left something undone.
        tally: figures of the shards so far, in bounded memory.
    """

    task: str
    output: str = ""
    shards_done: int = 0
    shards_skipped: int = 0
    rows: int = 0
    rows_done: int = 0
    output_rows: int = 0
    failures: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    first_failure: Failure | None = None
    workers: int = 0
    seconds: float = 0.0
    setup_seconds: float = 0.0
    is_unfinished: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def nothing_was_read(self) -> bool:
        """Whether there were inputs, and none of them an article that could be worked on."""
        return not self.output_rows and self.failures > 0 and set(self.stages) <= READING

    @property
    def exit_code(self) -> int:
        """That the command line ends with."""
        if self.is_unfinished:
            return INTERRUPTED
        if self.nothing_was_read:
            return InputError.exit_code
        return PARTIAL_FAILURE if self.failures else 0

    def add(self, manifest: Manifest, *, is_new: bool) -> None:
        """Count one more shard."""
        self.shards_done += is_new
        self.shards_skipped += not is_new
        self.rows += manifest.rows
        self.rows_done += manifest.rows if is_new else 0
        self.output_rows += manifest.output_rows
        for failure in manifest.failures:
            self._count(failure)
        self.tally.add(manifest, is_new=is_new)

    def figures(self, *, prices: Sequence[float] = (), command: str = "") -> ScaleFigures:
        """What the shards so far come to.

        Args:
            prices: of one machine for an hour, for the cost of a million articles.
            command: that started the run.

        Raises:
            ConfigError: a price that no report could hold.
        """
        return self.tally.figures(
            task=self.task,
            output=self.output,
            seconds=self.seconds,
            setup_s=self.setup_seconds,
            workers=self.workers,
            prices=prices,
            command=command,
        )

    def write_report(self, figures: ScaleFigures | None = None) -> str:
        """Write ``report.html`` and ``report.json`` beside the rows, in place of earlier ones.

        Args:
            figures: with prices, say; by default those without.

        Returns:
            Where the page is.

        Raises:
            OutputError: they can't be written.
        """
        return write_report(Place.of(self.output), figures or self.figures())

    def add_failure(self, failure: Failure) -> None:
        """Count an article that failed and is of no shard."""
        self._count(failure)
        self.tally.add_failure(failure)

    def _count(self, failure: Failure) -> None:
        self.failures += 1
        self.stages[failure.stage] += 1
        self.first_failure = self.first_failure or failure
