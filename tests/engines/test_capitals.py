import time

import pytest

from mtpipe.engines.base import DecodingOptions
from mtpipe.engines.capitals import in_usual_spelling, is_in_capitals
from mtpipe.engines.protection import Safeguards
from mtpipe.engines.system import System
from mtpipe.engines.tokenizer import Tokenizer
from mtpipe.models.cards import InstalledModel
from mtpipe.pipeline.systems.loading import load_system
from mtpipe.types import Direction, Language
from tests.fakes import FakeEngine, FakeTokenizer

DE_EN = Direction.parse("de-en")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DIE BRÜCKE IST WIEDER OFFEN", True),
        ("GROßE STRAßE BLEIBT ZU", True),
        ("10 km VOLLSPERRUNG AUF DER A 8", True),
        ("L'ÉTÉ ARRIVE À PAS DE LOUP !", True),
        ("OK", True),
        ("Die Brücke ist wieder offen", False),
        ("die brücke ist wieder offen", False),
        ("EILMELDUNG: Die Brücke ist offen", False),
        ("DIE NEUE Brücke STEHT", False),
        ("LE NOUVEAU pont EST OUVERT", False),
        ("CDU und FDP", False),
        ("VW: Ja zu E", False),
        ("McDONALD'S ÖFFNET", False),
        ("5 km", False),
        ("A 7", False),
        ("14:30", False),
        ("", False),
    ],
)
def test_what_is_in_capitals(text: str, expected: bool) -> None:
    assert is_in_capitals(text) is expected


SPELLINGS = [
    ("de", "DIE BRÜCKE IST WIEDER OFFEN", "Die Brücke ist wieder offen"),
    ("de", "WUSSTEN SIE DAS?", "Wussten Sie das?"),
    ("de", "STRASSE GESPERRT", "Straße gesperrt"),
    ("de", "GROßE STRAßE BLEIBT ZU", "Große Straße bleibt zu"),
    ("de", "WASSER IN DER GASSE", "Wasser in der Gasse"),
    ("de", "USA UND EU EINIGEN SICH", "USA und EU einigen sich"),
    ("de", "EU-KOMMISSION VERKLAGT VW", "EU-Kommission verklagt VW"),
    ("de", "DIE DPA FRAGT NACH DEM HSV", "Die DPA fragt nach dem HSV"),
    ("de", "UNFALL AUF DER A 7 UND DER B27", "Unfall auf der A 7 und der B27"),
    ("de", "KÖNIG KARL IV UND LEO XIV", "König Karl IV und Leo XIV"),
    ("de", "MEHR AUF WWW.EXAMPLE.ORG/NEU", "Mehr auf WWW.EXAMPLE.ORG/NEU"),
    ("de", "„DIE TÜR IST OFFEN.“ ALLE GEHEN", "„Die Tür ist offen.“ Alle gehen"),
    ("fr", "IL A EU PEUR DE L'EAU", "Il a eu peur de l'eau"),
    ("fr", "L'UE ET LES ÉTATS-UNIS", "L'UE et les États-unis"),
    ("fr", "LA SNCF ANNULE 20 TRAINS À 18H30", "La SNCF annule 20 trains à 18h30"),
    ("fr", "UN HOMME, UN MOIS", "Un homme, un mois"),
    ("en", "US TROOPS LEAVE", "US troops leave"),
    ("en", "THE US AND THE EU", "The US and the EU"),
    ("en", "TELL US WHAT YOU THINK", "Tell us what you think"),
    ("en", "WHY I LEFT THE BBC", "Why I left the BBC"),
    ("en", "THE 2ND DAY OF THE G20", "The 2nd day of the G20"),
]


@pytest.mark.parametrize(("code", "text", "expected"), SPELLINGS, ids=[row[1] for row in SPELLINGS])
def test_the_spelling_that_a_model_knows_best(
    starter: InstalledModel, code: str, text: str, expected: str
) -> None:
    count = Tokenizer(starter.directory).count
    assert in_usual_spelling(text, Language(code), count) == expected


def test_a_system_translates_capitals_as_other_text() -> None:
    engine = FakeEngine()
    system = System(
        engine, FakeTokenizer(), DecodingOptions(), name="fake@0", safeguards=Safeguards.PROTECT
    )  # type: ignore[arg-type]
    segments = ["DAS TOR IST OFFEN", "ARD, ZDF", "⚠️ TOR ZU", "ÜBER ŁÓDŹ HINAUS", "Das Tor"]
    assert [hypothesis.text for hypothesis in system.translate(segments, DE_EN)] == [
        "SAD ROT TSI NEFFO",
        "ARD, ZDF",
        "⚠️ ROT UZ",
        "REBÜ ŁÓDŹ 21BA SUANIH",  # the fake turns the stand-in round
        "saD roT",
    ]
    rows = [row[:-1] for batch in engine.batches for row in batch]
    assert ["Das", "tor", "ist", "offen"] in rows
    assert not any("ARD," in row for row in rows)


def test_a_system_that_only_decodes_leaves_capitals_alone() -> None:
    engine = FakeEngine()
    system = System(engine, FakeTokenizer(), DecodingOptions(), name="fake@0")  # type: ignore[arg-type]
    assert system.translate(["TOR ZU"], DE_EN)[0].text == "ROT UZ"
    assert engine.batches == [[["TOR", "ZU", "</s>"]]]


@pytest.mark.parametrize("safeguards", [Safeguards.REPAIR, Safeguards.PROTECT])
@pytest.mark.parametrize(
    ("direction", "text", "expected"),
    [
        ("de-en", "DIE BRÜCKE IST WIEDER OFFEN", {"BRIDGE", "OPEN"}),
        ("de-en", "WAS SIE JETZT WISSEN MÜSSEN", {"WHAT", "YOU", "KNOW", "NOW"}),
        ("fr-en", "LE CONSEIL VOTE POUR LES ÉCOLES", {"VOTES", "SCHOOLS"}),
        ("en-de", "THE SCHOOL IS CLOSED TODAY", {"SCHULE", "HEUTE"}),
    ],
)
def test_the_starter_translates_capitals(starter, safeguards, direction, text, expected) -> None:
    system = load_system(starter, threads=1, safeguards=safeguards)
    [hypothesis] = system.translate([text], Direction.parse(direction))
    assert hypothesis.text.isupper()
    assert expected <= set(hypothesis.text.split())


@pytest.mark.parametrize(
    "text",
    ["AB " * 50_000, "A" * 100_000, "A. " * 50_000, "É'" * 50_000, "A.DE " * 20_000, "ß" * 100_000],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.monotonic()
    is_in_capitals(text)
    in_usual_spelling(text, Language.DE, len)
    assert time.monotonic() - started < 2
