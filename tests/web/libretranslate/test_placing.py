"""Markup around the words of a translation."""

import pytest

from mtpipe.web.libretranslate.elements import cut
from mtpipe.web.libretranslate.placing import Rendering, needs_matching, written
from mtpipe.web.libretranslate.runs import Run


def run_of(page: str) -> Run:
    [run] = [piece for piece in cut(page) if isinstance(piece, Run)]
    return run


@pytest.mark.parametrize(
    ("page", "text", "places", "expected"),
    [
        ("Ein Tag.", "One & <day>.", {}, "One &amp; &lt;day&gt;."),
        ("<b>Ein Tag.</b>", "A day.", {}, "<b>A day.</b>"),
        ("Ein <b>Tag</b> da", "There a day", {0: (8, 11)}, "There a <b>day</b>"),
        ("Ein <b>Tag</b> da", "A day there", {}, "A <b>day</b> there"),
        (
            "<a href='x'>Ein <b>Tag</b></a> da",
            "A day there",
            {0: (0, 5), 1: (2, 5)},
            "<a href='x'>A <b>day</b></a> there",
        ),
        (
            "<a>eins <b>zwei</b></a> drei",
            "two three one",
            {0: (10, 13), 1: (0, 3)},
            "<a><b>two</b> three one</a>",
        ),
        (
            "<b>eins</b> <i>zwei</i>",
            "one two",
            {0: (0, 5), 1: (3, 7)},
            "<b>one t</b><i>wo</i>",
        ),
        ("H<sub>2</sub>O fehlt", "No H2O", {}, "No H<sub>2</sub>O"),
        ("Köln<sup>[1]</sup> da", "Cologne[1]", {0: (8, 9)}, "Cologne<sup>[1]</sup>"),
        ("Rufe <code>a</code> auf", "Call @kept1", {}, "Call <code>a</code>"),
        ("Rufe <code>a</code> auf", "Call @Kept1 @kept1", {}, "Call <code>a</code> "),
        ("Rufe <code>a</code> auf", "Call this", {}, "Call <code>a</code> this"),
        ("Ein <img> Bild", "A picture", {}, "A <img>picture"),
        ("Ein <b>Bild", "A picture", {}, "A <b>picture"),
        ("Ein</i> Bild", "A picture", {}, "A</i> picture"),
        ("  Ein <b>Bild</b>\n", "A picture", {0: (2, 9)}, "  A <b>picture</b>\n"),
        ("Wort <b></b> zwei", "word two", {}, "word <b></b>two"),
        ("<b>eins</b> zwei", "", {}, "<b></b>"),
    ],
)
def test_markup_goes_where_its_words_are(
    page: str, text: str, places: dict[int, tuple[int, int]], expected: str
) -> None:
    run = run_of(page)
    assert written(run, Rendering(text, (), places)) == expected


def test_markup_stays_in_its_sentence() -> None:
    run = run_of("Lang ist dieser Satz hier. <b>Kurz</b> nicht.")
    text = "Long is it. Short it is not at all, as one sees."
    segments = [(0, 26, 0, 11), (27, 38, 12, 48)]
    assert written(run, Rendering(text, segments)).startswith("Long is it. <b>Short")


@pytest.mark.parametrize(
    ("page", "needed"),
    [
        ("Ein Tag", False),
        ("<b>Ein Tag</b>", False),
        ("Ein <img> Tag", False),
        ("H<sub>2</sub>O fehlt", False),
        ("Rufe <code>x</code> auf", False),
        ("Ein <b>Tag</b>", True),
    ],
)
def test_words_are_looked_for_only_where_there_are_any(page: str, needed: bool) -> None:
    assert needs_matching(run_of(page)) is needed
