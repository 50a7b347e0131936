"""Plans come back as they were written, or not at all."""

from pathlib import Path

import pytest

from mtpipe.archive.states import State
from mtpipe.scale.claims import Claim
from mtpipe.scale.plans import Plan, Planned, read_plan, read_plans, write_plan
from mtpipe.storage import Place

PLAN = Plan(
    "shard-1",
    "run",
    (
        Planned(0, "a", "1", State.NEW),
        Planned(1, "b", "2", State.CHANGED),
        Planned(2, "c", "3", State.KNOWN),
        Planned(3, "d\ud800", "4", State.KNOWN, "elsewhere"),
    ),
)


def test_a_plan_comes_back(tmp_path: Path) -> None:
    folder = Place.of(tmp_path)
    assert (read_plan(folder, PLAN.shard), list(read_plans(folder))) == (None, [])
    write_plan(folder, PLAN)
    assert read_plan(folder, PLAN.shard) == PLAN
    assert list(read_plans(folder)) == list(read_plans(folder, "run")) == [PLAN]
    assert list(read_plans(folder, "another")) == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"run": 1}', '{"run": "r", "articles": [[1, 2]]}', "[" * 9_999, "\xff"]
)
def test_damaged_plans_are_none(tmp_path: Path, text: str) -> None:
    write_plan(Place.of(tmp_path), PLAN)
    (tmp_path / "plans" / "shard-1.json").write_text(text, encoding="latin-1")
    assert read_plan(Place.of(tmp_path), PLAN.shard) is None


def test_all_claim_their_ids_and_what_is_not_known_its_content() -> None:
    assert [claim.id for claim in PLAN.ids()] == ["a", "b", "c", "d\ud800"]
    assert list(PLAN.contents()) == [
        Claim("shard-1", 0, "a", "1"),
        Claim("shard-1", 1, "b", "2", is_change=True),
    ]
