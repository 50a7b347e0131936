from pathlib import Path

import pytest

from mtpipe.errors import OutputError
from mtpipe.pipeline.failures import failures_of, write_failures
from mtpipe.types import Failure

FAILURE = Failure("a", "read", "no such file")


def test_a_list_takes_the_place_of_the_last_one(tmp_path: Path) -> None:
    place = tmp_path / "list.jsonl"
    assert write_failures([FAILURE, FAILURE], place) == place
    assert write_failures([FAILURE], place) == place
    assert place.read_text() == '{"article_id": "a", "stage": "read", "error": "no such file"}\n'
    assert write_failures([], place) is None
    assert not place.exists()


def test_a_file_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (place := tmp_path / "notes").write_text("mine\n")
    with pytest.raises(OutputError, match="something else"):
        write_failures([FAILURE], place)
    assert write_failures([], place) is None
    assert place.read_text() == "mine\n"


def test_only_files_have_a_list_beside_them(tmp_path: Path) -> None:
    assert failures_of(tmp_path / "out.jsonl") == tmp_path / "out.jsonl.failures.jsonl"
    assert failures_of(None) is failures_of(tmp_path) is None
