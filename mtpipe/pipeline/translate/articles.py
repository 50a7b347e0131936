"""Articles in, translated articles out: many at once, in their order, over streams of any length.

The sentences of many articles are decoded together, which is what makes it fast; a chunk of
articles (:mod:`mtpipe.pipeline.translate.chunks`) is the unit of that. Not for text with one segment
per line: see :mod:`mtpipe.pipeline.translate.lines`.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mtpipe.engines.batching import Ready, interleave
from mtpipe.engines.system import InFlight
from mtpipe.pipeline.failures import READING, failures_of, write_failures
from mtpipe.pipeline.translate.chunks import Plan, Prepared, chunks, prepare, translated
from mtpipe.types import Article, Failure, Flag, Translation

CHUNKS_IN_HAND = 4
"""Chunks that are begun and unfinished, at the most. Where most sentences were translated before,
one or two have too few others to keep the engine busy."""


class Output(Protocol):
    """Where translated articles go."""

    def has(self, article_id: str, version: str) -> bool:
        """Whether this version of an article is there already."""
        ...

    def write(self, translation: Translation) -> None:
        """Add an article."""
        ...


@dataclass(frozen=True, slots=True)
class Skipped:
    """An article that is translated already."""

    article_id: str


_Chunk = list[tuple[Prepared, Translation | None]]


class ArticleStream:
    """Translates a stream of articles as its results are asked for; to be iterated over once.

    Args:
        items: see :func:`mtpipe.read_articles`; read :data:`CHUNKS_IN_HAND` chunks ahead.
        plan: what is done with them.
        is_done: whether there is a translation of an article's id in a version already.
        is_stopped: asked before each article is taken in and after each chunk; from then on only
            the chunk in hand is finished.

    Attributes:
        is_unfinished: whether a wish to stop left something undone; known at the end.
    """

    def __init__(
        self,
        items: Iterable[Article | Failure],
        plan: Plan,
        *,
        is_done: Callable[[str, str], bool] = lambda *_: False,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.is_unfinished = False
        self._items = items
        self._plan = plan
        self._is_done = is_done
        self._is_stopped = is_stopped
        self._taken = 0
        self._is_everything = False

    def __iter__(self) -> Iterator[Translation | Failure | Skipped]:
        """Translations in the order of the articles; failures as soon as they are known.

        Raises:
            ModelNotFound, ModelCorrupt: a model can't be used.
            EngineError: decoding failed.
        """
        given = 0
        results: Iterator[_Chunk | Failure] = interleave(self._tasks(), unfinished=CHUNKS_IN_HAND)
        for result in results:
            if isinstance(result, Failure):
                yield result
                continue
            for prepared, translation in result:
                given += 1
                is_new = translation is not None and not prepared.is_done
                yield translation if translation and is_new else Skipped(prepared.article.id)
            if self._is_stopped():
                break
        self.is_unfinished = not self._is_everything or self._taken > given

    def _tasks(self) -> Iterator[Generator[None, None, _Chunk | Failure] | Ready[_Chunk | Failure]]:
        in_flight = InFlight()
        for chunk in chunks(self._prepared(), is_stopped=self._is_stopped):
            if isinstance(chunk, Failure):
                yield Ready(chunk)
            else:
                yield translated(chunk, self._plan, in_flight)

    def _prepared(self) -> Iterator[Prepared | Failure]:
        for item in self._items:
            if self._is_stopped():
                return
            ready = item if isinstance(item, Failure) else prepare(item, self._plan, self._is_done)
            self._taken += isinstance(ready, Prepared)
            yield ready
        self._is_everything = True


@dataclass
class ArticlesSummary:
    """What became of a batch of articles; also how far it is.

    Attributes:
        articles: translated and written.
        skipped: there already, in the same version.
        segments: of the articles written.
        flags: how often each problem came up and how it was solved, if it was.
        failures: articles that couldn't be translated.
        seconds: since the start.
        is_unfinished: whether a wish to stop left something undone.
        output: the file that they were written to, if it was one.
    """

    articles: int = 0
    skipped: int = 0
    segments: int = 0
    flags: Counter[Flag] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    is_unfinished: bool = False
    output: Path | None = None

    @property
    def done(self) -> int:
        """Articles that nothing is left to do for."""
        return self.articles + self.skipped + len(self.failures)

    @property
    def nothing_was_read(self) -> bool:
        """Whether there were inputs, and none of them an article that could be worked on."""
        return self.done == len(self.failures) > 0 and all(
            failure.stage in READING for failure in self.failures
        )

    def add(self, result: Translation | Failure | Skipped) -> None:
        """Count one more result."""
        if isinstance(result, Failure):
            self.failures.append(result)
        elif isinstance(result, Skipped):
            self.skipped += 1
        else:
            self.articles += 1
            self.segments += sum(len(block.segments) for block in result.blocks)
            self.flags.update(_flags(result))

    def list_failures(self, path: Path | None = None) -> Path | None:
        """List what failed in a file, in place of the failures of an earlier run.

        Where nothing failed, the earlier list is removed, unless this run was interrupted.

        Args:
            path: of the list; by default OUTPUT.failures.jsonl, and none without an output file.

        Returns:
            The file; None where there is none.

        Raises:
            OutputError: it can't be written, or has something else in it.
        """
        place = path or failures_of(self.output)
        if place is None or not (self.failures or not self.is_unfinished):
            return None
        return write_failures(self.failures, place)


def translate_articles(
    items: Iterable[Article | Failure],
    plan: Plan,
    output: Output,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[ArticlesSummary], None] = lambda _: None,
) -> ArticlesSummary:
    """Translate articles into an output; what can't be translated is collected, the rest goes on.

    Args:
        items: see :class:`ArticleStream`, as well as the next.
        plan: what is done with them.
        output: gets the translations in the order of the articles.
        is_stopped: see there.
        on_progress: gets the summary so far after each article.

    Raises:
        ModelNotFound, ModelCorrupt: a model can't be used.
        EngineError: decoding failed; what is done is written.
        OutputError: the output can't be written.
    """
    summary = ArticlesSummary()
    started = time.monotonic()
    stream = ArticleStream(items, plan, is_done=output.has, is_stopped=is_stopped)
    for result in stream:
        if isinstance(result, Translation):
            output.write(result)
        summary.add(result)
        summary.seconds = time.monotonic() - started
        on_progress(summary)
    summary.is_unfinished = stream.is_unfinished
    return summary


def _flags(translation: Translation) -> Iterator[Flag]:
    for block in translation.blocks:
        for segment in block.segments:
            yield from segment.hypothesis.flags
