"""What an archive has of articles that are to be added."""

from collections import defaultdict
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
    ELSEWHERE = "elsewhere"
    """Its content is there, under another id."""


def states_of(
    articles: Sequence[Article], rows: Callable[[str], Iterable[Mapping[str, Any]]]
) -> list[State]:
    """What an archive has of some articles.

    Content under another id doesn't count where that article is itself about to be replaced by
    another version: a front page moves on, and yesterday's is to be had under its own name only.

    Args:
        articles: that are to be added.
        rows: gives id and digest of the archive's rows of an SQL condition.
    """
    if not articles:
        return []
    hashes = [content_sha256(article) for article in articles]
    # Rows of earlier versions have the other one.
    exact = [content_sha256(article, exact=True) for article in articles]
    digests = list(zip(hashes, exact, strict=True))
    # Of several articles with one id the last one stays.
    last = {article.id: both for article, both in zip(articles, digests, strict=True)}
    ids = quoted(last)
    where = f"id IN ({ids}) OR sha256 IN ({quoted([*hashes, *exact])})"
    known: dict[str, str] = {}
    holders: dict[str, set[str]] = defaultdict(set)
    for row in rows(where):
        known[row["id"]] = row["sha256"]
        holders[row["sha256"]].add(row["id"])

    def stays(sha256: str) -> bool:
        return any(sha256 in last.get(holder, (sha256,)) for holder in holders[sha256])

    states = []
    for article, both in zip(articles, digests, strict=True):
        if article.id in known:
            states.append(State.KNOWN if known[article.id] in both else State.CHANGED)
        elif any(map(stays, both)):
            states.append(State.ELSEWHERE)
            continue
        else:
            states.append(State.NEW)
        known[article.id] = both[0]  # it may come again in this very batch
        holders[both[0]].add(article.id)
    return states
