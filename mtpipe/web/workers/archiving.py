"""Tasks on the archive of originals."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from hashlib import sha256
from heapq import nsmallest
from typing import Any

from mtpipe import Scope
from mtpipe.errors import InputError
from mtpipe.types import Article, Failure, Language
from mtpipe.web.names import kept_id
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.sources import article_of, articles_of
from mtpipe.web.workers.tools import Tools
from mtpipe.web.workers.translating import failure_record

__all__ = ["add", "find", "lasting", "listed", "remove", "statistics"]

_MOST_LISTED = 1_000


def find(tools: Tools, arguments: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """The articles that a ``candidate`` may come from.

    Args:
        tools: with the archive.
        arguments: ``candidate``; ``limit``, ``min_score``, ``within_days``, ``language`` of the
            originals.
    """
    candidate = article_of(arguments["candidate"], allow_fetch=tools.settings.allow_fetch)
    language = arguments.get("language")
    scope = Scope(
        languages=(Language.parse(language),) if language else (),
        within_days=arguments.get("within_days"),
    )
    found = tools.archive().find(
        candidate,
        scope=scope,
        limit=arguments.get("limit") or 5,
        min_score=arguments.get("min_score") or 0.0,
    )
    return {
        "id": candidate.id,
        "language": candidate.language.value,
        "title": candidate.title,
        "originals": [
            {
                "id": each.article.id,
                "language": each.article.language.value,
                "score": float(each.score),
                "votes": int(each.votes),
                "sentences": int(each.sentences),
                "published": each.article.metadata.published,
                "title": each.article.title,
                "address": each.article.metadata.address,
                "shared": list(each.shared),
            }
            for each in found
        ],
    }


def listed(tools: Tools, arguments: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """Articles of the archive in the order of their ids, so many at a time.

    Args:
        tools: with the archive.
        arguments: ``limit``, ``after`` (the last id of the page before), ``language``,
            ``containing``.
    """
    limit = min(arguments.get("limit") or 50, _MOST_LISTED)
    after = arguments.get("after") or ""
    articles = tools.archive().listed(
        language=arguments.get("language"), containing=arguments.get("containing") or ""
    )
    behind = (each for each in articles if each.id > after)
    page = nsmallest(limit + 1, behind, key=lambda each: each.id)
    return {
        "articles": [asdict(each) for each in page[:limit]],
        "next": page[limit - 1].id if len(page) > limit else None,
    }


def statistics(tools: Tools, _: dict[str, Any], __: OnProgress) -> dict[str, Any]:
    """What is in the archive, counted."""
    return asdict(tools.archive().statistics())


def add(tools: Tools, arguments: dict[str, Any], progress: OnProgress) -> dict[str, Any]:
    """Add the articles of some ``sources``; the archive is made if it isn't there."""
    sources = arguments["sources"]
    named = {kept_id(source.get("id")) or source.get("url") for source in sources}
    items = articles_of(sources, allow_fetch=tools.settings.allow_fetch)
    summary = tools.archive(create=True).add(
        lasting(items, named), on_progress=lambda so_far: progress(so_far.done, None, "")
    )
    return {
        "added": summary.added,
        "replaced": summary.replaced,
        "skipped": summary.skipped,
        "sentences": summary.sentences,
        "failures": [failure_record(each) for each in summary.failures],
    }


def remove(tools: Tools, arguments: dict[str, Any], _: OnProgress) -> dict[str, Any]:
    """Remove the articles of some ``ids``."""
    ids = arguments["ids"]
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise InputError("ids are a list of texts")
    return {"removed": tools.archive().remove(ids)}


def lasting(
    items: Iterable[Article | Failure], named: set[str | None]
) -> Iterator[Article | Failure]:
    """Articles under names that another upload won't have.

    An archive replaces what has the same name; an upload's is whatever somebody called a file, so
    that the content becomes part of it. Addresses, and ids that were given, stay.

    Args:
        items: as they were read.
        named: the names that were given.
    """
    for item in items:
        if isinstance(item, Failure) or item.id in named or not item.id.startswith(item.source):
            yield item
        else:
            text = "\n".join(block.text for block in item.blocks)
            digest = sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
            yield replace(item, id=f"{item.id}@{digest}")
