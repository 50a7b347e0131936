"""Jobs that add articles to the archive of originals."""

from typing import Any

from mtpipe.web.jobs.task import Order, failures_shown, require_something
from mtpipe.web.workers.archiving import lasting

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
        lasting(given.articles(), named),
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
