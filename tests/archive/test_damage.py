"""Archives with flipped bits, cut files and missing ones: told, never believed, never ignored."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtpipe.archive import table as archives
from mtpipe.archive.checksums import check_rows
from mtpipe.archive.place import mapped
from mtpipe.archive.rows import Entry
from mtpipe.archive.search import ArchiveSearch
from mtpipe.archive.stamp import Stamp
from mtpipe.archive.table import ArticleTable
from mtpipe.archive.votes import Query
from mtpipe.errors import InputError
from mtpipe.types import Article, Block, BlockKind, Failure, Language, Metadata, Place

pa = pytest.importorskip("pyarrow")
pytest.importorskip("lancedb")

DIMENSIONS = 16
STAMP = Stamp("fake", "0" * 64, DIMENSIONS)
LANGUAGES = list(Language)
TEXTS = {
    Language.DE: "Die Brücke {} ist seit {} Tagen gesperrt.",
    Language.EN: "Bridge {} has been closed for {} days.",
    Language.FR: "Le pont {} est fermé depuis {} jours.",
}


def article(number: int) -> Article:
    language = LANGUAGES[number % len(LANGUAGES)]
    text = TEXTS[language].format(number, number + 7)
    blocks = (
        Block(BlockKind.TITLE, f"Nr. {number}", Place(0)),
        Block(BlockKind.PARAGRAPH, text, Place(1)),
    )
    return Article(
        f"a{number}", f"a{number}.txt", language, blocks, metadata=Metadata(published="2024-03-01")
    )


def vectors(number: int) -> np.ndarray:
    drawn = np.random.default_rng(number).normal(size=(4, DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def filled(place: Path, numbers: range = range(30)) -> ArticleTable:
    archive = ArticleTable(str(place), STAMP, create=True)
    archive.put([Entry(article(number), ["."] * 4, vectors(number)) for number in numbers])
    archive.tidy()
    return archive


def found(archive: ArticleTable, number: int) -> list[tuple[str, float]]:
    query = Query(vectors(number), np.empty(0, np.uint32))
    [hits] = ArchiveSearch(archive).search([query], limit=3)
    return [(hit.id, round(hit.score, 3)) for hit in hits]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("whole") / "originals"
    filled(place)
    return place


def change(
    archive: ArticleTable, name: str, column: str, value: Callable[[object], object]
) -> None:
    """Another value in one row, as a flipped bit leaves it: nothing else is brought up to date."""
    rows = archive.table(list(archive._columns.names), f"id = '{name}'").to_pylist()
    rows[0][column] = value(rows[0][column])
    changed = pa.Table.from_pylist(rows, schema=archive._columns)
    archive._table.merge_insert("id").when_matched_update_all().execute(changed)


SEARCHED = {
    "vectors": lambda lists: [[-x for x in lists[0]], *lists[1:]],
    "keys": lambda keys: [key ^ 1 for key in keys],
    "language": lambda code: "fr" if code != "fr" else "de",
    "day": lambda day: day + 1,
}
LISTED = {
    "title": lambda title: title + "x",
    "address": lambda address: "https://other.example/",
    "sentences": lambda number: number + 1,
    "text": lambda text: text.replace("1", "2"),
    "sha256": lambda digest: digest.replace(digest[0], "x"),
    "article": lambda record: record.replace("10", "11"),
    "checksum": lambda digest: digest[::-1],
}


@pytest.mark.parametrize("column", [*SEARCHED, *LISTED])
def test_a_check_finds_whatever_has_changed(tmp_path: Path, column: str) -> None:
    archive = filled(tmp_path / "a", range(9))
    assert [each.problem for each in check_rows(archive)] == [""] * 9
    change(archive, "a3", column, (SEARCHED | LISTED)[column])
    wrong = [each.id for each in check_rows(ArticleTable(str(tmp_path / "a"))) if each.problem]
    assert wrong == ["a3"]


@pytest.mark.parametrize("column", [*SEARCHED, "checksum"])
@pytest.mark.parametrize("exact", [True, False])
def test_what_is_searched_is_what_was_written(
    tmp_path: Path, column: str, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = filled(tmp_path / "a", range(9))
    change(archive, "a3", column, (SEARCHED | LISTED)[column])
    with pytest.raises(
        InputError, match=r"1 articles aren't what was added \(a3\) \(mtpipe archive check"
    ):
        ArchiveSearch(archive, exact_sentences=1_000 if exact else 1)


@pytest.mark.parametrize("column", ["article", "sha256"])
def test_an_article_is_the_one_that_was_added(tmp_path: Path, column: str) -> None:
    archive = filled(tmp_path / "a", range(5))
    change(
        archive,
        "a3",
        column,
        LISTED[column] if column == "sha256" else lambda r: r.replace("10", "11"),
    )
    assert list(archive.get(["a1"])) == ["a1"]
    with pytest.raises(InputError, match=r"damaged: 1 articles .*\(a3\)"):
        archive.get(["a1", "a3"])
    items = list(archive.articles())
    assert [item.article_id for item in items if isinstance(item, Failure)] == ["a3"]
    assert sorted(item.id for item in items if isinstance(item, Article)) == [
        "a0",
        "a1",
        "a2",
        "a4",
    ]


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits_name_no_wrong_original(whole: Path, tmp_path: Path, seed: int) -> None:
    expected = {number: found(ArticleTable(str(whole), STAMP), number)[0] for number in (0, 7, 29)}
    place = tmp_path / "originals"
    shutil.copytree(whole, place)
    chance = random.Random(seed)
    files = sorted(file for file in place.rglob("*") if file.is_file())
    for _ in range(20):
        file = chance.choice(files)
        data = bytearray(file.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
    try:
        archive = ArticleTable(str(place), STAMP)
        for number, best in expected.items():
            assert found(archive, number)[0] == best
            assert archive.get([best[0]])[best[0]] == article(number)
    except InputError:
        return  # told


@pytest.mark.parametrize("size", [0, 1, 20, 200])
def test_a_cut_manifest_is_damage(whole: Path, tmp_path: Path, size: int) -> None:
    place = tmp_path / "originals"
    shutil.copytree(whole, place)
    for manifest in (place / "articles.lance" / "_versions").iterdir():
        manifest.write_bytes(manifest.read_bytes()[:size])
    for options in ({}, {"create": True}):
        with pytest.raises(InputError, match="restore them from a backup"):
            list(ArticleTable(str(place), STAMP, **options).listed())


def test_data_without_a_manifest_is_damage_and_stays(whole: Path, tmp_path: Path) -> None:
    place = tmp_path / "originals"
    shutil.copytree(whole, place)
    shutil.rmtree(place / "articles.lance" / "_versions")
    before = sorted(file.name for file in place.rglob("*") if file.is_file())
    for options in ({}, {"create": True}):
        with pytest.raises(InputError, match=r"it has data, but no manifest .*backup"):
            ArticleTable(str(place), STAMP, **options)
    assert sorted(file.name for file in place.rglob("*") if file.is_file()) == before


def test_archives_of_earlier_versions_are_read_and_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*args: object) -> object:
        columns = schema(*args)
        return columns.remove(columns.get_field_index("checksum"))

    schema = archives.schema
    monkeypatch.setattr(archives, "schema", without)
    filled(tmp_path / "a", range(5))
    monkeypatch.undo()
    archive = filled(tmp_path / "a", range(4, 8))
    assert not archive.has_checksums
    assert found(archive, 6)[0] == ("a6", 1.0)
    assert archive.get(["a2"])["a2"] == article(2)
    assert {(each.problem, each.has_checksum) for each in check_rows(archive)} == {("", False)}
    change(archive, "a3", "article", lambda record: record.replace("10", "11"))
    assert [each.id for each in check_rows(archive) if each.problem] == ["a3"]


@pytest.mark.parametrize(
    ("name", "base"), [("PanicException", BaseException), ("RustPanic", Exception)]
)
def test_a_panic_of_the_database_is_an_error_of_ours(name: str, base: type) -> None:
    panic = type(name, (base,), {})
    with (
        pytest.raises(InputError, match=r"can't read the archive x: no such range \(if its files"),
        mapped("x", InputError, "can't read"),
    ):
        raise panic("no such range")
    for other in (KeyboardInterrupt, SystemExit, GeneratorExit):
        with pytest.raises(other), mapped("x", InputError, "can't read"):
            raise other
