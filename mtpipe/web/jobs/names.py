"""Names that strangers gave: what is shown of them, and what a file may be called after them.

What was uploaded never lies under its own name (:func:`stored_name`), and results are called after
articles only in characters that no file system and no program takes for anything else.
"""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

__all__ = ["numbered", "report_name", "shown_name", "stored_name", "suffix_of"]

_MOST_CHARS = 120
_MOST_REPORT_CHARS = 80
_SEPARATORS = re.compile(r"[/\\]")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that can't be seen, or that turn the others round."""
_KNOWN = frozenset(
    [
        ".html",
        ".htm",
        ".xhtml",
        ".txt",
        ".text",
        ".md",
        ".markdown",
        ".jsonl",
        ".ndjson",
        ".json",
        ".csv",
        ".tsv",
        ".parquet",
        ".rss",
        ".atom",
        ".tmx",
        ".xml",
    ]
)
_COMPRESSED = frozenset({".gz", ".xz", ".bz2", ".zst"})
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def shown_name(name: str, otherwise: str = "upload") -> str:
    """A stranger's name for people: its last part, without what can't be seen, of limited length."""
    last = _SEPARATORS.split(name)[-1]
    seen = "".join(c for c in last if unicodedata.category(c) not in _HIDDEN)
    seen = " ".join(unicodedata.normalize("NFC", seen).split())
    if not seen.strip("."):
        return otherwise
    suffix = suffix_of(seen)
    return seen.removesuffix(suffix)[: _MOST_CHARS - len(suffix)] + suffix


def numbered(names: Iterable[str]) -> list[str]:
    """The names, those that came before with a number: ``page (2).html``; capitals don't count."""
    taken: set[str] = set()
    found = []
    for name in names:
        number, own = 1, name
        while own.casefold() in taken:
            number += 1
            suffix = suffix_of(name)
            own = f"{name.removesuffix(suffix)} ({number}){suffix}"
        taken.add(own.casefold())
        found.append(own)
    return found


def suffix_of(name: str) -> str:
    """The end of a name that tells a format, as it stands there; empty if it tells none."""
    lower = name.lower()
    packed = next((end for end in _COMPRESSED if lower.endswith(end)), "")
    inner = lower.removesuffix(packed)
    suffix = next((end for end in _KNOWN if inner.endswith(end) and inner != end), "")
    length = len(suffix + packed) if suffix else 0
    return name[-length:] if length else ""


def stored_name(number: int, name: str) -> str:
    """What an upload is called on disk: ``0007.html``."""
    return f"{number:04}{suffix_of(name).lower()}"


def report_name(article_id: str) -> str:
    """What a report on an article is called, without a suffix; another one for each id."""
    stem = article_id.removesuffix(suffix_of(article_id))
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in stem)
    safe = safe.strip("._")[-_MOST_REPORT_CHARS:].lstrip("._")
    if safe and safe == article_id.lower() and not _RESERVED.match(safe):
        return safe  # no other id becomes this one, whatever a file system thinks of capitals
    digest = sha256(article_id.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{'report' if not safe or _RESERVED.match(safe) else safe}-{digest}"
