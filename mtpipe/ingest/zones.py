"""Which part of a page an element is, by its tag and by the names that its maker gave it."""

import re
from functools import lru_cache

from lxml.html import HtmlElement

from mtpipe.types import BlockKind

__all__ = ["is_caption", "names_of", "zone_of"]

# In pages of components, classes are made up, and the others have the names.
_NAMING = ("class", "id", "role", "rel", "itemprop", "data-component", "data-testid", "data-qa")
_NAMES_CHARS = 1_000
"""Of the class and id of an element; longer ones are no names."""

_ZONE_TAGS = {
    "nav": BlockKind.NAVIGATION,
    "menu": BlockKind.NAVIGATION,
    "button": BlockKind.NAVIGATION,
    "form": BlockKind.NAVIGATION,
    "footer": BlockKind.NOTICE,
    "time": BlockKind.TIME_STAMP,
    "dialog": BlockKind.NOTICE,
}
# Words in these attributes, the most telling first.
_ZONE_WORDS = (
    (BlockKind.COMMENT, re.compile(r"comment(?!ary)|kommentar|disqus", re.IGNORECASE)),
    (
        BlockKind.NOTICE,
        re.compile(
            r"cookie|consent|gdpr|newsletter|sign-?up|subscri|abonn|paywall|(?<![a-z])ads?(?![a-z])|advert"
            r"|werbung|promo|copyright|legal|disclaimer|footer",
            re.IGNORECASE,
        ),
    ),
    (
        BlockKind.RELATED,
        re.compile(
            r"related|recommend|(?:read|see)-?(?:more|also|next)|most-?\w+|teaser|trending|side-?bar",
            re.IGNORECASE,
        ),
    ),
    (BlockKind.BYLINE, re.compile(r"byline|author|autor", re.IGNORECASE)),
    (
        BlockKind.TIME_STAMP,
        re.compile(r"time-?stamp|pub-?date|dateline|date(?![a-z])", re.IGNORECASE),
    ),
    (
        BlockKind.TAG,
        re.compile(r"(?<![a-z])tags?(?![a-z])|keyword|topics?(?![a-z])", re.IGNORECASE),
    ),
    (
        BlockKind.NAVIGATION,
        re.compile(
            r"(?<![a-z])nav|menu|top-?bar|header|breadcrumb|pagination|pager|(?<![a-z])prev|(?<![a-z])next"
            r"|share|sharing|social|toolbar|skip-?link|search",
            re.IGNORECASE,
        ),
    ),
)
_CAPTION_WORDS = re.compile(
    r"(?<![a-z])(?:caption|cutline|legende?|bild-?(?:unterschrift|unterzeile|text|nachweis)|credits?"
    r"|(?:image|photo|foto|picture|media|bild)[-_]{0,2}"
    r"(?:desc(?:ription)?|credits?|copyright|source|quelle|byline|info))(?![a-z])",
    re.IGNORECASE,
)


def zone_of(element: HtmlElement) -> BlockKind | None:
    """The furniture zone of the page that an element begins; None if it begins none."""
    return _zone_named(names_of(element)) or _ZONE_TAGS.get(element.tag)


def names_of(element: HtmlElement) -> str:
    """The names that an element has in its class, id, role and the like."""
    return " ".join(filter(None, map(element.get, _NAMING)))[:_NAMES_CHARS]


def is_caption(element: HtmlElement) -> bool:
    """Whether what an element has is the text of a picture, by its tag or its class."""
    return element.tag == "figure" or bool(
        _CAPTION_WORDS.search((element.get("class") or "")[:_NAMES_CHARS])
    )


@lru_cache(4_096)
def _zone_named(names: str) -> BlockKind | None:
    return next((kind for kind, words in _ZONE_WORDS if words.search(names)), None)
