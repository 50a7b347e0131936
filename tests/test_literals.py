import pytest

from mtpipe.literals import address_spans, hold, literal_spans, release


def found(text):
    return [text[start:end] for start, end in literal_spans(text)]


@pytest.mark.parametrize(
    ("text", "literals"),
    [
        ("Unter https://www.a-b.de/x/2024/y.pdf im Netz.", ["https://www.a-b.de/x/2024/y.pdf"]),
        ("Mehr: https://b.org/a-b_c?x=1&y=2#teil.", ["https://b.org/a-b_c?x=1&y=2#teil"]),
        ("(siehe https://de.example/wiki/Bonn_(Ort))", ["https://de.example/wiki/Bonn_(Ort)"]),
        ("« https://a.fr/%20b » et www.c.fr !", ["https://a.fr/%20b", "www.c.fr"]),
        ("An anna.muster@post.example.ch, bitte", ["anna.muster@post.example.ch"]),
        ("Kontakt:a@b.de", ["a@b.de"]),
        ("An »a@b.de« oder «c@d.fr»", ["a@b.de", "c@d.fr"]),
        (
            "Die Seite beispiel-zeitung.de und NZZ.ch/wetter.",
            ["beispiel-zeitung.de", "NZZ.ch/wetter"],
        ),
        ("bbc.co.uk, auf example.com.", ["bbc.co.uk", "example.com"]),
        (
            "Datei bericht_2024.pdf, bild.JPG und „a.docx“",
            ["bericht_2024.pdf", "bild.JPG", "a.docx"],
        ),
        ("@stadt_online und #BrückeZu auf X", ["@stadt_online", "#BrückeZu"]),
    ],
)
def test_what_is_literal(text, literals):
    assert found(text) == literals


@pytest.mark.parametrize(
    "text",
    [
        "Er kam.Dann ging er. Es war um 12.30 Uhr, z.B. am 3.5.2024.",
        "Das ist Punkt #1 und Platz 3 @ 5 Euro.",
        "M. Dupont a dit: «Oui.» Il part.De rien.",
        "12.000 Soldaten, 3.500.000 Euro, v1.2.3",
        "C# und F#, Fish & Chips, A/B",
        "a.m. or p.m., e.g. U.S.A. and St.Gallen",
        "x" * 10_000 + "." + "y" * 10_000,
    ],
)
def test_what_is_not(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Auf »www.a.de« und https://b.de/c_(d), …www.e.de…", ["www.a.de", "https://b.de/c_(d)", "www.e.de"]),
        ("Kontakt: a.b@c.de.", ["a.b@c.de"]),
        ("zeit.de, bericht.pdf, @stadt und #Brücke", []),
    ],
)  # fmt: skip
def test_addresses_alone(text, addresses):
    assert [text[start:end] for start, end in address_spans(text)] == addresses


@pytest.mark.parametrize(
    "text",
    [
        "https://" + ")." * 200_000,
        "'a','b','c.d'," * 40_000,
        "a." * 20_000,
        "@" * 20_000,
        "a-" * 20_000 + ".",
        "https://" + "(" * 20_000,
        "#a" * 9_000,
    ],
)
def test_hostile_text_is_soon_done_with(text):
    held, literals = hold(text)
    assert release(held, literals) == text


def test_what_is_held_comes_back():
    text = 'Ein "Wort" auf a.de und b@c.fr.'
    held, literals = hold(text)
    assert literals == ["a.de", "b@c.fr"]
    assert release(held.replace('"', "“"), literals) == "Ein “Wort“ auf a.de und b@c.fr."
    assert hold("nichts") == ("nichts", [])
