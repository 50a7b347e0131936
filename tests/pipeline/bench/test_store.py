"""What is kept, and that it is only ever taken for what it is."""

import json
from pathlib import Path

import numpy as np
import pytest

from mtpipe.errors import InputError
from mtpipe.pipeline.bench.store import Place, Store, read_counts, read_json, sealed
from mtpipe.types.benchmark import BenchmarkTask, Configuration

CONFIGURATION = Configuration(model="m", revision="0" * 12, engine="e:1")
ONE, OTHER = (Place(CONFIGURATION, "news", "de-en", digit * 64) for digit in "12")
RESULTS = Path(__file__).parents[3] / "data" / "results"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, BenchmarkTask.TRANSLATE)


def test_other_lines_of_the_same_name_stand_beside_each_other(store, tmp_path):
    for place, items in ((ONE, 8), (OTHER, 5)):
        store.save_quality(place, {"items": items})
        store.save_counts(place, {"chrf": np.full((items, 2), items, np.float32)})
        store.save_outputs(place, [str(items)] * items)
    again = Store(tmp_path, BenchmarkTask.TRANSLATE)
    for place, items in ((ONE, 8), (OTHER, 5)):
        assert again.quality(place) == {"items": items, "sha256": place.sha256}
        assert again.counts(place, "chrf").tolist() == [[items] * 2] * items
        assert again.outputs(place) == [str(items)] * items


def test_what_was_kept_by_direction_alone_counts_for_its_lines(store, tmp_path):
    folder = tmp_path / "m" / ("0" * 12)
    folder.mkdir(parents=True)
    entry = {"quality": {"de-en": {"items": 1, "sha256": ONE.sha256}}, "speed": []}
    record = {"format": 1, "task": "translate", "configurations": {CONFIGURATION.key: entry}}
    (folder / "news.json").write_text(json.dumps(record))
    np.savez(folder / "news.npz", **{f"{CONFIGURATION.key}/de-en/chrf": np.ones((1, 2))})
    outputs = tmp_path / "outputs" / "m@000000000000_e_1"
    outputs.mkdir(parents=True)
    (outputs / "news.de-en.txt").write_text("Hello.\n")
    assert store.quality(ONE)["items"] == 1
    assert store.counts(ONE, "chrf").tolist() == [[1, 1]]
    assert store.outputs(ONE) == ["Hello."]
    assert store.quality(OTHER) is None
    assert store.counts(OTHER, "chrf") is None
    assert store.outputs(OTHER) == []
    # Measured again, it is kept with its content and goes before the older record.
    store.save_quality(ONE, {"items": 2})
    assert store.quality(ONE)["items"] == 2
    assert store.counts(ONE, "chrf") is None


def test_damaged_counts_are_none(store, tmp_path):
    store.save_counts(ONE, {"chrf": np.arange(400, dtype=np.float32).reshape(-1, 4)})
    [path] = tmp_path.rglob("*.npz")
    whole = path.read_bytes()
    assert read_counts(path)
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x15]) + whole[place + 1 :])
        assert isinstance(read_counts(path), dict)
    path.write_bytes(whole[:-30])
    assert store.counts(ONE, "chrf") is None


def test_a_damaged_file_is_told_and_never_believed(store, tmp_path):
    store.save_quality(ONE, {"items": 8, "chrf2": 51.25})
    [path] = tmp_path.rglob("news.json")
    whole = path.read_bytes()
    told = 0
    for place in range(len(whole)):
        for bit in (1, 4, 16, 128):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            damaged = Store(tmp_path, BenchmarkTask.TRANSLATE)
            try:
                assert damaged.quality(ONE) == {"items": 8, "chrf2": 51.25, "sha256": ONE.sha256}
            except InputError as exc:
                told += "news.json" in exc.message
    # Else white space was hit, or the name of the seal.
    assert told > 3.5 * len(whole) - 4 * whole.count(b" ")
    record = json.loads(whole)
    del record["sha256"]
    record["configurations"][CONFIGURATION.key]["quality"][ONE.part]["items"] = 9
    path.write_text(json.dumps(record))
    assert Store(tmp_path, BenchmarkTask.TRANSLATE).quality(ONE)["items"] == 9


def test_damaged_tests_of_significance_are_made_anew(store, caplog):
    kept = sealed({"signature": "s", "clusters": [{"rank": 1, "systems": ["a"]}], "pairs": []})
    broken = [kept | {"pairs": [1]}, {"signature": "s"}, {"clusters": []}, [], None]
    older = {name: value for name, value in kept.items() if name != "sha256"}
    content = {"one": kept, "two": older} | {str(n): each for n, each in enumerate(broken)}
    store.write(store.significance_path, json.dumps(content))
    assert store.significance() == {"one": kept, "two": older}
    store.write(store.significance_path, json.dumps(content)[:-9])
    assert store.significance() == {}
    assert "its tests are made anew" in caplog.text


def test_damaged_outputs_are_no_error(store, tmp_path):
    store.save_outputs(ONE, ["Grüße", "b"])
    [path] = (tmp_path / "outputs").rglob("*.txt")
    path.write_bytes(path.read_bytes().replace(b"\xbc", b"\xff"))
    assert len(store.outputs(ONE)) == 2


@pytest.mark.parametrize("name", ["bench", "starter"])
def test_results_that_are_published_can_be_read(name):
    report = read_json(RESULTS / name / "report.json")
    store = Store(RESULTS / name, BenchmarkTask.TRANSLATE)
    for each in report["sets"]:
        for direction, rows in each["directions"].items():
            for row in rows:
                fields = {k: v for k, v in row["configuration"].items() if k != "label"}
                configuration = Configuration(**fields)
                place = Place(configuration, each["name"], direction, each["sha256"][direction])
                assert store.quality(place)["items"] == row["items"]
                assert len(store.counts(place, "chrf")) == row["items"]


def test_probabilities_are_kept_as_they_are(store, tmp_path):
    """In single precision 1 - 1e-9 is 1, and a ratio of a billion becomes an endless one."""
    store.save_counts(ONE, {"probabilities": np.array([1 - 1e-9, 1e-300])})
    again = Store(tmp_path, BenchmarkTask.TRANSLATE)
    assert again.counts(ONE, "probabilities").tolist() == [1 - 1e-9, 1e-300]
    store.save_counts(OTHER, {"chrf": np.ones((1, 2), np.float32)})
    assert again.counts(ONE, "probabilities").tolist() == [1 - 1e-9, 1e-300]
