import pytest

from mtpipe.ingest.html import read_html
from mtpipe.ingest.line_breaks import standing_lines

PROSE = (
    "The bridge in the north of the town will stay open all night long, the council said. "
    "Engineers found no damage when they looked at its two piers on Monday morning."
)


def lines(html):
    page = read_html(f"<article><p>{PROSE}</p>{html}<p>{PROSE} More.</p></article>")
    return [block.text for block in page.blocks][1:-1]


@pytest.mark.parametrize(
    "expected",
    [
        ("Montag geschlossen", "Dienstag 9 bis 12 Uhr", "Mittwoch nur für Schulen"),
        ("Rotes Haus am Meer,", "wo die Kinder singen,", "kommt der Abend her,", "still."),
        ("Ich ging am Ufer", "so vor mich hin", "und nichts zu suchen"),
        ("Museum am Fluss", "Hauptstraße 5", "53111 Bonn"),
        ("La mairie", "12, rue du Port", "tél. 01 23 45 67"),
        ("Le vent se lève encore", "et sur la mer qui dort", "il passe sans effort"),
        ("O grey the quay", "and grey the bay", "and grey the boats that sail away"),
        ("By train: every hour", "By ferry: twice a day", "By car: not at all"),
        ("Tickets: 10 €", "Children: 5 €"),
        ("What changes now", "The ferry goes every hour from May on, and on Sundays it goes twice as often."),
    ],
    ids=[
        "opening hours", "verse", "verse without marks", "an address", "adresse", "vers", "English verse",
        "a list", "two lines", "a heading in a paragraph",
    ],
)  # fmt: skip
def test_lines_stay_lines(expected):
    for line_break in ("<br>", "<br/>\n", " <br />"):
        assert lines(f"<p>{line_break.join(expected)}</p>") == list(expected)


@pytest.mark.parametrize(
    "text",
    [
        (
            "Die Brücke im Norden der Stadt bleibt die ganze",
            "Nacht über offen, sagte der Stadtrat heute.",
        ),
        ("Wir freuen uns auf", "den Sommer am Fluss."),
        (
            "The council said on Monday that the bridge",
            "would be closed until the end of the year,",
            "which is why the ferry that was hired last",
            "spring will stay for another few months.",
        ),
        (
            "Le conseil a dit lundi que le pont resterait ouvert toute la nuit, ce qui arrange les",
            "maraîchers, dont les camions passent la rivière avant le lever du jour pour être au marché.",
        ),
        (
            "Fahrgäste müssen mit rund 15 Minuten mehr rechnen als sonst, sagt die Bahn dazu.",
            "Radfahrer können den Steg benutzen, der gestern wieder geöffnet worden ist.",
        ),
    ],
    ids=["in a sentence", "two short lines", "folded", "folded wide", "sentences"],
)
def test_breaks_in_running_text_are_spaces(text):
    assert lines(f"<p>{'<br>'.join(text)}</p>") == [" ".join(text)]


def test_a_title_is_one_line():
    page = read_html(f"<h1>Bridge stays<br>open at night</h1><p>{PROSE}</p><p>{PROSE} More.</p>")
    assert page.blocks[0].text == "Bridge stays open at night"


def test_markup_of_lines_is_theirs():
    page = read_html(
        f"<p>{PROSE}</p><p><b>Monday<br>Tuesday</b><br>We <i>open</i> at nine</p><p>{PROSE} More.</p>"
    )
    assert [
        (block.text, [block.text[span.start : span.end] for span in block.spans])
        for block in page.blocks[1:-1]
    ] == [("Monday", ["Monday"]), ("Tuesday", ["Tuesday"]), ("We open at nine", ["open"])]


def test_lines_of_a_hostile_page_are_not_counted_forever():
    assert standing_lines("a\v" * 100_000) == []
    assert standing_lines("no break at all") == []
