"""Pages as tags and what is between them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.web.libretranslate.tokens import TokenKind, tokens

KINDS = {
    TokenKind.TEXT: "text",
    TokenKind.OPEN: "open",
    TokenKind.CLOSE: "close",
    TokenKind.OTHER: "other",
}
SNIPPETS = [
    *(
        "<p>",
        "</p>",
        "<b class='x'>",
        "</b>",
        "<br/>",
        "<script>",
        "</script>",
        "<style>",
        "</style >",
    ),
    *(
        "<!--",
        "-->",
        "<!doctype html>",
        "<title>",
        "</title>",
        "<textarea>",
        "</TEXTAREA>",
        "<",
        ">",
    ),
    *(
        "</",
        "<a",
        'href="',
        '"',
        "'",
        "=",
        " ",
        "\n",
        "a",
        "Ö",
        "&amp;",
        "<?",
        "<!",
        "/>",
        "<plaintext>",
    ),
]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", []),
        ("1 < 2", [("text", "1 < 2")]),
        ("<p>a</p>", [("open", "<p>"), ("text", "a"), ("close", "</p>")]),
        ("<a b='>'>t", [("open", "<a b='>'>"), ("text", "t")]),
        ('<a b=">" c = d>t', [("open", '<a b=">" c = d>'), ("text", "t")]),
        ("x<!-- <p> -->y", [("text", "x"), ("other", "<!-- <p> -->"), ("text", "y")]),
        ("<!-->x", [("other", "<!-->"), ("text", "x")]),
        ("<!-- a --!>x", [("other", "<!-- a --!>"), ("text", "x")]),
        ("x</ p> y", [("text", "x"), ("other", "</ p>"), ("text", " y")]),
        (
            "<script>a</b</script>x",
            [("open", "<script>"), ("other", "a</b"), ("close", "</script>"), ("text", "x")],
        ),
        (
            "<title>A <b></title>",
            [("open", "<title>"), ("text", "A <b>"), ("close", "</title>")],
        ),
        ("<style>p", [("open", "<style>"), ("other", "p")]),
        ("a <b", [("text", "a "), ("other", "<b")]),
        ("a <b c='d>e", [("text", "a "), ("other", "<b c='d>e")]),
        ("a <!-- b", [("text", "a "), ("other", "<!-- b")]),
        ("<plaintext><p>x", [("open", "<plaintext>"), ("other", "<p>x")]),
    ],
)
def test_a_page_is_taken_apart_as_browsers_do(page: str, expected: list[tuple[str, str]]) -> None:
    assert [(KINDS[token.kind], token.raw) for token in tokens(page)] == expected


@settings(deadline=None)
@given(st.lists(st.sampled_from(SNIPPETS)).map("".join))
def test_nothing_is_lost(page: str) -> None:
    assert "".join(token.raw for token in tokens(page)) == page


@pytest.mark.parametrize(
    "page",
    [
        "<a" * 100_000,
        "<a b='" * 50_000,
        '<a b="' * 50_000 + ">",
        "<a =>" * 50_000,
        "<!--" * 100_000,
        "<!--" + "--!" * 100_000,
        "<script>" * 50_000,
        "</" * 100_000,
        "<" * 200_000,
        "<a " + "=" * 200_000,
        "<a =" + " " * 200_000 + "'",
    ],
    ids=lambda page: page[:12],
)
def test_no_page_takes_long(page: str) -> None:
    start = time.process_time()
    assert "".join(token.raw for token in tokens(page)) == page
    assert time.process_time() - start < 10
