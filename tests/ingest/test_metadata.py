import json
import time
from pathlib import Path

import lxml.html
import pytest

from mtpipe.ingest.html import read_html
from mtpipe.ingest.metadata import page_metadata, page_title
from mtpipe.types import TOOL_MARKUP, Metadata

PAGES = Path(__file__).parent / "pages"


def tree(head):
    return lxml.html.document_fromstring(f"<html><head>{head}</head><body>x</body></html>")


def test_everything_that_a_page_says_is_kept():
    assert read_html((PAGES / "bridge.de.html").read_bytes()).metadata == Metadata(
        address="https://kurier.example/region/alte-bruecke",
        site="Beispielkurier",
        section="Region",
        authors=("Anna Muster", "Jo Beispiel"),
        published="2024-05-03T07:04:00+02:00",
        modified="2024-05-03T09:30:00+02:00",
        keywords=("Brücke", "Verkehr"),
        declared_languages=(("html lang", "de"), ("og:locale", "de_CH"), ("inLanguage", "de")),
        alternates=(
            ("de", "https://kurier.example/region/alte-bruecke"),
            ("fr", "https://courrier.example/region/vieux-pont"),
        ),
        based_on=("https://agence.example/depeche/17",),
        translation_of=("https://courrier.example/region/vieux-pont",),
    )


@pytest.mark.parametrize(
    ("page", "traces"),
    [
        ('<html class="js translated-ltr"><body>x', ['html class="js translated-ltr"']),
        (
            ("<p><font style='vertical-align: inherit;'><font style='vertical-align: inherit;'>x"
            "</font></font><p><font><font style='vertical-align: inherit;'>y</font></font>"),
            ['font style="vertical-align: inherit;"'],
        ),
        (
            ("<meta name=translation-stats content='{}'><link rel=alternate-machine-translated-from"
            " hreflang=fr href=/x><script src=//cdn.gtranslate.net/float.js></script>"),
            [
                'meta name="translation-stats"',
                'link rel="alternate-machine-translated-from"',
                'script src="//cdn.gtranslate.net/float.js"',
            ],
        ),
        ("<body class='home trp-x translatepress-de_DE'>x", ["body class=\"home trp-x translatepress-de_DE\""]),
        ("<body class='translated-books'><script src=/app.js></script><font color=red>x", []),
        ("<p style='vertical-align: inherit'>x<p>translated-ltr gtranslate", []),
    ],
    ids=["Google", "its phrases", "plug-ins", "TranslatePress", "others", "words alone"],
)  # fmt: skip
def test_what_translation_tools_leave_is_kept(page, traces):
    extra = page_metadata(lxml.html.document_fromstring(page)).extra
    assert [value for name, value in extra if name == TOOL_MARKUP] == traces
    assert len(extra) == len(traces)


def test_broken_json_ld_is_passed_over():
    metadata = read_html((PAGES / "pont.fr.html").read_bytes()).metadata
    assert metadata.authors == ("Claire Modèle",)
    assert metadata.section == ""


@pytest.mark.parametrize(
    "source",
    [
        "[" * 100_000,
        '{"@type": "NewsArticle", "author": {"name": {"name": 1}}, "inLanguage": [null, 2]}',
        '{"@graph": 5}',
        '{"@graph": [1, {"@type": ["Thing", null]}]}',
        "null",
    ],
    ids=["deep", "odd values", "no list", "odd nodes", "null"],
)
def test_hostile_json_ld_says_nothing(source):
    page = tree(f'<script type="application/ld+json">{source}</script>')
    assert page_metadata(page) == Metadata()


GRAPH = """{"@context": "https://schema.org", "@graph": [
    {"@type": "Article", "@id": "https://b.example/1#article", "headline": "x", AUTHOR,
     "publisher": {"@id": "https://b.example/#organization"}},
    {"@type": "WebPage", "@id": "https://b.example/1"},
    {"@type": "Organization", "@id": "https://b.example/#organization", "name": "Flussbote &amp;amp; Co"},
    {"@type": "Person", "@id": "https://b.example/#/schema/person/1", "name": "Anna Muster"},
    {"@type": "Person", "@id": "https://b.example/#/schema/person/2", "url": "https://b.example/2"}]}"""


@pytest.mark.parametrize(
    ("author", "authors"),
    [
        ('{"@id": "https://b.example/#/schema/person/1"}', ("Anna Muster",)),
        ('[{"@id": "https://b.example/#/schema/person/1"}, {"name": "Jo"}]', ("Anna Muster", "Jo")),
        ('"https://b.example/#/schema/person/1"', ("Anna Muster",)),
        (
            '{"@type": "Person", "name": "Eva", "@id": "https://b.example/#/schema/person/1"}',
            ("Eva",),
        ),
        ('{"@id": "https://b.example/#/schema/person/2"}', ()),
        ('{"@id": "https://b.example/#/schema/person/3"}', ()),
        ('"https://social.example/anna"', ()),
        ('["www.b.example", "/team/anna", "b.example/anna", "Anna/Jo"]', ("Anna/Jo",)),
        (
            '["AP/b.example/anna", "b./anna", ".b/anna", "M. Jo/AP"]',
            ("b./anna", ".b/anna", "M. Jo/AP"),
        ),
        ('{"name": "https://b.example/anna"}', ()),
        ('{"name": "Dr. Anna O&amp;#39;Hara"}', ("Dr. Anna O'Hara",)),
        ('[[{"@id": "https://b.example/#/schema/person/1"}]]', ()),
    ],
    ids=[
        "a reference",
        "one of two",
        "as a string",
        "with a name",
        "nameless",
        "to nothing",
        "an address",
        "addresses",
        "much like addresses",
        "an address as a name",
        "entities",
        "a list in a list",
    ],
)
def test_authors_and_publisher_by_reference(author, authors):
    source = GRAPH.replace("AUTHOR", f'"author": {author}')
    metadata = page_metadata(tree(f'<script type="application/ld+json">{source}</script>'))
    assert (metadata.authors, metadata.site) == (authors, "Flussbote & Co")


def test_people_may_be_in_a_script_of_their_own():
    scripts = (
        '{"@type": "NewsArticle", "author": {"@id": "#a"}}',
        '{"@type": "Person", "@id": "#a", "name": "Anna Muster"}',
    )
    head = "".join(f'<script type="application/ld+json">{source}</script>' for source in scripts)
    assert page_metadata(tree(head)).authors == ("Anna Muster",)


def test_the_author_of_the_head_counts_where_data_name_none():
    head = """<meta name="author" content="Jo Beispiel"><script type="application/ld+json">
        {"@type": "NewsArticle", "author": "https://b.example/jo"}</script>"""
    assert page_metadata(tree(head)).authors == ("Jo Beispiel",)
    assert page_metadata(tree('<meta name="author" content="https://b.example/jo">')).authors == ()


@pytest.mark.parametrize(
    ("head", "authors", "published"),
    [
        (
            (
                '<meta property="og:article:author" content="Anna Muster">'
                '<meta property="og:article:published_time" content="2024-01-06T05:45:09+00:00">'
            ),
            ("Anna Muster",),
            "2024-01-06T05:45:09+00:00",
        ),
        (
            (
                '<meta name="DC.creator" content="Anna Muster">'
                '<meta name="DC.date.issued" content="2024-05-21">'
            ),
            ("Anna Muster",),
            "2024-05-21",
        ),
        (
            (
                '<meta property="article:author" content="https://b.example/anna">'
                '<meta name="parsely-author" content="Anna Muster">'
                '<meta name="parsely-pub-date" content="2024-05-21T12:00:00Z">'
            ),
            ("Anna Muster",),
            "2024-05-21T12:00:00Z",
        ),
        (
            (
                '<p itemprop="author" itemscope>By <b itemprop="name">Anna Muster</b></p>'
                '<time itemprop="datePublished" datetime="2024-01-08">8 January</time>'
                '<div class="comment"><b itemprop="author">Jo</b></div>'
            ),
            ("Anna Muster",),
            "2024-01-08",
        ),
        (
            (
                '<meta itemprop="datePublished" content="2024-01-08T07:00:00+01:00">'
                f'<p itemprop="author">{"Anna Muster " * 100}</p>'
            ),
            (),
            "2024-01-08T07:00:00+01:00",
        ),
        (
            (
                '<meta property="article:published_time" content="2024-01-08">'
                '<meta name="date" content="2024-05-01"><p itemprop="datePublished">May</p>'
            ),
            (),
            "2024-01-08",
        ),
    ],
    ids=[
        "og:article",
        "Dublin Core",
        "readers counted",
        "microdata",
        "endless",
        "the first counts",
    ],
)
def test_authors_and_dates_by_other_names(head, authors, published):
    metadata = page_metadata(tree(head))
    assert (metadata.authors, metadata.published) == (authors, published)


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="author" content="NAME">',
        '<script type="application/ld+json">{"@type": "Article", "author": {"name": "NAME"}}</script>',
    ],
    ids=["meta", "JSON-LD"],
)
def test_names_that_nobody_has_are_soon_read(head):
    name = "./" * 1_900 + " x"
    began = time.process_time()
    assert page_metadata(tree(head.replace("NAME", name))).authors == (name,)
    assert time.process_time() - began < 1
    endless = page_metadata(tree(head.replace("NAME", "Anna " * 100_000)))
    assert [len(author) for author in endless.authors] == [3_999]


def test_an_address_that_is_too_long_becomes_no_other():
    head = f'<meta property="og:url" content="https://x.example/{"a" * 5_000}">'
    assert page_metadata(tree(head), "https://x.example/1").address == "https://x.example/1"


def test_an_article_that_a_page_is_about():
    source = (
        '{"@type": "WebPage", "mainEntity": {"@type": "NewsArticle", "author": {"name": "Jo"}}}'
    )
    head = f'<script type="application/ld+json">{source}</script>'
    assert page_metadata(tree(head)).authors == ("Jo",)


def test_address_of_the_fetch_counts_without_a_canonical_one():
    assert page_metadata(tree(""), "http://x.example/1").address == "http://x.example/1"
    head = '<link rel="canonical" href="http://x.example/2">'
    assert page_metadata(tree(head), "http://x.example/1").address == "http://x.example/2"


@pytest.mark.parametrize(
    ("canonical", "og_url", "fetched", "expected"),
    [
        ("/link", "", "https://x.example/a/b", "https://x.example/link"),
        ("link?x=1", "", "https://x.example/a/b", "https://x.example/a/link?x=1"),
        ("//y.example/link", "", "https://x.example/a", "https://y.example/link"),
        ("", "/bericht/brücke", "https://x.example/a", "https://x.example/bericht/brücke"),
        ("/link", "https://y.example/1", "https://x.example/a", "https://x.example/link"),
        ("/link", "https://y.example/1", "", "https://y.example/1"),
        ("/link", "", "", "/link"),
        ("javascript:alert(1)", "", "https://x.example/a", "https://x.example/a"),
        ("https://[bad", "/1", "https://x.example/a", "https://x.example/1"),
        ("https://x.example/2", "/1", "https://x.example/a", "https://x.example/2"),
    ],
)
def test_the_address_of_a_page_has_its_host(canonical, og_url, fetched, expected):
    head = f'<link rel="canonical" href="{canonical}"><meta property="og:url" content="{og_url}">'
    assert page_metadata(tree(head), fetched).address == expected


def test_addresses_of_works_have_their_host():
    said = {
        "@type": "NewsArticle",
        "isBasedOn": "/de/1",
        "translationOfWork": [{"@id": "//y.example/2"}, {"name": "Le pont / Die Brücke"}],
    }
    head = f'<script type="application/ld+json">{json.dumps(said)}</script>'
    metadata = page_metadata(tree(head), "https://x.example/en/1")
    assert metadata.based_on == ("https://x.example/de/1",)
    assert metadata.translation_of == ("https://y.example/2", "Le pont / Die Brücke")
    assert page_metadata(tree(head)).based_on == ("/de/1",)


def test_addresses_of_editions_have_their_host():
    head = '<link rel="alternate" hreflang="fr" href="/fr/1"><link rel="alternate" hreflang="en" href="#">'
    assert page_metadata(tree(head), "https://x.example/de/1").alternates == (
        ("fr", "https://x.example/fr/1"),
        ("en", "#"),
    )
    assert page_metadata(tree(head)).alternates == (("fr", "/fr/1"), ("en", "#"))


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>One</title>", "One"),
        ('<title>One</title><meta property="og:title" content="Two">', "Two"),
        (
            """<meta property="og:title" content="Two"><script type="application/ld+json">
            {"@type": "BlogPosting", "headline": "Three"}</script>""",
            "Three",
        ),
        (
            """<script type="application/ld+json">
            {"@type": "NewsArticle", "headline": "The <i class=x>Ana</i> &amp;amp; 2 < 3"}</script>""",
            "The Ana & 2 < 3",
        ),
        ("", ""),
    ],
)
def test_title(head, title):
    assert page_title(tree(head)) == title
