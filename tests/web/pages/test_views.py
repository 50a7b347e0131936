"""How far a job is, in words."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mtpipe.web.jobs import comparing
from mtpipe.web.jobs.job import Job, JobFile, JobKind, JobState
from mtpipe.web.pages.texts import texts_of
from mtpipe.web.pages.views import file_views, job_view

EN = texts_of("en")
NOW = datetime(2026, 1, 1, 12, 10, tzinfo=UTC)
JOB = Job(
    id="0" * 32,
    kind=JobKind.TRANSLATE,
    state=JobState.RUNNING,
    digest="",
    owner="anyone",
    title="",
    request={},
    created="2026-01-01T12:00:00+00:00",
    started="2026-01-01T12:00:00+00:00",
    done=25,
    total=100,
)


@pytest.mark.parametrize(
    ("changes", "percent", "count", "left"),
    [
        ({}, 25, "25 of 100", "about 30 minutes left"),
        ({"done": 0}, 0, "0 of 100", ""),
        ({"total": None}, None, "25 so far", ""),
        ({"total": None, "done": 0}, None, "", ""),
        ({"total": 0}, None, "25 so far", ""),
        ({"done": 100}, 100, "100 of 100", ""),
        ({"done": 130}, 100, "130 of 100", ""),
        ({"state": JobState.QUEUED}, None, "", ""),
        ({"state": JobState.DONE}, 25, "", ""),
        ({"started": None}, 25, "25 of 100", ""),
        ({"started": "soon"}, 25, "25 of 100", ""),
        ({"started": "2026-01-01T12:00:00"}, 25, "25 of 100", ""),
        ({"started": "2026-01-01T12:20:00+00:00"}, 25, "25 of 100", ""),
    ],
)
def test_progress(changes: dict[str, Any], percent: int | None, count: str, left: str) -> None:
    view = job_view(replace(JOB, **changes), EN, "", now=NOW)
    assert (view.percent, view.count_text, view.left_text) == (percent, count, left)


def test_a_job_without_a_title_has_one() -> None:
    view = job_view(JOB, EN, "/mt")
    assert view.title == "Untitled"
    assert view.path == f"/mt/ui/jobs/{'0' * 32}"


def test_files_for_people_come_first() -> None:
    names = ["translation.jsonl", "all.zip", "translation.tmx", "translation.html", "strange.bin"]
    files = tuple(JobFile(name, "", None) for name in [*names, "reports/a.html"])
    views = file_views(replace(JOB, files=files), EN, "")
    assert [view.label for view in views] == [
        "Web page (HTML)",
        "Translation memory (TMX)",
        "JSON lines",
        "Everything (ZIP)",
        "strange.bin",
    ]


def test_every_form_of_an_alignment_has_a_label_of_its_own() -> None:
    files = tuple(JobFile(name, "", 1) for name in comparing._FILES)
    labels = {view.name: view.label for view in file_views(replace(JOB, files=files), EN, "")}
    assert labels["alignment.vecalign.txt"] == "Vecalign"
    assert len(set(labels.values())) == len(labels)
    assert not labels.keys() & set(labels.values())


@pytest.mark.parametrize(
    ("error", "lead"),
    [
        ("EmptyArticle", "There is no article in it, or too little text."),
        ("SomethingNew", "The server couldn’t do it."),
        (None, "The server couldn’t do it."),
    ],
)
def test_why_a_job_failed(error: str | None, lead: str) -> None:
    failed = replace(JOB, state=JobState.FAILED, problem={"detail": "a.html: oh", "error": error})
    view = job_view(failed, EN, "")
    assert (view.problem_lead, view.problem_text) == (lead, "a.html: oh")
