"""The report of a run is put beside its rows."""

import json
import math
from pathlib import Path

import pytest

from mtpipe.scale.reporting import write_report
from mtpipe.scale.summary import ScaleSummary
from mtpipe.storage import Place
from mtpipe.types import Failure


def test_page_and_record_stand_beside_the_rows(tmp_path: Path) -> None:
    summary = ScaleSummary("translate", str(tmp_path), workers=1, seconds=1.0)
    summary.add_failure(Failure("a\ud800", "read", "no such <file>"))
    page = Path(summary.write_report(summary.figures(command="mtpipe scale <x>")))
    assert page == tmp_path / "report.html"
    assert "no such &lt;file&gt;" in page.read_text(encoding="utf-8")
    record = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (record["failures"], record["command"]) == (1, "mtpipe scale <x>")


def test_a_later_report_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    summary = ScaleSummary("translate", str(tmp_path))
    summary.write_report()
    summary.add_failure(Failure("a", "read", "late"))
    place = write_report(Place.of(tmp_path), summary.figures())
    assert "late" in Path(place).read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_a_record_is_json_or_nothing(tmp_path: Path) -> None:
    summary = ScaleSummary("translate", str(tmp_path), seconds=math.nan)
    with pytest.raises(ValueError, match="JSON"):
        summary.write_report()
    assert not list(tmp_path.iterdir())
