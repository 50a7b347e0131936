"""Attempts are counted within a run."""

import json
from pathlib import Path

import pytest

from mtpipe.errors import OutputError
from mtpipe.scale.attempts import Attempts, begun, broke, forget, refuse_other_run
from mtpipe.storage import Place


def test_attempts_are_counted_until_the_shard_is_done(tmp_path: Path) -> None:
    output = Place.of(tmp_path)
    assert begun(output, "a", "run 1") == Attempts(0)
    assert begun(output, "a", "run 1") == Attempts(1)
    broke(output, "a", "run 1", "device lost")
    assert begun(output, "a", "run 1") == Attempts(2, "device lost")
    assert begun(output, "b", "run 1") == Attempts(0)
    forget(output, "a")
    assert begun(output, "a", "run 1") == Attempts(0)


def test_what_another_run_left_was_interrupted(tmp_path: Path) -> None:
    output = Place.of(tmp_path)
    begun(output, "a", "run 1")
    assert begun(output, "a", "run 2") == Attempts(0)
    assert begun(output, "a", "run 2") == Attempts(1)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"run": "run 1"}', '{"run": "run 1", "number": []}']
)
def test_damaged_notes_count_for_nothing(content: str, tmp_path: Path) -> None:
    output = Place.of(tmp_path)
    begun(output, "a", "run 1")
    (tmp_path / "attempts" / "a.json").write_text(content)
    assert begun(output, "a", "run 1") == Attempts(0)


def test_a_worker_of_a_run_that_is_gone_writes_nothing(tmp_path: Path) -> None:
    output = Place.of(tmp_path)
    refuse_other_run(output, "run 1")  # nobody says whose it is
    (tmp_path / "run.json").write_text(json.dumps({"run": "run 1"}))
    refuse_other_run(output, "run 1")
    with pytest.raises(OutputError, match="another run"):
        refuse_other_run(output, "run 2")
