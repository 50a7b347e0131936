"""What an article is known by: a digest of everything that was read of it.

Not for versions of translations or verdicts, which depend on what made them as well.
"""

import hashlib
from dataclasses import fields
from typing import Any

from mtpipe.records import to_line
from mtpipe.types import Article

__all__ = ["article_sha256"]


def article_sha256(article: Article) -> str:
    """Hex digest of everything that was read of an article."""
    # Not by asdict, which copies everything first.
    return hashlib.sha256(
        to_line(_as_record(article), default=_as_record).encode("utf-8", "replace")
    ).hexdigest()


def _as_record(part: Any) -> dict[str, Any]:
    """A dataclass within an article, for JSON."""
    return {field.name: getattr(part, field.name) for field in fields(part)}
