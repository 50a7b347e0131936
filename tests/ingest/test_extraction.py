"""What takes trafilatura long is kept from it, and it finds the article all the same."""

import json
import time

import lxml.html
import pytest

from mtpipe.ingest.extraction import extracted

PROSE = "The bridge in the north of the town will stay open all night long, the council said."
ARTICLE = f"<article><h1>Bridge stays open</h1>{f'<p>{PROSE} Lorries may cross it again.</p>' * 4}</article>"
DATA = json.dumps({"@type": "NewsArticle", "articleBody": "a b c " * 400_000})


def texts(html):
    return [run.text for run in extracted(lxml.html.document_fromstring(html))]


@pytest.mark.parametrize(
    ("html", "most_seconds"),
    [
        (f"{ARTICLE}<script type='application/ld+json'>{DATA}</script>", 3),
        (f"{ARTICLE}<textarea>{'a b ' * 500_000}</textarea>", 3),
        ("<div>" * 150 + f"{ARTICLE}{'<p>a b.</p>' * 8_000}" + "</div>" * 150, 8),
    ],
    ids=["data for machines", "a text that isn't shown", "depth"],
)
def test_masses(html, most_seconds):
    began = time.process_time()
    assert any(PROSE in text for text in texts(html))
    assert time.process_time() - began < most_seconds


def test_the_tree_stays_as_it_is():
    html = "<div>" * 150 + "<p>a b.</p>" * 8_000
    tree = lxml.html.document_fromstring(html)
    before = lxml.html.tostring(tree)
    extracted(tree)
    assert lxml.html.tostring(tree) == before
