"""Any input to articles, one at a time; what can't be read comes out as a failure.

This is the expensive half of reading, what is in a page or record; :mod:`mtpipe.ingest.raw` is the
cheap one.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, ParamSpec

from mtpipe.config import ReadingSettings, reading_settings
from mtpipe.errors import EmptyArticle, InputError, UnreadableArticle
from mtpipe.ingest.decode import decode
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.html import read_html
from mtpipe.ingest.inputs import Format, Source, refuse_other_kinds, sniff
from mtpipe.ingest.language import article_language, mark_foreign
from mtpipe.ingest.page import Page
from mtpipe.ingest.page_process import PageTooCostly, is_heavy, read_apart
from mtpipe.ingest.raw import MAX_BYTES, Raw, RawPage, raw_items
from mtpipe.ingest.tables import page_of_record, text_of
from mtpipe.ingest.text import read_markdown, read_text
from mtpipe.types import Article, Failure, Language

__all__ = ["MAX_BYTES", "articles_of", "read_article", "read_articles"]

_P = ParamSpec("_P")


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
        inputs: paths, glob patterns, addresses (``http(s)``, ``s3``, ``gs``), or ``-`` for standard
            input; one or several. What these lead to (:class:`~mtpipe.ingest.sources.Sources`) is read as it is.
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
        DependencyMissing: Parquet, .zst or an object store without the extra ``tables``, or a WARC
            file without ``crawls``; known before anything is read if the file was named.
        UnsupportedDirection: the language isn't one of mtpipe's.
        ConfigError: a limit in the environment or in ``mtpipe.toml`` isn't a number.
    """
    items = raw_items(
        inputs,
        input_format=input_format,
        max_bytes=max_bytes,
        allow_private=allow_private,
        stdin=stdin,
    )
    return articles_of(items, language=language, rules=rules)


def articles_of(
    items: Iterable[Raw],
    *,
    language: Language | str | None = None,
    rules: FurnitureRules = BUILT_IN,
) -> Iterator[Article | Failure]:
    """Articles out of what was read, in this process or another; one at a time in memory.

    Args:
        items: see :func:`~mtpipe.ingest.raw.raw_items`.
        language: of all the articles; by default each article's language is identified.
        rules: what is furniture.

    Yields:
        See :func:`read_articles`. Ids are unique among these items.

    Raises:
        UnsupportedDirection: the language isn't one of mtpipe's.
        ConfigError: a limit in the environment or in ``mtpipe.toml`` isn't a number.
    """
    if language is not None:
        language = Language.parse(language)
    looking = _Looking(language, rules, reading_settings())
    ids: dict[str, str] = {}
    for item in items:
        found = looking.into(item)
        yield _with_own_id(found, ids) if isinstance(found, Article) else found


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
class _Looking:
    """What is the same for all the items of a run."""

    language: Language | None
    rules: FurnitureRules
    limits: ReadingSettings

    def into(self, item: Raw) -> Article | Failure:
        """The article that an item holds."""
        content, article_id = item.content, item.id
        if isinstance(content, Failure):
            return content
        if isinstance(content, InputError):
            return Failure(article_id, "read", str(content))
        try:
            if isinstance(content, RawPage):
                page = self._page(content)
            else:
                article_id = text_of(content.get("id")) or article_id
                longest = max(map(_wording, content.values()), key=len, default="")
                page = self._bounded(longest, page_of_record, content, rules=self.rules)
        except PageTooCostly as exc:
            return Failure(article_id, "read", str(exc))
        except InputError as exc:
            return Failure(article_id, "extract", str(exc))
        return self._article(article_id, item.source, page)

    def _page(self, raw: RawPage) -> Page:
        data, rules = raw.data, self.rules
        refuse_other_kinds(data)
        form = raw.format or sniff(data)
        if form is Format.HTML:
            return self._bounded(
                data, read_html, data, address=raw.address, charset=raw.charset, rules=rules
            )
        read = read_markdown if form is Format.MARKDOWN else read_text
        text = decode(data, raw.charset)
        return self._bounded(text, read, text, rules=rules)

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

    def _article(self, article_id: str, source: str, page: Page) -> Article | Failure:
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
            source=source,
            language=language,
            blocks=mark_foreign(page.blocks, language),
            furniture=page.furniture,
            metadata=page.metadata,
        )


def _wording(value: object) -> str:
    """What there is to read in a field, together."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, dict):  # see tables.py
        value = value.get("rendered")
    return value if isinstance(value, str) else ""
