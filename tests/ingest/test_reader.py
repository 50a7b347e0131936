import io
import json
from pathlib import Path

import pytest

from mtpipe.errors import DependencyMissing
from mtpipe.ingest import Format, read_articles, reader
from mtpipe.ingest.addresses import Fetched
from mtpipe.types import Article, BlockKind, Failure, Language

PAGES = Path(__file__).parent / "pages"
GERMAN = "Der Bürgermeister hat am Montag angekündigt, dass die Brücke geschlossen wird."
ENGLISH = "The mayor announced on Monday that the bridge would be closed for six months."


def jsonl(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def test_a_folder_of_pages():
    articles = list(read_articles([str(PAGES)]))
    assert [(Path(a.id).name, a.language, a.title[:10]) for a in articles] == [
        ("bridge.de.html", Language.DE, "Alte Brück"),
        ("ferry.en.html", Language.EN, "Ferry stop"),
        ("pont.fr.html", Language.FR, "Le vieux p"),
        ("port.fr.html", Language.FR, "Le port d’"),
    ]
    assert all(article.furniture for article in articles)


def test_foreign_paragraph_of_a_page_says_so():
    (article,) = read_articles([str(PAGES / "pont.fr.html")])
    assert [b.text[:8] for b in article.blocks if b.language == "en"] == ["“We will"]


def test_failures_are_records_in_the_order_of_the_inputs(tmp_path):
    (tmp_path / "a.txt").write_text(GERMAN)
    (tmp_path / "b.txt").write_bytes(b"\x00\x01")
    (tmp_path / "c.txt").write_text("")
    (tmp_path / "d.txt").write_text("PREV\nNEXT\n")
    (tmp_path / "e.txt").write_text(
        "De burgemeester heeft maandag gezegd dat de brug dicht blijft."
    )
    (tmp_path / "f.html").write_text("<html><nav>Home</nav></html>")
    items = list(read_articles([str(tmp_path), "nope.txt"]))
    assert [item.id if isinstance(item, Article) else item.stage for item in items] == [
        str(tmp_path / "a.txt"),
        "extract",
        "extract",
        "extract",
        "language",
        "extract",
        "read",
    ]
    assert "furniture" in items[3].error
    assert "'nl'" in items[4].error


def test_records_of_tables(tmp_path):
    one = jsonl(tmp_path / "1.jsonl", {"id": "x", "text": GERMAN}, {"text": ENGLISH}, {"id": "x"})
    two = tmp_path / "2.csv"
    two.write_text(f'id,text\nx,"{GERMAN}"\nx,"{ENGLISH}"\ny\n', encoding="utf-8")
    items = list(read_articles([one, str(two)]))
    assert [(getattr(i, "id", None) or i.article_id, type(i)) for i in items] == [
        ("x", Article),
        (f"{one}#2", Article),
        ("x", Failure),
        (f"{two}#x", Article),
        (f"{two}#x", Failure),
        ("y", Failure),
    ]


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (
            f"<html><body><h1>Ein Titel</h1><p>{GERMAN}</p>{GERMAN}",
            ["title", "paragraph", "paragraph"],
        ),
        (json.dumps({"title": "Ein Titel", "text": GERMAN}), ["title", "paragraph"]),
        (GERMAN, ["paragraph"]),
    ],
    ids=["html", "jsonl", "text"],
)
def test_standard_input_is_what_it_looks_like(data, kinds):
    (article,) = read_articles(["-"], stdin=io.BytesIO(data.encode()))
    assert [block.kind.value for block in article.blocks] == kinds
    assert article.source == "-"


def test_stated_format_counts(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text(f"# Ein Titel\n\n{GERMAN}")
    (article,) = read_articles([str(path)], input_format=Format.MARKDOWN)
    assert article.title == "Ein Titel"


def test_stated_language_counts(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(GERMAN)
    (article,) = read_articles([str(path)], language=Language.FR)
    assert article.language is Language.FR
    assert article.blocks[0].language == "de"


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.md"])
def test_pages_over_the_limit_are_failures(tmp_path, name):
    (tmp_path / name).write_text(GERMAN * 10)
    (failure,) = read_articles([str(tmp_path / name)], max_bytes=200)
    assert failure.stage == "read"
    assert "200 bytes" in failure.error


def test_endless_file_ends_at_the_limit():
    (failure,) = read_articles(["/dev/zero"], max_bytes=1000)
    assert "1,000 bytes" in failure.error


def test_unreadable_file_is_a_failure(tmp_path):
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)
    (failure,) = read_articles([str(loop)])
    assert failure.stage == "read"


def test_address(monkeypatch):
    html = f"<meta charset=utf-8><title>T</title><h1>Ein Titel</h1><p>{GERMAN}</p><p>{GERMAN}</p>"
    fetched = Fetched(html.encode(), "http://x.example/2", "text/html", None)
    monkeypatch.setattr(reader, "fetch", lambda address, **options: fetched)
    (article,) = read_articles(["http://x.example/1"])
    assert article.id == article.source == "http://x.example/1"
    assert article.metadata.address == "http://x.example/2"
    assert article.title == "Ein Titel"


def test_internal_address_is_a_failure():
    (failure,) = read_articles(["http://127.0.0.1/"])
    assert failure.stage == "read"
    assert "no public host" in failure.error


def test_one_article_at_a_time(tmp_path):
    path = jsonl(tmp_path / "many.jsonl", *({"text": GERMAN} for _ in range(3)))
    articles = read_articles([path])
    assert next(articles).id == f"{path}#1"
    articles.close()


def test_parquet_without_its_extra_is_known_before_anything_is_read(monkeypatch):
    def missing(module, *, extra):
        raise DependencyMissing(f"{module} isn't installed", hint=f"pip install 'mtpipe[{extra}]'")

    monkeypatch.setattr(reader, "require", missing)
    with pytest.raises(DependencyMissing, match="tables"):
        next(read_articles(["nope.txt", "x.PARQUET"]))


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"id": "1", "title": "Brücke zu", "text": GERMAN}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    (article,) = read_articles([str(tmp_path)])
    assert [block.kind for block in article.blocks] == [BlockKind.TITLE, BlockKind.PARAGRAPH]
