from dataclasses import replace

import pytest

from mtpipe.archive.rows import (
    UNDATED,
    article_of,
    article_record,
    content_sha256,
    iso_day,
    published_day,
)
from mtpipe.types import Article, Block, BlockKind, Language, Markup, Metadata, Place, Span

FULL = Article(
    "a",
    "pages/a.html",
    Language.FR,
    (
        Block(BlockKind.TITLE, "Un « titre »", Place(1, 3, "/html/h1")),
        Block(BlockKind.QUOTE, "Bom dia", Place(2), "pt"),
    ),
    (Block(BlockKind.NAVIGATION, "PREV", Place(0)),),
    Metadata(
        address="https://example.org/a",
        authors=("A", "B"),
        published="2024-05-03T07:04:00+02:00",
        alternates=(("de", "https://example.org/de"),),
        extra=(("n", "1"),),
    ),
)


@pytest.mark.parametrize("article", [FULL, replace(FULL, furniture=(), metadata=Metadata())])
def test_nothing_of_an_article_is_lost(article: Article) -> None:
    assert article_of(article_record(article)) == article


def test_inline_markup_is_kept_where_it_is_asked_for() -> None:
    spans = (Span(0, 4, Markup.LINK, "https://example.org/"), Span(1, 3, Markup.EMPHASIS))
    marked = replace(FULL.blocks[0], spans=spans)
    article = replace(FULL, blocks=(marked, *FULL.blocks[1:]))
    assert article_of(article_record(article, spans=True)) == article
    assert article_of(article_record(article)) == FULL
    assert content_sha256(article) == content_sha256(FULL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 1},
        {"language": "xx"},
        {"blocks": [{"kind": "title", "text": 1, "place": [0, 0, ""]}]},
        {
            "blocks": [
                {"kind": "title", "text": "", "place": [0, 0, ""], "spans": [[0, 1, "b", ""]]}
            ]
        },
        {"metadata": {"authors": "A"}},
        {"metadata": {"authors": [1]}},
        {"metadata": {"colour": "red"}},
        {"metadata": []},
    ],
)
def test_a_record_of_something_else_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        article_of(article_record(FULL) | wrong)


def test_a_day_that_no_calendar_has() -> None:
    assert iso_day(10**9) == ""


def test_the_content_hash_is_of_the_content() -> None:
    assert content_sha256(FULL) == content_sha256(replace(FULL, id="b", source="elsewhere"))
    assert content_sha256(FULL) != content_sha256(replace(FULL, furniture=()))
    assert content_sha256(FULL) != content_sha256(replace(FULL, language=Language.DE))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-03T07:04:00+02:00", "2024-05-03"),
        ("2024-05-03", "2024-05-03"),
        ("3 mai 2024", ""),
        ("", ""),
        ("2024-13-45", ""),
    ],
)
def test_days(text: str, day: str) -> None:
    assert iso_day(published_day(text)) == day
    assert (published_day(text) == UNDATED) == (not day)


@pytest.mark.parametrize(
    "text", ["L\u2019e\u0301te\u0301 à\u00a0Lyon", "L'été à Lyon", "L\u2018été à\u202fLyon"]
)
def test_the_same_text_in_other_characters_is_the_same_article(text):
    def of(wording):
        return replace(FULL, blocks=(Block(BlockKind.PARAGRAPH, wording, Place(0)),))

    assert content_sha256(of(text)) == content_sha256(of("L\u2019été à Lyon"))
    assert content_sha256(of(text)) != content_sha256(of("L'été à Nice"))
