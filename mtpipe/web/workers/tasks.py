"""What workers can be told to do: names of tasks, and the functions that do them.

A function gets :class:`Tools`, the arguments of the order (plain data) and a function that reports
progress; it returns plain data.
"""

__all__ = ["TASKS"]

TASKS: dict[str, str] = {
    "translate_segments": "mtpipe.web.workers.translating:translate_segments",
    "translate_articles": "mtpipe.web.workers.translating:translate_articles",
    "detect": "mtpipe.web.workers.detecting:detect",
    "align": "mtpipe.web.workers.comparing:align",
    "score": "mtpipe.web.workers.comparing:score",
    "identify": "mtpipe.web.workers.translating:identify",
    "archive_find": "mtpipe.web.workers.archiving:find",
    "archive_list": "mtpipe.web.workers.archiving:listed",
    "archive_get": "mtpipe.web.workers.archiving:get",
    "archive_statistics": "mtpipe.web.workers.archiving:statistics",
    "archive_add": "mtpipe.web.workers.archiving:add",
    "archive_remove": "mtpipe.web.workers.archiving:remove",
    "models": "mtpipe.web.workers.listing:models",
    "job_translate": "mtpipe.web.jobs.work:translate",
    "job_detect": "mtpipe.web.jobs.work:detect",
    "job_align": "mtpipe.web.jobs.work:align",
    "job_score": "mtpipe.web.jobs.work:score",
    "job_archive_add": "mtpipe.web.jobs.work:archive_add",
}
"""Module and function of each task, loaded in the worker on first use."""
