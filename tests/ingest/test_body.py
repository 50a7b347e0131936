import json

import pytest

from mtpipe.errors import EmptyArticle
from mtpipe.ingest.html import read_html
from mtpipe.types import BlockKind

ONE = (
    "The bridge in the north of the town will stay open all night long, the council said on Monday."
)
TWO = "Engineers found no damage when they looked at its two piers, and lorries may cross it again."
THREE = (
    "A ferry that had been hired for the spring goes back to the island, where it is needed more."
)
FOUR = (
    "The mayor thanked all those who had waited, and promised that the next works will be shorter."
)
TEXTS = (ONE, TWO, THREE, FOUR)


def paragraphs(*texts):
    return "".join(f"<p>{text}</p>" for text in texts)


def body(html):
    return [block.text for block in read_html(html).blocks if block.kind is not BlockKind.TITLE]


def furniture(html):
    return {block.text: block.kind.value for block in read_html(html).furniture}


@pytest.mark.parametrize(
    "tail",
    [
        f"<h2>Ferry</h2>{THREE}<br><br><h2>Mayor</h2>{FOUR}",
        f"<h2>Ferry</h2>{THREE}<h3>Mayor</h3>{FOUR}<p>{ONE} Again.</p>",
        f"<h2>Ferry</h2><span>{THREE}</span><h2>Mayor</h2><i>{FOUR}</i>",
        f"<h2>Ferry</h2>\n{THREE}\n<ul><li>It is red.</li></ul><h2>Mayor</h2>\n{FOUR}\n",
    ],
    ids=["line breaks", "then a paragraph", "in inline elements", "then a list"],
)
def test_text_directly_behind_a_heading_is_body(tail):
    read = body(
        f"<article class=entry-content><h1>Bridge</h1>{paragraphs(ONE, TWO)}{tail}</article>"
    )
    assert {"Ferry", THREE, "Mayor", FOUR} <= set(read)


@pytest.mark.parametrize(
    "insertion",
    [
        "<a href=/x>two piers<span class=icon> (opens new tab)</span></a>",
        "<a href=/x>two piers</a><span class=tip>Was ist das? Mehr dazu hier</span>",
        "<b>two</b> piers <button>Share this</button>",
    ],
    ids=["a label", "a hint", "a button"],
)
def test_a_foreign_insertion_does_not_cost_the_paragraph(insertion):
    marked = TWO.replace("two piers", insertion)
    read = " ".join(
        body(f"<article>{paragraphs(ONE)}<p>{marked}</p>{paragraphs(THREE, FOUR)}</article>")
    )
    assert "Engineers found no damage when they looked at its" in read
    assert "and lorries may cross it again." in read


def test_a_lead_outside_the_article_is_body():
    head = f"<header><h1>Bridge stays open</h1><p class=standfirst>{FOUR}</p><p>By Jo Example</p></header>"
    html = f"{head}<article><div class=article-body>{paragraphs(ONE, TWO, THREE)}</div></article>"
    assert body(html) == [FOUR, ONE, TWO, THREE]


@pytest.mark.parametrize(
    "lead",
    [
        "<h2 class=deck>{t}</h2>",
        "<p class='article-lead'>{t}</p>",
        "<div class=standfirst><p>{t}</p></div>",
        "<div class=sc-1x data-component=standfirst><p>{t}</p></div>",
    ],
    ids=["heading", "paragraph", "box", "by its component"],
)
def test_a_lead_needs_no_full_stop_where_it_is_called_so(lead):
    text = FOUR.removesuffix(".")
    html = (
        f"<main><h1>Bridge stays open</h1>{lead.replace('{t}', text)}<p>By Jo Example</p>"
        f"<div class=teaser><p>{text} again</p></div>"
        f"<article><div class=text>{paragraphs(ONE, TWO, THREE)}</div></article></main>"
    )
    assert body(html) == [text, ONE, TWO, THREE]


def test_a_lead_beside_a_heading_that_the_head_words_otherwise_is_body():
    head = '<title>The bridge, 5 May 2024</title><meta property="og:title" content="The bridge, 5 May 2024">'
    top = f"<header><h1>Bridge stays open all night</h1><p class=teaser>{FOUR}</p></header>"
    assert body(f"{head}<body><article>{top}{paragraphs(ONE, TWO, THREE)}</article>") == [
        FOUR,
        ONE,
        TWO,
        THREE,
    ]


@pytest.mark.parametrize(
    "names", ["article-header", "entry-header", "page-top", "hero header--big"]
)
def test_the_header_of_an_article_is_no_menu(names):
    head = (
        f"<div class='{names}'><h1>Bridge stays open</h1><p>{FOUR}</p><span>3 May 2025</span></div>"
    )
    html = f"{head}<div class=article-body>{paragraphs(ONE, TWO, THREE)}</div>"
    assert body(html) == [FOUR, ONE, TWO, THREE]


def test_an_offer_between_a_heading_and_the_article_is_none():
    offer = (
        "<div><p>Support us today with a small sum, and read all of our stories at once.</p></div>"
    )
    html = (
        f"<div class=top><h1>Bridge stays open</h1></div>{offer}"
        f"<article><div class=article-body>{paragraphs(ONE, TWO, THREE)}</div></article>"
    )
    assert body(html) == [ONE, TWO, THREE]


@pytest.mark.parametrize("first", [True, False], ids=["before", "behind"])
def test_an_excerpt_beside_the_article_is_told_once(first):
    excerpt = f"<div class=preview><p>{ONE}</p></div>"
    article = f"<article><h1>Bridge</h1>{paragraphs(*TEXTS)}</article>"
    html = f"{excerpt}{article}" if first else f"{article}{excerpt}"
    read = read_html(html).blocks
    assert [block.text for block in read if block.text == ONE] == [ONE]
    assert next(block.place.path for block in read if block.text == ONE).endswith("/article/p[1]")


@pytest.mark.parametrize(
    "box",
    ["<aside class=pullquote><p>{q}</p></aside>", "<aside><blockquote>{q}</blockquote></aside>"],
)
def test_a_quotation_pulled_out_of_the_text_is_told_once(box):
    pulled = box.replace("{q}", " ".join(TWO.split()[:9]))
    html = (
        f"<article><h1>Bridge</h1>{paragraphs(ONE, TWO)}{pulled}{paragraphs(THREE, FOUR)}</article>"
    )
    assert body(html) == list(TEXTS)


def test_a_refrain_stays():
    refrain = "Oh river, take me down to the sea again."
    html = f"<article><h1>Song</h1>{paragraphs(ONE, refrain, TWO, refrain, THREE, FOUR)}</article>"
    assert body(html).count(refrain) == 2


@pytest.mark.parametrize(
    "block",
    [
        "<p><a href=/t>Ferry company orders two electric boats</a></p>",
        "<div><a href=/t>Why the lighthouse keeper still gets letters</a></div>",
        "<p><b><a href=/t>Council sells the quay</a></b></p>",
        "<p><a href=/t>More news</a></p>",
        "<p>\n  <a href=/t>\n    Ferry company orders two boats\n  </a>\n</p>",
        "<p><b>Also in the Courier:</b> <a href=/t>Ferry company orders two boats</a></p>",
        "<p>Watch: <a href=/t>Ferry company orders two boats</a></p>",
        "<table><tr><td><a href=/t>Ferry company orders</a><br><br><a href=/u>Boats</a></td></table>",
    ],
)
def test_a_link_from_end_to_end_is_a_teaser(block):
    html = (
        f"<article><h1>Bridge</h1>{paragraphs(ONE, TWO)}{block}{paragraphs(THREE, FOUR)}</article>"
    )
    assert body(html) == list(TEXTS)
    assert set(furniture(html).values()) == {"related"}


@pytest.mark.parametrize(
    "block",
    [
        "<p><a href=/t>All of the figures are in the report that was published on Monday.</a></p>",
        "<p>Read on in <a href=/t>the report on the bridge</a></p>",
        "<p>Address: <a href=/t>www.bridge.example</a></p>",
        "<p><a href=/t>Ministry of transport</a>: all of the bridges</p>",
        "<table><tr><td><a href=/t>Council of the town</a></td></table>",
        "<ul><li>Of last year is the <a href=/t>report on the bridge and the ferry</a></li></ul>",
        "<h2><a href=#x>What comes next for the bridge</a></h2>",
    ],
    ids=["a sentence", "in part", "an address", "in front", "a cell", "a list", "a heading"],
)
def test_a_link_that_is_no_teaser(block):
    html = (
        f"<article><h1>Bridge</h1>{paragraphs(ONE, TWO)}{block}{paragraphs(THREE, FOUR)}</article>"
    )
    assert len(body(html)) == 5


@pytest.mark.parametrize(
    "box",
    [
        "<div class=x1><h3>{t}</h3><p>{u}</p><form><input type=email><button>Go</button></form></div>",
        "<div class=signup-card><h3>{t}</h3><p>{u}</p><button>Go</button></div>",
        "<form class=x1><h3>{t}</h3><p>{u}</p><p><input type=email></p></form>",
        "<div data-testid=newsletter-box><h3>{t}</h3><p>{u}</p><button>Go</button></div>",
    ],
    ids=["asks for an address", "sign up", "a form", "by its test's name"],
)
def test_a_newsletter_amid_the_article_is_none_of_it(box):
    offer = "Every morning at six the news of the river comes to you, and it costs you nothing."
    html = (
        f"<div class=page><h1>Bridge</h1>{paragraphs(ONE, TWO)}"
        f"{box.replace('{t}', 'The river in brief').replace('{u}', offer)}"
        f"{paragraphs(THREE, FOUR)}</div>"
    )
    assert body(html) == list(TEXTS)
    assert furniture(html)[offer] == "notice"


def test_a_short_article_that_asks_for_an_address_is_one():
    html = f"<div class=x1><h1>Bridge</h1>{paragraphs(ONE, TWO)}<input type=email></div>"
    assert body(html) == [ONE, TWO]


@pytest.mark.parametrize(
    "names", ["post tag-bridge tag-council", "author-jo hentry", "entry has-header no-sidebar"]
)
def test_an_article_that_is_called_like_furniture_is_none(names):
    main = (
        f"{paragraphs(ONE, TWO)}<h2>Ferry</h2>{paragraphs(THREE)}<h2>Mayor</h2>{paragraphs(FOUR)}"
    )
    read = body(f"<article class='{names}'><h1>Bridge</h1>{main}</article>")
    assert read == [ONE, TWO, "Ferry", THREE, "Mayor", FOUR]


@pytest.mark.parametrize("names", ["user-comments", "kommentare", "c-comment-box"])
def test_comments_that_look_like_the_article_are_none(names):
    said = "I have been waiting for this bridge to open for years, and I am not the only one here."
    html = (
        f"<div class=text><h1>Bridge</h1>{paragraphs(*TEXTS)}"
        f"<div class='{names}'><p>{said}</p></div></div>"
    )
    assert body(html) == list(TEXTS)
    assert furniture(html)[said] == "comment"


def test_an_article_of_opinion_is_no_comment():
    html = f"<article class='article--kommentar'><h1>Bridge</h1>{paragraphs(*TEXTS)}</article>"
    assert body(html) == list(TEXTS)


@pytest.mark.parametrize(
    "html",
    [
        "<body><h1>Bridge</h1><noscript>Please enable JavaScript to read this page.</noscript>",
        "<body><h1>Bridge</h1><noscript><img src=/pixel.gif width=1></noscript>",
        (
            '<body><h1>Bridge</h1><script type="application/ld+json">'
            '{"@type": "NewsArticle", "articleBody": "Read on with us."}</script>'
        ),
        (
            '<body><h1>Bridge</h1><script type="application/ld+json">'
            '{"@type": "NewsArticle", "articleBody": ["x"]}</script>'
        ),
    ],
    ids=["a request", "a pixel", "a short text", "no text"],
)
def test_what_is_no_article_is_not_taken_for_one(html):
    with pytest.raises(EmptyArticle):
        read_html(html)


def test_a_lead_that_is_shown_is_not_told_again():
    data = json.dumps({"@type": "NewsArticle", "articleBody": "\n".join(TEXTS)})
    html = (
        f'<h1>Bridge stays open</h1><p>{ONE}</p><script type="application/ld+json">{data}</script>'
    )
    assert body(html) == list(TEXTS)


def test_the_shown_article_counts_before_data_for_machines():
    data = '{"@type": "NewsArticle", "articleBody": "A summary that a machine wrote of it all."}'
    html = (
        f'<script type="application/ld+json">{data}</script><article>{paragraphs(*TEXTS)}</article>'
    )
    assert body(html) == list(TEXTS)


def test_a_date_within_a_sentence_is_no_block():
    html = f"<article>{paragraphs(ONE, TWO)}<p>On <time>May 3</time> it opens again, they say.</p></article>"
    assert body(html)[-1] == "On May 3 it opens again, they say."


def test_inline_elements_without_text_between_them_are_a_sentence():
    sentence = f"<span>{TWO[:48]}</span><a href=/x>{TWO[48:60]}</a><span>{TWO[60:]}</span>"
    html = f"<article>{paragraphs(ONE)}<p>{sentence}</p>{paragraphs(THREE)}</article>"
    assert body(html) == [ONE, TWO, THREE]
