import pytest

from mtpipe.encoders.static import StaticEncoder
from mtpipe.pipeline.translate.markup import MarkupMatcher, load_matcher
from mtpipe.types import (
    Block,
    BlockKind,
    Hypothesis,
    Markup,
    Place,
    Segment,
    Span,
    TranslatedBlock,
    TranslatedSegment,
)

LINK = "https://example.org/"


@pytest.fixture(scope="module")
def matcher() -> MarkupMatcher:
    return load_matcher()


def translated(
    *sides: tuple[str, str], marked: str, markup: Markup = Markup.LINK
) -> TranslatedBlock:
    """A block of sentences with their translations; ``marked`` is what has markup."""
    text = " ".join(source for source, _ in sides)
    start = text.index(marked)
    span = Span(start, start + len(marked), markup, LINK if markup is Markup.LINK else "")
    block = Block(BlockKind.PARAGRAPH, text, Place(0), spans=(span,))
    segments = []
    for source, target in sides:
        begin = text.index(source)
        segment = Segment(source, begin, begin + len(source))
        segments.append(TranslatedSegment(segment, Hypothesis(target, -0.5)))
    return TranslatedBlock(block, tuple(segments))


NATO = (
    "Der Generalsekretär der NATO sprach am Montag mit dem Präsidenten.",
    "On Monday the NATO Secretary General spoke with the president.",
)
BRIDGE = (
    "Die Stadt hat die neue Brücke am Samstag eröffnet.",
    "The city opened the new bridge on Saturday.",
)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        pytest.param("NATO", ["NATO"], id="verbatim"),
        pytest.param("Montag", ["Monday"], id="another place"),
        pytest.param("die neue Brücke", ["the new bridge"], id="with its article"),
        pytest.param("am Samstag", ["on Saturday"], id="with its preposition"),
        pytest.param(BRIDGE[0], [BRIDGE[1]], id="whole sentence"),
        pytest.param(
            "dem Präsidenten. Die Stadt", ["the president", "The city"], id="over two sentences"
        ),
        pytest.param("sprach am Montag mit", [], id="what was torn apart"),
        pytest.param("der", [], id="an article"),
    ],
)
def test_markup_goes_to_the_words_that_it_was_on(
    matcher: MarkupMatcher, marked: str, expected: list[str]
) -> None:
    block = translated(NATO, BRIDGE, marked=marked)
    assert [block.text[span.start : span.end] for span in matcher.match(block)] == expected


def test_address_and_kind_are_kept(matcher: MarkupMatcher) -> None:
    [link] = matcher.match(translated(NATO, marked="NATO"))
    assert (link.markup, link.address) == (Markup.LINK, LINK)
    [strong] = matcher.match(translated(NATO, marked="NATO", markup=Markup.STRONG))
    assert (strong.markup, strong.address) == (Markup.STRONG, "")


def test_spans_are_nested_and_do_not_cross(matcher: MarkupMatcher) -> None:
    text = "NATO Montag Seoul"
    spans = (
        Span(0, 11, Markup.STRONG),
        Span(0, 4, Markup.LINK, LINK),
        Span(5, 17, Markup.EMPHASIS),
        Span(1, 3, Markup.LINK, LINK),
    )
    block = TranslatedBlock(Block(BlockKind.PARAGRAPH, text, Place(0), spans=spans), ())
    assert matcher.match(block) == (spans[0], spans[1])


def test_words_that_have_no_counterpart_lose_their_markup(matcher: MarkupMatcher) -> None:
    block = translated(("Der Rat tagt heute.", "…"), marked="Rat")
    assert matcher.match(block) == ()


def test_endless_sentences_are_not_compared_word_by_word(
    matcher: MarkupMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StaticEncoder, "sums", lambda *_: pytest.fail("gigabytes"))
    text = "x y " * 10_000
    block = translated((text, text), marked="x")
    assert matcher.match(block) == ()
