import time

import lxml.html
import pytest

from mtpipe.ingest.html import read_html
from mtpipe.ingest.title import find_title, without_site
from mtpipe.ingest.visible import visible_blocks
from mtpipe.types import BlockKind

PROSE = (
    "The bridge in the north of the town will stay open all night long, the council said. "
    "Engineers found no damage when they looked at its two piers on Monday morning."
)
DE = "Streit um die alte Brücke"


def read(head, top, site=""):
    named = f'<meta property="og:site_name" content="{site}">' if site else ""
    page = read_html(
        f"<html><head>{named}{head}</head><body>{top}<p>{PROSE}</p><p>{PROSE} More.</p>"
    )
    titles = [block.text for block in page.blocks if block.kind is BlockKind.TITLE]
    return titles, page


def og(title):
    return f'<meta property="og:title" content="{title}">'


@pytest.mark.parametrize(
    ("head", "top", "site", "title"),
    [
        (og(DE), "<header><h1>Blog der Anna M.</h1></header><h2>{t}</h2>", "", DE),
        (og(DE), "<h1>Blog der Anna M.</h1>", "Blog der Anna M.", DE),
        (f"<title>{DE} | Flussbote</title>", "<h1>Flussbote</h1><h2>{t}</h2>", "", DE),
        (f"{og(DE)}<title>{DE} – Der Flussbote</title>", "<h1>Der Flussbote</h1>", "", DE),
        (f"<title>{DE} - Flussbote</title>", "", "Flussbote", DE),
        (f"<title>Flussbote: {DE}</title>", "", "Flussbote", DE),
        (f"<title>{DE} | Politik | Flussbote</title>", "", "Flussbote", f"{DE} | Politik"),
        (f"<title>{DE} | Politik</title>", "", "Flussbote", f"{DE} | Politik"),
        (f"<title>{DE} - Flussbote</title>", "<font size=5>{t}</font><br><br>", "", DE),
        (f"<title>Drucken - {DE} - Flussbote</title>", "<b>{t}</b><br><br>", "", DE),
        (f"<title>Flussbote Online: {DE}</title>", "<p>FLUSSBOTE ONLINE</p><b>{t}</b><br>", "", DE),
        (
            f"{og('The old bridge is closed')}<title>{DE} - Flussbote</title>",
            "<h1>{t}</h1><h1>Original text</h1>",
            "",
            DE,
        ),
        (f"{og(DE)}<title>Flussbote</title>", "<h1>Flussbote</h1><h1>Wetter</h1>", "Flussbote", DE),
        (f"{og(DE)}", "<h1>Politik</h1><h2>{t}</h2>", "", DE),
        (og("Other words for the search engines"), "<h1>{t}</h1>", "", DE),
        (f"<title>{DE} - Alles, was man wissen muss</title>", "<h1>{t}</h1>", "", DE),
        ("", "<h1>{t}</h1>", "", DE),
    ],
    ids=[
        "site in h1",
        "site known",
        "site by window title",
        "site by window title and og",
        "behind",
        "in front",
        "section stays",
        "no site's name",
        "shown without it",
        "shown without both",
        "site shown as well",
        "confirmed by the window",
        "site in the window",
        "section in h1",
        "worded otherwise",
        "confirmed",
        "h1 alone",
    ],
)
def test_title_and_site(head, top, site, title):
    assert read(head, top.replace("{t}", DE), site)[0] == [title]


@pytest.mark.parametrize(
    ("head", "top", "label"),
    [
        (og(DE), "<h1><span class=kicker>Politik:</span> {t}</h1>", "Politik:"),
        ("", "<h1><span class=kicker>Politik</span> {t}</h1>", "Politik"),
        ("", "<h1><small>Musterhausen</small> {t}</h1>", "Musterhausen"),
        (og(f"Politik: {DE}"), "<h1><span>Politik:</span> {t}</h1>", "Politik:"),
        (og(DE), "<h1><span>Politik</span> {t}</h1>", "Politik"),
        (og(DE), "<h1><span class='headline__topline'>Kosten</span><br>{t}</h1>", "Kosten"),
        (og(DE), "<h1>Politik<br>{t}</h1>", "Politik"),
        (og(DE), "<h1><div>Politik</div><div>{t}</div></h1>", "Politik"),
        (og(f"Politik: {DE}"), "<h1>{t}</h1>", ""),
        (og(DE), "<p class=label>Politik</p><h1>{t}</h1>", "Politik"),
    ],
    ids=[
        "with a colon",
        "by class",
        "small",
        "stated, too",
        "not stated",
        "topline",
        "line",
        "boxes",
        "only stated",
        "above",
    ],
)
def test_labels_are_no_part_of_the_title(head, top, label):
    titles, page = read(head, top.replace("{t}", DE))
    assert titles == [DE]
    assert not label or label in [block.text for block in page.furniture]


@pytest.mark.parametrize(
    "title",
    [
        "Nach dem Sturm: Was jetzt zu tun ist",
        "Paris: le marché rouvre vendredi",
        "Wer gewinnt – und wer verliert?",
        "“No choice”: why the school stays",
    ],
)
@pytest.mark.parametrize(
    "top", ["<h1>{t}</h1>", "<h1><span>{t}</span></h1>", "<h1><b>{t}</b></h1>"]
)
def test_colons_and_dashes_of_titles_stay(title, top):
    assert read(og(title), top.replace("{t}", title), "Flussbote")[0] == [title]
    assert read("", top.replace("{t}", title))[0] == [title]


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("Müller &amp;amp; Söhne schließen", "Müller & Söhne schließen"),
        ("L&amp;#39;usine de Brézolles", "L'usine de Brézolles"),
        ("&amp;quot;No choice&amp;quot; for the school", '"No choice" for the school'),
        ("Caf&amp;eacute; am Markt", "Café am Markt"),
        ("Fragen &amp; Antworten; alles", "Fragen & Antworten; alles"),
    ],
)
@pytest.mark.parametrize(
    "where", ["<title>{t}</title>", '<meta property="og:title" content="{t}">']
)
def test_entities_escaped_twice(stated, title, where):
    assert read(where.replace("{t}", stated), "")[0] == [title]


@pytest.mark.parametrize(
    ("head", "top", "title"),
    [
        (og("Was jetzt zu tun ist"), "<h1>Nach dem Sturm: Was jetzt zu tun ist</h1>", "Nach dem Sturm: Was jetzt zu tun ist"),
        (og(DE), "<h1><b>Bonn:</b> Rat stimmt der Brücke zu</h1>", "Bonn: Rat stimmt der Brücke zu"),
        ('<meta property="article:section" content="Wetter">' + og("So wird das Wochenende"), "<h1>Wetter in Bonn</h1>", "Wetter in Bonn"),
        (og("Wer gewinnt – und wer verliert?"), "<h1>Wer gewinnt – und wer verliert?</h1><p>Wer gewinnt</p>", "Wer gewinnt – und wer verliert?"),
    ],
    ids=["a colon in the heading", "bold", "a section's word", "a part of it elsewhere"],
)  # fmt: skip
def test_headings_are_whole(head, top, title):
    assert read(head, top)[0] == [title]


def test_a_long_title_and_many_headings_are_soon_compared():
    tree = lxml.html.document_fromstring("<h2>Region</h2>" * 2_000)
    stated = "ab " * 30_000
    began = time.process_time()
    assert find_title(stated, "", ("", ""), list(visible_blocks(tree, ""))).text == stated
    assert time.process_time() - began < 3


def test_a_title_in_two_parts():
    titles, page = read(og(DE), "<h1><div>Streit um die</div><div>alte Brücke</div></h1>")
    assert titles == [DE]
    assert "alte Brücke" not in [block.text for block in page.blocks]


@pytest.mark.parametrize(
    ("title", "site", "expected"),
    [
        ("Bridge closed - The Courier", "The Courier", "Bridge closed"),
        ("Bridge closed | Courier", "The Daily Courier", "Bridge closed"),
        ("Bridge closed – The Courier | The Courier", "The Courier", "Bridge closed"),
        ("Courier: Bridge closed", "Courier", "Bridge closed"),
        ("Bridge closed - BBC News", "BBC", "Bridge closed"),
        ("Alerte à Paris - Le Figaro", "lefigaro.fr", "Alerte à Paris - Le Figaro"),
        ("Berlin: Senat tagt", "Berliner Zeitung", "Berlin: Senat tagt"),
        ("Paris : le marché rouvre", "Paris Match", "Paris : le marché rouvre"),
        ("Bridge closed - again", "Courier", "Bridge closed - again"),
        ("Courier", "Courier", "Courier"),
        ("Bridge closed - The Courier", "", "Bridge closed - The Courier"),
        ("A - B", "B", "A - B"),
        (" - Courier", "Courier", " - Courier"),
    ],
)
def test_names_of_sites(title, site, expected):
    assert without_site(title, site) == expected
