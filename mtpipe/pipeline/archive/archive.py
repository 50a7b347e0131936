"""The archive of originals, as one object: articles in, originals of candidates out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock

from mtpipe.archive.checksums import Checked, check_rows
from mtpipe.archive.search import Searcher
from mtpipe.archive.sharded import open_table
from mtpipe.archive.stamp import compare_stamps
from mtpipe.archive.table import Listed
from mtpipe.pipeline.archive.adding import AddSummary, add_articles, chained
from mtpipe.pipeline.archive.encoder import ANYWHERE, ArchiveEncoder, Scope
from mtpipe.pipeline.archive.finding import Original, OriginalFinder
from mtpipe.pipeline.archive.statistics import ArchiveStatistics, statistics
from mtpipe.types import Article, Failure, Language

__all__ = ["Archive"]


class Archive:
    r"""Articles with their sentence vectors, in a folder or in object storage.

    Any number of threads may share an archive, and other processes may add to it meanwhile: each
    batch of articles is one commit. Searching loads it on first use; what others add after that
    isn't found, what this object adds or removes is taken into account.

    Example:
        >>> from pathlib import Path
        >>> import mtpipe
        >>> _ = Path("pont.txt").write_text(
        ...     "Le nouveau pont a été inauguré lundi.\n\n"
        ...     "Les travaux ont duré trois ans et coûté 24 millions d'euros.\n\n"
        ...     "La maire a remercié les ouvriers devant plusieurs centaines de personnes.",
        ...     encoding="utf-8",
        ... )
        >>> archive = mtpipe.Archive("originals", create=True)
        >>> archive.add(mtpipe.read_articles(["pont.txt"])).added
        1
        >>> _ = Path("page.txt").write_text(
        ...     "Die neue Brücke wurde am Montag eröffnet.\n\n"
        ...     "Die Arbeiten dauerten drei Jahre und kosteten 24 Millionen Euro.\n\n"
        ...     "Die Bürgermeisterin dankte den Arbeitern vor mehreren hundert Menschen.",
        ...     encoding="utf-8",
        ... )
        >>> [candidate] = mtpipe.read_articles(["page.txt"])
        >>> [original] = archive.find(candidate)
        >>> original.article.id, original.votes, original.shared
        ('pont.txt', 3, ('24',))

    Args:
        uri: a folder, or object storage (``s3://bucket/path``, ``gs://``, ``az://``).
        create: make an archive if there is none.
        shards: parts of an archive that is made, each an archive of its own; one that is there
            has to have as many. Several may be written to and searched at once.
        search: that finds originals, if this object isn't to load the archive itself.

    Raises:
        DependencyMissing: LanceDB isn't installed.
        ConfigError: the URI is no place for an archive, or it has another number of shards; with
            ``create``, another encoder made it.
        InputError: there is no archive, or it can't be read.
        OutputError: it can't be created.
    """

    def __init__(
        self,
        uri: str,
        *,
        create: bool = False,
        shards: int | None = None,
        search: Searcher | None = None,
    ) -> None:
        self.uri = str(uri)
        stamp = ArchiveEncoder().stamp if create else None
        self._table = open_table(self.uri, stamp, create=create, shards=shards)
        self._search = search
        self._turn = Lock()
        self._finder: OriginalFinder | None = None

    def __len__(self) -> int:
        return len(self._table)

    @property
    def version(self) -> int:
        """Goes up with every change, whoever makes it."""
        return self._table.version

    @property
    def has_checksums(self) -> bool:
        """Whether every part of it can be compared; archives of earlier versions lack checksums."""
        return self._table.has_checksums

    def add(
        self,
        items: Iterable[Article | Failure],
        *,
        from_archive: "Archive | None" = None,
        is_stopped: Callable[[], bool] = lambda: False,
        on_progress: Callable[[AddSummary], None] = lambda _: None,
    ) -> AddSummary:
        """Add articles, some hundred per commit; replace those of the same id that have changed.

        What is there already, under whatever id, isn't added again. After a crash the same call
        continues where it was.

        Args:
            items: see :func:`mtpipe.read_articles`; any number, one batch in memory at a time.
            from_archive: another archive, whatever made it, whose articles come first.
            is_stopped: asked before each batch.
            on_progress: gets the summary after each batch.

        Raises:
            ConfigError: another encoder made the archive.
            OutputError: the archive can't be written; what was committed is safe.
        """
        encoder = self._encoder()
        other = from_archive.articles() if from_archive else ()
        try:
            return add_articles(
                chained(other, items),
                self._table,
                encoder,
                is_stopped=is_stopped,
                on_progress=on_progress,
            )
        finally:
            self._forget()

    def find(
        self,
        candidate: Article,
        *,
        scope: Scope = ANYWHERE,
        limit: int = 5,
        min_score: float = 0.0,
    ) -> list[Original]:
        """The articles that a candidate may come from, the best first; see :meth:`find_all`."""
        [found] = self.find_all([candidate], scope=scope, limit=limit, min_score=min_score)
        return found

    def find_all(
        self,
        candidates: Iterable[Article],
        *,
        scope: Scope = ANYWHERE,
        limit: int = 5,
        min_score: float = 0.0,
    ) -> Iterator[list[Original]]:
        """The same for many candidates, faster than one by one; they are read some ahead.

        Args:
            candidates: any number.
            scope: where their originals may be.
            limit: of originals for each.
            min_score: what scores less is left out, 0..1.

        Yields:
            The originals of each candidate, in the order of the candidates.

        Raises:
            ConfigError: another encoder made the archive.
            InputError: the archive can't be read, or isn't what was written.
        """
        return self.finder().find_all(candidates, scope=scope, limit=limit, min_score=min_score)

    def finder(self) -> OriginalFinder:
        """The archive, loaded to be searched.

        Raises:
            ConfigError: another encoder made the archive.
            InputError: it can't be read, or isn't what was written.
        """
        with self._turn:
            if self._finder is None:
                self._finder = OriginalFinder(self._table, self._encoder(), search=self._search)
            return self._finder

    def articles(self) -> Iterator[Article | Failure]:
        """All articles, a few at a time in memory; damaged ones come as failures."""
        return self._table.articles()

    def listed(
        self, *, language: Language | str | None = None, containing: str = ""
    ) -> Iterator[Listed]:
        """List articles without their text.

        Args:
            language: only those in it.
            containing: only those with these words, in upper or lower case.

        Raises:
            InputError: the archive can't be read.
            UnsupportedDirection: there is no such language.
        """
        wanted = Language.parse(language) if language else None
        return self._table.listed(language=wanted, containing=containing)

    def remove(self, ids: Sequence[str]) -> list[str]:
        """Remove articles.

        Returns:
            The ids that were there, in the order given.

        Raises:
            OutputError: they can't be removed.
        """
        there = self._table.remove(ids)
        if there:
            self._table.tidy()
            self._forget()
        return there

    def statistics(self) -> ArchiveStatistics:
        """Count what is in the archive.

        Raises:
            InputError: it can't be read.
        """
        return statistics(self._table)

    def check(self) -> Iterator[Checked]:
        """Compare every article with the checksums that were written with it.

        Raises:
            InputError: the archive can't be read at all.
        """
        return check_rows(self._table)

    def repair(self) -> int:
        """Leave one of each article that is there more than once.

        Returns:
            How many were removed.

        Raises:
            OutputError: they can't be removed.
        """
        doubles = self._table.drop_doubles()
        self._forget()
        return doubles

    def _encoder(self) -> ArchiveEncoder:
        encoder = ArchiveEncoder()
        compare_stamps(self.uri, made=self._table.stamp, wanted=encoder.stamp)
        return encoder

    def _forget(self) -> None:
        """Have the next search load what is there now."""
        with self._turn:
            self._finder = None
