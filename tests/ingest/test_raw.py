import bz2
import gzip
import io
import json
import lzma
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mtpipe.errors import DependencyMissing
from mtpipe.ingest import Format, articles_of, raw, read_articles
from mtpipe.ingest.addresses import Fetched
from mtpipe.ingest.raw import Raw, RawPage, raw_items, raw_sha256
from mtpipe.types import Article, Failure
from tests.ingest.test_warc import response
from tests.object_store import object_store

GERMAN = "Der Bürgermeister hat am Montag angekündigt, dass die Brücke geschlossen wird."
RSS = (
    f"<rss><channel><item><guid>1</guid><description>{GERMAN}</description></item></channel></rss>"
)
ROWS = [{"id": "a", "text": GERMAN}, {"text": GERMAN, "tags": ["x", 1, None]}, {"id": "a"}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode() + b"{\n"


def packed_zstd(data: bytes) -> bytes:
    return pytest.importorskip("pyarrow").compress(data, "zstd", asbytes=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every format that there is, one of them broken."""
    pytest.importorskip("fastwarc")
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "a.html").write_text(f"<h1>Die Brücke</h1><p>{GERMAN}</p><p>{GERMAN}</p>")
    (tmp_path / "b.txt").write_text(GERMAN)
    (tmp_path / "c.md").write_text(f"# Die Brücke\n\n{GERMAN}")
    (tmp_path / "d.jsonl").write_bytes(LINES)
    (tmp_path / "e.csv").write_text(f'id,text\n1,"{GERMAN}"\n1,"{GERMAN}"\n2,x,y\n')
    (tmp_path / "f.tsv").write_text(f"text\n{GERMAN}\n")
    (tmp_path / "g.rss").write_text(RSS)
    page = f"<h1>Die Brücke</h1><p>{GERMAN}</p><p>{GERMAN}</p>".encode()
    (tmp_path / "h.warc.gz").write_bytes(
        b"".join(gzip.compress(response(number, page)) for number in range(3))
    )
    parquet.write_table(pyarrow.Table.from_pylist(ROWS[:1]), tmp_path / "i.parquet")
    (tmp_path / "j.txt").write_bytes(b"\x00\x01")
    (tmp_path / "k.jsonl.zst").write_bytes(packed_zstd(LINES))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_halves_together_are_reading(folder: Path) -> None:
    items = list(raw_items([".", "none.txt"]))
    assert [item.source for item in items if isinstance(item.content, Failure)] == [
        *("d.jsonl", "e.csv", "k.jsonl.zst", "none.txt")
    ]
    expected = list(read_articles([".", "none.txt"]))
    assert len(expected) == len(items) > 15
    assert list(articles_of(items)) == expected
    assert list(articles_of(pickle.loads(pickle.dumps(items)), language="fr")) == list(
        read_articles([".", "none.txt"], language="fr")
    )


def test_another_process_does_the_rest(folder: Path) -> None:
    items = list(raw_items("."))
    code = (
        "import pickle, sys; from mtpipe.ingest import articles_of; "
        "items = pickle.load(sys.stdin.buffer); from mtpipe.ingest.raw import raw_sha256; "
        "pickle.dump((raw_sha256(items), list(articles_of(items))), sys.stdout.buffer)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(items), capture_output=True, check=True
    )
    assert pickle.loads(done.stdout) == (raw_sha256(items), list(read_articles(".")))


def test_what_items_are_called(folder: Path) -> None:
    ids = {item.source: [] for item in raw_items(".")}
    for item in raw_items("."):
        ids[item.source].append(item.id)
    assert ids["a.html"] == ["a.html"]
    assert ids["d.jsonl"] == [f"d.jsonl#{number}" for number in (1, 2, 3, 4)]
    assert ids["e.csv"] == [f"e.csv#{number}" for number in (2, 3, 4)]
    assert ids["h.warc.gz"] == [f"https://x.example/{number}" for number in range(3)]


def test_pages_come_as_they_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [text] = raw_items("b.txt")
    assert text == Raw("b.txt", "b.txt", RawPage(GERMAN.encode(), Format.TEXT))
    [broken] = raw_items("j.txt")  # that it is no text, is found out later
    assert isinstance(broken.content, RawPage)
    fetched = Fetched(b"<p>x", "http://x.example/2", "text/html", "latin-1")
    monkeypatch.setattr(raw, "fetch", lambda address, **options: fetched)
    [page] = raw_items("http://x.example/1")
    content = RawPage(b"<p>x", Format.HTML, "latin-1", "http://x.example/2")
    assert page == Raw("http://x.example/1", "http://x.example/1", content)


def test_a_page_without_a_format_is_what_it_looks_like() -> None:
    page = f"<html><body><h1>Ein Titel</h1><p>{GERMAN}</p><p>{GERMAN}</p>".encode()
    [article] = articles_of([Raw("x", "y", RawPage(page))])
    assert isinstance(article, Article)
    assert (article.id, article.source, article.title) == ("y", "x", "Ein Titel")


def test_ids_are_unique_among_the_items_given() -> None:
    one = Raw("t", "t#1", {"id": "a", "text": GERMAN})
    again, other = replace(one, id="t#2"), replace(one, source="u", id="u#1")
    assert [type(found) for found in articles_of([one, again])] == [Article, Failure]
    assert [found.id for found in articles_of([one, other])] == ["a", "u#a"]
    assert [found.id for item in (one, again) for found in articles_of([item])] == ["a", "a"]


def test_one_item_at_a_time(folder: Path) -> None:
    items = raw_items(["d.jsonl", "h.warc.gz"])
    assert next(items).id == "d.jsonl#1"
    items.close()


BASE = Raw("s", "s#1", {"id": 1, "text": "x"})
PAGE = replace(BASE, content=RawPage(b"x", Format.TEXT))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([BASE], []),
        ([BASE], [BASE, BASE]),
        ([BASE], [replace(BASE, id="s#2")]),
        ([BASE], [replace(BASE, source="t")]),
        ([BASE], [replace(BASE, content={"id": "1", "text": "x"})]),
        ([BASE], [replace(BASE, content={"text": "x", "id": 1})]),
        ([PAGE], [replace(PAGE, content=RawPage(b"y", Format.TEXT))]),
        ([PAGE], [replace(PAGE, content=RawPage(b"x", Format.MARKDOWN))]),
        ([PAGE], [replace(PAGE, content=RawPage(b"x", Format.TEXT, "utf-8"))]),
        ([PAGE], [replace(PAGE, content=RawPage(b"x", Format.TEXT, None, "http://x"))]),
        ([PAGE], [replace(PAGE, content=Failure("s#1", "read", "x"))]),
    ],
)
def test_a_digest_is_of_everything(one: list[Raw], other: list[Raw]) -> None:
    copy = pickle.loads(pickle.dumps(one))
    assert raw_sha256(one) == raw_sha256(iter(copy)) != raw_sha256(other)


@pytest.mark.parametrize("levels", [2, 90, 400, 900])
def test_what_is_nested_deeply_can_be_pickled(tmp_path: Path, levels: int) -> None:
    path = tmp_path / "a.jsonl"
    nested = "[" * levels + "]" * levels
    path.write_text(f'{{"text": "{GERMAN}", "deep": {nested}}}\n')
    items = list(raw_items(path))
    [article] = articles_of(pickle.loads(pickle.dumps(items)))
    assert isinstance(article, Article)
    assert article.metadata.extra == (("deep", nested),)
    assert len(raw_sha256(items)) == 64


@pytest.mark.parametrize(
    ("suffix", "packed"),
    [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress), (".zst", packed_zstd)],
)  # fmt: skip
def test_files_of_a_store_are_read_as_those_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, packed
) -> None:
    pytest.importorskip("pyarrow.fs")
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(packed(LINES))
    with object_store(monkeypatch) as store:
        store.objects[f"in/a.jsonl{suffix}"] = path.read_bytes()
        remote = list(raw_items("s3://bucket/in"))
    here = list(raw_items(path))
    assert [item.content for item in remote[:3]] == [item.content for item in here[:3]] == ROWS
    assert remote[0].id == f"s3://bucket/in/a.jsonl{suffix}#1"


def test_tables_and_crawls_of_a_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_store(monkeypatch) as store:
        store.objects |= {path.name: path.read_bytes() for path in folder.iterdir()}
        remote = list(raw_items("s3://bucket/"))
        failure = list(raw_items(["s3://bucket/none.txt", "s3://other/a.jsonl"]))
        store.objects["z.jsonl.gz"] = gzip.compress(LINES)[:-20]
        store.forbidden.add("b.txt")
        [refused] = raw_items("s3://bucket/b.txt")
        *_, cut = raw_items("s3://bucket/z.jsonl.gz")
    shortened = [replace(item, source=item.source[12:]) for item in remote]
    assert [item.source.lstrip("/") for item in shortened] == [
        item.source for item in raw_items(".")
    ]
    assert [item.content.error for item in failure] == ["no such file or folder"] * 2
    assert "ACCESS_DENIED" in refused.content.error
    assert "can't read s3://bucket/z.jsonl.gz" in cut.content.error


def test_a_bomb_in_a_store_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with object_store(monkeypatch) as store:
        store.objects["a.jsonl.gz"] = gzip.compress(b"x" * (65 * 2**20))
        [item] = raw_items("s3://bucket/a.jsonl.gz")
    assert "over 200 times as much" in item.content.error


@pytest.mark.parametrize(
    ("name", "extra"),
    [("a.jsonl.zst", "tables"), ("a.warc.zst", "crawls"), ("s3://bucket/a.jsonl", "tables")],
)
def test_a_lacking_extra_is_known_first(
    monkeypatch: pytest.MonkeyPatch, name: str, extra: str
) -> None:
    def missing(module: str, *, extra: str) -> None:
        raise DependencyMissing(f"{module} isn't installed", hint=extra)

    monkeypatch.setattr(raw, "require", missing)
    with pytest.raises(DependencyMissing, match=extra):
        next(raw_items(["nope.txt", name]))


def test_credentials_in_an_address_are_not_shown() -> None:
    [item] = raw_items("s3://key:sesame@bucket/a.jsonl")
    assert isinstance(item.content, Failure)
    assert "sesame" not in repr(item)


def test_standard_input() -> None:
    [item] = raw_items("-", stdin=io.BytesIO(GERMAN.encode()))
    assert item == Raw("-", "-", RawPage(GERMAN.encode(), Format.TEXT))
