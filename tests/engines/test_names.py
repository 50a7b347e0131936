import time

import pytest

from mtpipe.engines.names import lost_names, with_names
from mtpipe.engines.protection import Safeguards
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction, Flag, Problem, Remedy

PAIRS = [
    ("de-en", "der südkoreanische Präsident", "the Belgian president", ["südkoreanische"]),
    ("de-en", "der südkoreanische Präsident", "the South Korean president", []),
    ("de-en", "der südkoreanische Präsident", "the president of South Korea", []),
    ("de-en", "der südkoreanische Präsident", "the South Korea president", ["südkoreanische"]),
    ("de-fr", "nordkoreanischer Truppen", "troupes nord-koreaniques", ["nordkoreanischer"]),
    ("en-fr", "the Romanian capital", "la capitale Roumanie", ["Romanian"]),
    ("en-de", "Indonesian police", "Die Indonesien Polizei", ["Indonesian"]),
    ("en-de", "an Indonesia researcher", "ein Indonesienforscher", []),
    ("en-de", "northern Estonia", "Nordestland", []),
    ("en-de", "the Scottish Open", "bei den Scottish Open", []),
    ("en-de", "the US Army", "die US-Armee", []),
    ("de-en", "Die britische Regierung", "The English government", []),
    ("de-en", "Bowen Island ist schön", "Bowen Isle is fine", []),
    ("de-en", "Ein Haufen Hamburger", "A heap of burgers", []),
    ("de-en", "Er traf Putin.", "He met him.", []),
    ("de-en", "ein Satz ohne", "a sentence without", []),
]


@pytest.mark.parametrize(("direction", "source", "target", "lost"), PAIRS)
def test_names_that_a_translation_lacks(
    direction: str, source: str, target: str, lost: list[str]
) -> None:
    assert lost_names(source, target, Direction.parse(direction)) == lost


@pytest.mark.parametrize(
    ("direction", "source", "target", "right"),
    [
        ("de-en", "(Brüssel)", "(Brüssel)", "(Brussels)"),
        ("de-en", "Pjöngjang und Seoul", "Pjöngjang and Seoul", "Pyongyang and Seoul"),
        ("de-fr", "in Algerien", "à l'Algeria", "à l'Algérie"),
        ("de-fr", "Wladimir Putin", "Vladimir Putin", "Vladimir Poutine"),
        ("fr-de", "la BCE", "die BCE", "die EZB"),
        ("en-fr", "near Florida", "près de Florida", "près de Floride"),
        ("en-de", "near Rhode Island", "bei Rhode Island", "bei Rhode Island"),
        ("en-fr", "the Royal Bank of Scotland", "la Royal Bank of Scotland",
         "la Royal Bank of Scotland"),
        ("fr-de", "Macédoine (Republic of Macedonia)", "Macdoine (Republic of Macedonia)",
         "Macdoine (Republic of Macedonia)"),
        ("de-en", "in Köln", "in Cologne", "in Cologne"),
        ("en-de", "Greenlandic men", "Grönlandische Männer", "Grönländische Männer"),
        ("de-en", "ohne Namen", "without a naame", "without a naame"),
    ],
)  # fmt: skip
def test_what_was_left_or_misspelt_is_put_right(
    direction: str, source: str, target: str, right: str
) -> None:
    assert with_names(source, target, Direction.parse(direction)) == right


def test_text_without_names_stays_as_it_is() -> None:
    text = "Der Hund schläft."
    for direction in ("de-en", "de-fr"):
        assert with_names(text, text, Direction.parse(direction)) is text


def test_long_text_takes_no_time() -> None:
    started = time.process_time()
    source, target = "Köln und Polen. " * 50_000, "Kölm and Pola. " * 50_000
    assert with_names(source, target, Direction.parse("de-en")) == target
    assert lost_names(source, target, Direction.parse("de-en")) == []
    assert time.process_time() - started < 1


def test_the_starter_gets_peoples_right(starter) -> None:
    system = load_system(starter, threads=1, safeguards=Safeguards.REPAIR)
    segments = {
        "Die malaysischen Soldaten sind in Neuseeland.": "soldats malaisiens",
        "(Brüssel)": "(Bruxelles)",
        "Das sagte der südkoreanische Präsident am Montag.": "président sud-coréen",
        "Der Hund schläft.": "",
    }
    found = system.translate(list(segments), Direction.parse("de-fr"))
    for hypothesis, right in zip(found, segments.values(), strict=True):
        assert right in hypothesis.text
        assert set(hypothesis.flags) <= {Flag(Problem.NAMES, Remedy.OTHER_NAME)}
