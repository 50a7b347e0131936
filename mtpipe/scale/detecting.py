"""Candidates examined by many workers: ``mtpipe scale detect``.

In three phases: workers read the articles, the driver finds the near-duplicates among them, and
workers examine one of each. Every phase goes on where it was interrupted. Without the search for
near-duplicates there is one phase. Not for what workers do: :mod:`mtpipe.scale.articles` and
:mod:`mtpipe.scale.examining`.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtpipe import FurnitureRules
from mtpipe._optional import require
from mtpipe.config import FurnitureSettings
from mtpipe.scale import client
from mtpipe.scale.articles import FOLDER, ArticlesTask
from mtpipe.scale.cluster import CLIENT, Cluster, connected, quiet
from mtpipe.scale.duplicates import CLUSTERS, clusters_of, find_duplicates
from mtpipe.scale.examining import DetectionTask
from mtpipe.scale.folder import RunFolder, opened
from mtpipe.scale.manifest import delete_manifest, read_manifests
from mtpipe.scale.output import Form
from mtpipe.scale.running import Within, run
from mtpipe.scale.searching import BROADCAST_SENTENCES, searchers
from mtpipe.scale.shards import is_name, prefix_of, unread
from mtpipe.scale.source import Lot, absolute, lots_of
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Resources
from mtpipe.storage import Place
from mtpipe.types import Language

__all__ = ["detect"]

Progress = Callable[[ScaleSummary], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be done, wherever the driver's loop is.

    Attributes:
        task: the examination.
        output: an absolute path or a URI.
        form: of the rows.
        duplicates: whether near-duplicates are looked for.
        broadcast_sentences: up to how many an archive is loaded by each worker.
        folder: that relative paths start from.
    """

    task: DetectionTask
    output: str
    form: Form
    duplicates: bool
    broadcast_sentences: int
    folder: str


def detect(
    inputs: str | Path | Iterable[str | Path],
    output: str | Path,
    *,
    archive: str | Path | None = None,
    card: Path | None = None,
    detection_rules: Sequence[Path] = (),
    engine: bool = True,
    model: str = "auto",
    within_days: int | None = None,
    prior: float | None = None,
    duplicates: bool = True,
    broadcast_sentences: int | None = None,
    language: Language | str | None = None,
    rules: FurnitureRules | None = None,
    resources: Resources | None = None,
    form: Form | str = Form.JSONL,
    on_progress: Progress = lambda _: None,
    is_stopped: Stop = lambda: False,
    verbose: bool = False,
) -> ScaleSummary:
    """Examine candidates with many workers, one of several that say nearly the same.

    Can be resumed: shards that are there in the same version aren't done again, and the output is
    that of a run that nothing disturbed. Rows are those of :func:`mtpipe.Detector.examine_all`.
    Of a near-duplicate its page alone is examined; its row has ``duplicate_of``, and
    ``clusters.jsonl`` lists who is whose. Articles stay in ``articles/`` beside the rows; those of
    an earlier run are compared with as well, if they were read in the same way.

    Example::

        from mtpipe.scale import Resources, detect

        if __name__ == "__main__":
            summary = detect("crawl.warc.gz", "verdicts/", archive="originals", engine=False)

    Args:
        inputs: see :func:`mtpipe.read_articles`; also ``s3://`` and ``gs://``. Rows of tables may
            be pairs as well, see :func:`mtpipe.read_pairs`.
        output: a folder; rows are in ``rows/``, see :mod:`mtpipe.scale.folder`.
        archive: see :class:`mtpipe.Detector`, as well as the next; all machines have to see it.
        card: of the verdict.
        detection_rules: files of further rules for the page.
        engine: measure with a model as well.
        model: that translates originals.
        within_days: how much older than its candidate an original is at most.
        prior: the share of machine translations that you expect.
        duplicates: look for near-duplicates first.
        broadcast_sentences: up to how many an archive is loaded by each worker; a larger one is
            loaded once, by searchers that workers ask.
        language: of all candidates; by default each one's is identified.
        rules: what is furniture.
        resources: by how many workers, and where; by default one a processor of this machine.
        form: of the rows.
        on_progress: gets the summary of the phase so far, after each shard.
        is_stopped: asked several times a second; once it is true, shards in hand are given up.
        verbose: let Ray and the workers speak on standard error.

    Raises:
        DependencyMissing: Ray isn't installed, or LanceDB.
        ConfigError: card or rules can't be read, another encoder made the archive, or there is no
            such cluster.
        ModelError: what ships is damaged, or there is no such model.
        InputError: standard input, there is no archive, or an output that is something else.
        OutputError: another run is writing to the output, or it can't be written.
        EngineError: the cluster broke down.
    """
    if not verbose:
        quiet()
    require("ray", extra="ray")
    resources = resources or Resources()
    task = DetectionTask(
        archive=None if archive is None else absolute(archive),
        card=card.absolute() if card else None,
        rules=tuple(each.absolute() for each in detection_rules),
        engine=engine,
        model=model,
        within_days=within_days,
        prior=prior,
        language=Language.parse(language) if language else None,
        furniture=rules.settings if rules else FurnitureSettings(),
    )
    most = BROADCAST_SENTENCES if broadcast_sentences is None else broadcast_sentences
    order = _Order(task, absolute(output), Form(form), duplicates, most, str(Path.cwd()))
    names = [str(inputs)] if isinstance(inputs, str | Path) else list(map(str, inputs))
    if (resources.address or "").startswith(CLIENT):
        return client.run_there(
            _detect, names, order, resources, on_progress, is_stopped, verbose=verbose
        )
    return _detect(names, order, resources, on_progress, is_stopped, verbose=verbose)


def _detect(
    inputs: list[str],
    order: _Order,
    resources: Resources,
    on_progress: Progress,
    is_stopped: Stop,
    *,
    verbose: bool,
) -> ScaleSummary:
    """The same in a process that is, or becomes, a part of the cluster."""
    order.task.check()
    output = Place.of(order.output)
    started = time.time()
    with (
        opened(output, order.task.name, order.form) as folder,
        connected(resources, verbose=verbose) as cluster,
    ):
        phases = _Phases(order, cluster, folder, on_progress, is_stopped, verbose)
        if not order.duplicates:
            lots, failures = lots_of(inputs)
            summary = phases.examined([*lots, *failures], order.task)
            if not summary.is_unfinished and (output / FOLDER).exists():
                (output / CLUSTERS).delete()
                _forget(output, is_name)  # copies, and what copies point to
        else:
            summary = phases.all(inputs, output)
    summary.setup_seconds = max(summary.setup_seconds, time.time() - started - summary.seconds)
    return summary


@dataclass(frozen=True, slots=True)
class _Phases:
    """The phases of a detection; the arguments of :func:`_detect`."""

    order: _Order
    cluster: Cluster
    folder: RunFolder
    on_progress: Progress
    is_stopped: Stop
    verbose: bool

    def all(self, inputs: list[str], output: Place) -> ScaleSummary:
        """Read, find near-duplicates, and examine the rest."""
        order, articles = self.order, output / FOLDER
        lots, failures = lots_of(inputs)
        reading = ArticlesTask(language=order.task.language, furniture=order.task.furniture)
        within = Within(self.cluster)
        read = self._run([*lots, *failures], articles.name, reading, Form.PARQUET, within)
        if read.is_unfinished:
            return read
        started = time.time()
        orders = find_duplicates(
            articles, reading.signature, output / CLUSTERS, is_stopped=self.is_stopped
        )
        if orders is None:
            read.is_unfinished = True
            return read
        seconds = time.time() - started
        task = replace(order.task, articles=articles.name)
        summary = self.examined([*orders, *failures], task)
        if not summary.is_unfinished:
            _forget(output, _outdated_by(orders))
        summary.tally.add_phase(read.tally)
        summary.tally.add_clusters(clusters_of(output / CLUSTERS))
        summary.seconds += read.seconds + seconds
        return summary

    def examined(self, inputs: Sequence[Any], task: DetectionTask) -> ScaleSummary:
        """Examine candidates, or those that orders name."""
        with ExitStack() as stack:
            if task.archive is not None:
                search = stack.enter_context(
                    searchers(
                        task.archive,
                        workers=self.cluster.resources.workers or 1,
                        broadcast_sentences=self.order.broadcast_sentences,
                    )
                )
                task = replace(task, search=search)
            within = Within(self.cluster, self.folder)
            return self._run(inputs, self.order.output, task, self.order.form, within)

    def _run(
        self, inputs: Sequence[Any], output: str, task: Any, form: Form, within: Within
    ) -> ScaleSummary:
        return run(
            inputs,
            output,
            task,
            replace(self.cluster.resources, address=None),
            form=form,
            within=within,
            on_progress=self.on_progress,
            is_stopped=self.is_stopped,
            verbose=self.verbose,
        )


def _outdated_by(orders: Sequence[Lot]) -> Callable[[str], bool]:
    """Whether verdicts on a source don't count beside those that orders lead to.

    Verdicts by an order that is gone don't, nor those on an input that orders were made of. Those
    on other inputs stay, as they point to none.
    """
    names = {lot.label for lot in orders}
    inputs = {name.rpartition("-")[0] for name in names}
    return lambda source: source not in names if is_name(source) else prefix_of(source) in inputs


def _forget(output: Place, is_outdated: Callable[[str], bool]) -> None:
    """Remove verdicts on articles that are gone, or that were found in another way.

    Args:
        output: of the detection.
        is_outdated: by the source of a verdict: an input, or orders, which are called as shards.
    """
    for manifest in list(read_manifests(output)):
        if is_outdated(manifest.source.removesuffix(unread(""))):
            delete_manifest(output, manifest.shard)
            (output / manifest.output).delete()
