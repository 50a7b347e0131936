import pytest

from mtpipe.engines.renaming import renamed
from mtpipe.types import Direction


@pytest.mark.parametrize(
    ("direction", "source", "given", "translated", "right"),
    [
        ("de-en", "Zwei indonesische Soldaten", "Zwei italienische Soldaten",
         "Two Italian soldiers", "Two Indonesian soldiers"),
        ("de-fr", "Zwei indonesische Truppen", "Zwei italienische Truppen",
         "Deux troupes italiennes", "Deux troupes indonésiennes"),
        ("en-fr", "a Greek ship", "an Italian ship", "un navire italien", "un navire grec"),
        ("en-fr", "many Cameroonians", "many Italians",
         "beaucoup des italiens", "beaucoup des Camerounais"),
        ("en-fr", "travel to Peru", "travel to Iran", "aller en Iran", "aller au Pérou"),
        ("fr-de", "des Vénézuéliens", "des Italiens", "Italienern", "Venezolanern"),
        ("en-de", "the Bucharest office", "the Paris office", "das Pariser Amt", "das Bukarester Amt"),
        ("de-en", "Das Bukarester Amt", "Das Pariser Amt", "The Paris office",
         "The Bucharest office"),
        ("de-en", "Die indische und die indonesische", "Die italienische und die deutsche",
         "The Italian and the German", "The Indian and the Indonesian"),
        ("en-de", "Serbian law", "Italian law", "Italienisches Recht", "Serbisches Recht"),
        ("en-de", "the Serbs", "the Russians", "die Russen", "die Serben"),
    ],
)  # fmt: skip
def test_there_and_back(
    direction: str, source: str, given: str, translated: str, right: str
) -> None:
    way = renamed(source, "", Direction.parse(direction))[0]
    assert way.text == given
    assert way.restored(translated) == right


def test_a_name_that_got_lost_again_spoils_the_way() -> None:
    way = renamed("Zwei indonesische Soldaten", "", Direction.parse("de-en"))[0]
    assert way.restored("Two soldiers") is None


def test_ways_use_names_that_neither_side_has() -> None:
    ways = renamed(
        "Serbische und italienische Soldaten", "German and Italian ones", Direction.parse("de-en")
    )
    assert [way.text for way in ways] == [
        "Französische und italienische Soldaten",
        "Schweizerische und italienische Soldaten",
    ]


@pytest.mark.parametrize("source", ["Der Hund", "in Vereinigtes Königreich", "Ein Satz von Putin"])
def test_there_may_be_no_way(source: str) -> None:
    assert renamed(source, "nothing", Direction.parse("de-en")) == []


def test_a_name_that_is_left_misspelt_spoils_the_way() -> None:
    way = renamed("les soldats indonésiens", "", Direction.parse("fr-de"))[0]
    assert way.text == "les soldats italiens"
    assert way.restored("die italienischen italiens") is None
