"""What became of a run, and what the command ends with."""

import pytest

from mtpipe.scale.manifest import Manifest
from mtpipe.scale.summary import ScaleSummary
from mtpipe.types import Failure


def shard(number: int, *, rows: int, stages: tuple[str, ...] = ()) -> Manifest:
    return Manifest(
        shard=f"a-{number}",
        source="a",
        number=number,
        first=0,
        rows=rows + len(stages),
        input_sha256="",
        signature="",
        output="",
        output_rows=rows,
        output_bytes=0,
        output_sha256="",
        failures=tuple(Failure(f"a#{n}", stage, "bad") for n, stage in enumerate(stages)),
    )


def test_shards_are_summed_up() -> None:
    summary = ScaleSummary("echo")
    summary.add(shard(0, rows=3, stages=("read",)), is_new=True)
    summary.add(shard(1, rows=2, stages=("worker", "read")), is_new=False)
    summary.add_failure(Failure("b", "read", "no such file"))
    assert (summary.shards_done, summary.shards_skipped) == (1, 1)
    assert (summary.rows, summary.rows_done, summary.output_rows) == (8, 4, 5)
    assert (summary.failures, summary.stages) == (4, {"read": 3, "worker": 1})
    assert summary.first_failure == Failure("a#0", "read", "bad")


@pytest.mark.parametrize(
    ("rows", "stages", "is_unfinished", "expected"),
    [
        (0, (), False, 0),
        (1, (), False, 0),
        (1, ("read",), False, 6),
        (0, ("read", "extract", "language"), False, 3),
        (0, ("read", "worker"), False, 6),
        (0, ("read",), True, 130),
    ],
    ids=["nothing", "all done", "some failed", "none can be read", "none done", "stopped"],
)
def test_the_exit_code_says_what_became_of_it(
    rows: int, stages: tuple[str, ...], is_unfinished: bool, expected: int
) -> None:
    summary = ScaleSummary("echo", is_unfinished=is_unfinished)
    summary.add(shard(0, rows=rows, stages=stages), is_new=True)
    assert summary.exit_code == expected
