from pathlib import Path

import numpy as np
import pytest

from mtpipe.archive import index
from mtpipe.archive.rows import Entry
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.table import ArticleTable
from mtpipe.archive.votes import Query
from mtpipe.types import Article, Block, BlockKind, Language, Place

pytest.importorskip("lancedb")

DIMENSIONS = 32
STAMP = Stamp("fake", "0" * 64, DIMENSIONS)
LANGUAGES = list(Language)


def entry(number: int) -> Entry:
    blocks = (Block(BlockKind.PARAGRAPH, f"Text {number}.", Place(0)),)
    article = Article(f"a{number}", f"a{number}.txt", LANGUAGES[number % len(LANGUAGES)], blocks)
    drawn = np.random.default_rng(number).normal(size=(4, DIMENSIONS)).astype(np.float32)
    return Entry(article, ["."] * 4, drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


@pytest.fixture
def archive(tmp_path: Path) -> ArticleTable:
    table = ArticleTable(str(tmp_path / "a"), STAMP, create=True)
    table.put([entry(number) for number in range(300)])
    table.tidy(exact_sentences=100)
    return table


def unindexed(archive: ArticleTable) -> int:
    return int(archive._table.index_stats("vectors_idx").num_unindexed_rows)


def found(archive: ArticleTable, number: int, where: str | None = None) -> list[str]:
    return archive.nearest(entry(number).vectors, 3, where)


def test_a_few_more_are_found_without_a_new_index(archive: ArticleTable) -> None:
    assert archive.is_indexed
    assert archive.recent(["id"]) is None
    archive.remove([f"a{number}" for number in range(0, 300, 3)])
    archive.put([entry(number) for number in range(300, 310)], are_new=True)
    archive.put([entry(7), entry(10)])  # replaced
    archive.remove(["a304", "a299"])
    before = archive.version
    archive.tidy(exact_sentences=100)
    assert archive.version == before
    expected = {f"a{n}" for n in range(300, 310)} - {"a304"} | {"a7", "a10"}
    assert set(archive.recent(["id"])["id"].to_pylist()) == expected
    search = ArchiveSearch(archive, exact_sentences=100)
    numbers = [305, 7, 8, 11, 301]
    queries = [Query(entry(number).vectors) for number in numbers]
    found = [hits[0].id for hits in search.search(queries, limit=3)]
    assert found == [f"a{number}" for number in numbers]
    hits = next(search.search([Query(entry(304).vectors)]))
    assert "a304" not in {hit.id for hit in hits}
    assert archive.nearest(queries[0].vectors, 3, indexed_only=True)[0] != "a305"


def test_many_more_make_a_new_index(archive: ArticleTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_UNINDEXED_ROWS", 20)
    archive.put([entry(number) for number in range(300, 340)], are_new=True)
    archive.tidy(exact_sentences=100)
    assert unindexed(archive) == 0
    assert found(archive, 305)[0] == "a305"


@pytest.mark.parametrize("limit", ["_SMALL_FILES", "_VERSIONS"])
def test_many_small_files_are_merged(
    archive: ArticleTable, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(index, limit, 2)
    for number in range(300, 303):
        archive.put([entry(number)], are_new=True)
    archive.tidy(exact_sentences=100)
    assert unindexed(archive) == 0
    assert archive._table.stats()["fragment_stats"]["num_fragments"] <= 2


def test_an_index_stays_when_most_is_gone(archive: ArticleTable) -> None:
    archive.remove([f"a{number}" for number in range(290)])
    archive.tidy()
    assert archive.is_indexed
    assert found(archive, 295)[0] == "a295"
    archive.remove([f"a{number}" for number in range(290, 300)])
    archive.tidy()
    assert found(archive, 295) == []


def test_indexes_answer_conditions(archive: ArticleTable) -> None:
    kinds = {tuple(each.columns): each.index_type for each in archive._table.list_indices()}
    assert kinds[("language",)] == "Bitmap"
    assert {("id",), ("sha256",), ("day",), ("vectors",)} < set(kinds)
    language = LANGUAGES[7 % len(LANGUAGES)].value
    assert found(archive, 7, f"language = '{language}'")[0] == "a7"
    assert "a7" not in found(archive, 7, f"language != '{language}'")


def test_ids_are_indexed_before_there_is_an_index_of_vectors(tmp_path: Path) -> None:
    table = ArticleTable(str(tmp_path / "b"), STAMP, create=True)
    table.put([entry(number) for number in range(5)])
    table.index_ids()
    assert not table.is_indexed
    table.put([entry(number) for number in range(4, 9)])
    table.index_ids()
    assert sorted(each.id for each in table.listed()) == [f"a{number}" for number in range(9)]
