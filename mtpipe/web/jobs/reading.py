"""The articles of a job's uploads, under the names that their owner knows; where they lie is ours."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from mtpipe import Sources, read_articles
from mtpipe.errors import ConfigError, EmptyArticle, InputError, MtpipeError
from mtpipe.types import Article, Failure
from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.names import unique
from mtpipe.web.wording import error_of, for_request

__all__ = ["MOST_ARTICLES", "Given"]

MOST_ARTICLES = 100_000
"""That one job works on; a small compressed table may hold any number."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a job is to read.

    Attributes:
        folder: of the job.
        sources: as :mod:`mtpipe.web.jobs.requests` keeps them.
        allow_fetch: whether addresses may be fetched.
    """

    folder: JobFolder
    sources: Sequence[Mapping[str, Any]]
    allow_fetch: bool = False

    @property
    def total(self) -> int | None:
        """How many articles there are; None where it takes reading to know."""
        counts = [1 if "url" in one else Sources(self._place(one)).articles for one in self.sources]
        return None if None in counts else sum(filter(None, counts))

    def articles(self, *, language: str | None = None) -> Iterator[Article | Failure]:
        """Articles and failures in the order of the sources, each with an id of its own.

        Args:
            language: of those whose source doesn't say.
        """
        seen: set[str] = set()
        items = (item for one in self.sources for item in self._read(one, language))
        for number, item in enumerate(items):
            if number >= MOST_ARTICLES:
                message = f"this and what follows is left out: a job takes {MOST_ARTICLES:,}"
                yield Failure(_id_of(item), "read", message)
                return
            yield item if isinstance(item, Failure) else _with_own_id(item, seen)

    def article(self) -> Article:
        """What is to be one article.

        Raises:
            InputError: it isn't.
        """
        found = list(islice(self.articles(), 2))
        if not found:
            raise EmptyArticle("there is no article in it")
        name = _id_of(found[0]).partition("#")[0]
        if len(found) > 1:
            raise InputError(f"{name} holds more than one article", hint="give one at a time")
        if isinstance(found[0], Failure):
            raise error_of(found[0], name)
        return found[0]

    def sentences(self) -> list[str] | None:
        """Texts that were given one by one; None if it is something to be read."""
        [source] = self.sources
        if not source.get("sentences"):
            return None
        texts = json.loads(self.folder.input(source["file"]).read_bytes())
        return [str(text) for text in texts]

    def unnamed(self, error: MtpipeError) -> None:
        """Take our paths out of a message."""
        for source in self.sources:
            if "file" in source:
                place, name = self._place(source), _name_of(source)
                error.message = error.message.replace(place, name)
                error.hint = error.hint.replace(place, name) if error.hint else None
        inside = f"{self.folder.path}/"
        error.message = error.message.replace(f"{inside}results/", "").replace(inside, "")
        error.hint = error.hint.replace(inside, "") if error.hint else None

    def _read(self, source: Mapping[str, Any], language: str | None) -> Iterator[Article | Failure]:
        code = source.get("language") or language
        if "url" in source:
            if not self.allow_fetch:
                raise ConfigError("this server fetches no addresses")
            for item in read_articles(str(source["url"]), language=code):
                yield _under(source["id"], item) if "id" in source else item
            return
        place, name = self._place(source), _name_of(source)
        for item in read_articles(Sources(place), language=code):
            if isinstance(item, Failure):
                error = for_request(item.error).replace(place, name)
                yield Failure(item.article_id.replace(place, name), item.stage, error)
            else:
                # A table's own ids stay; others are the file's, with a number.
                own = name + item.id.removeprefix(place) if item.id.startswith(place) else item.id
                yield replace(item, id=own, source=name)

    def _place(self, source: Mapping[str, Any]) -> str:
        return str(self.folder.input(str(source["file"])))


def _name_of(source: Mapping[str, Any]) -> str:
    return str(source.get("id") or source["upload"])


def _under(own: str, item: Article | Failure) -> Article | Failure:
    """What an address led to, under the id that was given."""
    return replace(item, article_id=own) if isinstance(item, Failure) else replace(item, id=own)


def _id_of(item: Article | Failure) -> str:
    return item.article_id if isinstance(item, Failure) else item.id


def _with_own_id(article: Article, seen: set[str]) -> Article:
    own = unique(article.id, seen)
    return replace(article, id=own) if own != article.id else article
