"""What is known about an article, as lines for a table and as a record."""

import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mtpipe.types import Article

__all__ = ["Fact", "article_facts", "article_record", "text_sha256", "time_between"]

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: a name and what stands there; ``is_address`` if it may be linked to."""

    name: str
    text: str
    is_address: bool = False


def article_facts(article: Article) -> tuple[Fact, ...]:
    """The facts in the order of the table; the same names for every article, some empty."""
    metadata = article.metadata
    declared = dict.fromkeys(code for _, code in metadata.declared_languages)
    language = article.language.english_name
    if declared:
        language += f" (the page says: {', '.join(declared)})"
    return (
        Fact("Title", article.title),
        Fact("Site", metadata.site),
        Fact("Address", metadata.address, is_address=True),
        Fact("Authors", ", ".join(metadata.authors)),
        Fact("Section", metadata.section),
        Fact("Published", metadata.published),
        Fact("Changed", metadata.modified),
        Fact("Says it is based on", ", ".join((*metadata.based_on, *metadata.translation_of))),
        Fact("Language", language),
        Fact("Length", f"{_words(article):,} words in {len(article.compared):,} blocks of text"),
        Fact("Read from", article.source, is_address=True),
        Fact("SHA-256 of the text", text_sha256(article)),
    )


def article_record(article: Article) -> dict[str, Any]:
    """The same for programs; what is empty is left out of the metadata."""
    return {
        "id": article.id,
        "source": article.source,
        "language": article.language.value,
        "title": article.title,
        "words": _words(article),
        "text_sha256": text_sha256(article),
        "metadata": {name: value for name, value in asdict(article.metadata).items() if value},
    }


def text_sha256(article: Article) -> str:
    """Hex digest of title and body: the blocks' texts in UTF-8, joined by line feeds."""
    text = "\n".join(block.text for block in article.blocks)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def time_between(original: Article, candidate: Article) -> str:
    """When the candidate appeared, seen from the original: ``9 hours 39 minutes later``.

    Empty unless both state when they were published, and with the same precision.
    """
    stated = original.metadata.published, candidate.metadata.published
    first, second = (_moment(text) for text in stated)
    if first is None or second is None:
        return ""
    if any(len(text) <= len("2025-11-06") for text in stated):
        days = (_day(second) - _day(first)).days
        amount = _count(abs(days), "day") if days else ""
        return f"{amount} {'later' if days > 0 else 'earlier'}" if days else "on the same day"
    if (first.tzinfo is None) != (second.tzinfo is None):
        return ""
    lag = second - first
    if abs(lag) < timedelta(minutes=1):
        return "at the same time"
    minutes = int(abs(lag).total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    amounts = [_count(number, unit) for number, unit in parts if number]
    return f"{' '.join(amounts[:2])} {'later' if lag > timedelta() else 'earlier'}"


def _words(article: Article) -> int:
    return sum(len(_WORD.findall(block.text)) for block in article.compared)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _day(moment: datetime) -> date:
    return moment.date()


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' if number != 1 else ''}"
