"""What workers can be told to do: names of tasks, and the functions that do them.

A function gets :class:`~mtpipe.web.workers.tools.Tools`, the arguments of the order (plain data)
and a function that reports progress; it returns plain data.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mtpipe.web.workers.pool import OnProgress

if TYPE_CHECKING:
    from mtpipe.web.workers.tools import Tools

__all__ = ["TASKS", "Task", "task_named"]

Task = Callable[["Tools", dict[str, Any], OnProgress], Any]

TASKS: dict[str, str] = {
    "prepare": "mtpipe.web.workers.tools:prepare",
    "translate_segments": "mtpipe.web.workers.translating:translate_segments",
    "translate_articles": "mtpipe.web.workers.translating:translate_articles",
    "identify": "mtpipe.web.workers.translating:identify_languages",
    "detect": "mtpipe.web.workers.detecting:detect",
    "align": "mtpipe.web.workers.comparing:align_texts",
    "score": "mtpipe.web.workers.comparing:score_texts",
    "archive_find": "mtpipe.web.workers.archiving:find",
    "archive_list": "mtpipe.web.workers.archiving:listed",
    "archive_statistics": "mtpipe.web.workers.archiving:statistics",
    "archive_add": "mtpipe.web.workers.archiving:add",
    "archive_remove": "mtpipe.web.workers.archiving:remove",
    "models": "mtpipe.web.workers.listing:models",
    "html_cut": "mtpipe.web.libretranslate.html:cut_html",
    "html_blocks": "mtpipe.web.libretranslate.html:translate_blocks",
    "file_text": "mtpipe.web.libretranslate.files:file_text",
    "job_translate": "mtpipe.web.jobs.work:translate",
    "job_detect": "mtpipe.web.jobs.work:detect",
    "job_align": "mtpipe.web.jobs.work:align",
    "job_score": "mtpipe.web.jobs.work:score",
    "job_archive_add": "mtpipe.web.jobs.work:archive_add",
    "job_document": "mtpipe.web.jobs.work:document",
    "job_zip": "mtpipe.web.jobs.work:zipped",
}
"""Module and function of each task, loaded in the worker on first use."""


@cache
def task_named(name: str) -> Task:
    """The function of a task.

    Raises:
        KeyError: there is no such task.
    """
    module, _, function = TASKS[name].partition(":")
    task: Task = getattr(import_module(module), function)
    return task
