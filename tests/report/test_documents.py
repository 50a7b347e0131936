"""Every format read back by a parser that isn't ours."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from defusedxml import ElementTree
from lxml import html

from mtpipe.report.documents import document
from mtpipe.scoring.inputs import Input, Role
from mtpipe.scoring.segments import read_segments
from mtpipe.types import (
    Article,
    Block,
    BlockKind,
    Direction,
    Estimate,
    EstimateName,
    Flag,
    Hypothesis,
    Markup,
    Metadata,
    Place,
    Problem,
    Remedy,
    Segment,
    Span,
    TranslatedBlock,
    TranslatedSegment,
    Translation,
)
from mtpipe.types.choices import DocumentFormat

NASTY = "<script>&amp; \"x\" 'y' \x01\t]]> --> 😀 „z“"
XML = "{urn:oasis:names:tc:xliff:document:1.2}"


def block(kind: BlockKind, number: int, *pairs: tuple[str, str]) -> TranslatedBlock:
    text = "  ".join(source for source, _ in pairs)
    segments, start = [], 0
    for source, target in pairs:
        segment = Segment(source, start, start + len(source))
        flags = (Flag(Problem.NUMBERS), Flag(Problem.LENGTH, Remedy.SPLIT)) * (target == NASTY)
        segments.append(TranslatedSegment(segment, Hypothesis(target, -0.123456, flags)))
        start += len(source) + 2
    return TranslatedBlock(Block(kind, text, Place(number)), tuple(segments))


def translation(item: str = "a&<1>") -> Translation:
    blocks = (
        block(BlockKind.TITLE, 0, ("Titel", "Title")),
        block(BlockKind.PARAGRAPH, 2, ("Eins.", "One."), ("Zwei " + NASTY, NASTY)),
        block(BlockKind.LIST_ITEM, 3, ("drei", "three")),
        block(BlockKind.LIST_ITEM, 4, ("vier", "four")),
        TranslatedBlock(Block(BlockKind.QUOTE, "To be.", Place(5), language="en"), ()),
    )
    article = Article(
        item,
        "pages/a.html",
        Direction.parse("de-en").source,
        tuple(b.block for b in blocks),
        (Block(BlockKind.NAVIGATION, "PREV", Place(1)),),
        Metadata(authors=("A. B.",)),
    )
    return Translation(article, Direction.parse("de-en"), blocks, "0" * 64, "de-en|model:x")


def written(form: str, translations: Sequence[Translation]) -> str:
    made = document(DocumentFormat(form))
    return "".join([made.opening, *map(made.article, translations), made.ending])


def test_jsonl() -> None:
    lines = written("jsonl", [translation("a"), translation("b")]).splitlines()
    assert len(lines) == 2
    record = json.loads(lines[0])
    assert {name: record[name] for name in ("id", "title", "source_language", "language")} == {
        "id": "a", "title": "Title", "source_language": "de", "language": "en"
    }  # fmt: skip
    assert record["metadata"] == {"authors": ["A. B."]}
    assert record["furniture"] == [{"kind": "navigation", "text": "PREV", "index": 1}]
    paragraph = record["paragraphs"][1]
    assert paragraph["text"] == f"One.  {NASTY}"
    first, second = paragraph["sentences"]
    assert first == {"source": "Eins.", "target": "One.", "start": 0, "end": 5, "score": -0.1235}
    assert paragraph["source"][second["start"] : second["end"]] == second["source"]
    assert second["flags"] == [
        {"problem": "numbers", "remedy": None},
        {"problem": "length", "remedy": "split"},
    ]
    assert record["paragraphs"][4] == {
        "kind": "quote", "text": "To be.", "source": "To be.", "source_language": "en",
        "sentences": [],
    }  # fmt: skip


def test_text() -> None:
    text = written("text", [translation(), translation()])
    first, second, rest = text.split("\n\n* * *\n\n")
    assert first == second
    assert rest == ""
    assert first.split("\n\n") == ["Title", f"One.  {NASTY}", "three", "four", "To be."]


def test_html() -> None:
    page = html.document_fromstring(written("html", [translation(), translation("b")]))
    one, two = page.findall(".//article")
    assert (one.get("id"), one.get("lang"), two.get("id")) == ("a&<1>", "en", "b")
    assert [element.tag for element in one] == ["h1", "p", "ul", "blockquote", "footer"]
    assert one.find("p").text == f"One.  {NASTY}".replace("\x01", "")
    assert [item.text for item in one.findall("ul/li")] == ["three", "four"]
    assert page.findall(".//script") == []


def test_tsv() -> None:
    rows = list(
        csv.reader(
            io.StringIO(written("tsv", [translation()])), "excel-tab", quoting=csv.QUOTE_NONE
        )
    )
    assert rows[0] == ["id", "sentence", "direction", "source", "target", "score", "flags"]
    assert rows[1] == ["a&<1>", "1", "de-en", "Titel", "Title", "-0.1235", ""]
    assert len(rows) == 6
    assert {len(row) for row in rows} == {7}
    assert rows[3][6] == "numbers, length"


def test_formulas_are_guarded_in_tsv_and_come_back(tmp_path: Path) -> None:
    sentences = ["=1+1", "-2+cmd|' /C calc'!A0", "- Oui.", "'=1", "@a (b)", "Fini."]
    blocks = (block(BlockKind.PARAGRAPH, 0, *((text, text) for text in sentences)),)
    article = Article("=a", "=a", Direction.parse("de-en").source, (blocks[0].block,))
    one = Translation(article, Direction.parse("de-en"), blocks, "0", "x")
    path = tmp_path / "a.tsv"
    path.write_text(written("tsv", [one]), encoding="utf-8")
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert {row[0] for row in rows} == {"'=a"}
    assert [row[4] for row in rows] == [
        "'=1+1", "'-2+cmd|' /C calc'!A0", "- Oui.", "''=1", "'@a (b)", "Fini."
    ]  # fmt: skip
    read = read_segments(Input(path, "target", "a"), Role.HYPOTHESIS)
    assert list(read.texts) == sentences
    others = tmp_path / "b.tsv"
    others.write_text("source\ttarget\n'=1\t'=1\n", encoding="utf-8")
    assert read_segments(Input(others, "target", "b"), Role.HYPOTHESIS).texts == ("'=1",)


def test_tmx() -> None:
    root = ElementTree.fromstring(written("tmx", [translation(), translation("b")]))
    units = root.findall("body/tu")
    assert [unit.get("tuid") for unit in units[:2]] == ["a&<1>#1", "a&<1>#2"]
    assert len(units) == 10
    language = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [(v.get(language), v.findtext("seg")) for v in units[2]] == [
        ("de", "Zwei " + NASTY.replace("\x01", "")),
        ("en", NASTY.replace("\x01", "")),
    ]


def test_xliff() -> None:
    root = ElementTree.fromstring(written("xliff", [translation(), translation("b")]))
    files = root.findall(f"{XML}file")
    assert [file.get("original") for file in files] == ["a&<1>", "b"]
    assert [file.get("source-language") for file in files] == ["de", "de"]
    units = files[0].findall(f"{XML}body/{XML}trans-unit")
    assert len(units) == 5
    assert units[2].findtext(f"{XML}target") == NASTY.replace("\x01", "")


@pytest.mark.parametrize("form", list(DocumentFormat))
def test_no_articles_make_an_empty_document(form: DocumentFormat) -> None:
    text = written(form, [])
    if form in (DocumentFormat.TMX, DocumentFormat.XLIFF):
        ElementTree.fromstring(text)
    assert "Title" not in text


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ((), "a &lt;b&gt; c d"),
        ((Span(2, 5, Markup.STRONG),), "a <strong>&lt;b&gt;</strong> c d"),
        (
            (Span(0, 7, Markup.EMPHASIS), Span(2, 5, Markup.STRONG), Span(8, 9, Markup.STRONG)),
            "<em>a <strong>&lt;b&gt;</strong> c</em> <strong>d</strong>",
        ),
        ((Span(0, 9, Markup.STRONG), Span(6, 9, Markup.EMPHASIS)),
         "<strong>a &lt;b&gt; <em>c d</em></strong>"),
        (
            (Span(0, 1, Markup.LINK, "https://a.org/?x=\"1\"&y='<"),),
            '<a href="https://a.org/?x=&quot;1&quot;&amp;y=\'&lt;" rel="noopener noreferrer">a</a>',
        ),
    ],
    ids=["none", "one", "nested", "same end", "hostile address"],
)  # fmt: skip
def test_inline_markup_in_html(spans: tuple[Span, ...], expected: str) -> None:
    text = "a <b> c d"
    segment = TranslatedSegment(Segment("x", 0, 1), Hypothesis(text, -1.0))
    marked = TranslatedBlock(Block(BlockKind.PARAGRAPH, "x", Place(0)), (segment,), spans)
    article = Article("a", "a", Direction.parse("de-en").source, (marked.block,))
    page = written("html", [Translation(article, Direction.parse("de-en"), (marked,), "0", "x")])
    [paragraph] = html.document_fromstring(page).xpath("//p")
    raw = page[page.index("<p>") + 3 : page.index("</p>")]
    assert raw.startswith(expected)
    assert paragraph.text_content() == text
    for link in paragraph.xpath("a"):
        assert link.get("href") == spans[0].address


def test_what_was_kept_says_its_language() -> None:
    assert '<blockquote lang="en">To be.</blockquote>' in written("html", [translation()])


def test_estimates_in_jsonl() -> None:
    estimate = Estimate(EstimateName.ROUND_TRIP_CHRF, 61.5)
    segment = TranslatedSegment(Segment("x", 0, 1), Hypothesis("y", -1.0), (estimate,))
    marked = TranslatedBlock(Block(BlockKind.PARAGRAPH, "x", Place(0)), (segment,))
    article = Article("a", "a", Direction.parse("de-en").source, (marked.block,))
    line = written("jsonl", [Translation(article, Direction.parse("de-en"), (marked,), "0", "x")])
    [sentence] = json.loads(line)["paragraphs"][0]["sentences"]
    assert sentence["estimates"] == {"round_trip_chrf": 61.5}


def test_a_paragraph_in_a_language_of_its_own_says_so() -> None:
    segment = TranslatedSegment(Segment("Oui.", 0, 4), Hypothesis("Yes.", -1.0))
    quote = TranslatedBlock(Block(BlockKind.QUOTE, "Oui.", Place(0), language="fr"), (segment,))
    article = Article("a", "a", Direction.parse("de-en").source, (quote.block,))
    one = [Translation(article, Direction.parse("de-en"), (quote,), "0", "x")]
    assert "\tfr-en\tOui.\t" in written("tsv", one)
    assert '<tuv xml:lang="fr"><seg>Oui.' in written("tmx", one)
    assert '<source xml:lang="fr">Oui.' in written("xliff", one)
