"""Pages cut into runs of text, and what is kept."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.web.libretranslate.elements import cut
from mtpipe.web.libretranslate.placing import Rendering, written
from mtpipe.web.libretranslate.runs import Run
from mtpipe.web.libretranslate.tokens import TokenKind, tokens

SNIPPETS = [
    *(
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<i class=x>",
        "</i>",
        "<br>",
        "<img src=a>",
        "<!-- k -->",
        "<div>",
    ),
    *(
        "</div>",
        "<span translate=no>",
        "</span>",
        "<code>",
        "</code>",
        "<p translate='no'>",
        "<li>",
    ),
    *(
        "<ul>",
        "</ul>",
        " ",
        "\n",
        "Wort",
        "zwei",
        " drei. ",
        "&amp;",
        "&lt;",
        "<em translate=yes>",
        "</em>",
    ),
    *("<script>x</script>", "<pre>", "</pre>", "<svg><path/></svg>", "1"),
]


def texts(page: str) -> list[str]:
    return [piece.text for piece in cut(page) if isinstance(piece, Run)]


def as_it_was(piece: str | Run) -> str:
    """A piece, with each run translated into itself."""
    if isinstance(piece, str):
        return piece
    places = {n: (node.start, node.end) for n, node in enumerate(piece.nodes)}
    return written(piece, Rendering(piece.text, (), places))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", []),
        ("Ein Tag.", ["Ein Tag."]),
        ("Eins\nZwei", ["Eins\nZwei"]),
        ("<p>Eins\n  Zwei</p>", ["Eins Zwei"]),
        ("<p>Ein <b>Tag</b>.</p><p>Zwei</p>", ["Ein Tag.", "Zwei"]),
        ("Eins<br>Zwei", ["Eins", "Zwei"]),
        ("A &amp; B &lt;c&gt;&nbsp;d", ["A & B <c>\xa0d"]),
        ("<title>Ein &amp; Titel</title>", ["Ein & Titel"]),
        ("<script>var a = 'Wort'</script><style>p</style><!-- Wort -->", []),
        ("<pre>Wort</pre><textarea>Wort</textarea><svg><text>Wort</text></svg>", []),
        ("<p title='Wort' alt=\"Wort\">1 + 2</p>", []),
        ("Rufe <code>ls -l</code> auf.", ["Rufe @kept1 auf."]),
        ("foo<code>x</code>bar baz", ["foo", "bar baz"]),
        ("Ein <svg><style>x</style></svg> Bild", ["Ein Bild"]),
        ("<code>x</code> ist gut.", ["@kept1 ist gut."]),
        ("<span translate=no>Anna</span> Guten Tag.", ["Guten Tag."]),
        ("<p translate='no'>Nein</p><p>Ja</p>", ["Ja"]),
        ('<p class="a notranslate b">Nein<p>Ja', ["Ja"]),
        ('<p class="notranslated not-notranslate-x">Ja', ["Ja"]),
        ("<div translate=no>Nein <p translate=yes>Ja</p> nein</div> Auch", ["Ja", "Auch"]),
        ("<ul><li>Eins<li translate=no>Nein<li>Drei</ul>", ["Eins", "Drei"]),
        ("<code translate=yes>Nein</code> ja ja", ["@kept1 ja ja"]),
        ("<b>a</b>" * 60, ["a"] * 60),
        ("Ein @kept1 und <code>x</code> hier", ["Ein @kept1 und ", " hier"]),
    ],
)
def test_what_is_translated(page: str, expected: list[str]) -> None:
    assert [text.strip() for text in texts(page)] == [text.strip() for text in expected]


@settings(deadline=None)
@given(st.lists(st.sampled_from(SNIPPETS), max_size=30).map("".join))
def test_markup_and_words_come_back(page: str) -> None:
    came_back = "".join(map(as_it_was, cut(page)))
    assert _markup(came_back) == _markup(page)
    assert _words(came_back) == _words(page)


def _markup(page: str) -> list[str]:
    return [token.raw for token in tokens(page) if token.kind is not TokenKind.TEXT]


def _words(page: str) -> str:
    text = (token.raw for token in tokens(page) if token.kind is TokenKind.TEXT)
    return "".join("".join(text).split())


@pytest.mark.parametrize(
    "page",
    [
        "<b>x" * 20_000,
        "x</b>" * 20_000,
        "<b>" * 20_000 + "x" + "</b>" * 20_000,
        "<b>" * 20_000 + "</i>" * 20_000,
        "<code>x</code> y " * 20_000,
        '<p class="' + "notranslate " * 20_000 + '">x',
        "<p " + 'class="' * 20_000 + ">x",
        "<p translate" + " " * 200_000 + ">x",
        "<p translate=no>" * 30_000 + "x",
        "<div>" * 20_000 + "</p>" * 20_000,
        "&#x" * 100_000,
        "a" + " " * 200_000 + "b",
    ],
    ids=lambda page: page[:12],
)
def test_no_page_takes_long(page: str) -> None:
    start = time.process_time()
    cut(page)
    assert time.process_time() - start < 10
