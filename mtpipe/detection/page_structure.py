"""Checks of a page's blocks that no pattern can express."""

import re

import regex

from mtpipe.detection.leftovers import FUNCTION_WORDS
from mtpipe.detection.observations import Examined, Observation
from mtpipe.detection.page_metadata import is_agency
from mtpipe.types import Article, Block, BlockKind, Language, Quotation, Side

__all__ = [
    "author_named",
    "foreign_caption",
    "foreign_paragraph",
    "repeated_title",
    "same_clock_time",
    "section_of_original",
]

_NOT_WORD = re.compile(r"[\W_]+")
_PERSON = regex.compile(
    r"\p{Lu}[\p{L}’'.-]+(?: \p{Lu}\.)?(?: (?:von|van|de|du|le|la|der))* \p{Lu}[\p{L}’'-]+"
)
_BY = regex.compile(r"(?i)^(?:von|by|par)\s+")
_NO_PERSON = regex.compile(
    r"(?i)\b(?:redaktion|rédaction|newsroom|desk|staff|team|admin|online|agentur|agence|agency|press"
    r"|presse|zeitung|journal|news|nachrichten|editorial|super user|gruppe von|group of|groupe de|web|google|deepl|translat\w*|übersetz\w*|traduct\w*)\b"
)
_QUOTE = regex.compile(r"""^["'„“«»‹›‘–—-]""")
# Behind "Uhr" only "a.m." with its full stops is one; "am" is the preposition.
_CLOCK = regex.compile(
    r"\b(\d{1,2})\s?(?:[:h]\s?(\d\d)|\.(\d\d)(?= Uhr| o['’]clock))(?!\d)"
    r"(?:\s?Uhr(?:\s?([ap])\.\s?m\b)?|\s?([ap])\.?\s?m\b)?",
    regex.IGNORECASE,
)
# Names of sections that newspapers of two or three of the languages have.
_INTERNATIONAL = frozenset(
    [
        "sport",
        "sports",
        "international",
        "live",
        "video",
        "videos",
        "podcast",
        "podcasts",
        "business",
        "news",
        "newsletter",
        "magazine",
        "regional",
        "national",
        "europe",
        "tech",
        "people",
        "panorama",
        "forum",
        "culture",
        "finance",
        "immobilien",
        "opinion",
        "auto",
        "lifestyle",
        "digital",
        "science",
        "ukraine",
        "israel",
        "gaza",
        "iran",
        "football",
        "tennis",
        "golf",
        "formula1",
        "musik",
    ]
)
_SECTION_CHARS = 40
_OWN_BLOCKS = 4


def repeated_title(examined: Examined) -> Observation | None:
    """Blocks that say the title again, letter for letter."""
    title = _key(examined.candidate.title)
    repeats = [
        block
        for block in examined.candidate.furniture
        if block.kind is BlockKind.REPEATED_TITLE and _key(block.text) == title
    ]
    if not title or not repeats:
        return None
    return Observation(tuple(map(_whole, repeats)), len(repeats))


def foreign_paragraph(examined: Examined) -> Observation | None:
    """Paragraphs in another of the languages, where most are in the article's own.

    None that is quoted: in quotation marks, in italics, or behind a colon.
    """
    blocks = examined.candidate.blocks
    own = [block for block in blocks if block.language is None]
    foreign = [
        block
        for before, block in zip((None, *blocks), blocks, strict=False)
        if _is_foreign(block, BlockKind.PARAGRAPH)
        and not any(span.start == 0 for span in block.spans)
        and not (before and before.text.endswith(":"))
    ]
    if not foreign or len(own) < max(_OWN_BLOCKS, 2 * len(foreign)):
        return None  # with as much in the other language it is a bilingual page
    return Observation(tuple(map(_whole, foreign)), len(foreign))


def foreign_caption(examined: Examined) -> Observation | None:
    """Captions in another of the languages, where the text is in the article's own."""
    blocks = examined.candidate.blocks
    own = [block for block in blocks if block.language is None]
    foreign = [block for block in blocks if _is_foreign(block, BlockKind.CAPTION)]
    if not foreign or len(own) < _OWN_BLOCKS:
        return None
    return Observation(tuple(map(_whole, foreign)), len(foreign))


def author_named(examined: Examined) -> Observation | None:
    """A byline with a person's name, on the page or in its metadata; the site's isn't one."""
    metadata = examined.candidate.metadata
    for block in examined.candidate.furniture:
        if block.kind is BlockKind.BYLINE and _names_person(block.text, metadata.site):
            return Observation((_whole(block),))
    for author in metadata.authors:
        if _names_person(author, metadata.site):
            return Observation((Quotation(Side.CANDIDATE, author),))
    return None


def same_clock_time(examined: Examined) -> Observation | None:
    """A time stamp with the very time of day that the original's time stamp shows."""
    if examined.original is None:
        return None
    times = {time for block in _stamps(examined.original) for time in _times(block.text)}
    shared = [b for b in _stamps(examined.candidate) if times & set(_times(b.text))]
    return Observation(tuple(map(_whole, shared))) if shared else None


def section_of_original(examined: Examined) -> Observation | None:
    """A tag that is the original's section in the original's language."""
    original = examined.original
    if original is None or original.language is examined.candidate.language:
        return None
    names = {_key(b.text) for b in original.furniture if b.kind is BlockKind.TAG}
    names |= {_key(original.metadata.section)}
    names -= _INTERNATIONAL | {""}
    kept = [
        block
        for block in examined.candidate.furniture
        if block.kind in (BlockKind.TAG, BlockKind.NAVIGATION)
        and len(block.text) <= _SECTION_CHARS
        and _key(block.text) in names
    ]
    return Observation(tuple(map(_whole, kept)), len(kept)) if kept else None


def _is_foreign(block: Block, kind: BlockKind) -> bool:
    """Whether a block of a kind is prose in another of the languages, and no quotation."""
    return (
        block.kind is kind
        and block.language in set(Language)
        and not _QUOTE.match(block.text)
        and _is_prose(block.text, Language(block.language))
    )


def _is_prose(text: str, language: Language) -> bool:
    """Whether a text has function words enough; code and lists of names have few."""
    words = text[:1000].casefold().split()
    return sum(word in FUNCTION_WORDS[language] for word in words) >= max(3, len(words) // 5)


def _names_person(text: str, site: str) -> bool:
    name = _BY.sub("", text[:200])
    if site and _key(name) == _key(site):
        return False
    return bool(_PERSON.search(name)) and not _NO_PERSON.search(name) and not is_agency(name)


def _stamps(article: Article) -> list[Block]:
    return [block for block in article.furniture if block.kind is BlockKind.TIME_STAMP]


def _times(text: str) -> list[tuple[int, int]]:
    """Hours and minutes in a time stamp, on the 24-hour clock."""
    times = []
    for match in _CLOCK.finditer(text[:200]):
        hour, minute = int(match[1]), int(match[2] or match[3])
        half = (match[4] or match[5] or "").lower()
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        times.append((hour, minute))
    return times


def _whole(block: Block) -> Quotation:
    return Quotation(Side.CANDIDATE, block.text, block.place)


def _key(text: str) -> str:
    """Letters and digits in lower case: equal for texts that read the same."""
    return _NOT_WORD.sub("", text).casefold()
