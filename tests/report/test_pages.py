import re

import pytest

from mtpipe.report.pages import TEMPLATES, visible, web_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\u202eb", "a[U+202E]b", id="override"),
        pytest.param("\u2066x\u2069", "[U+2066]x[U+2069]", id="isolate"),
        pytest.param("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]", id="no width"),
        pytest.param("\x00\x1b[31m", "[U+0000][U+001B][31m", id="control"),
        pytest.param("\ud800", "[U+D800]", id="lone surrogate"),
        pytest.param("\U000e0041", "[U+E0041]", id="tag"),
        pytest.param("7\u00a0h\u202f04\n«\tà»", "7\u00a0h\u202f04\n«\tà»", id="typography stays"),
        pytest.param("👩\u200d🔬", "👩\u200d🔬", id="joined emoji stays"),
    ],
)
def test_hidden_characters_are_named(text, shown):
    assert visible(text) == shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "is_safe"),
    [
        ("https://a.example/b?c=d&e=f#g", True),
        ("HTTP://a.example", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt://a.example/%0aalert(1)", False),
        ("data:text/html,<script>", False),
        ("//a.example", False),
        ("https:", False),
        ("https://[", False),
        (" https://a.example", False),
        ("https://a.example/\u202ec", False),
        ('https://a.example/"onclick="x', False),
        ("pages/a.html", False),
        ("", False),
    ],
)
def test_only_addresses_of_the_web_are_linked(text, is_safe):
    assert web_address(text) == (text if is_safe else "")


@pytest.mark.parametrize("name", ["benchmark.html.j2", "score.html.j2"])
def test_printed_no_column_of_a_wide_table_is_cut_off(name: str) -> None:
    on_screen, printed = (TEMPLATES / name).read_text(encoding="utf-8").split("@media print")
    assert "white-space: nowrap" in on_screen
    assert "overflow: visible" in printed
    assert re.search(r"th, td { [^}]*white-space: normal", printed)
