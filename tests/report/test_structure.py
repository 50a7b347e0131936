import html

import pytest

from mtpipe.report.structure import structured
from mtpipe.types import Block, BlockKind, Place, TranslatedBlock


def built(*blocks):
    """HTML of (kind, path, text) triples."""
    made = [
        TranslatedBlock(Block(kind, text, Place(number, path=path)), ())
        for number, (kind, path, text) in enumerate(blocks)
    ]
    pieces = structured(
        made,
        lambda block: f"<p>{html.escape(block.text)}</p>",
        lambda block: html.escape(block.text),
    )
    return "".join(pieces).replace("\n", "")


def item(path, text):
    return BlockKind.LIST_ITEM, path, text


def cell(path, text):
    return BlockKind.PARAGRAPH, path, text


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([item("", "a"), item("", "b")], "<ul><li>a</li><li>b</li></ul>"),
        ([item("/x/ol/li[1]", "a"), item("/x/ol/li[2]", "b")], "<ol><li>a</li><li>b</li></ol>"),
        (
            [item("/x/ol/li", "a"), item("/x/ul/li", "b"), cell("/x/p", "c")],
            "<ol><li>a</li></ol><ul><li>b</li></ul><p>c</p>",
        ),
        (
            [
                item("/x/ul/li[1]", "a"),
                item("/x/ul/li[1]/ol/li[1]", "b"),
                item("/x/ul/li[1]/ol/li[2]", "c"),
                item("/x/ul/li[2]", "d"),
            ],
            "<ul><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ul>",
        ),
        (
            [item("/x/ul/li/ul/li", "a"), item("/x/ul/li[2]", "b")],
            "<ul><li><ul><li>a</li></ul></li><li>b</li></ul>",
        ),
        (
            [
                cell("/x/table/tr[1]/th[1]", "A"),
                cell("/x/table/tr[1]/th[2]", "B"),
                cell("/x/table/tr[2]/td[1]/p[1]", "<c>"),
                cell("/x/table/tr[2]/td[1]/p[2]", "d"),
                cell("/x/table/tr[2]/td[2]", "e"),
            ],
            "<table><tr><th>A</th><th>B</th></tr><tr><td><p>&lt;c&gt;</p><p>d</p></td><td>e</td></tr></table>",
        ),
        (
            [cell("/x/table[1]/tbody/tr/td", "a"), cell("/x/table[2]/tbody/tr/td", "b")],
            "<table><tr><td>a</td></tr></table><table><tr><td>b</td></tr></table>",
        ),
        (
            [cell("/x/p[1]", "a"), item("/x/table/tr/td/ul/li", "b"), cell("/x/p[2]", "c")],
            "<p>a</p><table><tr><td><ul><li>b</li></ul></td></tr></table><p>c</p>",
        ),
        (
            [
                item("/x/ol/li[1]/p[1]", "a"),
                item("/x/ol/li[1]/p[2]", "b"),
                item("/x/ol/li[2]", "c"),
            ],
            "<ol><li>a<br>b</li><li>c</li></ol>",
        ),
        ([item("/x/dl/dt", "a"), item("/x/dl/dd", "b")], "<ul><li>a</li><li>b</li></ul>"),
    ],
    ids=[
        *("without a place", "numbered", "two lists", "nested", "nothing above", "table"),
        *("two tables", "a list in a cell", "two paragraphs", "definitions"),
    ],
)
def test_lists_and_tables_come_back(blocks, expected):
    assert built(*blocks) == expected


def test_a_thousand_levels_are_no_matter():
    paths = ["/x" + "/ul/li" * depth for depth in range(1, 200)]
    assert built(*(item(path, "a") for path in paths)).count("<li>") == 199
