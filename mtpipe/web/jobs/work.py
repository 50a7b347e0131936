"""What workers do for jobs: each function takes a job up, from wherever it was left.

Everything that is made lies in the job's folder, and what is finished there isn't done again: a
task that was killed after its last word finds its outcome, and says it once more.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from mtpipe.web.jobs import adding, comparing, detecting, scoring, translating
from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.jobs.results import ZIP, outcome_of, zip_results
from mtpipe.web.jobs.task import Order
from mtpipe.web.workers.pool import OnProgress
from mtpipe.web.workers.tools import Tools

__all__ = ["align", "archive_add", "detect", "document", "score", "translate", "zipped"]

Task = Callable[[Tools, dict[str, Any], OnProgress], Any]


def _job(work: Callable[[Order], dict[str, Any]]) -> Task:
    """A task that does a job alone, and keeps what it came to."""

    @wraps(work)
    def task(tools: Tools, arguments: dict[str, Any], progress: OnProgress) -> dict[str, Any]:
        newest = _Newest(progress)
        order = _order(tools, arguments, newest)
        with order.folder.alone():
            if (outcome := order.folder.outcome) is not None:
                return outcome
            with order.in_its_own_words():
                summary = work(order)
            # What was reported last may never have been passed on.
            outcome = outcome_of(order.folder, summary) | {"done": newest.done}
            order.folder.keep_outcome(outcome)
            return outcome

    return task


class _Newest:
    """Reports progress, and remembers it."""

    def __init__(self, progress: OnProgress) -> None:
        self.done = 0
        self._progress = progress

    def __call__(self, done: int, total: int | None, note: str) -> None:
        self.done = done
        self._progress(done, total, note)


translate = _job(translating.translate)
detect = _job(detecting.detect)
align = _job(comparing.align)
score = _job(scoring.score)
archive_add = _job(adding.archive_add)


def document(tools: Tools, arguments: dict[str, Any], progress: OnProgress) -> str:
    """Write the translations of a finished job in another form.

    Args:
        tools: with the models.
        arguments: ``folder``, ``request`` and the ``name`` of the document.
        progress: told how far it is.

    Returns:
        The document's name.
    """
    order = _order(tools, arguments, progress)
    with order.folder.alone(), order.in_its_own_words():
        translating.write_document(order, arguments["name"])
    return str(arguments["name"])


def zipped(tools: Tools, arguments: dict[str, Any], progress: OnProgress) -> str:
    """Put all results of a finished job into one file.

    Returns:
        Its name.
    """
    order = _order(tools, arguments, progress)
    with order.folder.alone():
        zip_results(order.folder, arguments["files"])
    return ZIP


def _order(tools: Tools, arguments: dict[str, Any], progress: OnProgress) -> Order:
    return Order(
        tools,
        JobFolder(Path(arguments["folder"])),
        arguments["request"],
        progress,
        is_small=bool(arguments.get("is_small")),
    )
