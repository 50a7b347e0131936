"""What requests and answers of the API are made of; not what single operations add to it.

Requests take no field that isn't listed. Answers have the names that the command line's JSON has.
"""

from enum import Enum
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from mtpipe.types import Language, Problem, Remedy
from mtpipe.web.names import MOST_ID_CHARS

__all__ = [
    "NUMBER",
    "Answer",
    "Article",
    "ArticleFailure",
    "Asked",
    "FlagRecord",
    "ModelName",
    "PageArticle",
    "Sentences",
    "Text",
    "TextArticle",
    "WebArticle",
    "Yes",
    "at_most",
    "field_chars",
    "which_of",
]

MAX_TEXTS = 1000
"""Texts, sentences or articles in one request."""

ModelName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        description="An installed model's name, or `auto` for the server's own: unless it was "
        "started with another one, the best of a direction.",
        examples=["auto", "starter"],
    ),
]
"""Never a folder: what is loaded isn't for strangers to say."""


def _is_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("this should be a number")
    return value


NUMBER = BeforeValidator(_is_number)
"""Makes sure that true and "1" aren't taken for numbers; stands behind a field's bounds."""
Yes = Annotated[bool, Field(strict=True)]
"""True or false, but neither 1 nor "yes"."""


_MOST_FIELDS = 50


def at_most(count: int) -> BeforeValidator:
    """Makes sure that an object has no more members, before any of them is looked at."""

    def few(value: object) -> object:
        if isinstance(value, dict) and len(value) > count:
            raise ValueError(f"this has {len(value)} members, and {count} is the most")
        return value

    return BeforeValidator(few)


class Asked(BaseModel):
    """What clients send."""

    model_config = ConfigDict(
        extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, frozen=True
    )

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, value: Any) -> Any:
        """Refuse heaps of fields that nobody knows at once, instead of each one by itself."""
        if isinstance(value, dict) and len(value) > _MOST_FIELDS:
            raise ValueError(f"there are {len(value)} fields, none has so many")
        return value


class Answer(BaseModel):
    """What clients get."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class _Given(Asked):
    language: Language | None = None
    """Its language; by default that is told from the text."""
    id: str | None = Field(
        default=None, min_length=1, max_length=MOST_ID_CHARS, examples=["2025-11-06/dam"]
    )
    """What it is called in answers and in the archive; by default a name is made up."""

    def source(self) -> dict[str, Any]:
        """What workers read it from."""
        given = {"language": self.language and self.language.value, "id": self.id}
        return {**self._content(), **{name: value for name, value in given.items() if value}}

    def _content(self) -> dict[str, Any]:
        raise NotImplementedError


class TextArticle(_Given):
    """An article as plain text: a title if the first line is one, paragraphs with empty lines."""

    text: str = Field(
        min_length=1,
        examples=["Die neue Brücke wurde am Montag eröffnet.\n\nDie Arbeiten dauerten drei Jahre."],
    )
    """The text."""

    def _content(self) -> dict[str, Any]:
        return {"text": self.text}


class PageArticle(_Given):
    """A web page, menus and all: the article is found in it, and its surroundings are evidence."""

    html: str = Field(
        min_length=1,
        examples=["<article><h1>Neue Brücke</h1><p>Sie wurde am Montag eröffnet.</p></article>"],
    )
    """The page's HTML."""

    def _content(self) -> dict[str, Any]:
        data = self.html.encode("utf-8", "replace")
        return {"data": data, "name": "page.html", "charset": "utf-8"}


class WebArticle(_Given):
    """A page that the server fetches, if it was started with `--allow-fetch`."""

    url: str = Field(
        # Without control characters and spaces, in terms that every kind of regex has alike.
        pattern=r"^https?://[^\x00-\x20/\x7f-\xa0][^\x00-\x20\x7f-\xa0]*$",
        max_length=2000,
        examples=["https://example.org/article"],
    )
    """The page's address; internal hosts are never asked."""

    def _content(self) -> dict[str, Any]:
        return {"url": self.url}


class Sentences(Asked):
    """A text that is cut into sentences already."""

    sentences: list[str] = Field(
        min_length=1, max_length=5000, fail_fast=True, examples=[["Guten Morgen."]]
    )
    """In order; they aren't cut any further."""
    language: Language | None = None
    """Their language, if known."""

    def source(self) -> dict[str, Any]:
        """What workers read it from."""
        language = {"language": self.language.value} if self.language else {}
        return {"sentences": self.sentences, **language}


def which_of(*fields: str) -> Discriminator:
    """Tells the members of a union by the field that only one of them has.

    What has none of them is taken for the first, whose field is then reported as missing.
    """

    def tag(value: Any) -> str:
        present = value if isinstance(value, dict) else vars(value) if _is_model(value) else ()
        return next((name for name in fields if name in present), fields[0])

    return Discriminator(tag)


def _is_model(value: Any) -> bool:
    return isinstance(value, BaseModel)


Article = Annotated[
    Annotated[TextArticle, Tag("text")]
    | Annotated[PageArticle, Tag("html")]
    | Annotated[WebArticle, Tag("url")],
    which_of("text", "html", "url"),
]
"""One article, whatever it is read from."""

Text = Annotated[
    Annotated[TextArticle, Tag("text")]
    | Annotated[PageArticle, Tag("html")]
    | Annotated[WebArticle, Tag("url")]
    | Annotated[Sentences, Tag("sentences")],
    which_of("text", "html", "url", "sentences"),
]
"""An article or sentences."""


class ArticleFailure(Answer):
    """An article that couldn't be worked on; the others were."""

    id: str
    """Of the article."""
    stage: str
    """Where it failed, such as `read` or `translate`."""
    error: str
    """Why."""


class FlagRecord(Answer):
    """A problem of a segment's first translation."""

    problem: Problem
    """What was found."""
    remedy: Remedy | None
    """What solved it; null if the translation still has the problem."""

    @classmethod
    def of(cls, problem: str, remedy: str | None) -> Self:
        """Made of names."""
        return cls(problem=Problem(problem), remedy=Remedy(remedy) if remedy else None)


_NO_TEXT = frozenset({"charset", "id", "kind", "model", "title", "upload", "url"})


def field_chars(value: object) -> int:
    """Characters of all texts in a request that are worked on, however deep they are."""
    total, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            total += 0 if isinstance(each, Enum) else len(each)
        elif isinstance(each, BaseModel):
            waiting += [inner for name, inner in each if name not in _NO_TEXT]
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each
    return total
