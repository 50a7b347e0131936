from pathlib import Path

import pytest

from mtpipe.ingest import inputs
from mtpipe.ingest.reader import read_articles
from mtpipe.ingest.sources import Sources
from mtpipe.types import Article, Failure
from tests.object_store import object_store


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    for name in ("a.txt", "b.md"):
        (tmp_path / name).write_text("Der Rat hat am Montag getagt.\n", encoding="utf-8")
    return tmp_path


def test_a_folder_is_walked_once(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk, walks = inputs.os.walk, []
    monkeypatch.setattr(inputs.os, "walk", lambda place: walks.append(place) or walk(place))  # type: ignore[func-returns-value]
    sources = Sources([str(pages), "none"])
    assert sources.articles == 3
    assert list(sources.files()) == [pages / "a.txt", pages / "b.md"]
    found = list(read_articles(sources))
    assert [type(one) for one in found] == [Article, Article, Failure]
    assert len(walks) == 1
    assert found == list(read_articles([str(pages), "none"]))


def test_tables_and_streams_can_not_be_counted(pages: Path) -> None:
    (pages / "c.jsonl").write_text("{}\n")
    assert Sources([str(pages)]).articles is None
    assert Sources(["-"]).articles is None
    assert Sources([]).articles == 0


def test_standard_input_is_a_descriptor_and_addresses_are_no_files() -> None:
    assert list(Sources(["-", "https://example.org/a"]).files(stdin=7)) == [7]


def test_files_of_an_object_store_are_not_this_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow.fs")
    with object_store(monkeypatch) as store:
        store.objects["a.txt"] = b"x"
        sources = Sources(["s3://bucket/a.txt"])
    assert (sources.articles, list(sources.files())) == (1, [])
