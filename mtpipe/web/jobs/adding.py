"""Jobs that add articles to the archive of originals."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

from mtpipe.types import Article, Failure
from mtpipe.web.jobs.task import Order, failures_shown, require_something

__all__ = ["archive_add"]


def archive_add(order: Order) -> dict[str, Any]:
    """Add articles; what is in the archive already is left out, so that nothing comes twice.

    Returns:
        Counts and failures.
    """
    given = order.given("sources")
    total = given.total
    fetched = {one["url"] for one in given.sources if "url" in one}
    named = {one.get("id") for one in given.sources} | fetched
    summary = order.tools.archive(create=True).add(
        _lasting(given.articles(), named),
        on_progress=lambda so_far: order.progress(so_far.done, total, f"{so_far.added} added"),
    )
    require_something(summary.done - len(summary.failures), summary.failures)
    summary.list_failures(order.folder.result("failures.jsonl"))
    return {
        "added": summary.added,
        "replaced": summary.replaced,
        "skipped": summary.skipped,
        **failures_shown(summary.failures),
    }


def _lasting(
    items: Iterable[Article | Failure], named: set[str | None]
) -> Iterator[Article | Failure]:
    """Articles under names that another upload won't have.

    An archive replaces what has the same name; an upload's is whatever somebody called a file, so
    that the content becomes part of it. Addresses, and ids that were given, stay.
    """
    for item in items:
        if isinstance(item, Failure) or item.id in named or not item.id.startswith(item.source):
            yield item
        else:
            text = "\n".join(block.text for block in item.blocks)
            digest = sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
            yield replace(item, id=f"{item.id}@{digest}")
