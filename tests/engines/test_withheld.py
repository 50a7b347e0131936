import pytest

from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import System
from mtpipe.engines.withheld import inner, withhold
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction

DE_EN = Direction.parse("de-en")
SCOTLAND = "\U0001f3f4" + "".join(chr(0xE0000 + ord(char)) for char in "gbsct\x7f")
LETTERS = set("äöüßâèéêëîôûœšž„“”«»–—…€°β→")


def is_writable(char: str) -> bool:
    return char.isascii() or char.lower() in LETTERS


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        pytest.param("🎉 Alles Gute!", "Alles Gute!", id="head"),
        pytest.param("Ich liebe dich ❤️❤️", "Ich liebe dich", id="tail"),
        pytest.param("Ins Kino 🎬 und heim", "Ins Kino AB12 und heim", id="middle"),
        pytest.param("Gut 👍🏽 so", "Gut AB12 so", id="skin tone"),
        pytest.param("Ganz gut 👍 !", "Ganz gut !", id="before the end"),
        pytest.param("Ein „👍“", "Ein „AB12“", id="in quotes"),
        pytest.param("Es gab 🍕, 🍺 und Eis 🍦.", "Es gab AB12 und Eis.", id="several"),
        pytest.param("👩‍👩‍👧 kommen 🇩🇪", "kommen", id="joined emoji, a flag"),
        pytest.param(f"Für {SCOTLAND} spielen", "Für AB12 spielen", id="a flag of tags"),
        pytest.param(f"Für Schottland {SCOTLAND}", "Für Schottland", id="a flag of tags at the end"),
        pytest.param("1️⃣ Mehl mischen", "Mehl mischen", id="keycap"),
        pytest.param("Freunde😀 und 5‰ mehr", "Freunde AB12 und 5 GH78 mehr", id="touching"),
        pytest.param("(Владимир Путин) sprach", "(AB12) sprach", id="two words"),
        pytest.param("Москва ist gross", "AB12 ist gross", id="a word at the head"),
        pytest.param("Das Wort 北京 heisst", "Das Wort AB12 heisst", id="Chinese"),
        pytest.param("Das Wort हिन्दी heisst", "Das Wort AB12 heisst", id="with vowel signs"),
        pytest.param("Er lebt in Łódź dort", "Er lebt in AB12 dort", id="Latin name"),
        pytest.param("Die β-Variante", "Die AB12-Variante", id="a letter that it has pieces for"),
        pytest.param("Nach § 12 des Gesetzes", "Nach AB12 des Gesetzes", id="paragraph"),
        pytest.param("§§ 3 und 4 gelten", "AB12 und 4 gelten", id="paragraphs"),
        pytest.param("→ Mehr dazu", "Mehr dazu", id="arrow"),
        pytest.param("Typ AB12 北京 da", "Typ AB12 GH78 da", id="stand-in in the text"),
        pytest.param("— Combien coûte le pont ?", "Combien coûte le pont ?", id="speech"),
        pytest.param("• – Das Haus 🎬 hier", "Das Haus AB12 hier", id="bullets"),
        pytest.param("- 12.000 €", "", id="a bullet and no word"),
        pytest.param("Das sind 10³ Euro", "Das sind AB12 Euro", id="a power"),
        pytest.param("Auf 5 km² und 3 m²", "Auf 5 AB12 und 3 GH78", id="units"),
        pytest.param("Mit H₂O und CO₂ dazu", "Mit AB12 und GH78 dazu", id="lowered"),
        pytest.param("Das Zimmer kostet 50 €¹.", "Das Zimmer kostet 50 AB12.", id="a sign's note"),
        pytest.param("Die Behörde¹ schweigt", "Die Behörde AB12 schweigt", id="a word's note"),
        pytest.param("Bei https://a.example/b?c=1&d=2#e.", "Bei AB12.", id="an address"),
        pytest.param("Die Seite beispiel-zeitung.de ist da", "Die Seite AB12 ist da", id="a domain"),
        pytest.param("In bericht_2024.pdf steht es", "In AB12 steht es", id="a file"),
        pytest.param("Mit @stadt_online und #BrückeZu", "Mit AB12 und GH78", id="networks"),
        pytest.param("An a.b@example.org, bitte", "An AB12, bitte", id="mail"),
        pytest.param("https://example.org/a", "", id="nothing but an address"),
        pytest.param("Москва", "", id="nothing else"),
        pytest.param("日本: 42", "", id="nothing else but a number"),
        pytest.param("Владимир https://example.org/a", "", id="nothing else but an address"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_withheld(segment: str, text: str) -> None:
    withheld = withhold(segment, is_writable)
    assert withheld
    assert withheld.text == text
    assert withheld.restored(text) == (segment, True)


@pytest.mark.parametrize(
    "segment",
    [
        "Er sagte: „Ja“ – 35 °C, 20 €, Œuvre und Île.",
        "PREMIÈRE ÉTAPE DE L’ÎLE",
        "Cafe\u0301 und 𝐇𝐞𝐮𝐭𝐞",
        "x + y > 3 | n° 5",
        "Um 12.30 Uhr kam er.Dann ging er. Nr. 5, z.B. am 3.5.2024 | #1 @ 5",
        "",
    ],
)
def test_usual_text_goes_as_it_is(segment: str) -> None:
    assert withhold(segment, lambda char: is_writable(char) or char in "ÀÉÈÎ𝐇𝐞𝐮𝐭") is None


@pytest.mark.parametrize(
    ("target", "restored", "is_whole"),
    [
        pytest.param("GH78 and AB12", "🍕 and ☀️", True, id="in another order"),
        pytest.param("ab12 and GH78s", "☀️ and 🍕s", True, id="other letters"),
        pytest.param("AB12 AB12 and GH78", "☀️ and 🍕", True, id="said twice"),
        pytest.param("the sun and GH78", "the ☀️ sun and 🍕", False, id="one lost"),
        pytest.param("", "☀️ 🍕 ", False, id="both lost"),
    ],
)
def test_everything_is_put_back(target: str, restored: str, is_whole: bool) -> None:
    withheld = withhold("Hier ☀️ und ein 🍕 bitte", is_writable)
    assert withheld
    text, found = withheld.restored(target)
    assert (text.split(), found) == (restored.split(), is_whole)


def test_what_is_there_already_is_not_put_back_again() -> None:
    withheld = withhold("Siehe www.a.org dort", is_writable)
    assert withheld
    assert withheld.restored("See www.a.org there") == ("See www.a.org there", True)


def test_of_two_alike_both_have_to_be_there() -> None:
    withheld = withhold("Ein #Tag und noch ein #Tag heute", is_writable)
    assert withheld
    assert withheld.restored("A AB12 and another GH78 today") == (
        "A #Tag and another #Tag today",
        True,
    )
    text, is_whole = withheld.restored("A AB12 and another today")
    assert (text.count("#Tag"), is_whole) == (2, False)


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("• Mehr: https://a.de/b und mehr 🎉", "Mehr: https://a.de/b und mehr"),
        ("Vive la France 🇫🇷 !", "Vive la France !"),
        ("Usual text", "Usual text"),
        ("🎉", "🎉"),
    ],
)
def test_what_stays_around_a_translation(segment: str, expected: str) -> None:
    assert inner(segment, withhold(segment, is_writable)) == expected


def test_signs_stay_in_front_of_the_end() -> None:
    withheld = withhold("Vive la France 🇫🇷 !", is_writable)
    assert withheld
    assert withheld.restored("Long live France!") == ("Long live France 🇫🇷!", True)
    assert withheld.restored("Long live France") == ("Long live France 🇫🇷", True)


@pytest.mark.parametrize("safeguards", [Safeguards.REPAIR, Safeguards.PROTECT])
def test_the_starter_keeps_what_it_cannot_write(starter, safeguards) -> None:
    system: System = load_system(starter, threads=1, safeguards=safeguards)
    segments = {
        "🎬": "Wir gehen heute ins Kino 🎬 und danach essen.",
        "(Владимир Путин)": "Der russische Präsident (Владимир Путин) sprach am Montag.",
        "北京": "Das chinesische Wort 北京 bedeutet „nördliche Hauptstadt“.",
        "§ 12": "Nach § 12 Absatz 3 des Gesetzes ist das verboten.",
        "★★★★☆ ": "★★★★☆ Sehr gutes Restaurant",
        "Łódź": "Er wohnt in Łódź in Polen.",
    }
    found = system.translate(list(segments.values()), DE_EN)
    for content, hypothesis in zip(segments, found, strict=True):
        assert content in hypothesis.text
        assert "\ufffd" not in hypothesis.text
        assert "AB12" not in hypothesis.text


def test_usual_sentences_come_out_the_same(starter) -> None:
    segments = ["Er sagte: „Wir kommen um 8 Uhr.“", "Île de Ré – 35 °C", "Preis: 25 €"]
    plain, kept = (
        load_system(starter, threads=1, safeguards=one)
        for one in (Safeguards.NONE, Safeguards.PROTECT)
    )
    assert plain.translate(segments, DE_EN) == kept.translate(segments, DE_EN)
    assert kept.signature == f"{plain.signature}|kept:5"
