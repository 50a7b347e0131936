"""A job as its page and the list show it: in words of the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from mtpipe.types.detection import Finding
from mtpipe.web.jobs.job import Job, JobKind, JobState
from mtpipe.web.pages.texts import Texts

__all__ = ["FileView", "JobView", "file_views", "finding_key", "job_view"]

_ROOMS = {
    JobKind.TRANSLATE: "translate",
    JobKind.DETECT: "detect",
    JobKind.ALIGN: "align",
    JobKind.SCORE: "score",
    JobKind.ARCHIVE_ADD: "archive",
}
_FINDINGS = {finding.value: finding.name.lower() for finding in Finding}
_LABELS = {
    "report.html": "report_html",
    "report.json": "report_json",
    "rows.jsonl": "rows",
    "failures.jsonl": "failures",
    "all.zip": "zip",
    "alignment.vecalign.txt": "vecalign",
}
"""Texts of the files that aren't named after their suffix."""


@dataclass(frozen=True, slots=True)
class JobView:
    """What is shown of a job.

    Attributes:
        id: of the job.
        kind: what it does.
        room: the tool's page that it came from.
        title: as its owner knows it.
        path: of its page.
        state: how far it is.
        is_final: whether nothing will happen to it any more.
        share: that is done, 0..1; None where nobody knows.
        count_text: how many are done, in words.
        left_text: how long it will still take, in words; empty where nobody knows.
        headline: what came of it, in a phrase; empty where there is none.
        problem_lead: why it failed, in words of the reader's language.
        problem_text: the same in mtpipe's own words, which are English.
        problem_hint: what may repair that.
        created: when it was asked for, in ISO 8601.
        finished: when it came to its end.
        expires: when it will be removed.
    """

    id: str
    kind: str
    room: str
    title: str
    path: str
    state: str
    is_final: bool
    share: float | None
    count_text: str
    left_text: str
    headline: str
    problem_lead: str
    problem_text: str
    problem_hint: str
    created: str
    finished: str
    expires: str

    @property
    def percent(self) -> int | None:
        """That is done, in whole percent."""
        return None if self.share is None else int(100 * self.share)


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that can be downloaded.

    Attributes:
        name: of the file.
        path: to fetch it from.
        label: what it is.
        size_bytes: None for one that is made when it is asked for.
    """

    name: str
    path: str
    label: str
    size_bytes: int | None


def job_view(job: Job, texts: Texts, root: str, *, now: datetime | None = None) -> JobView:
    """What to show of a job.

    Args:
        job: as it is.
        texts: of the reader's language.
        root: what a proxy in front strips.
        now: this moment, by default.
    """
    share = min(1.0, job.done / job.total) if job.total else None
    if job.state is JobState.QUEUED:
        share = None
    problem = job.problem or {}
    return JobView(
        id=job.id,
        kind=job.kind.value,
        room=_ROOMS[job.kind],
        title=job.title or texts("job.untitled"),
        path=f"{root}/ui/jobs/{job.id}",
        state=job.state.value,
        is_final=job.is_final,
        share=share,
        count_text=_count(job, texts),
        left_text=_left(job, texts, now or datetime.now(UTC)),
        headline=_headline(job, texts),
        problem_lead=_lead(problem, texts),
        problem_text=str(problem.get("detail") or problem.get("title") or ""),
        problem_hint=str(problem.get("hint") or ""),
        created=job.created,
        finished=job.finished or "",
        expires=job.expires or "",
    )


def file_views(job: Job, texts: Texts, root: str) -> list[FileView]:
    """The files of a job that its page offers; single reports are linked where they belong."""
    return [
        FileView(
            file.name,
            f"{root}/ui/jobs/{job.id}/files/{quote(file.name)}",
            _label(file.name, texts),
            file.size_bytes,
        )
        for file in _in_order(job)
    ]


def finding_key(summary: dict[str, Any]) -> str:
    """The verdict of a summary as a key of texts; empty if it is none that is known."""
    return _FINDINGS.get(str(summary.get("verdict", "")), "")


def _in_order(job: Job) -> Iterable[Any]:
    """What people read first, what programs read last."""
    order = [".html", ".txt", ".xlf", ".tmx", ".tsv", ".csv", ".md", ".tex", ".json", ".jsonl"]
    shown = [file for file in job.files if "/" not in file.name]
    rank = {suffix: place for place, suffix in enumerate(order)}
    return sorted(shown, key=lambda file: rank.get(_suffix(file.name), len(order)))


def _suffix(name: str) -> str:
    return f".{name.rpartition('.')[2].lower()}"


def _label(name: str, texts: Texts) -> str:
    key = f"file.{_LABELS.get(name, _suffix(name)[1:])}"
    return texts(key) if texts.has(key) else name


def _count(job: Job, texts: Texts) -> str:
    if job.state is not JobState.RUNNING:
        return ""
    if job.total:
        return texts("job.count", done=texts.number(job.done), total=texts.number(job.total))
    return texts("job.count_open", done=texts.number(job.done)) if job.done else ""


def _left(job: Job, texts: Texts, now: datetime) -> str:
    """An estimate from how long it has taken so far; restarts make it a poor one, but no wrong one."""
    if job.state is not JobState.RUNNING or not job.total or not job.done or not job.started:
        return ""
    try:
        spent = (now - datetime.fromisoformat(job.started)).total_seconds()
    except (ValueError, TypeError):
        return ""
    left = spent * (job.total - job.done) / job.done
    return texts("job.left", span=texts.span(left)) if left > 0 else ""


def _lead(problem: dict[str, Any], texts: Texts) -> str:
    key = f"failed.{problem.get('error')}"
    return texts(key if texts.has(key) else "failed.other") if problem else ""


def _headline(job: Job, texts: Texts) -> str:
    key = finding_key(job.summary or {}) if job.state is JobState.DONE else ""
    return texts(f"finding.{key}.title") if key else ""
