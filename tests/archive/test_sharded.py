import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtpipe.archive.checksums import check_rows
from mtpipe.archive.parts import shard_of, shard_uri
from mtpipe.archive.rows import Entry
from mtpipe.archive.search import ArchiveSearch, background_of, merged
from mtpipe.archive.sharded import ShardedTable, open_table
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.states import State
from mtpipe.archive.table import ArticleTable
from mtpipe.archive.votes import Hit, Query
from mtpipe.errors import ConfigError, InputError
from mtpipe.types import Article, Block, BlockKind, Language, Metadata, Place

pytest.importorskip("lancedb")

DIMENSIONS = 32
STAMP = Stamp("fake", "0" * 64, DIMENSIONS)
LANGUAGES = ("de", "en", "fr")


def article(number: int, text: str = "") -> Article:
    blocks = (Block(BlockKind.PARAGRAPH, text or f"Text Nr. {number} von Amt {number}", Place(0)),)
    metadata = Metadata(published=f"2024-01-{number % 28 + 1:02}")
    return Article(
        f"a{number}", f"a{number}.txt", Language(LANGUAGES[number % 3]), blocks, metadata=metadata
    )


def entry(each: Article, seed: int, sentences: int = 5) -> Entry:
    drawn = np.random.default_rng(seed).normal(size=(sentences, DIMENSIONS)).astype(np.float32)
    return Entry(each, ["."] * sentences, drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


ENTRIES = [entry(article(n), n) for n in range(300)]


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "it's in shards")


@pytest.fixture
def archive(place: str) -> ShardedTable:
    opened = open_table(place, STAMP, create=True, shards=3)
    assert isinstance(opened, ShardedTable)
    return opened


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[ArticleTable, ShardedTable]:
    """The same articles in one table and in three shards."""
    folder = tmp_path_factory.mktemp("both")
    one = ArticleTable(str(folder / "one"), STAMP, create=True)
    three = open_table(str(folder / "three"), STAMP, create=True, shards=3)
    assert isinstance(three, ShardedTable)
    for table in (one, three):
        table.put(ENTRIES)
        table.tidy()
    return one, three


def queries() -> Iterator[Query]:
    for each in ENTRIES[::25]:
        noise = np.random.default_rng(1).normal(scale=0.1, size=each.vectors.shape)
        vectors = each.vectors + noise.astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield Query(vectors)
        yield Query(vectors, languages=frozenset({Language.DE, Language.FR}))


def test_an_article_has_its_place() -> None:
    assert [shard_of(name, 3) for name in ("a", "b", "é")] == [1, 1, 0]
    assert shard_uri("s3://b/x/", 12) == "s3://b/x/shard-00012"
    numbers = [shard_of(f"a{n}", 4) for n in range(4_000)]
    assert all(900 < numbers.count(shard) < 1_100 for shard in range(4))


def test_shards_hold_the_same_as_one_table(both: tuple[ArticleTable, ShardedTable]) -> None:
    one, three = both
    assert (len(one), one.sentences) == (len(three), three.sentences) == (300, 1_500)
    assert all(70 < len(shard) < 130 for shard in three.shards)
    assert sorted(each.id for each in three.articles()) == sorted(
        each.id for each in one.articles()
    )
    assert {each.id: each for each in three.listed(language=Language.FR)} == {
        each.id: each for each in one.listed(language=Language.FR)
    }
    names = ["a3", "a77", "nothing", "a150"]
    assert three.get(names) == one.get(names)
    assert [each.problem for each in check_rows(three)] == [""] * 300
    assert (three.stamp, three.has_checksums) == (one.stamp, True)


def test_shards_are_searched_as_one_table(both: tuple[ArticleTable, ShardedTable]) -> None:
    one, three = both
    expected = list(ArchiveSearch(one).search(queries(), limit=3))
    assert [hits[0].id for hits in expected[::2]] == [each.article.id for each in ENTRIES[::25]]
    assert list(ArchiveSearch(three).search(queries(), limit=3)) == expected


def test_searchers_of_some_shards_find_together_what_one_finds(
    both: tuple[ArticleTable, ShardedTable],
) -> None:
    one, three = both
    background = background_of(one)
    whole = ArchiveSearch(one, background=background)
    parts = [ArchiveSearch(three.part(own), background=background) for own in ([0], [1, 2])]
    assert sum(part.sentences for part in parts) == 1_500
    found = [part.search(queries(), limit=3) for part in parts]
    together = [merged(each, 3) for each in zip(*found, strict=True)]
    for hits, expected in zip(together, whole.search(queries(), limit=3), strict=True):
        assert hits[0] == expected[0]


@pytest.mark.parametrize("indexed", [False, True])
def test_large_shards_are_searched_one_by_one(place: str, indexed: bool) -> None:
    archive = open_table(place, STAMP, create=True, shards=3)
    archive.put(ENTRIES)
    archive.tidy(exact_sentences=1_000)
    assert archive.is_indexed
    search = ArchiveSearch(archive, exact_sentences=1_000 if indexed else 2_000)
    assert search.is_exact != indexed
    found = list(search.search(queries(), limit=3))
    assert [hits[0].id for hits in found[::2]] == [each.article.id for each in ENTRIES[::25]]
    assert all(hit.language is not Language.EN for hits in found[1::2] for hit in hits)


def test_merged_hits_are_the_best() -> None:
    a, b, c = (
        Hit(name, Language.DE, score, 1) for name, score in (("a", 0.5), ("b", 0.9), ("c", 0.5))
    )
    assert merged([[b, c], [a], []], 2) == [b, a]


def test_states_put_and_remove(archive: ShardedTable, place: str) -> None:
    archive.put([entry(article(n), n) for n in range(12)])
    elsewhere = next(f"copy{n}" for n in range(99) if shard_of(f"copy{n}", 3) != shard_of("a1", 3))
    asked = [
        article(0),
        article(1, "changed"),
        article(99),
        replace(article(2), id=elsewhere),
        replace(article(99), id="twin"),
    ]
    known, changed, new, twin = State.KNOWN, State.CHANGED, State.NEW, State.ELSEWHERE
    with archive.alone():
        assert archive.states(asked) == [known, changed, new, twin, twin]
        archive.put([entry(article(1, "changed"), 1, 2)])
    again = open_table(place, STAMP)
    assert (len(again), again.sentences) == (12, 11 * 5 + 2)
    assert again.get(["a1"])["a1"].blocks[0].text == "changed"
    before = again.version
    assert archive.remove(["a7", "nothing", "a3"]) == ["a7", "a3"]
    assert archive.remove([]) == []
    assert (len(again), again.version) == (10, before + len({shard_of(x, 3) for x in ("a7", "a3")}))


def test_doubles_are_left_once(archive: ShardedTable) -> None:
    archive.put(ENTRIES[:9])
    shard = archive.shard(shard_of("a4", 3))
    row = shard.table(list(shard._columns.names), "id = 'a4'")
    shard._table.add(row.cast(shard._columns))
    assert len(archive) == 10
    assert archive.drop_doubles() == 1
    assert sorted(each.id for each in archive.listed()) == sorted(f"a{n}" for n in range(9))


def test_an_empty_archive_can_be_searched_and_tidied(archive: ShardedTable) -> None:
    archive.tidy(exact_sentences=0)
    assert not archive.is_indexed
    assert list(ArchiveSearch(archive).search([Query(ENTRIES[0].vectors)])) == [[]]


def test_some_articles_of_many_shards_are_indexed(place: str) -> None:
    archive = open_table(place, STAMP, create=True, shards=5)
    archive.put(ENTRIES[:2])
    archive.tidy(exact_sentences=0)
    search = ArchiveSearch(archive, exact_sentences=0)
    assert next(search.search([Query(ENTRIES[0].vectors)]))[0].id == "a0"


def test_another_number_of_shards_is_refused(archive: ShardedTable, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has 3 shards, not 4") as error:
        open_table(archive.uri, STAMP, create=True, shards=4)
    assert "--shards 4 --from-archive" in str(error.value)
    ArticleTable(str(tmp_path / "one"), STAMP, create=True)
    with pytest.raises(ConfigError, match="isn't in shards"):
        open_table(str(tmp_path / "one"), STAMP, create=True, shards=4)
    for count in (0, 4_097):
        with pytest.raises(ConfigError, match="1 to 4,096"):
            open_table(str(tmp_path / "new"), STAMP, create=True, shards=count)


def test_what_another_encoder_made_is_refused(archive: ShardedTable, place: str) -> None:
    with pytest.raises(ConfigError, match="made with the encoder fake"):
        open_table(place, replace(STAMP, encoder_sha256="1" * 64))
    shutil.rmtree(Path(place) / "shard-00001")
    ArticleTable(shard_uri(place, 1), replace(STAMP, encoder_sha256="1" * 64), create=True)
    with pytest.raises(InputError, match="different encoders"):
        open_table(place)


def test_no_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no archive in"):
        open_table(str(tmp_path / "nothing"), STAMP, shards=3)
    (tmp_path / "page.html").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        open_table(str(tmp_path), STAMP, create=True, shards=3)
    with pytest.raises(ConfigError, match="no place for an archive in shards"):
        open_table("az://x/y", STAMP, create=True, shards=3)


def test_a_creation_that_was_cut_off_is_made_good(tmp_path: Path) -> None:
    place = str(tmp_path / "cut")
    open_table(place, STAMP, create=True, shards=3)
    (tmp_path / "cut" / "shards.json").unlink()
    shutil.rmtree(tmp_path / "cut" / "shard-00002")
    archive = open_table(place, STAMP, create=True, shards=3)
    archive.put(ENTRIES[:9])
    assert len(open_table(place)) == 9


@pytest.mark.parametrize("create", [False, True])
def test_a_missing_shard_is_damage(archive: ShardedTable, place: str, create: bool) -> None:
    shutil.rmtree(Path(place) / "shard-00001")
    with pytest.raises(InputError, match="damaged: shard-00001 is missing"):
        open_table(place, STAMP, create=create)
    assert not (Path(place) / "shard-00001").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"format": 1, "shards": "3"}),
        json.dumps({"format": 1, "shards": True}),
        json.dumps({"format": 1, "shards": 0}),
        json.dumps({"format": 1, "shards": 10**9}),
        json.dumps({"format": None, "shards": 3}),
        "[" * 9_000,
    ],
)
def test_a_damaged_list_of_shards_is_told(archive: ShardedTable, place: str, content: str) -> None:
    (Path(place) / "shards.json").write_text(content)
    for create in (False, True):
        with pytest.raises(InputError, match=r"is damaged: its shards\.json"):
            open_table(place, STAMP, create=create)


def test_an_archive_of_a_later_version_is_told(archive: ShardedTable, place: str) -> None:
    (Path(place) / "shards.json").write_text(json.dumps({"format": 2, "shards": 3}))
    with pytest.raises(ConfigError, match="a later version"):
        open_table(place, STAMP)
