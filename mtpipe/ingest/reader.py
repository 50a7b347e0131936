"""Any input to articles, one at a time; what can't be read comes out as a failure."""

import io
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, ParamSpec, cast

from mtpipe._optional import require
from mtpipe.compressed import open_bytes
from mtpipe.config import ReadingSettings, reading_settings
from mtpipe.errors import EmptyArticle, InputError, UnreadableArticle
from mtpipe.ingest.addresses import fetch, is_address
from mtpipe.ingest.decode import decode
from mtpipe.ingest.feeds import feed_records
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.html import read_html
from mtpipe.ingest.inputs import (
    STANDARD_INPUT,
    Format,
    Source,
    expand,
    format_of,
    refuse_other_kinds,
    sniff,
)
from mtpipe.ingest.language import article_language, mark_foreign
from mtpipe.ingest.page import Page
from mtpipe.ingest.page_process import PageTooCostly, is_heavy, read_apart
from mtpipe.ingest.tables import (
    Record,
    csv_records,
    json_records,
    jsonl_records,
    page_of_record,
    parquet_records,
    text_of,
)
from mtpipe.ingest.text import read_markdown, read_text
from mtpipe.ingest.warc import crawled_pages
from mtpipe.types import Article, Failure, Language

__all__ = ["MAX_BYTES", "read_article", "read_articles"]

MAX_BYTES = 10_000_000
"""The longest page, or record of a table, that is read by default."""

_P = ParamSpec("_P")
_BUFFER_BYTES = 1 << 16  # also what formats and encodings are told by
_TABLES = frozenset({Format.JSONL, Format.CSV, Format.TSV, Format.PARQUET})
_DOCUMENTS = frozenset({Format.JSON, Format.FEED})
"""Hold several articles as well, and are read as a whole."""
_NEEDS = {Format.PARQUET: ("pyarrow.parquet", "tables"), Format.WARC: ("fastwarc", "crawls")}
"""Formats that an extra reads, and its module."""


def read_articles(
    inputs: str | Path | Iterable[str | Path | Source | Failure],
    *,
    language: Language | str | None = None,
    input_format: Format | None = None,
    rules: FurnitureRules = BUILT_IN,
    max_bytes: int = MAX_BYTES,
    allow_private: bool = False,
    stdin: IO[bytes] | None = None,
) -> Iterator[Article | Failure]:
    r"""Read articles from files, folders, globs, addresses and standard input.

    Only one article is in memory at a time, whatever the inputs are. Pages that are large enough
    to take long are read in another process, within the limits of :class:`~mtpipe.config.ReadingSettings`.
    May be called from several threads at once; each iterator is for one of them.

    >>> from pathlib import Path
    >>> import mtpipe
    >>> text = "Bridge closed\n\nThe bridge in the north of the town is closed until spring."
    >>> _ = Path("bridge.txt").write_text(text)
    >>> [article] = mtpipe.read_articles("bridge.txt")
    >>> article.title, article.language.value
    ('Bridge closed', 'en')

    Args:
        inputs: paths, glob patterns, ``http(s)`` addresses, or ``-`` for standard input; one or
            several. What these lead to (:class:`~mtpipe.ingest.sources.Sources`) is read as it is.
        language: of all the articles; by default each article's language is identified.
        input_format: of all the inputs; by default by suffix, else by content.
        rules: what is furniture.
        max_bytes: the longest page or record to read.
        allow_private: fetch addresses of internal hosts too.
        stdin: standard input, for tests.

    Yields:
        Articles, and failures of stage ``read``, ``extract`` or ``language``, in the order of the
        inputs. Ids are unique: where two tables give the same, the later one's gets its source
        in front; twice in one table is a failure.

    Raises:
        DependencyMissing: a Parquet file without the extra ``tables``, or a WARC file without
            ``crawls``; known before anything is read if the file was named.
        UnsupportedDirection: the language isn't one of mtpipe's.
        ConfigError: a limit in the environment or in ``mtpipe.toml`` isn't a number.
    """
    given = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    sources = [str(one) if isinstance(one, Path) else one for one in given]
    names = (one.name if isinstance(one, Source) else str(one) for one in sources)
    formats = {format_of(Path(name)) for name in names}
    for form, (module, extra) in _NEEDS.items():
        if form in formats:
            require(module, extra=extra)
    if language is not None:
        language = Language.parse(language)
    limits = reading_settings()
    reader = _Reader(language, input_format, rules, max_bytes, allow_private, stdin, limits)
    ids: dict[str, str] = {}
    for source in expand(sources):
        for item in reader.read(source) if isinstance(source, Source) else [source]:
            yield _with_own_id(item, ids) if isinstance(item, Article) else item


def read_article(
    name: str | Path,
    *,
    language: Language | str | None = None,
    rules: FurnitureRules = BUILT_IN,
    if_several: str | None = None,
) -> Article:
    """Read an input that is to hold one article.

    Args:
        name: see :func:`read_articles`.
        language: of the article; by default it is identified.
        rules: what is furniture.
        if_several: hint for the user where it holds more than one.

    Raises:
        EmptyArticle: it holds none.
        UnreadableArticle: it can't be read.
        InputError: it holds more than one.
    """
    articles = list(itertools.islice(read_articles(name, language=language, rules=rules), 2))
    if not articles:
        raise EmptyArticle(f"{name} holds no article")
    if len(articles) > 1:
        raise InputError(f"{name} holds more than one article", hint=if_several)
    if isinstance(articles[0], Failure):
        raise UnreadableArticle(f"{name}: {articles[0].error}")
    return articles[0]


def _with_own_id(article: Article, sources: dict[str, str]) -> Article | Failure:
    """The article under an id that no other has; ``sources`` knows where each id came from."""
    if sources.get(article.id, article.source) != article.source:
        article = replace(article, id=f"{article.source}#{article.id}")
    if article.id in sources:
        return Failure(article.id, "read", f"{article.source}: the id came before in this file")
    sources[article.id] = article.source
    return article


@dataclass(frozen=True, slots=True)
class _Reader:
    """What is the same for all the sources of a run."""

    language: Language | None
    format: Format | None
    rules: FurnitureRules
    max_bytes: int
    allow_private: bool
    stdin: IO[bytes] | None
    limits: ReadingSettings

    def read(self, source: Source) -> Iterator[Article | Failure]:
        """The articles of one source."""
        try:
            if is_address(source.name):
                yield self._fetched(source)
                return
            with self._opened(source) as stream:
                form = self.format or source.format or sniff(stream.peek(1 << 12))
                if form in _TABLES:
                    yield from self._records(source, form, stream)
                    return
                if form is Format.WARC:
                    yield from self._crawled(source, stream)
                    return
                data = self._limited(stream.read(self.max_bytes + 1))
                if form in _DOCUMENTS:
                    records = feed_records(data) if form is Format.FEED else json_records(data)
                    yield from self._articles(source, enumerate(records, 1))
                else:
                    yield self._page(source, form, data)
        except (InputError, OSError) as exc:
            yield Failure(source.label, "read", _reason(exc))

    def _fetched(self, source: Source) -> Article | Failure:
        fetched = fetch(source.name, max_bytes=self.max_bytes, allow_private=self.allow_private)
        form = self.format or sniff(fetched.data)
        if fetched.media_type in ("text/html", "application/xhtml+xml"):
            form = Format.HTML
        if form in _TABLES | _DOCUMENTS | {Format.WARC}:
            raise UnreadableArticle(
                "a table, a feed or a crawl, not a page", hint="save it and read the file"
            )
        return self._page(source, form, fetched.data, fetched.address, fetched.charset)

    def _page(
        self,
        source: Source,
        form: Format,
        data: bytes,
        address: str = "",
        charset: str | None = None,
        article_id: str = "",
    ) -> Article | Failure:
        article_id = article_id or source.label
        try:
            refuse_other_kinds(data)
            if form is Format.HTML:
                page = self._bounded(
                    data, read_html, data, address=address, charset=charset, rules=self.rules
                )
            else:
                read = read_markdown if form is Format.MARKDOWN else read_text
                text = decode(data, charset)
                page = self._bounded(text, read, text, rules=self.rules)
        except PageTooCostly as exc:
            return Failure(article_id, "read", str(exc))
        except InputError as exc:
            return Failure(article_id, "extract", str(exc))
        return self._article(article_id, source, page)

    def _crawled(self, source: Source, stream: io.BufferedReader) -> Iterator[Article | Failure]:
        found = crawled_pages(stream, max_bytes=self.max_bytes, label=source.label)
        for number, (address, page) in enumerate(found, 1):
            article_id = address or f"{source.label}#{number}"
            if isinstance(page, InputError):
                yield Failure(article_id, "read", str(page))
            else:
                yield self._page(source, page.format, page.data, address, page.charset, article_id)

    def _records(
        self, source: Source, form: Format, stream: io.BufferedReader
    ) -> Iterator[Article | Failure]:
        records: Iterator[tuple[int, Record]]
        if form is Format.JSONL:
            records = jsonl_records(stream, max_bytes=self.max_bytes)
        elif form is Format.PARQUET:
            records = parquet_records(stream, max_bytes=self.max_bytes)
        else:
            delimiter = "\t" if form is Format.TSV else None
            records = csv_records(stream, delimiter=delimiter, max_bytes=self.max_bytes)
        yield from self._articles(source, records)

    def _articles(
        self, source: Source, records: Iterable[tuple[int, Record]]
    ) -> Iterator[Article | Failure]:
        """Articles of numbered records."""
        for number, record in records:
            fallback = f"{source.label}#{number}"
            if isinstance(record, InputError):
                yield Failure(fallback, "read", str(record))
                continue
            article_id = text_of(record.get("id")) or fallback
            try:
                longest = max(map(_wording, record.values()), key=len, default="")
                page = self._bounded(longest, page_of_record, record, rules=self.rules)
            except PageTooCostly as exc:
                yield Failure(article_id, "read", str(exc))
                continue
            except InputError as exc:
                yield Failure(article_id, "extract", str(exc))
                continue
            yield self._article(article_id, source, page)

    def _bounded(
        self,
        content: bytes | str,
        read: Callable[_P, Page],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> Page:
        """Read a page, in another process if it might take long for its content.

        Raises:
            PageTooCostly: it takes more than the limits.
            InputError: it can't be read.
        """
        if self.limits.page_seconds and is_heavy(content):
            return read_apart(self.limits, read, *args, **kwargs)
        return read(*args, **kwargs)

    def _article(self, article_id: str, source: Source, page: Page) -> Article | Failure:
        try:
            if not page.blocks:
                if not page.furniture:
                    raise EmptyArticle("no text")
                hint = "to keep some of it: --keep-text, --keep-selector or --no-wording"
                raise EmptyArticle("nothing but furniture", hint=hint)
            declared = (code for _, code in page.metadata.declared_languages)
            language = self.language or article_language(page.blocks, declared)
        except InputError as exc:
            stage = "extract" if isinstance(exc, EmptyArticle) else "language"
            return Failure(article_id, stage, str(exc))
        return Article(
            id=article_id,
            source=source.label,
            language=language,
            blocks=mark_foreign(page.blocks, language),
            furniture=page.furniture,
            metadata=page.metadata,
        )

    def _limited(self, data: bytes) -> bytes:
        if len(data) > self.max_bytes:
            raise InputError(
                f"longer than {self.max_bytes:,} bytes",
                hint="many articles in one file are read as JSON lines",
            )
        return data

    @contextmanager
    def _opened(self, source: Source) -> Iterator[io.BufferedReader]:
        if source.name != STANDARD_INPUT:
            path = Path(source.name)
            is_crawl = (self.format or source.format) is Format.WARC
            # Crawls are unpacked elsewhere, member by member.
            packed = is_crawl and path.suffix.lower() == ".gz"
            with path.open("rb") if packed else open_bytes(path) as file:
                yield io.BufferedReader(cast("io.RawIOBase", file), _BUFFER_BYTES)
            return
        stream = self.stdin or sys.stdin.buffer
        if not isinstance(stream, io.BufferedReader):
            stream = io.BufferedReader(cast("io.RawIOBase", stream))
        yield stream


def _wording(value: object) -> str:
    """What there is to read in a field, together."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return value if isinstance(value, str) else ""


def _reason(exc: InputError | OSError) -> str:
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
