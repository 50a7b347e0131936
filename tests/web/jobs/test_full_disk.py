"""On a full disk a job fails with a clear word, keeps what was done, and goes on from there."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mtpipe.errors import OutputError
from mtpipe.web.jobs.job import JobState, problem_of
from mtpipe.web.jobs.results import partial_files
from mtpipe.web.jobs.store import JobStore
from mtpipe.web.jobs.uploads import Upload
from tests.web.jobs.conftest import Doing

resource = pytest.importorskip("resource")

ARTICLES = "".join(
    f'{{"id": "{n}", "text": "Die Brücke wurde am {n}. Mai eröffnet."}}\n' for n in range(1, 9)
)


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """No file may become longer than that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def request_of() -> dict[str, object]:
    return {"target": "en", "source": "de", "model": "starter", "sources": [{"upload": "a.jsonl"}]}


def test_a_translation_goes_on_where_the_disk_was_full(doing: Doing, store: JobStore) -> None:
    upload = Upload("a.jsonl", ARTICLES.encode())
    whole = doing.done("translate", request_of(), [upload])
    expected = doing.text(whole, "translation.jsonl")
    store.remove(whole.id)

    job = doing.begun("translate", request_of(), [upload])
    with files_up_to(len(expected) // 2), pytest.raises(OutputError) as caught:
        doing.carry_out(job)
    assert str(store.folder(job.id).path) not in str(caught.value)
    folder = store.folder(job.id)
    store.fail(job.id, problem_of(caught.value), partial_files(folder, job.kind))
    failed = store.get(job.id)
    assert failed
    kept = doing.text(failed, "translation.jsonl")
    assert 0 < len(kept) < len(expected)
    assert expected.startswith(kept)

    assert store.retry(job.id)
    assert store.claim()
    doing.carry_out(job)
    assert folder.result("translation.jsonl").read_text(encoding="utf-8") == expected


def test_a_report_that_doesnt_fit_leaves_nothing_half_done(doing: Doing, store: JobStore) -> None:
    job = doing.begun("detect", {"candidates": [{"text": "The new bridge was opened on Monday."}]})
    with files_up_to(5_000), pytest.raises(OutputError):
        doing.carry_out(job)
    assert not list(store.folder(job.id).results.glob("reports/*.html"))
    assert store.folder(job.id).outcome is None
    outcome = doing.carry_out(job)
    assert outcome["files"][0][0] == "report.html"
    found = store.get(job.id)
    assert found
    assert found.state is JobState.RUNNING
