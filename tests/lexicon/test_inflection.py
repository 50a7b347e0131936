import pytest

from mtpipe.lexicon.inflection import (
    english_people,
    french_adjective,
    french_people,
    german_adjective,
    german_of_city,
    german_people,
)


def test_german_adjectives_have_nouns_as_well() -> None:
    forms = dict(german_adjective("finnisch"))
    assert forms["finnischen"] == forms["Finnischen"] == "en"
    assert len(forms) == 12


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Däne", ["Däne", "Dänen", "Dänin", "Däninnen"]),
        ("Inder", ["Inder", "Inders", "Indern", "Inderin", "Inderinnen"]),
        ("Israeli", ["Israeli"]),
    ],
)
def test_german_people(name: str, forms: list[str]) -> None:
    assert [form for form, _ in german_people(name)] == forms


@pytest.mark.parametrize(
    ("name", "forms"),
    [("Pole", ["Pole", "Poles"]), ("Chinese", ["Chinese"]), ("Irishman", ["Irishman"])],
)
def test_english_people(name: str, forms: list[str]) -> None:
    assert [form for form, _ in english_people(name)] == forms


@pytest.mark.parametrize(
    ("given", "forms"),
    [
        ("indien", ["indien", "indiens", "indienne", "indiennes"]),
        ("sud-coréen", ["sud-coréen", "sud-coréens", "sud-coréenne", "sud-coréennes"]),
        ("polonais", ["polonais", "polonais", "polonaise", "polonaises"]),
        ("belge", ["belge", "belges", "belge", "belges"]),
        ("grec/grecque", ["grec", "grecs", "grecque", "grecques"]),
        ("allemand", ["allemand", "allemands", "allemande", "allemandes"]),
    ],
)
def test_french_adjectives(given: str, forms: list[str]) -> None:
    found = list(french_adjective(given))
    assert [form for form, _ in found] == forms
    assert [tag for _, tag in found] == ["m", "mp", "f", "fp"]


def test_french_people_have_capitals() -> None:
    assert french_people("néo-zélandaise") == "Néo-Zélandaise"


@pytest.mark.parametrize(
    ("city", "of_it"), [("Berlin", "Berliner"), ("Zürich", "Zürcher"), ("Nice", "Nicer")]
)
def test_what_comes_from_a_city(city: str, of_it: str) -> None:
    assert german_of_city(city) == of_it
