"""What a job leaves."""

import json
from pathlib import Path

import pytest

from mtpipe.errors import OutputError
from mtpipe.types import Failure
from mtpipe.web.jobs.folder import JobFolder
from mtpipe.web.jobs.results import files_of, keep_failures


def test_a_list_of_failures_is_that_of_the_last_try(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    folder.results.mkdir()
    keep_failures(folder, [])
    assert files_of(folder) == []
    for name in ("a", "b"):
        keep_failures(folder, [Failure(name, "read", "no text")])
        [[file, media_type, _]] = files_of(folder)
        assert (file, media_type) == ("failures.jsonl", "application/x-ndjson")
        record = json.loads(folder.result(file).read_bytes())
        assert record == {"article_id": name, "stage": "read", "error": "no text"}
    keep_failures(folder, [])
    assert files_of(folder) == []


def test_a_list_that_cant_be_removed_is_an_error(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path)
    folder.result("failures.jsonl").mkdir(parents=True)
    with pytest.raises(OutputError):
        keep_failures(folder, [])
