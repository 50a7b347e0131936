"""What an archive has of articles that are to be added."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from mtpipe.archive.place import quoted
from mtpipe.archive.rows import content_sha256
from mtpipe.types import Article

__all__ = ["State", "states_of"]


class State(StrEnum):
    """What the archive has of an article."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"


def states_of(
    articles: Sequence[Article], rows: Callable[[str], Iterable[Mapping[str, Any]]]
) -> list[State]:
    """What an archive has of some articles.

    An article whose content is there under another id is known.

    Args:
        articles: that are to be added.
        rows: gives id and digest of the archive's rows of an SQL condition.
    """
    if not articles:
        return []
    hashes = [content_sha256(article) for article in articles]
    # Rows of earlier versions have the other one.
    exact = [content_sha256(article, exact=True) for article in articles]
    ids = quoted(article.id for article in articles)
    where = f"id IN ({ids}) OR sha256 IN ({quoted([*hashes, *exact])})"
    known: dict[str, str] = {}
    contents: set[str] = set()
    for row in rows(where):
        known[row["id"]] = row["sha256"]
        contents.add(row["sha256"])
    states = []
    for article, sha256, other in zip(articles, hashes, exact, strict=True):
        if article.id in known:
            same = known[article.id] in (sha256, other)
            states.append(State.KNOWN if same else State.CHANGED)
        else:
            is_there = not contents.isdisjoint((sha256, other))
            states.append(State.KNOWN if is_there else State.NEW)
        known[article.id] = sha256  # it may come again in this very batch
        contents.add(sha256)
    return states
