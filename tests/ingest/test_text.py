import pytest

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.text import read_markdown, read_text
from mtpipe.types import BlockKind, Metadata

MARKDOWN = """\
---
title: "Brücke zu"
lang: de
date: 2024-05-03
author: Anna Muster
desk: Region
---

Vorspann mit *Betonung*, `Code` und
einem [Verweis](https://x.example).

## Umleitung

- Linie 4
- Linie 7

> Ein Zitat.

---

```
if x:
    code()
```

<div>raw</div>
"""


def outline(page):
    blocks = sorted([*page.blocks, *page.furniture], key=lambda block: block.place)
    return [(block.kind, block.text, block.place.line) for block in blocks]


def test_markdown():
    page = read_markdown(MARKDOWN)
    assert outline(page) == [
        (BlockKind.TITLE, "Brücke zu", 0),
        (BlockKind.PARAGRAPH, "Vorspann mit Betonung, Code und einem Verweis.", 9),
        (BlockKind.HEADING, "Umleitung", 12),
        (BlockKind.LIST_ITEM, "Linie 4", 14),
        (BlockKind.LIST_ITEM, "Linie 7", 15),
        (BlockKind.QUOTE, "Ein Zitat.", 17),
        (BlockKind.SEPARATOR, "---", 19),
        (BlockKind.CODE, "if x:\n    code()", 21),
        (BlockKind.OTHER, "<div>raw</div>", 26),
    ]
    assert page.metadata == Metadata(
        authors=("Anna Muster",),
        published="2024-05-03",
        declared_languages=(("front matter", "de"),),
        extra=(("desk", "Region"),),
    )


def test_markdown_without_front_matter_takes_its_first_heading_for_the_title():
    page = read_markdown("# One\r\n\r\nText.\r\n\r\n# Two\r\n")
    assert [block.kind.value for block in page.blocks] == ["title", "paragraph", "heading"]


@pytest.mark.parametrize(
    ("source", "wording"),
    [
        ("Bern<br>Zürich und 10<sup>3</sup> Leute.", "Bern Zürich und 10³ Leute."),
        ("Eins<BR />zwei<br/>drei.", "Eins zwei drei."),
        ("| Kopf |\n|---|\n| eins<br>zwei |", "eins zwei"),
        ("CO<sub>2</sub> am 2<sup>nd</sup> May 2024.", "CO₂ am 2nd May 2024."),
        ("Ein Wort<sup>[12](#n)</sup> und 5<sup>2</sup>.", "Ein Wort¹² und 5²."),
        ("Wört<b>lich</b> <!-- br --> 3 Leute.", "Wörtlich 3 Leute."),
    ],
    ids=["line break and power", "written otherwise", "in a table", "index", "note", "other HTML"],
)
def test_html_in_the_wording_of_markdown(source, wording):
    assert read_markdown(source).blocks[-1].text == wording


def test_nested_markdown_keeps_the_innermost_kind():
    page = read_markdown("> - in both\n>\n> quoted\n\nfree\n")
    assert [block.kind.value for block in page.blocks] == ["list item", "quote", "paragraph"]


def test_text_with_the_line_ends_of_windows():
    page = read_text("One line of text.\r\n\r\nAnother one.\r\n")
    assert [(block.text, block.place.line) for block in page.blocks] == [
        ("One line of text.", 1),
        ("Another one.", 3),
    ]


@pytest.mark.parametrize("read", [read_text, read_markdown])
def test_lists_of_lines_are_no_article(read):
    assert read("Ein Satz, der etwas sagt.\n" * 2_000).blocks
    with pytest.raises(UnreadableArticle, match="no article: 200,000 lines") as refused:
        read("ab cd\n" * 200_000)
    assert "--lines" in refused.value.hint


@pytest.mark.parametrize("marks", ["*a* **b** ", "[a](b) ", "`a` "])
def test_a_text_of_marks_is_no_article(marks):
    with pytest.raises(UnreadableArticle, match="marks of Markdown"):
        read_markdown(marks * 30_000)
