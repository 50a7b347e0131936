import bz2
import gzip
import io
import json
import lzma
import re
from pathlib import Path

import pytest

from mtpipe.errors import DependencyMissing, UnsupportedDirection
from mtpipe.ingest import Format, raw, read_articles
from mtpipe.ingest import reader as reader_module
from mtpipe.ingest.addresses import Fetched
from mtpipe.ingest.inputs import expand
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


RSS = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Blatt</title>
<item><title>Brücke offen</title><link>https://e.example/1</link><pubDate>Mon, 06 May 2024</pubDate>
<description>kurz</description><content:encoded><![CDATA[<p>{GERMAN}</p><p>{GERMAN} Nochmals.</p>]]></content:encoded></item>
<item><title>Zug fährt</title><guid>zwei</guid><description>{GERMAN}</description></item>
</channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>Blatt</title><entry><id>urn:1</id>
<title>Brücke offen</title><link href="https://e.example/1"/><published>2024-05-06T08:00:00Z</published>
<author><name>Anna Muster</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>{GERMAN}</p></div></content></entry></feed>"""


def test_the_html_within_a_field_is_what_may_take_long(tmp_path, monkeypatch):
    looked_at = []
    monkeypatch.setattr(reader_module, "is_heavy", looked_at.append)
    rendered = f"<p>{GERMAN}</p><p>{GERMAN} Nochmals.</p>"
    record = {"id": 1, "title": {"rendered": "Brücke offen"}, "content": {"rendered": rendered}}
    (tmp_path / "a.jsonl").write_text(json.dumps(record))
    [article] = read_articles([str(tmp_path / "a.jsonl")])
    assert looked_at == [rendered]
    texts = [block.text for block in article.blocks]
    assert texts == ["Brücke offen", GERMAN, f"{GERMAN} Nochmals."]


@pytest.mark.parametrize("name", ["feed.xml", "feed.rss", "feed"])
def test_entries_of_a_feed_are_articles(tmp_path, name):
    (tmp_path / name).write_text(RSS, encoding="utf-8")
    one, two = read_articles([str(tmp_path / name)])
    assert [block.text for block in one.blocks] == ["Brücke offen", GERMAN, f"{GERMAN} Nochmals."]
    assert (one.metadata.address, one.metadata.published) == (
        "https://e.example/1",
        "Mon, 06 May 2024",
    )
    assert (two.id, two.blocks[1].text) == ("zwei", GERMAN)


MEDIA = f"""<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><item>
<media:title>Bild</media:title><media:content url="https://e.example/a.jpg"/><dc:creator>Anna</dc:creator>
<title>Brücke</title><content/><description>{GERMAN}</description></item></channel></rss>"""


def test_media_of_a_feed_are_not_its_text(tmp_path):
    (tmp_path / "a.rss").write_text(MEDIA, encoding="utf-8")
    [article] = read_articles([str(tmp_path / "a.rss")])
    assert [block.text for block in article.blocks] == ["Brücke", GERMAN]
    assert article.metadata.authors == ("Anna",)


def test_the_address_of_an_atom_entry_is_the_alternate_one(tmp_path):
    other = '<link rel="self" href="https://e.example/self"/><link rel="alternate" href="https://e.example/1"/>'
    (tmp_path / "a.atom").write_text(ATOM.replace('<link href="https://e.example/1"/>', other))
    [article] = read_articles([str(tmp_path)])
    assert article.metadata.address == "https://e.example/1"


def test_entries_of_an_atom_feed(tmp_path):
    (tmp_path / "feed.atom").write_text(ATOM, encoding="utf-8")
    [article] = read_articles([str(tmp_path)])
    assert (article.id, article.title, article.blocks[1].text) == ("urn:1", "Brücke offen", GERMAN)
    assert article.metadata.authors == ("Anna Muster",)


@pytest.mark.parametrize(
    "data", [b"<rss", b"<?xml version='1.0'?><rss><item>" + b"<a>" * 9_000, b"<?xml?><feed/>"]
)
def test_broken_feeds_end_nothing(tmp_path, data):
    (tmp_path / "a.rss").write_bytes(data)
    (tmp_path / "b.txt").write_text(GERMAN)
    items = list(read_articles([str(tmp_path / "a.rss"), str(tmp_path / "b.txt")]))
    assert isinstance(items[-1], Article)
    assert not any(isinstance(item, Article) for item in items[:-1])


@pytest.mark.parametrize(
    "document",
    [
        '[{{"id": 1, "text": "{0}"}}, {{"text": "{0}"}}]',
        '[\n  {{"id": 1,\n "text": "{0}"}},\n{{"text": "{0}"}}]\n',
    ],
    ids=["one line", "several"],
)
def test_the_objects_of_a_json_array_are_articles(tmp_path, document):
    (tmp_path / "a.json").write_text(document.format(GERMAN), encoding="utf-8")
    one, two = read_articles([str(tmp_path / "a.json")])
    assert (one.id, two.id) == ("1", f"{tmp_path / 'a.json'}#2")
    assert one.blocks[0].text == two.blocks[0].text == GERMAN


def test_an_object_over_several_lines_is_one_article(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"id": "x", "text": GERMAN}, indent=1))
    [article] = read_articles([str(tmp_path / "a.json")])
    assert (article.id, article.blocks[0].text) == ("x", GERMAN)
    (tmp_path / "b.json").write_text("[1, {")
    (tmp_path / "c.json").write_text('[{"text": "' + GERMAN + '"}, 3]')
    failures = [
        item.error
        for item in read_articles([str(tmp_path / n) for n in ("b.json", "c.json")])
        if isinstance(item, Failure)
    ]
    assert any("not an object" in error for error in failures)


@pytest.mark.parametrize(
    ("suffix", "packed"), [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)]
)
def test_compressed_files_are_read(tmp_path, suffix, packed):
    (tmp_path / f"a.txt{suffix}").write_bytes(packed(GERMAN.encode()))
    rows = json.dumps({"id": "row", "text": GERMAN}).encode() + b"\n"
    (tmp_path / f"b.jsonl{suffix}").write_bytes(packed(rows))
    text, row = read_articles([str(tmp_path)])
    assert text.blocks[0].text == row.blocks[0].text == GERMAN
    assert row.id == "row"
    (tmp_path / f"c.txt{suffix}").write_bytes(packed(GERMAN.encode())[:20])
    assert [type(item) for item in read_articles([str(tmp_path)])] == [Article, Article, Failure]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.4\n1 0 obj", "PDF.*pdftotext"),
        (gzip.compress(b"x" * 50, mtime=0), "compressed.*gunzip"),
        (b"1\n00:00:01,000 --> 00:00:03,500\nDie Br", "subtitles.*--lines"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nDie", "subtitles"),
        (b"{\\rtf1\\ansi Die", "RTF"),
        (b"PK\x03\x04" + bytes(40), "office document"),
    ],
    ids=["PDF", "gzip", "SRT", "VTT", "RTF", "zip"],
)
def test_other_kinds_of_files_are_refused_with_what_to_do(tmp_path, data, words):
    (tmp_path / "a.txt").write_bytes(data)
    [failure] = read_articles([str(tmp_path / "a.txt")])
    assert re.search(words, failure.error)


def test_cells_of_a_tsv_that_are_quoted_as_a_whole(tmp_path):
    (tmp_path / "a.tsv").write_text(f'"id"\t"text"\n"1"\t"Er sagte ""Ja"". {GERMAN}"\n')
    [article] = read_articles([str(tmp_path / "a.tsv")])
    assert (article.id, article.blocks[0].text) == ("1", f'Er sagte "Ja". {GERMAN}')


def test_an_endless_line_of_a_compressed_table_is_a_failure(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,text\n1," + b"x" * 5_000_000))
    items = list(read_articles([str(tmp_path / "a.csv.gz")], max_bytes=100_000))
    assert [type(item) for item in items] == [Failure]
    assert "longer than 100,000" in items[0].error


def test_quotation_marks_of_a_tsv_are_literal(tmp_path):
    rows = [GERMAN, f'"Wir kommen, {GERMAN}', f'Er sagte "Ja". {GERMAN}', GERMAN]
    (tmp_path / "a.tsv").write_text(
        "id\ttext\n" + "".join(f"{n}\t{row}\n" for n, row in enumerate(rows))
    )
    articles = list(read_articles([str(tmp_path / "a.tsv")]))
    assert [article.blocks[0].text for article in articles] == rows


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
    monkeypatch.setattr(raw, "fetch", lambda address, **options: fetched)
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


@pytest.mark.parametrize(
    ("name", "extra"), [("x.PARQUET", "tables"), ("a.warc.gz", "crawls"), ("a.warc.zst", "crawls")]
)
def test_a_lacking_extra_is_known_before_anything_is_read(monkeypatch, name, extra):
    def missing(module, *, extra):
        raise DependencyMissing(f"{module} isn't installed", hint=f"pip install 'mtpipe[{extra}]'")

    monkeypatch.setattr(raw, "require", missing)
    with pytest.raises(DependencyMissing, match=extra):
        next(read_articles(["nope.txt", name]))


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"id": "1", "title": "Brücke zu", "text": GERMAN}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet")
    (article,) = read_articles([str(tmp_path)])
    assert [block.kind for block in article.blocks] == [BlockKind.TITLE, BlockKind.PARAGRAPH]


def test_one_input_needs_no_list(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(GERMAN)
    for inputs in (path, str(path), [path], (str(path),)):
        [article] = read_articles(inputs)
        assert article.source == str(path)


def test_inputs_that_were_expanded_are_not_searched_again(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(GERMAN)
    sources = list(expand([str(tmp_path), "nope.txt"]))
    (tmp_path / "c.txt").write_text(GERMAN)
    found = list(read_articles(sources))
    assert [item.id for item in found[:2]] == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    assert found[2:] == [Failure("nope.txt", "read", "no such file or folder")]


def test_what_was_expanded_twice_is_read_once(tmp_path):
    (tmp_path / "a.txt").write_text(GERMAN)
    [source] = expand([str(tmp_path)])
    assert len(list(read_articles([source, str(tmp_path), source]))) == 1


@pytest.mark.parametrize("language", ["fr", "fr-CA", Language.FR])
def test_a_language_may_be_a_code(tmp_path, language):
    (tmp_path / "a.txt").write_text(GERMAN)
    (article,) = read_articles(tmp_path, language=language)
    assert article.language is Language.FR


def test_a_language_that_is_none_is_refused(tmp_path):
    with pytest.raises(UnsupportedDirection, match="unknown language 'xx'"):
        next(read_articles(tmp_path, language="xx"))
