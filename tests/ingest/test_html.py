import html
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from mtpipe.errors import EmptyArticle, UnreadableArticle
from mtpipe.ingest import html as html_module
from mtpipe.ingest.html import read_html
from mtpipe.ingest.page import key
from mtpipe.types import NO_LANGUAGE, BlockKind

PAGES = Path(__file__).parent / "pages"
PROSE = (
    "The bridge in the north of the town will stay open all night long, the council said. "
    "Engineers found no damage when they looked at its two piers on Monday morning."
)


def read(name):
    return read_html((PAGES / name).read_bytes())


def title(page):
    return next((block.text for block in page.blocks if block.kind is BlockKind.TITLE), "")


def outline(page):
    blocks = sorted([*page.blocks, *page.furniture], key=lambda block: block.place)
    return [(block.kind.value, block.text[:30]) for block in blocks]


def test_raised_and_lowered_figures_stay_such():
    body = f"<p>{PROSE}</p><p>It weighs 10<sup>3</sup> tons, of which CO<sub>2</sub> is 5 m<sup>2</sup>.</p>"
    page = read_html(f"<html><body><article><h1>Bridge</h1>{body}<p>{PROSE} Again.</p></article>")
    assert "It weighs 10³ tons, of which CO₂ is 5 m²." in [block.text for block in page.blocks]
    note = read_html(
        f"<article><p>{PROSE}</p><p>It is a word<sup><a href='#1'>12</a></sup> now.</p></article>"
    )
    assert note.blocks[-1].text == "It is a word¹² now."
    ordinal = read_html(
        f"<article><p>{PROSE}</p><p>The 2<sup>nd</sup> bridge is new.</p></article>"
    )
    assert ordinal.blocks[-1].text == "The 2nd bridge is new."


def test_the_section_is_looked_at_once(monkeypatch):
    looked_at = []
    monkeypatch.setattr(html_module, "key", lambda text: looked_at.append(text) or key(text))
    head = "<meta property='article:section' content='Town and country'>"
    body = "".join(f"<p>{PROSE} That is paragraph {number}.</p>" for number in range(5))
    page = read_html(f"<html><head>{head}</head><body><article>{body}</article></body></html>")
    assert page.metadata.section == "Town and country"
    assert looked_at.count("Town and country") == 1


def test_words_that_begin_like_months_are_text():
    entries = "<h3>11 décès</h3><ul><li>12 Marines</li><li>Novartis 12</li></ul>"
    page = read_html(f"<article><p>{PROSE}</p>{entries}<p>{PROSE} Again.</p></article>")
    assert {"12 Marines", "Novartis 12"} <= {block.text for block in page.blocks}


def test_headings_and_times_of_a_live_blog_stay():
    entries = "".join(
        f"<div class=entry><span>{time}</span><h3>{title}</h3><p>{PROSE} That was {time}.</p></div>"
        for time, title in (
            ("12:45", "Streets closed"),
            ("11:20", "Schools shut"),
            ("9:05", "River up"),
        )
    )
    related = "<aside><h3>More on this</h3><ul><li><a href=/a>One</a></li></ul></aside>"
    page = read_html(f"<main><h1>Flood in the town</h1><p>{PROSE}</p>{entries}{related}</main>")
    texts = [block.text for block in page.blocks]
    wanted = ["12:45", "Streets closed", "11:20", "Schools shut", "9:05", "River up"]
    assert [text for text in texts if text in wanted] == wanted
    assert "More on this" not in texts


def test_the_first_entry_of_a_live_blog_has_its_heading():
    entries = "".join(
        f"<section><header><h2>{title}</h2></header><p>{PROSE} That was {title}.</p></section>"
        for title in ("Warning extended", "Ferries cancelled", "Good morning")
    )
    page = read_html(f"<main><h1>Storm in the town</h1>{entries}</main>")
    assert [block.text for block in page.blocks if block.kind is BlockKind.HEADING] == [
        "Warning extended",
        "Ferries cancelled",
        "Good morning",
    ]


def test_a_single_time_is_a_stamp():
    page = read_html(
        f"<article><h1>Bridge</h1><span>12:45</span><p>{PROSE}</p><p>{PROSE} More.</p></article>"
    )
    assert "12:45" not in [block.text for block in page.blocks]


def test_what_is_not_to_be_translated_says_so():
    page = read_html(
        f"<article><p>{PROSE}</p><p translate=no>{PROSE} A poem.</p><pre>for i in list: print(i)</pre>"
        f"<div class=notranslate><p>{PROSE} A name.</p><p translate=yes>{PROSE} But this.</p></div></article>"
    )
    by_end = {block.text.rsplit(". ", 1)[-1]: block.language for block in page.blocks}
    assert (by_end["A poem."], by_end["A name."], by_end["But this."]) == ("zxx", "zxx", None)


@pytest.mark.parametrize(
    "root", ["<html translate=no><body>", "<body class=notranslate>", "<div class=notranslate>"]
)
def test_a_page_that_browsers_are_not_to_translate_is_translated(root):
    page = read_html(f"{root}<article><p>{PROSE}</p><p>{PROSE} Again.</p></article>")
    assert [block.language for block in page.blocks] == [None, None]


def test_letters_and_accents_apart_are_read_as_one():
    text = "Le café de la mairie a été rouvert lundi après deux années de travaux à l’hôtel."
    whole = f"<article><p>{text}</p><p>{text} Déjà.</p></article>"
    page = read_html(unicodedata.normalize("NFD", whole))
    assert [block.text for block in page.blocks] == [text, f"{text} Déjà."]


def test_what_xml_cannot_hold_is_left_out_of_marked_words():
    page = read_html(
        f"<article><p>{PROSE}</p><p><q>a&#65534;b</q> <s>x</s>&#65535; {PROSE}</p></article>"
    )
    assert len(page.blocks) == 2


def test_quoted_and_deleted_words():
    page = read_html(
        f"<article><p>{PROSE}</p><p><q>We are <b>glad</b></q>, he said of the <del>old</del> <ins>new</ins>"
        f" house, which is <s>green</s> red all over now.</p><p>{PROSE} More.</p></article>"
    )
    assert (
        page.blocks[1].text == '"We are glad", he said of the new house, which is red all over now.'
    )


def test_figures_of_a_table_are_no_time_stamps():
    cells = "<tr><td>Cologne</td><td>1.073.096</td></tr><tr><td>Bonn</td><td>335.789</td></tr>"
    page = read_html(
        f"<article><p>{PROSE}</p><table>{cells}</table><p>{PROSE} Again.</p></article>"
    )
    texts = [block.text for block in page.blocks]
    assert {"1.073.096", "335.789"} <= set(texts)


def test_page_with_semantic_markup():
    page = read("bridge.de.html")
    assert [(block.kind.value, block.text[:22]) for block in page.blocks] == [
        ("title", "Alte Brücke bleibt bis"),
        ("caption", "Die alte Brücke am Don"),
        ("dateline", "MUSTERSTADT (bkd) –"),
        ("paragraph", "Die alte Brücke bleibt"),
        ("paragraph", "„Wir haben keine ander"),
        ("heading", "Umleitung über die Nor"),
        ("paragraph", "Die Busse fahren ab Mo"),
        ("list item", "Linie 4: alle 10 Minut"),
        ("list item", "Linie 7: bis auf Weite"),
        ("quote", "Der Schaden geht in di"),
        ("paragraph", "Der Gemeinderat wird a"),
    ]
    assert [(block.kind.value, block.text[:22]) for block in page.furniture] == [
        ("notice", "Diese Website verwende"),
        ("notice", "Alle akzeptieren"),
        ("navigation", "Startseite"),
        ("navigation", "Region"),
        ("navigation", "Sport"),
        ("navigation", "Start › Region › Alte "),
        ("byline", "Von Anna Muster und Jo"),
        ("time stamp", "Veröffentlicht am 3. M"),
        ("navigation", "Teilen"),
        ("navigation", "Drucken"),
        ("tag", "Brücke"),
        ("tag", "Verkehr"),
        ("related", "Mehr zum Thema"),
        ("related", "Nordbrücke wird im Som"),
        ("related", "Stadt spart bei den Bu"),
        ("comment", "2 Kommentare"),
        ("comment", "Das war doch seit Jahr"),
        ("comment", "Endlich Ruhe am Fluss."),
        ("navigation", "Zurück: Markt am Samst"),
        ("navigation", "Weiter: Regen am Sonnt"),
        ("notice", "© 2024 Beispielkurier "),
        ("navigation", "Impressum"),
    ]


def test_typographic_spaces_stay_and_places_point_into_the_page():
    page = read("bridge.de.html")
    busses = next(block for block in page.blocks if "Busse" in block.text)
    assert "15\u00a0Minuten mehr rechnen. Radfahrer" in busses.text
    assert busses.place.path == "/html/body/main/article/p[4]"
    assert busses.place.line == 42


def test_page_of_nested_boxes_and_line_breaks():
    page = read("ferry.en.html")
    assert [(block.kind.value, block.text[:22]) for block in page.blocks] == [
        ("title", "Ferry stops after stor"),
        ("dateline", "PORT EXAMPLE (EXN) —"),
        ("paragraph", "The ferry that links t"),
        ("paragraph", "“We had no choice,” sa"),
        ("paragraph", "The council will meet "),
    ]
    assert page.blocks[3].text.endswith("when they will be rebuilt.")
    assert not any("unseen" in block.text for block in page.furniture)
    assert ("related", "Read more: Storm leaves hundre") in outline(page)


def test_page_in_another_encoding_with_a_title_that_comes_again():
    page = read("pont.fr.html")
    assert title(page) == "Le vieux pont fermé jusqu’à l’automne"
    assert [block.kind.value for block in page.furniture] == [
        "navigation",
        "navigation",
        "repeated title",
        "time stamp",
        "related",
        "navigation",
        "navigation",
    ]
    assert page.blocks[1].text == "(Exemple-Ville)"
    assert page.blocks[3].text.startswith("«\u00a0Nous n’avons pas le choix\u00a0», a dit")


def test_page_of_a_content_management_system():
    page = read("port.fr.html")
    assert [(block.kind.value, block.text[:22]) for block in page.blocks] == [
        ("title", "Le port d’Exemple-sur-"),
        ("paragraph", "Deux ans de travaux et"),
        ("caption", "Le nouveau quai, mardi"),
        ("paragraph", "Le premier ferry a acc"),
        ("paragraph", "«\u202fNous attendions ce j"),
        ("heading", "Des emplois à la clé"),
        ("paragraph", "Quelque 1\u202f250 emplois "),
        ("quote", "“We will bring more th"),
        ("list item", "Quai nord : 180 mètres"),
        ("list item", "Quai sud : 210 mètres,"),
        ("paragraph", "Reste la question du b"),
    ]
    links = [
        (block.text[span.start : span.end], span.address)
        for block in page.blocks
        for span in block.spans
        if span.address
    ]
    assert links == [
        ("construction des quais", "https://courrier.example/mer/dossier-quais"),
        ("une étude de 2024", "https://stat.example/etude.pdf"),
    ]
    assert Counter(block.kind.value for block in page.furniture) == {
        "navigation": 13, "notice": 6, "tag": 4, "related": 4, "comment": 3, "time stamp": 2,
        "byline": 1, "other": 1,
    }  # fmt: skip
    # The rubric above the title says where the page belongs.
    assert ("tag", "Mer et ports") in outline(page)


@pytest.mark.parametrize(
    ("html", "expected", "path"),
    [
        (f"<title>T one | Site</title><p>{PROSE}</p>", "T one | Site", "/html/head"),
        (f"<title>Other</title><h1>Words</h1><p>{PROSE}</p>", "Words", "/html/body/h1"),
        (
            f"<title>The true title - S</title><h1>Site</h1><h1>The true title</h1><p>{PROSE}</p>",
            "The true title",
            "/html/body/h1[2]",
        ),
        (f"<h1><span>In a span</span></h1><p>{PROSE}</p>", "In a span", "/html/body/h1"),
        (f"<p>{PROSE}</p>", "", ""),
    ],
    ids=["head only", "single h1", "confirmed h1", "inside h1", "none"],
)
def test_title(html, expected, path):
    page = read_html(html)
    assert title(page) == expected
    paths = [block.place.path for block in page.blocks if block.kind is BlockKind.TITLE]
    assert paths == ([path] if path else [])


def test_charset_of_the_server_counts_before_that_of_the_page():
    html = f"<meta charset=utf-8><p>{PROSE} Brücke.</p>".encode("cp1252")
    assert "Brücke" in read_html(html, charset="windows-1252").blocks[0].text


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnreadableArticle),
        (b"\x00\x01\x02", UnreadableArticle),
        (b"<!-- nothing -->", UnreadableArticle),
        (b"<html><body><script>x()</script></body></html>", EmptyArticle),
        (b"<html><body><nav><a href='/'>Home</a></nav></body></html>", EmptyArticle),
        (b"<div>" * 5000 + PROSE.encode(), EmptyArticle),
        (b"<p>" * 60_000, UnreadableArticle),
        (b"<q>a</q>" * 60_000, UnreadableArticle),
        (b"<p>a</p>" * 16_000, UnreadableArticle),
        (
            b"<p>" + PROSE.encode() + b"</p><p>" + b"<p>".join([b"a b " * 20_000] * 20),
            UnreadableArticle,
        ),
        (b"<p a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=0>a" * 20_100, UnreadableArticle),
        (b"<p>" + b"a b " * 300_000, UnreadableArticle),
    ],
    ids=[
        "nothing",
        "binary",
        "comment only",
        "script only",
        "menu only",
        "too deep",
        "too many elements",
        "too many quotations",
        "too many blocks",
        "too much text",
        "too many attributes",
        "too long",
    ],
)
def test_pages_without_an_article_are_refused(data, error):
    with pytest.raises(error):
        read_html(data)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100 + f"<p>{PROSE}",
        f"<p>{PROSE}</p><p>" + "<a href=x>y</a>" * 5000,
        f"<p>{PROSE}" + "<br>" * 20_000 + "</p>",
        f"<p>{PROSE}</p>" + "</div>" * 1000 + "<![CDATA[<",
        f"<?xml version='1.0' encoding='utf-16'?><p>{PROSE}</p>",
        f"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>{PROSE} &a;</p>",
    ],
    ids=["deep", "many links", "many breaks", "broken", "wrong declaration", "entity"],
)
def test_hostile_markup_is_read(html):
    page = read_html(html)
    assert "The bridge in the north" in " ".join(block.text for block in page.blocks)
    assert "root:" not in " ".join(block.text for block in page.blocks)


@pytest.mark.parametrize(
    "character", ["\x0b", "\x02", "\x0c", "\x1f", "\ufffe", "&#11;", "&#x1;", "&#31;", "&#xFFFF;"]
)
def test_a_control_character_does_not_hide_a_page(character):
    page = read_html(
        f"<html><body><h1>A title</h1><p>{PROSE}</p><p>Two{character}words. {PROSE}</p>"
    )
    assert any(block.text.startswith("Two words.") for block in page.blocks)


@pytest.mark.parametrize("reference", ["&#13;", "&#10;", "&#132;", "&#xB7;", "&#x2019;", "&#38;"])
def test_other_references_are_read(reference):
    page = read_html(f"<html><body><p>Two{reference}words. {PROSE}</p><p>{PROSE}</p>")
    assert html.unescape(reference).strip() in page.blocks[0].text


CODE = "for name in names:\n    print(name)\n\n    if not name:\n\tbreak"


@pytest.mark.parametrize(
    "markup",
    [
        f"<pre>{CODE}</pre>",
        f"<pre>\n{CODE}\n\n</pre>",
        f"<pre><code class=python>{CODE}</code></pre>",
        "<pre>" + CODE.replace("\n", "<br>") + "</pre>",
        "<figure><pre>" + CODE.replace("print", "<b>print</b>") + "</pre></figure>",
    ],
    ids=["pre", "empty lines around", "code within", "breaks", "coloured, in a figure"],
)
def test_code_keeps_its_lines(markup: str) -> None:
    page = read_html(f"<article><h1>Kurs</h1><p>{PROSE}</p>{markup}<p>{PROSE} Ende.</p></article>")
    [block] = [block for block in page.blocks if block.kind is BlockKind.CODE]
    assert block.text == CODE
    assert block.language == NO_LANGUAGE
    assert not block.spans


def test_an_article_in_pre_alone_is_paragraphs() -> None:
    page = read_html(
        f"<title>Ein Brief</title><body><pre>{PROSE}\n\n{PROSE}\nSie ging.\n</pre></body>"
    )
    body = [block for block in page.blocks if block.kind is not BlockKind.TITLE]
    assert [block.kind for block in body] == [BlockKind.PARAGRAPH, BlockKind.PARAGRAPH]
    assert [block.text for block in body] == [PROSE, f"{PROSE} Sie ging."]
    assert all(block.language is None for block in body)


def test_an_element_with_thousands_of_attributes_loses_them() -> None:
    many = " ".join(f'data-a{n}="{n}"' for n in range(20_000))
    page = read_html(
        f"<article><h1>Kurs</h1><p {many} class=lead>{PROSE}</p><p id=b>{PROSE} Ja.</p>"
    )
    assert [block.text for block in page.blocks] == ["Kurs", PROSE, f"{PROSE} Ja."]


@pytest.mark.parametrize("tag", ["b", "span", "font"])
def test_a_paragraph_of_thousands_of_formatted_words_is_read(tag: str) -> None:
    words = " ".join(f"<{tag}>word{n}</{tag}>" for n in range(15_000))
    page = read_html(f"<article><h1>Kurs</h1><p>{PROSE}</p><p>{words}</p></article>")
    assert page.blocks[1].text == PROSE
    assert page.blocks[-1].text.endswith("word14998 word14999")
