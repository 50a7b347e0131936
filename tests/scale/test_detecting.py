"""The phases of a detection follow each other, and each goes on where it was interrupted."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import mtpipe
from mtpipe.errors import InputError
from mtpipe.report.detection import detection_row
from mtpipe.scale import Resources, detect, detecting
from mtpipe.scale.folder import opened
from mtpipe.scale.manifest import read_manifests
from mtpipe.scale.output import Form
from mtpipe.scale.source import lots_of
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Task
from mtpipe.storage import Place
from tests.scale import phases
from tests.scale.local import connected

pytest.importorskip("pyarrow")
pytest.importorskip("ray")

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"
PAGE = "library.en.html"


class Here:
    """Runs in this process.

    Attributes:
        names: of the tasks that were run.
        stops_at: name of the task that is interrupted.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.stops_at = ""

    def run(
        self,
        inputs: Sequence[Any],
        output: str,
        task: Task,
        resources: Resources,
        *,
        form: Form,
        **_: Any,
    ) -> ScaleSummary:
        self.names.append(task.name)
        summary = ScaleSummary(task.name, output, workers=resources.workers or 1)
        if task.name == self.stops_at:
            summary.is_unfinished = True
            return summary
        before = {each.shard: each for each in read_manifests(Place.of(output))}
        rows = resources.rows_per_shard
        with opened(Place.of(output), task.name, form) as folder:
            for each in phases.done(inputs, Path(output), task, form=form, rows=rows):
                folder.add(each)
                summary.add(each, is_new=each != before.get(each.shard))
            labels = (lot.label for lot in lots_of(inputs)[0])
            folder.finish(sources=labels, is_complete=True, figures={})
        summary.seconds = 1.0
        return summary


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    place = Here()
    monkeypatch.setattr(detecting, "connected", connected)
    monkeypatch.setattr(detecting, "run", place.run)
    return place


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Two pages, and a copy of one under a name that comes last."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in (PAGE, "dam-report.en.txt"):
        shutil.copy(DEMO / "candidates" / name, folder)
    shutil.copy(folder / PAGE, folder / f"z-{PAGE}")
    return folder


def verdicts(output: Path) -> list[str]:
    return [row.get("verdict", "a copy") for row in phases.rows_of(output)]


def test_phases_follow_each_other(here: Here, pages: Path, tmp_path: Path) -> None:
    summary = detect(pages, tmp_path / "out", engine=False)
    assert here.names == ["articles", "detect"]
    assert (summary.rows, summary.output_rows, summary.failures) == (3, 3, 0)
    assert (summary.shards_done, summary.exit_code) == (1, 0)
    assert summary.seconds > 2
    assert verdicts(tmp_path / "out")[2] == "a copy"
    figures = summary.figures()
    assert (figures.clusters, figures.duplicates) == (1, 1)
    busy = [each.seconds for each in read_manifests(Place.of(tmp_path / "out" / "articles"))]
    assert figures.busy_s >= sum(busy) > 0
    again = detect(pages, tmp_path / "out", engine=False)
    assert (again.shards_done, again.shards_skipped) == (0, 1)


def test_without_duplicates_there_is_one_phase(here: Here, pages: Path, tmp_path: Path) -> None:
    summary = detect(pages, tmp_path / "out", engine=False, duplicates=False)
    assert here.names == ["detect"]
    assert summary.figures().clusters is None
    assert "a copy" not in verdicts(tmp_path / "out")
    assert not (tmp_path / "out" / "articles").exists()


@pytest.mark.parametrize("first", [True, False])
def test_one_way_after_the_other(here: Here, pages: Path, tmp_path: Path, *, first: bool) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    detect(pages, out, engine=False, duplicates=first)
    detect(pages, out, engine=False, duplicates=not first)
    detect(pages, fresh, engine=False, duplicates=not first)
    assert phases.rows_of(out) == phases.rows_of(fresh)
    assert (out / "clusters.jsonl").exists() is not first


@pytest.mark.parametrize("stage", ["articles", "detect"])
def test_an_interrupted_phase_goes_on(here: Here, pages: Path, tmp_path: Path, stage: str) -> None:
    out = tmp_path / "out"
    here.stops_at = stage
    summary = detect(pages, out, engine=False)
    assert summary.is_unfinished
    assert here.names[-1] == stage
    here.stops_at = ""
    assert detect(pages, out, engine=False).exit_code == 0
    detect(pages, tmp_path / "quiet", engine=False)
    assert phases.rows_of(out) == phases.rows_of(tmp_path / "quiet")
    assert phases.clusters_of(out) == phases.clusters_of(tmp_path / "quiet")


def test_copies_change_with_the_input(here: Here, pages: Path, tmp_path: Path) -> None:
    resources = Resources(rows_per_shard=1)
    detect(pages, tmp_path / "out", engine=False, resources=resources)
    assert verdicts(tmp_path / "out").count("a copy") == 1
    (pages / PAGE).unlink()  # the copy is nobody's now, and the last shard is gone
    detect(pages, tmp_path / "out", engine=False, resources=resources)
    rows = phases.rows_of(tmp_path / "out")
    assert [Path(row["id"]).name for row in rows] == ["dam-report.en.txt", f"z-{PAGE}"]
    assert verdicts(tmp_path / "out").count("a copy") == 0
    assert phases.clusters_of(tmp_path / "out") == []


def test_inputs_that_lead_to_nothing_are_failures(here: Here, tmp_path: Path) -> None:
    given: list[Any] = []
    run = here.run

    def watched(inputs: Sequence[Any], *args: Any, **kwargs: Any) -> ScaleSummary:
        given.append(list(inputs))
        return run([], *args, **kwargs)

    here_run = pytest.MonkeyPatch()
    here_run.setattr(detecting, "run", watched)
    try:
        detect(tmp_path / "none.html", tmp_path / "out", engine=False)
    finally:
        here_run.undo()
    reading, examining = given
    assert reading == examining
    assert [failure.article_id for failure in examining] == [str(tmp_path / "none.html")]


def test_an_output_of_something_else_is_refused(here: Here, pages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text('{"task": "translate"}')
    with pytest.raises(InputError, match="translate"):
        detect(pages, out, engine=False)
    assert here.names == []


def test_what_is_wrong_is_told_before_anything_is_written(pages: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        detect(pages, tmp_path / "out", archive=tmp_path / "none", engine=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_on_a_cluster_rows_are_those_of_detect(
    ray_cluster: None, pages: Path, tmp_path: Path
) -> None:
    pytest.importorskip("lancedb")
    uri = str(tmp_path / "originals")
    mtpipe.Archive(uri, create=True).add(mtpipe.read_articles(DEMO / "archive"))
    resources = Resources(workers=1, rows_per_shard=2)
    told: list[str] = []
    summary = detect(
        pages,
        tmp_path / "out",
        archive=uri,
        engine=False,
        broadcast_sentences=0,  # the archive is asked
        resources=resources,
        on_progress=lambda summary: told.append(summary.task),
    )
    assert (summary.exit_code, summary.failures, set(told)) == (0, 0, {"articles", "detect"})
    detector = mtpipe.Detector(archive=uri, engine=False)
    found = [detection_row(each) for each in detector.examine_all(mtpipe.read_articles(pages))]
    rows = phases.rows_of(tmp_path / "out")
    assert rows[:2] == json.loads(json.dumps(found[:2]))
    assert rows[2]["duplicate_of"] == rows[1]["id"]
