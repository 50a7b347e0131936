"""Articles in, translated articles out: many at once, in their order, over streams of any length.

The sentences of many articles are decoded together, which is what makes it fast; a chunk of
articles (:mod:`mtpipe.pipeline.translate.chunks`) is the unit of that. Not for text with one segment
a line: see :mod:`mtpipe.pipeline.translate.lines`.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mtpipe.engines.batching import interleave
from mtpipe.engines.system import InFlight
from mtpipe.ingest.addresses import is_address
from mtpipe.ingest.inputs import STANDARD_INPUT, Format, Source, expand
from mtpipe.pipeline.translate.chunks import Plan, Prepared, chunks, prepare, translated
from mtpipe.pipeline.translate.output import Output
from mtpipe.types import Article, Failure, Flag, Translation

CHUNKS_IN_HAND = 4
"""Chunks that are begun and unfinished, at the most. Where most sentences were translated before,
one or two have too few others to keep the engine busy."""

_READING = {"read", "extract", "language"}
"""Stages of failures that are the input's own."""


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
    """

    articles: int = 0
    skipped: int = 0
    segments: int = 0
    flags: Counter[Flag] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    is_unfinished: bool = False

    @property
    def done(self) -> int:
        """Articles that nothing is left to do for."""
        return self.articles + self.skipped + len(self.failures)

    @property
    def nothing_was_read(self) -> bool:
        """Whether there were inputs, and none of them an article that could be worked on."""
        return self.done == len(self.failures) > 0 and all(
            failure.stage in _READING for failure in self.failures
        )


def translate_articles(
    items: Iterable[Article | Failure],
    plan: Plan,
    output: Output,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[ArticlesSummary], None] = lambda _: None,
) -> ArticlesSummary:
    """Translate articles; what can't be translated is collected, and the rest goes on.

    Args:
        items: see :func:`mtpipe.ingest.read_articles`; read :data:`CHUNKS_IN_HAND` chunks ahead.
        plan: what is done with them.
        output: gets the translations in the order of the articles.
        is_stopped: asked before each article is taken in and after each chunk; from then on only
            the chunk in hand is finished.
        on_progress: told how far it is, after each article.

    Raises:
        ModelNotFound, ModelCorrupt: a model can't be used.
        EngineError: decoding failed; what is done is written.
        OutputError: the output can't be written.
    """
    summary = ArticlesSummary()
    started = time.monotonic()

    def report() -> None:
        summary.seconds = time.monotonic() - started
        on_progress(summary)

    taken, is_everything = 0, False

    def prepared() -> Iterator[Prepared]:
        nonlocal taken, is_everything
        for item in items:
            if is_stopped():
                return
            ready = item if isinstance(item, Failure) else prepare(item, plan, output)
            if isinstance(ready, Prepared):
                taken += 1
                yield ready
            else:
                summary.failures.append(ready)
                report()
        is_everything = True

    in_flight = InFlight()
    whole = chunks(prepared(), is_stopped=is_stopped)
    tasks = (translated(articles, plan, in_flight) for articles in whole)
    for chunk in interleave(tasks, unfinished=CHUNKS_IN_HAND):
        for article, translation in chunk:
            if translation is None or article.is_done:
                summary.skipped += 1
            else:
                output.write(translation)
                summary.articles += 1
                summary.segments += sum(len(block.segments) for block in translation.blocks)
                summary.flags.update(_flags(translation))
            report()
        if is_stopped():
            break
    summary.is_unfinished = not is_everything or taken > summary.articles + summary.skipped
    return summary


def count_articles(inputs: Iterable[str]) -> int | None:
    """How many articles some inputs lead to, as far as it can be told without reading them.

    Returns:
        The number; None if there are tables or streams among the inputs.
    """
    pages = (Format.HTML, Format.TEXT, Format.MARKDOWN)
    sources = list(expand(inputs))
    for source in sources:
        if isinstance(source, Source) and source.format not in pages:
            return None
    return len(sources)


def files_of(inputs: Iterable[str], *, stdin: int) -> Iterator[Path | int]:
    """The files that some inputs lead to, standard input as a file descriptor."""
    for source in expand(inputs):
        if not isinstance(source, Source) or is_address(source.name):
            continue
        yield stdin if source.name == STANDARD_INPUT else Path(source.name)


def _flags(translation: Translation) -> Iterator[Flag]:
    for block in translation.blocks:
        for segment in block.segments:
            yield from segment.hypothesis.flags
