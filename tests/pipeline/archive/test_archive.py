import doctest
import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mtpipe.archive.sharded import AnyTable, open_table
from mtpipe.archive.table import ArticleTable
from mtpipe.archive.votes import Hit, Query
from mtpipe.pipeline.archive import adding as pipeline
from mtpipe.pipeline.archive.adding import add_articles, chained
from mtpipe.pipeline.archive.archive import Archive
from mtpipe.pipeline.archive.encoder import ArchiveEncoder, Scope
from mtpipe.pipeline.archive.statistics import statistics
from mtpipe.types import Article, Block, BlockKind, Failure, Language, Metadata, Place

pytest.importorskip("lancedb")

FRENCH = (
    "Un nouveau pont a été inauguré samedi à Genève.",
    "Les travaux ont duré trois ans et coûté 24 millions de francs.",
    "La maire a remercié les ouvriers devant plusieurs centaines de personnes.",
)
GERMAN = (
    "Am Samstag wurde in Genf eine neue Brücke eröffnet.",
    "Die Arbeiten dauerten drei Jahre und kosteten 24 Millionen Franken.",
    "Die Bürgermeisterin dankte den Arbeitern vor mehreren hundert Menschen.",
)


def article(item: str, *texts: str, language: str = "fr", published: str = "") -> Article:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, Place(n)) for n, text in enumerate(texts))
    metadata = Metadata(published=published)
    return Article(item, f"{item}.txt", Language(language), blocks, metadata=metadata)


def others(count: int) -> list[Article]:
    subjects = ("gouvernement", "conseil", "musée", "hôpital", "club", "tribunal", "marché")
    return [
        article(
            f"n{n}", f"Le {subjects[n % 7]} numéro {n} a publié son rapport annuel. Rien de neuf."
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def encoder() -> ArchiveEncoder:
    return ArchiveEncoder()


@pytest.fixture
def archive(tmp_path: Path, encoder: ArchiveEncoder) -> ArticleTable:
    return ArticleTable(str(tmp_path / "archive"), encoder.stamp, create=True)


def content(archive: AnyTable) -> list[dict[str, object]]:
    columns = ["id", "sha256", "language", "day", "text", "article", "keys", "vectors"]
    rows = archive.table(columns).to_pylist()
    return sorted(rows, key=lambda row: str(row["id"]))


def test_adding_again_changes_nothing(archive: ArticleTable, encoder: ArchiveEncoder) -> None:
    articles = [article("a", *FRENCH), *others(20)]
    first = add_articles(articles, archive, encoder)
    assert (first.added, first.skipped, first.sentences) == (21, 0, 43)
    before = content(archive)
    again = add_articles([*articles, replace(articles[0], id="b")], archive, encoder)
    assert (again.added, again.replaced, again.skipped) == (0, 0, 22)
    assert content(archive) == before


def test_what_changed_is_replaced(archive: ArticleTable, encoder: ArchiveEncoder) -> None:
    add_articles([article("a", *FRENCH)], archive, encoder)
    summary = add_articles([article("a", FRENCH[0])], archive, encoder)
    assert (summary.added, summary.replaced) == (0, 1)
    assert (len(archive), archive.sentences) == (1, 1)


@pytest.mark.parametrize("batch", [1, 256], ids=["one by one", "together"])
@pytest.mark.parametrize("order", [1, -1], ids=["old first", "new first"])
def test_content_that_has_moved_to_another_name_stays(
    archive: ArticleTable,
    encoder: ArchiveEncoder,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    order: int,
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_ARTICLES", batch)
    add_articles([article("latest", *FRENCH), *others(2)], archive, encoder)
    day1, latest = article("day1", *FRENCH), article("latest", *FRENCH[1:])
    summary = add_articles([day1, latest][::order], archive, encoder)
    assert (summary.added, summary.replaced_ids, summary.skipped) == (1, ["latest"], 0)
    assert archive.get(["day1", "latest"]) == {"day1": day1, "latest": latest}
    # A third name for what is kept under the first one isn't needed.
    again = [article("latest", *FRENCH), article("day2", *FRENCH[1:]), article("latest", FRENCH[0])]
    summary = add_articles(again, archive, encoder)
    assert archive.get(["day2"]) == {"day2": again[1]}
    assert len(archive) == 5


def test_a_name_that_was_taken_meanwhile_is_left_alone(
    archive: ArticleTable, encoder: ArchiveEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_ARTICLES", 1)
    add_articles([article("latest", *FRENCH)], archive, encoder)
    taken = article("day1", *GERMAN, language="de")
    later = [article("day1", *FRENCH), taken, article("latest", FRENCH[0])]
    summary = add_articles(later, archive, encoder)
    assert (summary.added, summary.replaced, summary.skipped) == (1, 1, 1)
    assert archive.get(["day1"]) == {"day1": taken}


def test_failures_are_kept_and_the_rest_goes_on(
    archive: ArticleTable, encoder: ArchiveEncoder
) -> None:
    blank = article("blank", "\u00a0")
    broken = Failure("broken", "read", "no such file")
    summary = add_articles([broken, blank, article("a", *FRENCH)], archive, encoder)
    assert summary.added == 1
    assert [(each.article_id, each.stage) for each in summary.failures] == [
        ("broken", "read"),
        ("blank", "segment"),
    ]
    assert summary.done == 3


def test_articles_are_taken_in_batch_by_batch(
    archive: ArticleTable, encoder: ArchiveEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_ARTICLES", 4)
    taken = 0

    def stream() -> Iterator[Article]:
        nonlocal taken
        for each in others(10):
            taken += 1
            yield each

    seen: list[tuple[int, int]] = []
    add_articles(stream(), archive, encoder, on_progress=lambda s: seen.append((taken, s.added)))
    assert seen == [(4, 4), (8, 8), (10, 10)]
    stopped = add_articles(others(20), archive, encoder, is_stopped=lambda: True)
    assert stopped.done == 0


def test_the_original_is_found_in_another_language(
    archive: ArticleTable, encoder: ArchiveEncoder
) -> None:
    original = article("a", *FRENCH, published="2024-05-03")
    copy = article("copy", *GERMAN, language="de")
    add_articles([*others(50), original, copy], archive, encoder)
    candidate = article("c", *GERMAN, language="de", published="2024-05-05")
    best, second, *rest = Archive(archive.uri).find(candidate)
    assert (best.article, second.article) == (copy, original)
    assert best.score > 0.95 > second.score > 0.4 > max((each.score for each in rest), default=0)
    assert (second.votes, second.sentences, second.shared) == (3, 3, ("24",))
    finder = Archive(archive.uri)
    (found, *_) = finder.find(candidate, scope=Scope(translations=True))
    assert found.article == original
    for scope, there in (
        (Scope(translations=True, within_days=3), True),
        (Scope(translations=True, within_days=1), False),
        (Scope(languages=(Language.FR,)), True),
        (Scope(languages=(Language.EN,)), False),
        (Scope(since="2024-05-04"), False),
        (Scope(until="2024-05-03"), True),
    ):
        hits = finder.find(candidate, scope=scope)
        assert (original in [hit.article for hit in hits]) == there, scope
    both = list(finder.find_all([candidate, others(1)[0]], limit=1))
    assert [hits[0].article.id for hits in both] == ["copy", "n0"]


def test_another_archive_is_encoded_anew(
    tmp_path: Path, archive: ArticleTable, encoder: ArchiveEncoder
) -> None:
    old = ArticleTable(
        str(tmp_path / "old"), replace(encoder.stamp, encoder_sha256="0"), create=True
    )
    entries = encoder.entries([article("a", *FRENCH)])
    old.put(entries)
    assert (
        add_articles(chained(ArticleTable(old.uri).articles(), others(1)), archive, encoder).added
        == 2
    )
    assert archive.get(["a"]) == {"a": entries[0].article}


def test_what_has_no_name_of_its_own_is_no_newer_version_of_the_same(
    archive: ArticleTable, encoder: ArchiveEncoder
) -> None:
    for text in (FRENCH, GERMAN):
        for name in ("-", "day.jsonl#1"):
            unnamed = replace(article(name, *text), source=name.partition("#")[0])
            summary = add_articles(chained((), [unnamed]), archive, encoder)
            # The second time round, the content is there under another id.
            assert (summary.added, summary.replaced) == (int(name == "-"), 0)
    add_articles(chained((), [article("own", *FRENCH[:1])]), archive, encoder)
    summary = add_articles(chained((), [article("own", *FRENCH[1:])]), archive, encoder)
    assert summary.replaced_ids == ["own"]
    assert len(archive) == 3


def test_statistics(archive: ArticleTable, encoder: ArchiveEncoder) -> None:
    german = article("d", *GERMAN, language="de", published="2024-05-05")
    add_articles(
        [article("a", *FRENCH, published="2023-01-01"), german, *others(1)], archive, encoder
    )
    figures = statistics(archive)
    assert (figures.articles, figures.sentences, figures.languages) == (3, 8, {"de": 1, "fr": 2})
    assert (figures.first, figures.last, figures.undated) == ("2023-01-01", "2024-05-05", 1)
    assert figures.size_bytes
    assert not figures.is_indexed


@pytest.mark.parametrize("commits", [0, 4])
def test_a_kill_at_any_moment_loses_nothing(
    tmp_path: Path, encoder: ArchiveEncoder, commits: int
) -> None:
    articles = others(600)
    pages = tmp_path / "pages.jsonl"
    with pages.open("w") as file:
        for each in articles:
            record = {"id": each.id, "text": each.blocks[0].text, "language": "fr"}
            file.write(json.dumps(record) + "\n")
    # Batches of 3, so that the kill comes while one of two hundred commits is being made.
    script = (
        "import sys; from mtpipe.pipeline.archive import adding; adding.BATCH_ARTICLES = 3;"
        "from mtpipe.cli import main; main(sys.argv[1:])"
    )
    place = tmp_path / "archive"
    command = [sys.executable, "-c", script, "archive", "add", str(place), str(pages)]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    versions = place / "articles.lance" / "_versions"
    # The table's creation is the first version.
    while process.poll() is None and len(list(versions.glob("*"))) <= commits:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    uninterrupted = ArticleTable(str(tmp_path / "other"), encoder.stamp, create=True)
    from mtpipe.ingest import read_articles

    add_articles(read_articles([str(pages)]), uninterrupted, encoder)
    resumed = ArticleTable(str(place), encoder.stamp, create=True)
    left = len(resumed)
    assert left < len(articles)
    summary = add_articles(read_articles([str(pages)]), resumed, encoder)
    assert (summary.skipped, summary.added) == (left, len(articles) - left)
    assert content(resumed) == content(uninterrupted)


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(importlib.import_module("mtpipe.pipeline.archive.archive"))
    assert found.attempted
    assert not found.failed


def test_shards_take_articles_as_one_table_does(
    tmp_path: Path, archive: ArticleTable, encoder: ArchiveEncoder
) -> None:
    shards = open_table(str(tmp_path / "shards"), encoder.stamp, create=True, shards=3)
    articles = [article("a", *FRENCH), article("b", *GERMAN, language="de"), *others(30)]
    later = [article("a", FRENCH[0]), replace(articles[1], id="known"), article("new", *FRENCH[1:])]
    for table in (archive, shards):
        first = add_articles(articles, table, encoder)
        then = add_articles(later, table, encoder)
        assert (first.added, then.added, then.skipped) == (32, 1, 1)
        assert then.replaced_ids == ["a"]
    assert content(shards) == content(archive)
    figures = (statistics(shards), statistics(archive))
    assert (figures[0].shards, figures[1].shards) == (3, 0)
    assert figures[0].languages == figures[1].languages
    candidate = article("c", *GERMAN, language="de")
    found = [Archive(table.uri).find(candidate) for table in (shards, archive)]
    assert found[0] == found[1]
    assert found[0][0].article.id == "b"


def test_ids_are_indexed_while_many_are_added(
    archive: ArticleTable, encoder: ArchiveEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_ARTICLES", 4)
    monkeypatch.setattr(pipeline, "_INDEXED_TOGETHER", 8)
    articles = others(20)
    assert add_articles([*articles, articles[0]], archive, encoder).added == 20
    assert {tuple(each.columns) for each in archive._table.list_indices()} >= {("id",), ("sha256",)}
    assert add_articles(articles, archive, encoder).skipped == 20


def test_a_given_search_is_asked(tmp_path: Path, encoder: ArchiveEncoder) -> None:
    class Searched:
        def search(self, queries: Iterable[Query], *, limit: int = 10) -> Iterator[list[Hit]]:
            for _ in queries:
                yield [Hit("n3", Language.FR, 0.7, limit)]

    place = str(tmp_path / "archive")
    Archive(place, create=True).add(others(5))
    [found] = Archive(place, search=Searched()).find(article("c", *GERMAN, language="de"), limit=2)
    assert (found.article.id, found.score, found.votes) == ("n3", 0.7, 2)
