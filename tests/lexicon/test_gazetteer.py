import pytest

from mtpipe.lexicon.gazetteer import Kind, Mention, gazetteer
from mtpipe.types import Language

DE, EN, FR = Language.DE, Language.EN, Language.FR


def found(text: str, language: Language) -> list[tuple[str, str, Kind]]:
    return [
        (text[m.start : m.end], m.forms[0].entity.split(" ", 1)[1], m.forms[0].kind)
        for m in gazetteer().find(text, language)
    ]


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("der südkoreanische Präsident", DE, [("südkoreanische", "South Korea", Kind.ADJECTIVE)]),
        ("Truppen Nordkoreas", DE, [("Nordkoreas", "North Korea", Kind.NAME)]),
        ("Kosovo-Krieg", DE, [("Kosovo", "Kosovo", Kind.NAME)]),
        ("des Bukarester Rathauses", DE, [("Bukarester", "Bucharest", Kind.OF_CITY)]),
        ("Wladimir Putin", DE, [("Wladimir", "Vladimir", Kind.PERSON),
                                ("Putin", "Putin", Kind.PERSON)]),
        ("many Indonesians", EN, [("Indonesians", "Indonesia", Kind.PEOPLE)]),
        ("the U.S. Navy", EN, [("U.S.", "United States", Kind.ADJECTIVE)]),
        ("in the US", EN, [("US", "United States", Kind.NAME)]),
        ("tell us of turkey", EN, []),
        ("l'Afrique du Sud", FR, [("Afrique du Sud", "South Africa", Kind.NAME)]),
        ("des Sud-Coréennes", FR, [("Sud-Coréennes", "South Korea", Kind.PEOPLE)]),
        ("en Egypte", FR, [("Egypte", "Egypt", Kind.NAME)]),
    ],
)  # fmt: skip
def test_names_are_found(text: str, language: Language, names: list[tuple[str, str, Kind]]) -> None:
    assert found(text, language) == names


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the English Channel", EN),
        ("US$20", EN),
        ("22 US-Dollar", DE),
        ("les montagnes russes", FR),
    ],
)
def test_what_has_another_name_elsewhere_is_none(text: str, language: Language) -> None:
    assert found(text, language) == []


def test_the_longest_name_counts() -> None:
    assert [name for _, name, _ in found("Papua New Guinea and New Guinea", EN)] == [
        "Papua New Guinea",
        "Guinea",
    ]


def test_forms_are_written_by_grammar() -> None:
    table = gazetteer()
    [mention] = table.find("indonesischer", DE)
    entity = mention.forms[0].entity
    assert isinstance(mention, Mention)
    for tag, text in (("f", "indonésienne"), ("mp", "indonésiens")):
        form = table.written(FR, entity, Kind.ADJECTIVE, tag)
        assert form is not None
        assert form.text == text
    assert table.written(EN, entity, Kind.OF_CITY) is None
    assert table.group(FR, entity, Kind.NAME) == "f"


def test_names_of_territories_are_those_of_cldr() -> None:
    babel = pytest.importorskip("babel")
    names = {language: babel.Locale(language.value).territories for language in Language}
    disputes = []
    for code in names[EN]:
        meant = {
            tuple(sorted(mention.entities))
            for language in Language
            for name in [names[language].get(code, "").replace("’", "'")]
            for mention in gazetteer().find(name, language)
            if mention.end - mention.start == len(name)
        }
        if len(meant) > 1:
            disputes.append((code, meant))
    assert disputes == []


def test_every_land_has_all_its_forms() -> None:
    table = gazetteer()
    entities = {m.forms[0].entity for m in table.find(" ".join(_all_words(table)), EN)}
    lands = [entity for entity in entities if entity.startswith("land ")]
    assert len(lands) > 100
    for entity in lands:
        for language, kind, tag in (
            (DE, Kind.ADJECTIVE, "en"), (EN, Kind.ADJECTIVE, ""), (FR, Kind.ADJECTIVE, "fp"),
        ):  # fmt: skip
            assert table.written(language, entity, kind, tag), (entity, language)


def _all_words(table: object) -> list[str]:
    from mtpipe.lexicon.gazetteer import GAZETTEER

    rows = [line.split("\t") for line in GAZETTEER.read_text("utf-8").splitlines()]
    return [row[2].split(",")[0].split(":")[0] + "," for row in rows if row[0] == "land"]
