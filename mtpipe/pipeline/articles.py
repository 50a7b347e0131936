"""Articles in, translated articles out: many at once, in their order, over streams of any length.

The sentences of many articles are decoded together, which is what makes it fast; a chunk of
articles is the unit of that. Not for text with one segment a line: see
:mod:`mtpipe.pipeline.translate`.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from mtpipe.engines.batching import interleave, together
from mtpipe.engines.system import InFlight
from mtpipe.errors import OutputError, UnsupportedDirection
from mtpipe.ingest.inputs import Format, Source, expand
from mtpipe.pipeline.systems import Route
from mtpipe.records import Record, ResumableFile, replacement, to_line, write_records
from mtpipe.report.documents import DocumentFormat, document
from mtpipe.report.jsonl import translation_record
from mtpipe.segment import split
from mtpipe.types import (
    Article,
    Block,
    Direction,
    Failure,
    Flag,
    Hypothesis,
    Language,
    Segment,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)
from mtpipe.typography import restore

CHUNK_SEGMENTS = 1_024
"""Segments of a chunk, more or less: articles are whole."""


class Output(Protocol):
    """Where translated articles go."""

    def has(self, article_id: str, version: str) -> bool:
        """Whether this version of an article is there already."""
        ...

    def write(self, translation: Translation) -> None:
        """Add an article."""
        ...


class TranslationFile:
    """JSON lines on disk, resumable: what is there in the same version isn't done again.

    Args:
        path: created if it doesn't exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = ResumableFile(path, _identify)

    def has(self, article_id: str, version: str) -> bool:
        """Whether the file has this version of an article."""
        return self._file.has(article_id, version)

    def write(self, translation: Translation) -> None:
        """Append an article."""
        self._file.write(translation_record(translation))

    def close(self) -> None:
        """Drop what was replaced, and close the file."""
        self._file.close()


class DocumentStream:
    """A document that is written as it comes, and can't be resumed.

    Args:
        stream: where to, as UTF-8.
        form: of the document.

    Raises:
        OutputError: it can't be written.
    """

    def __init__(self, stream: BinaryIO, form: DocumentFormat) -> None:
        self._stream = stream
        self._document = document(form)
        self._write(self._document.opening)

    def has(self, article_id: str, version: str) -> bool:  # noqa: ARG002 - nothing is read back
        """Never: a stream can't be read."""
        return False

    def write(self, translation: Translation) -> None:
        """Write an article."""
        self._write(self._document.article(translation))

    def close(self) -> None:
        """Write the document's end; the stream stays open."""
        self._write(self._document.ending)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text.encode("utf-8", "replace"))
            self._stream.flush()
        except OSError as exc:
            raise OutputError(f"can't write the output: {exc.strerror}") from exc


@contextmanager
def opened_output(
    path: Path | None, form: DocumentFormat, stream: BinaryIO
) -> Iterator[TranslationFile | DocumentStream]:
    """Where translations go: JSON lines in a file are resumable, other files come as a whole.

    Args:
        path: the file; None for the stream.
        form: what is written.
        stream: standard output.

    Raises:
        OutputError: it can't be written.
        MalformedRecord: there is a file of that name with something else in it.
    """
    with ExitStack() as stack:
        output: TranslationFile | DocumentStream
        if path is None:
            output = DocumentStream(stream, form)
        elif form is DocumentFormat.JSONL:
            output = TranslationFile(path)
            stack.callback(output.close)
            yield output
            return
        else:
            try:
                file = stack.enter_context(replacement(path))
            except OSError as exc:
                raise OutputError(f"can't write {path}: {exc.strerror}") from exc
            output = DocumentStream(cast("BinaryIO", file), form)
        yield output
        output.close()


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
    """

    articles: int = 0
    skipped: int = 0
    segments: int = 0
    flags: Counter[Flag] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """Articles that nothing is left to do for."""
        return self.articles + self.skipped + len(self.failures)


def translate_articles(
    items: Iterable[Article | Failure],
    target: Language,
    route: Callable[[Direction], Route],
    output: Output,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[ArticlesSummary], None] = lambda _: None,
) -> ArticlesSummary:
    """Translate articles; what can't be translated is collected, and the rest goes on.

    Args:
        items: see :func:`mtpipe.ingest.read_articles`; read some chunks ahead.
        target: language of the translations.
        route: the way for a direction, see :class:`mtpipe.pipeline.systems.Router`.
        output: gets the translations in the order of the articles.
        is_stopped: asked before each article; from then on no more are taken in.
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

    def prepared() -> Iterator[_Prepared]:
        for item in items:
            if is_stopped():
                return
            ready = item if isinstance(item, Failure) else _prepare(item, target, route, output)
            if isinstance(ready, _Prepared):
                yield ready
            else:
                summary.failures.append(ready)
                report()

    in_flight = InFlight()
    tasks = (_translated(chunk, in_flight) for chunk in _chunks(prepared()))
    for chunk in interleave(tasks):
        for article, translation in chunk:
            if translation is None or article.is_done:
                summary.skipped += 1
            else:
                output.write(translation)
                summary.articles += 1
                summary.segments += sum(len(block.segments) for block in translation.blocks)
                summary.flags.update(_flags(translation))
            report()
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


def write_failures(failures: Sequence[Failure], path: Path) -> Path | None:
    """List the failures of a run in a file, in place of those of an earlier run.

    Returns:
        The file; None if there are no failures, and then there is no file either.

    Raises:
        OutputError: it can't be written.
    """
    if failures:
        write_records(path, map(asdict, failures))
        return path
    return None


def article_sha256(article: Article) -> str:
    """Hex digest of everything that was read of an article."""
    return hashlib.sha256(to_line(asdict(article)).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An article on its way.

    Attributes:
        article: as read.
        direction: of its translation.
        route: that translates it.
        sha256: of what was read.
        segments: of each block; none for what isn't translated.
        is_done: whether the output has it.
    """

    article: Article
    direction: Direction
    route: Route
    sha256: str
    segments: tuple[tuple[Segment, ...], ...]
    is_done: bool

    @property
    def texts(self) -> list[str]:
        return [segment.text for segments in self.segments for segment in segments]


def _identify(record: Record) -> tuple[str, str]:
    return str(record["id"]), _version(record["sha256"], record["signature"])


def _version(sha256: str, signature: str) -> str:
    return f"{sha256}|{signature}"


def _prepare(
    article: Article, target: Language, route: Callable[[Direction], Route], output: Output
) -> _Prepared | Failure:
    try:
        direction = Direction(article.language, target)
        way = route(direction)
    except UnsupportedDirection as exc:
        return Failure(article.id, "direction", exc.message)
    sha256 = article_sha256(article)
    return _Prepared(
        article,
        direction,
        way,
        sha256,
        tuple(_segments(block, direction) for block in article.blocks),
        output.has(article.id, _version(sha256, way.signature)),
    )


def _segments(block: Block, direction: Direction) -> tuple[Segment, ...]:
    """What is translated of a block: nothing if it is in the target language already."""
    if block.language == direction.target:
        return ()
    try:
        language = Language.parse(block.language or direction.source)
    except UnsupportedDirection:
        language = direction.source
    return tuple(split(block.text, language))


def _chunks(articles: Iterable[_Prepared]) -> Iterator[list[_Prepared]]:
    """Articles to lists that are translated as one; which ones depends on the articles only.

    So a run that is taken up again decodes the same sentences together as one that wasn't
    interrupted, with the same result.
    """
    chunk: list[_Prepared] = []
    segments = 0
    for prepared in articles:
        chunk.append(prepared)
        segments += len(prepared.texts)
        if segments >= CHUNK_SEGMENTS:
            yield chunk
            chunk, segments = [], 0
    if chunk:
        yield chunk


def _translated(
    chunk: Sequence[_Prepared], in_flight: InFlight
) -> Generator[None, None, list[tuple[_Prepared, Translation | None]]]:
    """The articles of a chunk with their translations; without, if all of them are done."""
    if all(prepared.is_done for prepared in chunk):
        return [(prepared, None) for prepared in chunk]
    texts: dict[Direction, list[str]] = {}
    for prepared in chunk:
        texts.setdefault(prepared.direction, []).extend(prepared.texts)
    routes = {prepared.direction: prepared.route for prepared in chunk}
    tasks = [routes[direction].translation(texts[direction], in_flight) for direction in texts]
    hypotheses = dict(zip(texts, map(iter, (yield from together(tasks))), strict=True))
    return [(prepared, _assembled(prepared, hypotheses[prepared.direction])) for prepared in chunk]


def _assembled(prepared: _Prepared, hypotheses: Iterator[Hypothesis]) -> Translation:
    blocks = []
    for block, segments in zip(prepared.article.blocks, prepared.segments, strict=True):
        own = [next(hypotheses) for _ in segments]
        texts = restore([hypothesis.text for hypothesis in own], prepared.direction.target)
        blocks.append(
            TranslatedBlock(
                block,
                tuple(
                    TranslatedSegment(
                        segment,
                        hypothesis  # what was copied stays as it was
                        if hypothesis.text == segment.text
                        else Hypothesis(text, hypothesis.score, hypothesis.flags),
                    )
                    for segment, hypothesis, text in zip(segments, own, texts, strict=True)
                ),
            )
        )
    return Translation(
        prepared.article,
        prepared.direction,
        tuple(blocks),
        prepared.sha256,
        prepared.route.signature,
    )


def _flags(translation: Translation) -> Iterator[Flag]:
    for block in translation.blocks:
        for translated in block.segments:
            yield from translated.hypothesis.flags
