"""The body of an article is read from pages of every shape, and at least as well as trafilatura does."""

import re
from collections import Counter

import pytest
import trafilatura

from mtpipe.ingest.html import read_html
from mtpipe.types import BlockKind
from tests.ingest.shapes import SHAPES, STORIES


def shingles(text):
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[start : start + 4]) for start in range(max(1, len(words) - 3)))


def f1(text, body):
    found, wanted = shingles(text), shingles(body)
    return 2 * (found & wanted).total() / (found.total() + wanted.total())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.language)
@pytest.mark.parametrize("name", SHAPES)
def test_body_of_each_shape(name, story):
    html, body = SHAPES[name](story)
    page = read_html(html)
    read = [
        block for block in page.blocks if block.kind not in (BlockKind.TITLE, BlockKind.CAPTION)
    ]
    text, wanted = "\n".join(block.text for block in read), "\n".join(body)
    assert f1(text, wanted) >= max(0.995, f1(trafilatura.extract(html) or "", wanted))
    assert [block.text for block in page.blocks if block.kind is BlockKind.TITLE] == [story.title]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.language)
@pytest.mark.parametrize(
    ("name", "number"), [("captions", 2), ("bare_figures", 1)], ids=["by class", "by figure"]
)
def test_captions_are_their_own_kind(name, number, story):
    page = read_html(SHAPES[name](story)[0])
    captions = [block.text for block in page.blocks if block.kind is BlockKind.CAPTION]
    assert len(captions) == number
    assert all(text[:20] == story.caption[:20] for text in captions)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.language)
def test_places_of_text_without_scripts_point_into_the_page(story):
    page = read_html(SHAPES["without_scripts"](story)[0])
    assert page.blocks[-1].place.path == "/html/body/div/noscript/p[7]"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.language)
@pytest.mark.parametrize("name", ["json_ld_only", "json_ld_with_menu"])
def test_text_in_json_ld_comes_in_paragraphs(name, story):
    html, body = SHAPES[name](story)
    assert tuple(block.text for block in read_html(html).blocks[1:]) == body
