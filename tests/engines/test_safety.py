import pytest

from mtpipe.engines.safety import (
    apart,
    is_translatable,
    lost_numbers,
    new_numbers,
    problems,
    with_addresses,
)
from mtpipe.ingest.language import identify
from mtpipe.types import Direction, Problem


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("Guten Tag", True),
        ("Ja", True),
        ("Où ?", True),
        ("siehe https://example.org/a", True),
        ("", False),
        ("   ", False),
        ("12.000", False),
        ("— …", False),
        ("🙂", False),
        ("https://example.org/ein/artikel", False),
        ("redaktion@example.org", False),
        ("www.example.org", False),
    ],
)
def test_only_words_are_translated(segment: str, expected: bool) -> None:
    assert is_translatable(segment) is expected


MENU = "ACCUEIL POLITIQUE SOCIÉTÉ ÉCONOMIE SPORT CULTURE"


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        pytest.param(MENU, "HOME " * 300, "repetition length", id="one word over and over"),
        pytest.param(
            MENU, "the home page of the home page of the home page of", "repetition", id="phrase"
        ),
        pytest.param("Météo | Vidéos | Mon compte", "Weather " + "la" * 40, "repetition",
                     id="within a word"),
        pytest.param(
            "Abonnez-vous à nos newsletters pour recevoir toute l’actualité de la région chaque"
            " matin dans votre boîte aux lettres",
            "The Council and the Union of the Council, the Union and the Council of the Union, the"
            " Council, the Union, and the Council of the Union, the Council",
            "repetition", id="few words, in other orders",
        ),
        pytest.param("Météo | Sport | Photos", "Weather | | | | Photos", "repetition", id="bars"),
        pytest.param("* * * * *", "* * * * *", "", id="the source has as many"),
        pytest.param("Ha ha ha ha ha !", "Ha ha ha ha ha!", "", id="the source repeats itself"),
        pytest.param("Home | Home | Home | Home", "Accueil | Accueil | Accueil | Accueil", "",
                     id="a menu that repeats itself"),
        pytest.param("Sehr, sehr gut.", "Very, very, very good.", "", id="three times is emphasis"),
        pytest.param("......................", "......................", "", id="dots"),
        pytest.param(
            "Der Bundesrat hat gestern entschieden, die Grenzen wieder zu öffnen.",
            "Der Bundesrat hat gestern entschieden, die Grenzen wieder zu öffnen.",
            "copied", id="source copied",
        ),
        pytest.param("Emmanuel Macron, Angela Merkel", "Emmanuel Macron, Angela Merkel", "",
                     id="names stay"),
        pytest.param("Le groupe « Les temps sont durs pour les rêveurs »",
                     "The band “Les temps sont durs pour les rêveurs”", "copied",
                     id="a long title looks like a copy"),
        pytest.param("Il a dit non.", "", "length", id="nothing"),
        pytest.param("Ja.", "Yes, that is what I would say.", "", id="short may grow"),
        pytest.param(
            "Die Entsendung nordkoreanischer Truppen wäre eine erhebliche Eskalation.", "Troops.",
            "length", id="too short",
        ),
        pytest.param("Im Jahr 2015 waren es 1800.", "There were many in 2015.", "numbers",
                     id="number lost"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(source: str, target: str, expected: str) -> None:
    assert problems(source, target) == tuple(map(Problem, expected.split()))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Ins Kino", "To the \ufffd\ufffdawake cinema", (Problem.GARBLED,)),
        ("Ins Kino \ufffd", "To the \ufffd", ()),
        ("Ins Kino", "To the cinema", ()),
    ],
)
def test_bytes_that_are_no_characters(source: str, target: str, expected: object) -> None:
    assert problems(source, target) == expected


def test_the_length_limit_is_a_problem() -> None:
    assert problems("Ein Satz.", "A sentence.", truncated=True) == (Problem.TRUNCATED,)


@pytest.mark.parametrize(
    ("source", "target", "lost"),
    [
        ("12.000 Soldaten", "12,000 soldiers", []),
        ("12.000 Soldaten", "12 000 soldats", []),
        ("12.000 Soldaten", "12\u202f000 soldats", []),
        ("12.000 Soldaten", "12 thousand soldiers", []),
        ("12.000 Soldaten", "soldiers", ["12000"]),
        ("14,5 Prozent", "14.5 percent", []),
        ("14,5 Prozent", "14 percent", ["145"]),
        ("drei von 7", "three of seven", []),
        ("um 19 Uhr", "at 7 p.m.", []),
        ("um 19.30 Uhr", "à 19 h 30", []),
        ("in den 1980er Jahren", "in the 80s", []),
        ("im Jahr 1987", "in 1978", ["1987"]),
        ("siehe www.example.org/2023/44", "see www.example.org", []),
        ("No numbers", "Keine 99 Zahlen", []),
    ],
)
def test_lost_numbers(source: str, target: str, lost: list[str]) -> None:
    assert lost_numbers(source, target) == lost


DE_EN = Direction.parse("de-en")
GERMAN = "Der Bundesrat hat gestern entschieden, die Grenzen wieder zu öffnen."
FRENCH = "Le Conseil fédéral a décidé hier de rouvrir les frontières du pays."
ENGLISH = "The Federal Council decided yesterday to open the borders again."


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (GERMAN, FRENCH, (Problem.LANGUAGE,)),
        (GERMAN, ENGLISH, ()),
        (GERMAN, "Le Conseil fédéral", ()),
        (FRENCH, FRENCH.replace("hier", "alors"), (Problem.COPIED,)),
    ],
    ids=["wrong", "right", "too short to tell", "the source is in another language itself"],
)
def test_wrong_language(source: str, target: str, expected: tuple[Problem, ...]) -> None:
    assert problems(source, target, direction=DE_EN, identify=identify) == expected


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("DIE BRÜCKE IST WIEDER OFFEN", "DIE BRÜCKE IST WIEDER OFFEN", True),
        ("DIE BRÜCKE IST WIEDER OFFEN", "THE BRIDGE IS OPEN AGAIN", False),
        ("ANGELA MERKEL", "ANGELA MERKEL", False),
        ("NATO UND EU", "NATO AND EU", False),
    ],
)
def test_copied_headlines_in_capitals(source: str, target: str, expected: bool) -> None:
    assert (Problem.COPIED in problems(source, target)) is expected


@pytest.mark.parametrize(
    ("source", "target", "new"),
    [
        ("La séance du 7 mai a duré 3 heures.", "Die Sitzung vom 7. Mai 2019 dauerte 3 Stunden.", ["2019"]),
        ("au n° 5 de la rue St. Jean", "in der Straße 5, St. Jean, 1.200", ["1200"]),
        ("Le prix est de 1 234,56 $.", "Der Preis beträgt 1.234,56 Dollar.", []),
        ("Im Jahr 2015", "In 2015, in 2015", ["2015"]),
        ("2015 und 2015", "2015 and 2015", []),
        ("in den 80er Jahren", "in the 1980s", []),
        ("um 16.30 Uhr", "at 4.30pm", []),
        ("at 4.30pm", "um 16.30 Uhr", []),
        ("zwanzig Leute", "20 people", []),
        ("twenty-one people", "21 Leute", []),
        ("une trentaine de maires", "30 Bürgermeister", []),
        ("3 Mio. Euro", "3,000,000 euros", []),
        ("XIXe siècle", "19. Jahrhundert", []),
        ("drei Leute", "3 people", []),
        ("24/7", "24 7", []),
        ("Bern gewann 3-1", "Berne won 3:1", []),
        ("à 14h45", "um 14.45 Uhr", []),
        ("à 21 h 05", "um 21:05 Uhr", []),
        ("le 3/5/2024", "am 3.5.2024", []),
        ("dix-huit maires", "18 Bürgermeister", []),
        ("um halb acht", "à 7h30", []),
        ("dreissig Leute", "30 people", []),
        ("Vom 1. bis 15. Mai", "15 May", []),
        ("https://a.de/2019", "https://a.de/2019", []),
    ],
)  # fmt: skip
def test_numbers_that_nobody_wrote(source: str, target: str, new: list[str]) -> None:
    assert new_numbers(source, target) == new
    assert (Problem.NUMBERS in problems(source, target)) == bool(
        new or lost_numbers(source, target)
    )


def test_without_an_identifier_no_language_is_wrong() -> None:
    assert problems(GERMAN, FRENCH, direction=DE_EN) == ()


@pytest.mark.parametrize(
    ("source", "target", "lost"),
    [
        ("Um 4.30 Uhr", "At 4.30pm", []),
        ("geöffnet bis 18:00 Uhr", "open until 6pm", []),
        ("at 4.30pm", "um 16.30 Uhr", []),
        ("im 19. Jahrhundert", "au XIXe siècle", []),
        ("rund 1.500 Soldaten", "quelque 1,5000 soldats", ["1500"]),
        ("1.360 Millionen", "1,36 milliard", []),
        ("550 Meter", "1,800 feet", ["550"]),
    ],
)
def test_readings_of_numbers(source: str, target: str, lost: list[str]) -> None:
    assert lost_numbers(source, target) == lost


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (
            "Siehe https://emploi.example/port.",
            "See https://s.example/port.",
            "See https://emploi.example/port.",
        ),
        ("a@b.org, www.c.org", "x@b.org and www.x.org!", "a@b.org and www.c.org!"),
        ("Siehe https://a.example/b", "See there", "See there"),
        ("https://a.org", "https://x.org https://y.org", "https://x.org https://y.org"),
        (
            "Unter www.a.de finden Sie, was es auf www.b.de nicht gibt.",
            "What www.b.de lacks can be found at www.a.de.",
            "What www.b.de lacks can be found at www.a.de.",
        ),
        (
            "Unter www.a.de finden Sie, was es auf www.b.de nicht gibt.",
            "What www.b.de lacks can be found at www.x.de.",
            "What www.b.de lacks can be found at www.a.de.",
        ),
        ("www.a.de, www.b.de, www.a.de", "www.a.de, www.a.de, www.a.de", "www.a.de, www.b.de, www.a.de"),
        ("Siehe »www.example.org« heute.", 'See "www.example.org" today.', 'See "www.example.org" today.'),
        ("Nur …www.example.org…", "Only ...www.example.org...", "Only ...www.example.org..."),
        ("An »a@b.org«, c@d.org", 'To "a@x.org", c@d.org', 'To "a@b.org", c@d.org'),
    ],
    ids=[
        "mangled",
        "two",
        "lost",
        "more",
        "in another order",
        "one mangled, in another order",
        "one several times",
        "quotation marks",
        "ellipses",
        "mail",
    ],
)  # fmt: skip
def test_addresses_are_put_right(source: str, target: str, expected: str) -> None:
    assert with_addresses(source, target) == expected


def test_a_lost_address_is_a_problem() -> None:
    assert problems("Siehe www.a.org", "See there") == (Problem.ADDRESSES,)
    assert problems("Siehe www.a.org.", "See www.a.org.") == ()
    assert problems("Kontakt:a@b.org", "Contact: a@b.org") == ()
    assert problems("Siehe »www.a.org«", "See “www.a.org”") == ()


def test_addresses_are_set_apart() -> None:
    text = "Siehe www.a.org. Oder fragen Sie a@b.org nach mehr."
    assert apart(text) == ["Siehe", "www.a.org.", "Oder fragen Sie", "a@b.org", "nach mehr."]
    assert apart("Auf »www.a.org«, bei a@b.org.") == ["Auf »", "www.a.org«,", "bei", "a@b.org."]
    assert apart('www.a.org"-a@b.org') == ['www.a.org"-', "a@b.org"]
