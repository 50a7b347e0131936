import time

import lxml.html
import pytest

from mtpipe.ingest.html import read_html
from mtpipe.ingest.visible import visible_blocks
from mtpipe.types import BlockKind

PROSE = (
    "The bridge in the north of the town will stay open all night long, the council said. "
    "Engineers found no damage when they looked at its two piers on Monday morning."
)


def blocks(html):
    return list(visible_blocks(lxml.html.document_fromstring(html), ""))


@pytest.mark.parametrize(
    "html",
    [
        "<div><p>a</p><p>b</p><div><p>c</p></div></div><p>d</p>",
        "<ul><li>a<li>b<ul><li>c</ul></ul><ol><li>d</ol>",
        "<section>a<p>b</p>c</section><section><h2>d</h2></section>",
        "<table><tr><td>a<td>b</tr><tr><th>c</table><custom-tag><p>d</p></custom-tag>",
        "<script>x</script><p>a</p><noscript><p>no</p></noscript><p>b</p><svg><text>no</text></svg>c",
        "<menu><a href=1>a</a><a href=2>b</a></menu>",
    ],
)
def test_paths_are_those_of_the_tree(html):
    tree = lxml.html.document_fromstring(html)
    for block in visible_blocks(tree, ""):
        around = block.around
        assert around.path == tree.getroottree().getpath(around.element)
        assert tree.xpath(around.path) == [around.element]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<nav><a href=1>PREV</a>|<a href=2>NEXT</a></nav>", ["PREV", "|", "NEXT"]),
        ("<p><a href=1>One</a> and <a href=2>two</a></p>", ["One and two"]),
        ("<div><span>Share:</span><a href=1>X</a><a href=2>Y</a></div>", ["Share:", "X", "Y"]),
        (
            (
                "<p><span>The council of the town has said that the </span><a href=1>bridge</a>"
                "<span> is open.</span></p>"
            ),
            ["The council of the town has said that the bridge is open."],
        ),
        ("<p>On <time>May 3</time> it opened.</p>", ["On May 3 it opened."]),
        ("<div>News<time>May 3</time></div>", ["News", "May 3"]),
        (
            "<div>The council of the town said on <time>May 3</time> that it opens.</div>",
            ["The council of the town said on May 3 that it opens."],
        ),
        (
            "<p>See <a href=1>it<span class=sr-only> (opens in a new tab)</span></a> here.</p>",
            ["See it here."],
        ),
        ("<li><a href=1><span class=sr-only>PREV</span></a></li>", ["PREV"]),
        (
            "<p><span>The bridge in May.</span><span>Photo: </span><span>Anna</span></p>",
            ["The bridge in May. Photo: Anna"],
        ),
        ("<figcaption>Im Mai<span>Foto: Anna</span></figcaption>", ["Im Mai Foto: Anna"]),
        ("<h2><span>„Nie!“</span><span>Der Rat</span></h2>", ["„Nie!“ Der Rat"]),
        (
            "<p><span>D</span><span>er</span><b>Rat</b><span>“</span><span>Wir</span></p>",
            ["DerRat“Wir"],
        ),
    ],
    ids=[
        "menu",
        "links in text",
        "labelled menu",
        "text in elements",
        "date in text",
        "date",
        "date in a box of text",
        "read aloud",
        "read aloud alone",
        "parted by style",
        "credit parted by style",
        "quotation parted by style",
        "parts of words",
    ],
)
def test_runs_of_text(html, texts):
    assert [block.text for block in blocks(html)] == texts


@pytest.mark.parametrize(
    ("html", "kinds"),
    [
        ("<figure><img><figcaption>x</figcaption></figure>", ["caption"]),
        ("<figure><img><p>x</p></figure>", ["caption"]),
        ("<figure><img>x<small>y</small></figure>", ["caption"]),
        ("<div class='image-caption'><span>x</span></div>", ["caption"]),
        ("<p class='wp-caption-text'>x</p>", ["caption"]),
        ("<p class=bildunterschrift>x</p>", ["caption"]),
        ("<p class=legende>x</p>", ["caption"]),
        ("<div class=image__description>x</div>", ["caption"]),
        ("<span class=photo-credit><p>x</p></span>", ["caption"]),
        ("<p class=credits>x</p>", ["caption"]),
        ("<div class=wp-block-media-text><p>x</p></div>", ["paragraph"]),
        ("<div class=creditor><p>x</p></div>", ["paragraph"]),
        ("<div class=media-information><p>x</p></div>", ["paragraph"]),
        ("<figure><blockquote><p>x</p></blockquote><figcaption>y</figcaption></figure>", ["quote", "caption"]),
        ("<figure><table><caption>x</caption><tr><td>y</table></figure>", ["caption", "paragraph"]),
        ("<figure><ul><li>x</ul></figure>", ["list item"]),
        ("<div class=captioned-text><p>x</p></div>", ["paragraph"]),
        ("<div class=legendary><p>x</p></div>", ["paragraph"]),
        ("<blockquote><p>x</p></blockquote><h3>y</h3><dl><dt>z</dl>", ["quote", "heading", "list item"]),
    ],
)  # fmt: skip
def test_kinds_by_the_markup(html, kinds):
    assert [block.around.kind.value for block in blocks(html)] == kinds


@pytest.mark.parametrize(
    ("html", "ratio"),
    [
        ("<p><a href=x>abcde</a>fghij</p>", 0.5),
        ("<p><a href=x>abcde</a></p>", 1.0),
        ("<p><a>abcde</a></p>", 0.0),
        ("<a href=x><p>abcde</p></a>", 1.0),
        ("<p><a href='javascript:x'><b>abc</b>de</a></p>", 1.0),
        ("<p><a href=x>&nbsp;</a></p>", 0.0),
        ("<p>\n      <a href=x>\n         abcde\n      </a>\n      fghij\n   </p>", 0.5),
    ],
)
def test_share_of_links(html, ratio):
    assert blocks(html)[0].linked_ratio == ratio


def test_share_of_links_in_each_line():
    html = "<p>Read also<br><a href=x>The bridge</a><br><a href=y>The ferry</a> soon</p>"
    ratios = [(block.text, round(block.linked_ratio, 2)) for block in blocks(html)]
    assert ratios == [("Read also", 0), ("The bridge", 1), ("The ferry soon", 0.67)]


def test_a_long_text_with_a_captions_class_is_no_caption():
    other = " ".join(
        f"It took {number} men a day to paint the railings." for number in range(2, 20)
    )
    html = f"<article><p>{PROSE}</p><div class=credits>{other}</div><p>{PROSE} More.</p></article>"
    assert [block.kind for block in read_html(html).blocks] == 3 * [BlockKind.PARAGRAPH]


SIZE = 1_500
PAGES = {
    "links in a paragraph": lambda n: "<p>" + "<a href=x>y</a>" * 4 * n + "</p>",
    "links in a menu": lambda n: "<nav>" + "<a href=x>PREV</a>|" * 4 * n + "</nav>",
    "paragraphs deep down": lambda n: "<div>" * 200 + f"<p>{PROSE}</p>" * n + "</div>" * 200,
    "items": lambda n: "<ul>" + "<li>abc def ghi" * 4 * n + "</ul>",
    "headings": lambda n: "<h1>abc def ghi</h1>" * 4 * n,
    "line breaks": lambda n: "<p>" + "a line of it<br>" * 4 * n + "</p>",
    "zones": lambda n: "<div class=related>" * 100 + "<p class=date>abc def</p>" * 2 * n,
    "captions": lambda n: "<figure>abc def</figure>" * 4 * n,
    "noscript": lambda n: "<noscript>abc def</noscript>" * 4 * n,
    "screen readers": lambda n: "<p>" + "<span class=sr-only>abc def</span>" * 4 * n + "</p>",
}


@pytest.mark.parametrize("make", PAGES.values(), ids=list(PAGES))
def test_time_is_linear_in_the_size_of_a_page(make):
    def seconds(size):
        tree = lxml.html.document_fromstring(make(size))
        started = time.process_time()
        list(visible_blocks(tree, ""))
        return time.process_time() - started

    # Four times the page; in quadratic time it would be 16 times as long.
    assert min(seconds(4 * SIZE) for _ in range(2)) < 9 * max(
        0.005, min(seconds(SIZE) for _ in range(3))
    )
