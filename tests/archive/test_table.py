from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mtpipe.archive.rows import Entry
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.states import State
from mtpipe.archive.table import ArticleTable
from mtpipe.archive.votes import Query
from mtpipe.errors import ConfigError, InputError
from mtpipe.types import Article, Block, BlockKind, Language, Metadata, Place

pytest.importorskip("lancedb")

DIMENSIONS = 32
STAMP = Stamp("fake", "0" * 64, DIMENSIONS)
RNG = np.random.default_rng(3)


def article(item: str, text: str = "", language: str = "de", published: str = "") -> Article:
    blocks = (Block(BlockKind.PARAGRAPH, text or f"Text of {item}.", Place(0)),)
    return Article(
        item, f"{item}.txt", Language(language), blocks, metadata=Metadata(published=published)
    )


def entry(each: Article, sentences: int = 5) -> Entry:
    vectors = RNG.normal(size=(sentences, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Entry(each, ["."] * sentences, vectors)


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "it's an archive")


@pytest.fixture
def archive(place: str) -> ArticleTable:
    return ArticleTable(place, STAMP, create=True)


def test_articles_come_back_as_they_went_in(archive: ArticleTable, place: str) -> None:
    articles = [article("it's", "L’été à «Genève»\u202f! 😀"), article("b"), article("c")]
    archive.put([entry(each) for each in articles])
    again = ArticleTable(place, STAMP)
    assert again.get(["it's", "c", "nothing"]) == {"it's": articles[0], "c": articles[2]}
    assert sorted(each.id for each in again.articles()) == ["b", "c", "it's"]
    assert (len(again), again.sentences) == (3, 15)


def test_states(archive: ArticleTable) -> None:
    archive.put([entry(article("a")), entry(article("b", "another"))])
    renamed = replace(article("a"), id="copy")
    asked = [
        article("a"),
        article("b", "changed"),
        article("new"),
        renamed,
        replace(article("new"), id="twin of new"),
    ]
    assert archive.states(asked) == [
        State.KNOWN,
        State.CHANGED,
        State.NEW,
        State.ELSEWHERE,
        State.ELSEWHERE,
    ]


def test_the_same_id_replaces(archive: ArticleTable) -> None:
    archive.put([entry(article("a"))])
    archive.put([entry(article("a", "older"), 2), entry(article("a", "newest"), 3)])
    assert (len(archive), archive.sentences) == (1, 3)
    assert archive.get(["a"])["a"].blocks[0].text == "newest"


def test_removed_is_gone(archive: ArticleTable) -> None:
    archive.put([entry(article(item)) for item in ("a", "b'", "c")])
    assert archive.remove(["c", "nothing", "b'"]) == ["c", "b'"]
    archive.tidy()
    assert [each.id for each in archive.listed()] == ["a"]
    assert archive.remove([]) == []


def test_listed(archive: ArticleTable) -> None:
    archive.put(
        [
            entry(article("a", "Le nouveau PONT", "fr", "2024-05-03T10:00")),
            entry(article("b", "100 % 'neu'_", "de")),
        ]
    )
    assert [each.id for each in archive.listed(language=Language.FR)] == ["a"]
    assert [each.id for each in archive.listed(containing="nouveau pont")] == ["a"]
    assert [each.id for each in archive.listed(containing="% 'neu'_")] == ["b"]
    assert {each.id: each.published for each in archive.listed()} == {"a": "2024-05-03", "b": ""}


@pytest.mark.parametrize(
    ("stamp", "message"),
    [
        (replace(STAMP, encoder_sha256="1" * 64), "made with the encoder fake"),
        (replace(STAMP, format=99), "made by mtpipe"),
    ],
)
def test_another_encoder_or_format_is_refused_with_what_repairs_it(
    archive: ArticleTable, place: str, stamp: Stamp, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        ArticleTable(place, stamp, create=True)
    assert "--from-archive" in str(error.value)
    assert ArticleTable(place).stamp == STAMP  # still there to be read


def test_no_archive(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no archive in"):
        ArticleTable(str(tmp_path / "nothing"), STAMP)
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "page.html").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        ArticleTable(str(tmp_path), STAMP, create=True)
    with pytest.raises(ConfigError, match="no place for an archive"):
        ArticleTable("https://example.org", STAMP, create=True)


def test_a_creation_that_was_cut_off_is_made_good(tmp_path: Path) -> None:
    (tmp_path / "cut" / "articles.lance" / "_versions").mkdir(parents=True)
    with pytest.raises(InputError, match="no archive"):
        ArticleTable(str(tmp_path / "cut"), STAMP)
    archive = ArticleTable(str(tmp_path / "cut"), STAMP, create=True)
    archive.put([entry(article("a"))])
    assert len(archive) == 1


def test_damage_is_an_error_of_ours(archive: ArticleTable, place: str) -> None:
    archive.put([entry(article("a"))])
    for file in Path(place).rglob("*.lance"):
        if file.is_file():
            file.write_bytes(b"garbage" * 100)
    with pytest.raises(InputError, match="can't read the archive"):
        list(ArticleTable(place).listed())


def test_what_one_adds_another_sees(archive: ArticleTable, place: str) -> None:
    other = ArticleTable(place, STAMP)
    archive.put([entry(article("a"))])
    archive.tidy()
    assert list(other.get(["a"])) == ["a"]


@pytest.mark.parametrize("exact", [10_000, 0], ids=["exact", "index"])
def test_search(archive: ArticleTable, exact: int) -> None:
    languages = ("de", "en", "fr")
    entries = [
        entry(article(f"a{n}", language=languages[n % 3], published=f"2024-01-{n % 28 + 1:02}"))
        for n in range(400)
    ]
    archive.put(entries)
    archive.tidy(exact_sentences=exact)
    assert archive.is_indexed == (exact == 0)
    late = entry(article("late"))
    archive.put([late])  # not in the index yet
    search = ArchiveSearch(archive, exact_sentences=exact)
    assert search.is_exact == (exact > 0)
    wanted = [*entries[::40], late]
    found = [hits[0].id for hits in search.search([Query(each.vectors[:4]) for each in wanted])]
    assert found == [each.article.id for each in wanted]
    query = Query(entries[3].vectors, languages=frozenset({Language.EN, Language.FR}))
    assert "a3" not in {hit.id for hit in next(search.search([query]))}
    query = Query(entries[3].vectors, since=archive_day(20))
    assert "a3" not in {hit.id for hit in next(search.search([query]))}


def archive_day(day: int) -> int:
    from mtpipe.archive.rows import published_day

    return published_day(f"2024-01-{day:02}")


def test_an_empty_archive_can_be_searched(archive: ArticleTable) -> None:
    assert list(ArchiveSearch(archive).search([Query(entry(article("a")).vectors)])) == [[]]
