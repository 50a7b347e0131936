"""Whatever spans, texts and places articles come with, what is written of them can be read back."""

from html.parser import HTMLParser

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.report.documents import document
from mtpipe.report.spans import nested
from mtpipe.types import (
    Article,
    Block,
    BlockKind,
    Direction,
    Hypothesis,
    Markup,
    Place,
    Segment,
    Span,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)
from mtpipe.types.choices import DocumentFormat

DE_EN = Direction.parse("de-en")
XLIFF = "{urn:oasis:names:tc:xliff:document:1.2}"
VOID = {"meta", "br"}
WITHIN = {
    "li": {"ul", "ol"},
    "tr": {"table"},
    "td": {"tr"},
    "th": {"tr"},
    "p": {"article", "td", "th", "figure"},
    "h1": {"article", "td", "th"},
    "h2": {"article", "td", "th"},
}
"""Elements, and those that may hold them."""

texts = st.text(
    st.one_of(
        st.sampled_from("ab <>&\"'/\n\t\r\x00\x0b\x85\u2028\u202e\ufffe é😀"), st.characters()
    ),
    max_size=30,
)
offsets = st.integers(-5, 40)
spans = st.lists(
    st.builds(Span, offsets, offsets, st.sampled_from(Markup), st.one_of(st.just(""), texts)),
    max_size=8,
)
tags = st.sampled_from(["ul", "ol[2]", "li", "li[3]", "table", "tbody", "tr[2]", "td", "th", "p"])
paths = st.lists(tags, max_size=7).map(lambda tags: "/html/body/" + "/".join(tags))
kinds = st.sampled_from([kind for kind in BlockKind if not kind.is_furniture])


@st.composite
def blocks(draw: st.DrawFn) -> TranslatedBlock:
    text = draw(texts)
    place = Place(0, path=draw(paths))
    segment = TranslatedSegment(Segment("x", 0, 1), Hypothesis(text, -1.0))
    segments = draw(st.sampled_from([(), (segment,)]))
    block = Block(draw(kinds), "x" if segments else text, place)
    return TranslatedBlock(block, segments, tuple(draw(spans)))


def written(form: DocumentFormat, blocks: list[TranslatedBlock], name: str = "a") -> str:
    article = Article(name, name, DE_EN.source, tuple(each.block for each in blocks))
    made = document(form)
    one = made.article(Translation(article, DE_EN, tuple(blocks), "0", "x"))
    return f"{made.opening}{one}{made.ending}"


class Strict(HTMLParser):
    """Complains of whatever a browser would have to repair."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in WITHIN:
            assert self.open[-1] in WITHIN[tag], f"<{tag}> in {self.open}"
        assert tag != "a" or "a" not in self.open, "a link in a link"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> where it isn't open"

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Strict:
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert not parser.open, f"never closed: {parser.open}"
    return parser


def held(text: str) -> str:
    """What XML can hold of a text, its line ends as parsers read them."""
    kept = "".join(
        char
        for char in text
        if char in "\t\n\r"
        or (char >= " " and char not in "\ufffe\uffff" and not "\ud800" <= char <= "\udfff")
    )
    return kept.replace("\r\n", "\n").replace("\r", "\n")


@settings(max_examples=400, deadline=None)
@given(st.lists(blocks(), max_size=6), texts)
def test_html_is_balanced_and_has_all_of_the_text(made: list[TranslatedBlock], name: str) -> None:
    page = read(written(DocumentFormat.HTML, made, name))
    spaceless = "".join(page.text.split())
    position = 0
    for block in made:  # in their order
        wanted = "".join(held(block.text).split())
        position = spaceless.find(wanted, position)
        assert position >= 0
        position += len(wanted)


@settings(max_examples=200, deadline=None)
@given(st.lists(blocks(), max_size=4), texts)
def test_tmx_and_xliff_hold_the_very_texts(made: list[TranslatedBlock], name: str) -> None:
    expected = [held(block.text) for block in made if block.segments]
    tmx = ElementTree.fromstring(written(DocumentFormat.TMX, made, name))
    assert [unit.findall("tuv/seg")[1].text or "" for unit in tmx.iter("tu")] == expected
    xliff = ElementTree.fromstring(written(DocumentFormat.XLIFF, made, name))
    assert [target.text or "" for target in xliff.iter(f"{XLIFF}target")] == expected


@given(spans, st.integers(0, 20))
def test_spans_lie_within_the_text_and_do_not_cross(made: list[Span], length: int) -> None:
    kept = list(nested(made, length))
    for number, span in enumerate(kept):
        assert 0 <= span.start < span.end <= length
        for later in kept[number + 1 :]:
            assert span.start <= later.start
            assert later.start >= span.end or later.end <= span.end


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param([(2, 9, "a")], [(2, 6, "a")], id="cut at the end"),
        pytest.param([(-3, 2, "em")], [(0, 2, "em")], id="cut at the start"),
        pytest.param([(6, 9, "a"), (3, 3, "em"), (4, 2, "em"), (-4, 0, "a")], [], id="empty"),
        pytest.param([(0, 4, "em"), (2, 6, "a")], [(0, 4, "em")], id="crossing"),
        pytest.param(
            [(1, 3, "em"), (0, 9, "a"), (1, 9, "strong")],
            [(0, 6, "a"), (1, 6, "strong"), (1, 3, "em")],
            id="nested, in any order",
        ),
        pytest.param([(0, 6, "a"), (0, 6, "a")], [(0, 6, "a")], id="a link in a link"),
    ],
)
def test_nested(made: list[tuple[int, int, str]], expected: list[tuple[int, int, str]]) -> None:
    given = [Span(start, end, Markup(name)) for start, end, name in made]
    kept = [(span.start, span.end, span.markup.value) for span in nested(given, 6)]
    assert kept == expected
