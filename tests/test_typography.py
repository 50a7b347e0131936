from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtpipe.types import Direction, Language
from mtpipe.typography import restore, restore_capital, restore_numbers

N, W = "\u202f", "\u00a0"
DE, EN, FR = Language.DE, Language.EN, Language.FR


@pytest.mark.parametrize(
    ("language", "segments", "expected"),
    [
        pytest.param(DE, ['Er sagte: "Ja."'], ["Er sagte: „Ja.“"], id="German"),
        pytest.param(EN, ['He said, "Yes."'], ["He said, “Yes.”"], id="English"),
        pytest.param(FR, ['Il dit: "Oui."'], [f"Il dit{W}: «{N}Oui.{N}»"], id="French"),
        pytest.param(
            DE, ['"Ja. ', 'Das ist so."', 'Er sagte "Nein".'],
            ["„Ja. ", "Das ist so.“", "Er sagte „Nein“."], id="over several sentences",
        ),
        pytest.param(DE, ["« Oui », dit-il."], ["„Oui“, dit-il."], id="French marks in German"),
        pytest.param(EN, ["„Ja“, he said."], ["“Ja”, he said."], id="German marks in English"),
        pytest.param(
            FR, ["Il dit «oui» et “non”."], [f"Il dit «{N}oui{N}» et «{N}non{N}»."], id="mixed"
        ),
        pytest.param(
            FR, ["Er sagte »ja« und »nein«."], [f"Er sagte «{N}ja{N}» und «{N}nein{N}»."],
            id="marks that point inwards",
        ),
        pytest.param(DE, ["»Ja«, sagte er, «nein»."], ["„Ja“, sagte er, „nein“."], id="both ways"),
        pytest.param(FR, ["« Oui »2"], [f"«{N}Oui{N}»2"], id="a note's number"),
        pytest.param(EN, ['("Yes")'], ["(“Yes”)"], id="in brackets"),
        pytest.param(EN, ['a "b"-c'], ["a “b”-c"], id="before a hyphen"),
        pytest.param(EN, ['A 27" screen'], ['A 27" screen'], id="inches"),
        pytest.param(EN, ["It's the workers' day"], ["It’s the workers’ day"], id="apostrophes"),
        pytest.param(FR, ["L'homme d'Etat"], ["L’homme d’Etat"], id="elision"),
        pytest.param(
            FR, ["Quoi ? Non! Si; mais: 10:30"],
            [f"Quoi{N}? Non{N}! Si{N}; mais{W}: 10:30"], id="French spaces",
        ),
        pytest.param(FR, ["Quoi?!"], [f"Quoi{N}?!"], id="two marks"),
        pytest.param(
            FR, ['Et "oui"? Et "non": rien; "si"!'],
            [f"Et «{N}oui{N}»{N}? Et «{N}non{N}»{W}: rien{N}; «{N}si{N}»{N}!"], id="behind guillemets",
        ),
        pytest.param(
            FR, ["https://example.org/a?b=c;d"], ["https://example.org/a?b=c;d"], id="address"
        ),
        pytest.param(EN, ["What? No!"], ["What? No!"], id="no spaces elsewhere"),
        pytest.param(DE, [], [], id="nothing"),
    ],
)  # fmt: skip
def test_typography(language: Language, segments: list[str], expected: list[str]) -> None:
    assert restore(segments, language) == expected


@given(st.lists(st.text(alphabet="ab \"'«»„“”?!:;.\u202f()3", max_size=30), max_size=4))
def test_only_typography_is_changed(segments: list[str]) -> None:
    for language in Language:
        restored = restore(segments, language)
        assert [_letters(text) for text in restored] == [_letters(text) for text in segments]
        assert not any('"' in text and "3" not in text for text in restored)


def test_many_marks_take_time_in_proportion() -> None:
    started = process_time()
    restore(['a "b" ' * 200_000], FR)
    assert process_time() - started < 12


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or character in "?!:;.()")


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Kapitel 7", "chapter 7", "Chapter 7"),
        ("« Oui »", "„ja“", "„Ja“"),
        ("„Ja“, sagte er.", "“yes”, he said.", "“Yes”, he said."),
        ("kapitel 7", "chapter 7", "chapter 7"),
        ("Apple zeigt es", "iPhone shown", "iPhone shown"),
        ("Élan", "élan", "Élan"),
        ("Auf a.de", "a.de and b", "a.de and b"),
        ("7 Häuser", "7 houses", "7 houses"),
        ("Haus", "", ""),
        ("Haus", "123", "123"),
    ],
)
def test_the_capital_at_the_start(source: str, target: str, expected: str) -> None:
    assert restore_capital(source, target) == expected


@pytest.mark.parametrize(
    ("direction", "source", "target", "expected"),
    [
        ("de-en", "12.000 und 3,5 %", "12.000 and 3,5 %", "12,000 and 3.5%"),
        ("de-en", "1.250.000,50 Euro", "1.250.000,50 euros", "1,250,000.50 euros"),
        ("de-en", "12’000 Franken", "12’000 francs", "12,000 francs"),
        ("de-en", "Fr. 1'500.50", "CHF 1'500.50", "CHF 1,500.50"),
        ("de-fr", "1’250’000.50", "1'250'000.50", f"1{N}250{N}000,50"),
        ("fr-en", "12'500 francs", "12'500 francs", "12,500 francs"),
        ("fr-de", "2’300.05 francs", "2’300.05 Franken", "2.300,05 Franken"),
        ("de-fr", "12.000", "12.000 soldats", f"12{N}000 soldats"),
        ("de-fr", "rund 5%", "environ 5%", f"environ 5{N}%"),
        ("fr-en", f"12{N}000 euros", "12 000 euros", "12,000 euros"),
        ("fr-de", f"48,5 et 1{W}250", "48,5 und 1 250", "48,5 und 1.250"),
        ("en-de", "12,000 and 3.5 percent", "12,000 und 3.5 Prozent", "12.000 und 3,5 Prozent"),
        ("en-de", "version 2.0 at 4.30", "Version 2.0 um 4.30", "Version 2.0 um 4.30"),
        ("de-en", "am 3.10.2024, 192.168.1.20", "3.10.2024, 192.168.1.20",
         "3.10.2024, 192.168.1.20"),
        ("de-en", "12.000", "12,000 or 12.0005", "12,000 or 12.0005"),
        ("de-en", "a.de/12.000/x: 12.000", "a.de/12.000/x: 12.000", "a.de/12.000/x: 12,000"),
        ("de-fr", "5% auf a.de/b%20c", "5% sur a.de/b%20c", f"5{N}% sur a.de/b%20c"),
        ("en-fr", "in 2024, 300 people", "en 2024, 300 personnes", "en 2024, 300 personnes"),
        # Marks of a third language, or none where the source has some.
        ("de-fr", "bis zu 1.500 Soldaten", "jusqu'à 1,500 soldats", f"jusqu'à 1{N}500 soldats"),
        ("de-fr", "12.500.000", "12,500,000", f"12{N}500{N}000"),
        ("en-de", "in 1,500 cases", "in 1 500 Fällen", "in 1.500 Fällen"),
        ("fr-en", "3 500 euros", "3.500 euros", "3,500 euros"),
        ("en-fr", "$1,234.56", "1.234,56 $", f"1{N}234,56 $"),
        ("de-fr", "12500 Soldaten", "12,500 soldats", f"12{N}500 soldats"),
        ("fr-en", "en 2019", "in 2,019", "in 2019"),
        ("de-fr", "Artikel 1500", "article 1500", "article 1500"),
        ("de-en", "7,5 Millionen", "7,5 million", "7.5 million"),
        # Which is which can't be told; another number is left alone.
        ("de-en", "1.500 und 1,500", "1,500 and 1.500", "1,500 and 1.500"),
        ("de-fr", "1.500 Soldaten", "1,600 soldats", "1,600 soldats"),
        ("de-fr", "am 12. 500 Leute", "le 12, 500 personnes", "le 12, 500 personnes"),
    ],
)  # fmt: skip
def test_numbers(direction: str, source: str, target: str, expected: str) -> None:
    assert restore_numbers(source, target, Direction.parse(direction)) == expected
