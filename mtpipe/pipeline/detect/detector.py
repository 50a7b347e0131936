"""The detector: is a candidate the machine translation of an original, and why?"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mtpipe import __version__
from mtpipe.pipeline.archive.archive import Archive
from mtpipe.pipeline.detect.batch import BatchOptions, Examinations
from mtpipe.pipeline.detect.compilation import examine_among
from mtpipe.pipeline.detect.examiner import Examiner, Wanted
from mtpipe.pipeline.detect.originals import (
    ArchivedOriginals,
    GivenOriginal,
    NoOriginals,
    Originals,
)
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.pipeline.systems.choosing import AUTO
from mtpipe.report.detection import detection_page
from mtpipe.types import Article, Detection, Failure

__all__ = ["Detector"]


class Detector:
    r"""Examines candidates: pages that may be machine translations of somebody's articles.

    Loaded once for any number of candidates; any number of threads may share it. Each gets what
    it would get alone.

    Example:
        >>> from pathlib import Path
        >>> import mtpipe
        >>> _ = Path("ours.txt").write_text(
        ...     "Le nouveau pont a été inauguré lundi.\n\n"
        ...     "Les travaux ont duré trois ans et coûté 24 millions d'euros.\n\n"
        ...     "La maire a remercié les ouvriers devant plusieurs centaines de personnes.\n\n"
        ...     "Une deuxième phase commencera au printemps de l'année prochaine.\n\n"
        ...     "L'ancien pont avait été fermé en 2019 à cause de fissures.",
        ...     encoding="utf-8",
        ... )
        >>> _ = Path("theirs.txt").write_text(
        ...     "The new bridge was opened on Monday.\n\n"
        ...     "The work lasted three years and cost 24 million euros.\n\n"
        ...     "The mayor thanked the workers in front of several hundred people.\n\n"
        ...     "A second phase will begin in the spring of next year.\n\n"
        ...     "The old bridge had been closed in 2019 because of cracks.",
        ...     encoding="utf-8",
        ... )
        >>> original, candidate = mtpipe.read_articles(["ours.txt", "theirs.txt"])
        >>> detector = mtpipe.Detector()
        >>> detection = detector.examine(candidate, original)
        >>> detection.verdict.finding.value  # five sentences are too few to name a machine
        'translation, a machine not shown'
        >>> detection.verdict.scores[1].likelihood.support.value
        'limited support'
        >>> _ = Path("report.html").write_text(detector.report(detection), encoding="utf-8")

    Args:
        archive: where originals are looked for, or its URI; None to look nowhere.
        card: of the verdict; the one that ships by default.
        rules: files of further rules for the page.
        engine: measure with a translation model as well: by how far the candidate agrees with
            its translation, if there is another than the model that ships and it translates this
            original well; else by how likely it finds the candidate beside what it expects, if the
            card was calibrated with it.
        model: that translates originals: its name, or ``"auto"`` for the best of a direction.
        within_days: how much older than its candidate an original in the archive is at most;
            None for any age.
        prior: the share of machine translations that you expect among such candidates, between 0
            and 1. Reports and rows then have the probability that follows from it and the
            likelihood ratio; no verdict rests on it.

    Raises:
        ConfigError: card or rules can't be read, or another encoder made the archive.
        ModelError: what ships is damaged, or there is no such model.
        InputError: there is no archive, or it is damaged; or the prior isn't between 0 and 1.
        DependencyMissing: an archive is given, and LanceDB isn't installed.
    """

    def __init__(
        self,
        *,
        archive: Archive | str | None = None,
        card: Path | None = None,
        rules: Sequence[Path] = (),
        engine: bool = True,
        model: str = AUTO,
        within_days: int | None = None,
        prior: float | None = None,
    ) -> None:
        self._examiner = Examiner(card=card, rules=rules, engine=engine, model=model, prior=prior)
        instruments = self._examiner.instruments
        self._originals: Originals = NoOriginals(instruments)
        if archive is not None:
            opened = archive if isinstance(archive, Archive) else Archive(archive)
            self._originals = ArchivedOriginals(opened, instruments, within_days=within_days)

    @property
    def signature(self) -> str:
        """Everything that the scores depend on."""
        return self._examiner.signature

    @property
    def originals(self) -> str:
        """Where originals are looked for, and in which version of it; empty for nowhere."""
        return self._originals.name

    def examine(
        self, candidate: Article, original: Article | None = None, *, translate: bool = False
    ) -> Detection:
        """Examine one candidate.

        Args:
            candidate: the article under suspicion.
            original: what it may come from; without it the archive is searched, if there is one.
            translate: put our translation of the original beside, needed or not.

        Raises:
            EngineError: a translation model failed.
            ModelNotFound, UnsupportedDirection, ModelCorrupt: there is none to translate with.
            InputError: the archive is damaged.
        """
        [found] = self._originals_of(original).find([candidate])
        if found.problem is not None:
            raise found.problem
        wanted = Wanted(translate, found.sought)
        return examine_among(self._examiner, found.candidate, found.originals, wanted)

    def examine_all(
        self,
        candidates: Iterable[Article | Pair | Failure],
        *,
        original: Article | None = None,
        translate: bool = False,
        rows: Path | None = None,
        is_complete: Callable[[Article], bool] = lambda _: True,
    ) -> Examinations:
        """Examine many candidates; those that fail are among the results, and the rest goes on.

        With an archive, candidates are read some ahead, and searched for together.

        Args:
            candidates: see :func:`mtpipe.read_articles` and :func:`mtpipe.read_pairs`; any number.
            original: see :meth:`examine`; pairs bring their own.
            translate: see :meth:`examine`.
            rows: a file of JSON lines that gets a row for each candidate. A candidate whose row is
                there isn't examined again, and comes out as a
                :class:`~mtpipe.pipeline.detect.batch.DoneBefore`.
            is_complete: whether all else that is wanted of a candidate with a row is there, too;
                if not, it is examined again.

        Returns:
            An iterator of detections and failures, in the order of the candidates. Its
            ``summary`` counts them.

        Raises:
            MalformedRecord: the file of rows has something else in it.
            OutputError: it can't be opened or written; what is done is safe.
        """
        originals = self._originals_of(original)
        options = BatchOptions(translate, rows, is_complete)
        return Examinations(candidates, self._examiner, originals, options)

    def report(self, detection: Detection, *, command: str = "", created: str = "") -> str:
        """A page in HTML that explains the verdict.

        Args:
            detection: of this detector or another one.
            command: that made it, for the page's end.
            created: date and time in ISO 8601; now by default.
        """
        created = created or datetime.now(UTC).isoformat(timespec="seconds")
        return detection_page(detection, command=command, version=__version__, created=created)

    def _originals_of(self, original: Article | None) -> Originals:
        if original is None:
            return self._originals
        return GivenOriginal(original, self._examiner.instruments)
