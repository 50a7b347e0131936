"""Workers give the rows that ``mtpipe detect`` gives, and copies what their own page shows."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mtpipe
from mtpipe.errors import InputError
from mtpipe.report.detection import detection_row
from mtpipe.scale.examining import NEAR_DUPLICATE, DetectionTask
from mtpipe.scale.output import Form
from tests.scale import phases

pytest.importorskip("pyarrow")
pytest.importorskip("lancedb")

DEMO = Path(__file__).parent.parent.parent / "data" / "demo"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = str(tmp_path_factory.mktemp("archive") / "originals")
    mtpipe.Archive(uri, create=True).add(mtpipe.read_articles(DEMO / "archive"))
    return uri


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's candidates, and copies of two with other titles."""
    folder = tmp_path_factory.mktemp("in") / "pages"
    shutil.copytree(DEMO / "candidates", folder)
    for name in ("library.en.html", "komet.de.html"):
        page = (folder / name).read_text(encoding="utf-8")
        changed = page.replace("<title>", "<title>Exclusive: ")
        (folder / f"z-{name}").write_text(changed, encoding="utf-8")
    return folder


def rows_of_detect(inputs: Iterator[Any], archive: str | None) -> list[dict[str, Any]]:
    detector = mtpipe.Detector(archive=archive, engine=False)
    rows = [detection_row(result) for result in detector.examine_all(inputs)]
    return [json.loads(json.dumps(row)) for row in rows]


@pytest.fixture(scope="module")
def wanted(pages: Path, archive: str) -> list[dict[str, Any]]:
    return rows_of_detect(mtpipe.read_articles(pages), archive)


def test_rows_are_those_of_detect(
    pages: Path, archive: str, wanted: list[dict[str, Any]], tmp_path: Path
) -> None:
    [manifest] = phases.done([pages], tmp_path, DetectionTask(archive=archive, engine=False))
    assert phases.rows_of(tmp_path) == wanted
    assert manifest.counts["verdicts"] == Counter(row["verdict"] for row in wanted)
    assert manifest.counts["totals"]["articles"] == len(wanted)
    assert sum(manifest.counts["languages"].values()) == len(wanted)
    assert "nordholmer-zeitung.example" in {
        name.partition("|")[0] for name in manifest.counts["sites"]
    }


def test_of_copies_one_is_examined(
    pages: Path, archive: str, wanted: list[dict[str, Any]], tmp_path: Path
) -> None:
    phases.read([pages], tmp_path, rows=3)
    manifests = phases.examined(tmp_path, archive=archive)
    rows = phases.rows_of(tmp_path)
    assert [row["id"] for row in rows] == [row["id"] for row in wanted]
    copies = {row["id"]: row for row in rows if "duplicate_of" in row}
    assert {Path(row["duplicate_of"]).name: Path(name).name for name, row in copies.items()} == {
        name: f"z-{name}" for name in ("library.en.html", "komet.de.html")
    }
    # What was examined is as if there were no copies.
    assert [row for row in rows if row["id"] not in copies] == [
        row for row in wanted if row["id"] not in copies
    ]
    for row in copies.values():
        assert row["similarity"] > 0.9
        assert "verdict" not in row
        assert set(row["evidence"]) == {"republication"}
        assert (tmp_path / "rows" / f"{row['duplicate_shard']}.jsonl").exists()
    assert sum(each.counts["verdicts"].get(NEAR_DUPLICATE, 0) for each in manifests) == 2


def test_a_copy_has_the_score_of_its_own_page(tmp_path: Path) -> None:
    page = (DEMO / "candidates" / "komet.de.html").read_text(encoding="utf-8")
    for name, text in (
        ("a", page),
        ("b", page.replace("<html", '<html class="translated-ltr"')),
    ):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    phases.read([tmp_path / "a.html", tmp_path / "b.html"], tmp_path / "out")
    phases.examined(tmp_path / "out")
    first, second = phases.rows_of(tmp_path / "out")
    assert second["duplicate_of"] == first["id"]
    assert second["republication"] > first["republication"]


def test_rows_in_parquet_are_the_same(pages: Path, archive: str, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    phases.read([pages], tmp_path)
    phases.examined(tmp_path, archive=archive)
    rows = phases.rows_of(tmp_path)
    phases.examined(tmp_path, archive=archive, form=Form.PARQUET)
    [file] = (tmp_path / "rows").glob("*.parquet")
    assert [_whole(row) for row in pq.read_table(file).to_pylist()] == list(map(_whole, rows))


def _whole(value: Any) -> Any:
    """Without what is null, or empty since it was left out."""
    if isinstance(value, dict):
        return {name: part for name, each in value.items() if (part := _whole(each)) is not None}
    return list(map(_whole, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("in_phases", [False, True])
def test_pairs_bring_their_originals(tmp_path: Path, *, in_phases: bool) -> None:
    texts = {"fr": "archive/crue-orvane.txt", "en": "candidates/dam-report.en.txt"}
    sides = {
        language: {"language": language, "text": (DEMO / name).read_text(encoding="utf-8")}
        for language, name in texts.items()
    }
    pair = {"id": "p1", "original": sides["fr"], "candidate": sides["en"]}
    source = tmp_path / "pairs.jsonl"
    source.write_text(json.dumps(pair) + "\n" + json.dumps({**pair, "id": "p2"}) + "\n")
    out = tmp_path / "out"
    if in_phases:
        phases.read([source], out)
        phases.examined(out)
    else:
        phases.done([source], out, DetectionTask(engine=False))
    assert phases.rows_of(out) == rows_of_detect(mtpipe.read_pairs(source), None)


def test_failures_of_reading_are_failures(tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("")
    phases.read([tmp_path / "empty.html"], tmp_path / "out")
    [manifest] = phases.examined(tmp_path / "out")
    [failure] = manifest.failures
    assert (failure.article_id, failure.stage) == (str(tmp_path / "empty.html"), "extract")


def test_articles_that_were_changed_fail_their_shard(tmp_path: Path) -> None:
    phases.read([DEMO / "candidates"], tmp_path)
    [file] = (tmp_path / "articles" / "rows").iterdir()
    orders = phases.orders(tmp_path)
    file.write_bytes(file.read_bytes() + b" ")
    task = DetectionTask(engine=False, articles=str(tmp_path / "articles"))
    [manifest] = phases.done(orders, tmp_path, task)
    assert {failure.stage for failure in manifest.failures} == {"worker"}
    assert "isn't what was written" in manifest.failures[0].error


def test_what_verdicts_depend_on_is_in_the_signature(archive: str) -> None:
    tasks = [
        DetectionTask(engine=False),
        DetectionTask(engine=False, archive=archive),
        DetectionTask(engine=False, archive=archive, within_days=3),
        DetectionTask(engine=False, prior=0.01),
        DetectionTask(engine=False, language=mtpipe.Language.DE),
        DetectionTask(engine=False, articles="articles"),
    ]
    assert len({task.load().signature for task in tasks}) == len(tasks)


def test_no_archive_is_told_before_workers_start(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        DetectionTask(engine=False, archive=str(tmp_path / "none")).check()
