import pytest

from mtpipe.ingest.html import read_html
from mtpipe.ingest.inline import safe_address
from mtpipe.ingest.text import read_markdown
from mtpipe.types import BlockKind

PROSE = (
    "The bridge in the north of the town will stay open all night long, the council said. "
    "Engineers found no damage when they looked at its two piers on Monday morning."
)
BASE = "https://example.org/news/"


def marked(page):
    """Markup, wording and address of each span of the paragraphs."""
    return [
        (span.markup.value, block.text[span.start : span.end], span.address)
        for block in page.blocks
        if block.kind is BlockKind.PARAGRAPH
        for span in block.spans
    ]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("A <a href='https://a.org/x'>link</a>", [("a", "link", "https://a.org/x")]),
        ("A <a href='../x?y=1&amp;z'> link </a>", [("a", "link", "https://example.org/x?y=1&z")]),
        ("<b>bold</b> and <i>it\nalic</i>", [("strong", "bold", ""), ("em", "it alic", "")]),
        (
            "<em>one <strong>two</strong></em>",
            [("em", "one two", ""), ("strong", "two", "")],
        ),
        ("<a href='javascript:alert(1)'>x</a> <a>y</a> <a href='#top'>z</a>", []),
        ("<a href='data:text/html,x'>x</a> <b> </b><u>no</u> <span>no</span>", []),
        ("<a href='mailto:x@a.org'>mail</a>", [("a", "mail", "mailto:x@a.org")]),
        (
            "<code>ls</code> <kbd>q</kbd> <samp>x y</samp>",
            [("code", "ls", ""), ("code", "q", ""), ("code", "x y", "")],
        ),
        ("Neue<br class=notranslate><i>Sonne</i>", [("em", "Sonne", "")]),
        ("<span translate=no>Neue Sonne</span> plays", [("span", "Neue Sonne", "")]),
        ("<em class='x notranslate'>Hügel</em>", [("em", "Hügel", ""), ("span", "Hügel", "")]),
        (
            "<span class=notranslate>a <b translate=yes>b</b></span>",
            [("span", "a b", ""), ("strong", "b", "")],
        ),
        ("soft\xadhyphen\u200b <b>after</b>", [("strong", "after", "")]),
    ],
    ids=[
        "link",
        "relative",
        "bold",
        "nested",
        "unsafe",
        "nothing",
        "mail",
        "code",
        "kept line break",
        "kept",
        "kept in italics",
        "kept in part",
        "invisible before",
    ],
)
def test_inline_markup(html, expected):
    page = read_html(f"<article><p>{PROSE} {html}.</p><p>{PROSE}</p></article>", address=BASE)
    assert marked(page) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a href='https://a.org'>the dam </a>", ["the dam"]),
        ("<a href='https://a.org'>der Damm\n\t</a> ", ["der Damm"]),
        ("le <b>barrage <i>haut \x0b</i> </b>", ["barrage haut", "haut"]),
        ("le <b>barrage<br></b>", ["barrage"]),
        ("<i>caf<b>e\u0301 </b></i>", ["café", "é"]),
        ("the dam<a href='https://a.org'> </a>", []),
    ],
)
def test_spans_end_with_their_text(html, expected):
    page = read_html(f"<article><p>{PROSE} {html}</p><p>{PROSE} More.</p></article>")
    block = page.blocks[0]
    assert all(0 <= span.start < span.end <= len(block.text) for span in block.spans)
    assert [block.text[span.start : span.end] for span in block.spans] == expected


def test_a_base_element_counts():
    html = f"<base href='https://other.org/a/'><p>{PROSE} <a href='b'>link</a></p>"
    assert marked(read_html(html, address=BASE)) == [("a", "link", "https://other.org/a/b")]


def test_a_base_element_is_an_address_of_the_web():
    html = f"<base href='mailto:x@a.org'><p>{PROSE} <a href='b'>link</a></p>"
    assert marked(read_html(html, address=BASE)) == [("a", "link", f"{BASE}b")]


def test_markup_is_cut_at_the_ends_of_blocks():
    page = read_html(
        f"<article><a href='https://a.org'><p>{PROSE}</p><p>{PROSE} More.</p></a></article>"
    )
    assert [text for _, text, _ in marked(page)] == [PROSE, f"{PROSE} More."]


def test_white_space_at_the_end_is_no_part_of_a_span():
    page = read_html(f"<article><p>{PROSE}</p><p><i>{PROSE} More. \n</i></p></article>")
    assert [(span.start, span.end) for span in page.blocks[1].spans] == [(0, len(PROSE) + 6)]


def test_a_dateline_takes_its_share():
    html = f"<article><p>PARIS (AFP) – The <b>bridge</b>. {PROSE}</p></article>"
    assert marked(read_html(html)) == [("strong", "bridge", "")]


def test_markdown():
    page = read_markdown(
        f"# T\n\n{PROSE} A [*link*](https://a.org) and **bold** [no](javascript:x) `ls -l`"
    )
    assert marked(page) == [
        ("a", "link", "https://a.org"),
        ("em", "link", ""),
        ("strong", "bold", ""),
        ("code", "ls -l", ""),
    ]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.org/", "https://a.org/"),
        ("//a.org/b", "https://a.org/b"),
        ("java\nscript:alert(1)", ""),
        ("https://[::1", ""),
        ("mailto:x@a.org?subject=y", "mailto:x@a.org?subject=y"),
        ("tel:+49 228 1234", "tel:+492281234"),
        ("mailto:", ""),
        ("mailto://a.org/x", ""),
        ("vbscript:x", ""),
        ("file:///etc/passwd", ""),
        ("ftp://a.org", ""),
        ("https://a.org/" + "x" * 3000, ""),
        ("https:///x", "https://example.org/x"),
    ],
)
def test_safe_address(address, expected):
    assert safe_address(address, BASE) == expected
