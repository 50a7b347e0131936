"""Results go by age, and the oldest first where there are too many."""

import pytest

from mtpipe.web.jobs.expiry import Kept, due

OLD = Kept("old", 10, finished="2026-01-01", expires="2026-02-01")
MID = Kept("mid", 10, finished="2026-01-05", expires="2026-03-01")
NEW = Kept("new", 10, finished="2026-01-09", expires="2026-03-05")
RUNNING = Kept("running", 1000)


@pytest.mark.parametrize(
    ("kept", "now", "most", "spare", "gone"),
    [
        ([OLD, MID, NEW], "2026-01-10", 100, False, []),
        ([OLD, MID, NEW], "2026-02-01", 100, False, ["old"]),
        ([NEW, MID, OLD], "2026-01-10", 25, False, ["old"]),
        ([NEW, MID, OLD], "2026-01-10", 9, False, ["old", "mid", "new"]),
        ([NEW, MID, OLD], "2026-01-10", 9, True, ["old", "mid"]),
        ([NEW], "2027-01-10", 9, True, ["new"]),
        ([RUNNING], "2027-01-10", 0, False, []),
        ([RUNNING, NEW], "2026-01-10", 500, True, []),
        ([], "2026-01-10", 0, False, []),
    ],
    ids=["none", "age", "size", "size, all", "size, not the newest", "age, even the newest",
         "never a running one", "the newest beside a running one", "empty"],
)  # fmt: skip
def test_what_goes(kept: list[Kept], now: str, most: int, spare: bool, gone: list[str]) -> None:
    assert due(kept, now=now, most_bytes=most, spare_newest=spare) == gone
