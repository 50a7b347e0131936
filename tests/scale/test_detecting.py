"""The phases of a detection follow each other, and each goes on where it was interrupted."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mtpipe
from mtpipe.errors import InputError, OutputError
from mtpipe.report.detection import detection_row
from mtpipe.scale import Resources, detect, detecting, running
from mtpipe.scale.duplicates import find_duplicates
from mtpipe.scale.manifest import Manifest, read_manifests, write_manifest
from mtpipe.scale.summary import ScaleSummary
from mtpipe.scale.tasks import Task
from mtpipe.storage import Place
from tests.scale import local, phases
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
        **options: Any,
    ) -> ScaleSummary:
        self.names.append(task.name)
        if task.name == self.stops_at:
            return ScaleSummary(task.name, output, is_unfinished=True)
        summary = running.run(inputs, output, task, resources, **options)
        summary.seconds = 1.0
        return summary


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    place = Here()
    monkeypatch.setattr(detecting, "connected", connected)
    monkeypatch.setattr(detecting, "run", place.run)
    monkeypatch.setattr(running, "connected", local.within)
    monkeypatch.setattr(running, "_dataset", local.Here().dataset)
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


@pytest.fixture
def a_b_c(tmp_path: Path) -> list[Path]:
    """Three inputs of a page each."""
    folders = [tmp_path / name for name in "abc"]
    for folder, page in zip(folders, [PAGE, "dam-report.en.txt", "komet.de.html"], strict=True):
        folder.mkdir()
        shutil.copy(DEMO / "candidates" / page, folder)
    return folders


def inputs_of(output: Path) -> list[str]:
    """Folders that verdicts are on."""
    return sorted(Path(row["id"]).parent.name for row in phases.rows_of(output))


def test_inputs_that_a_run_lacks_stay_whichever_way_it_is(
    here: Here, a_b_c: list[Path], tmp_path: Path
) -> None:
    [a, b, c], out = a_b_c, tmp_path / "out"
    detect(a, out, engine=False)
    detect(b, out, engine=False, duplicates=False)
    assert inputs_of(out) == ["b"]  # copies of others would point to what is gone
    detect(c, out, engine=False, duplicates=False)
    assert inputs_of(out) == ["b", "c"]
    assert len(list(read_manifests(Place.of(out)))) == 2
    detect(b, out, engine=False)
    assert inputs_of(out) == ["a", "b", "c"]
    detect(c, out, engine=False)
    assert inputs_of(out) == ["a", "b", "c"]
    assert {each.number for each in read_manifests(Place.of(out))} == {0}


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


def test_the_original_of_a_copy_is_in_the_shard_that_it_names(
    here: Here, pages: Path, tmp_path: Path
) -> None:
    out, later = tmp_path / "out", tmp_path / "z-later"
    detect(pages, out, engine=False)
    later.mkdir()
    shutil.copy(pages / PAGE, later)
    detect(later, out, engine=False, resources=Resources(rows_per_shard=1))
    for row in phases.rows_of(out):
        if "duplicate_of" in row:
            shard = (out / "rows" / f"{row['duplicate_shard']}.jsonl").read_text()
            assert row["duplicate_of"] in {json.loads(line)["id"] for line in shard.splitlines()}
    assert verdicts(out).count("a copy") == 2


def cut_off(file: Path, manifest: Manifest) -> Manifest:
    """No Parquet any more, but as long as before."""
    file.write_bytes(bytes(file.stat().st_size))
    return manifest


def other_byte(file: Path, manifest: Manifest) -> Manifest:
    """Something that Parquet has no checksum for."""
    data = bytearray(file.read_bytes())
    data[20] ^= 1
    file.write_bytes(data)
    return manifest


def another_count(_: Path, manifest: Manifest) -> Manifest:
    return replace(manifest, output_rows=manifest.output_rows + 1)


@pytest.mark.parametrize("damage", [cut_off, other_byte, another_count])
def test_articles_that_were_damaged_are_read_again_by_the_same_command(
    here: Here, pages: Path, tmp_path: Path, damage: Callable[[Path, Manifest], Manifest]
) -> None:
    out = tmp_path / "out"
    detect(pages, out, engine=False)
    rows = phases.rows_of(out)
    articles = Place.of(out / "articles")
    [manifest] = read_manifests(articles)
    write_manifest(articles, damage(out / "articles" / manifest.output, manifest))
    with pytest.raises(InputError, match="isn't what was written"):
        detect(pages, out, engine=False)
    assert detect(pages, out, engine=False).exit_code == 0
    assert phases.rows_of(out) == rows
    assert [each.comparable for each in read_manifests(articles)] == [manifest.comparable]


def test_an_output_is_one_runs_in_all_phases(
    here: Here, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        with pytest.raises(OutputError, match="nothing was changed") as caught:
            detect(pages, tmp_path / "out", engine=False, duplicates=False)
        tried.append(caught.value)
        return find_duplicates(*args, **kwargs)

    monkeypatch.setattr(detecting, "find_duplicates", meanwhile)
    assert detect(pages, tmp_path / "out", engine=False).exit_code == 0
    assert len(tried) == 1
    assert here.names == ["articles", "detect"]


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
