import pytest

from mtpipe.report.detection.agreement import compare_names, compare_numbers
from mtpipe.types import Language

DE, EN, FR = Language.DE, Language.EN, Language.FR


@pytest.mark.parametrize(
    ("original", "candidate", "languages", "elsewhere"),
    [
        pytest.param("1\u202f200 morts", "1.200 Tote", (FR, DE), "1.200", id="groups"),
        pytest.param("1.200 Tote", "1,200 dead", (DE, EN), "1,200", id="German to English"),
        pytest.param("8,6 millions", "8.6 million", (FR, EN), "8.6", id="decimals"),
        pytest.param("8.6 millions", "8,6 Millionen", (FR, DE), "8,6", id="French decimal point"),
        pytest.param("12 345,5", "12,345.5", (FR, EN), "12,345.5", id="groups and decimals"),
        pytest.param("à 22 h 15", "um 22:15 Uhr", (FR, DE), "22:15 Uhr", id="clock"),
        pytest.param("à 22\u00a0h\u00a015", "at 10.15pm", (FR, EN), "10.15pm", id="afternoon"),
        pytest.param("à 19 heures", "at 7 p.m.", (FR, EN), "7 p.m.", id="full hour"),
        pytest.param("07:04", "7h04", (DE, FR), "7h04", id="leading zero"),
        pytest.param("le 12 mai", "zwölf", (FR, DE), "zwölf", id="written out"),
        pytest.param("87 %", "87%", (FR, EN), "87", id="percent"),
        pytest.param("1957", "1958", (FR, EN), "", id="another"),
        pytest.param("8,6", "86", (FR, EN), "", id="lost point"),
        pytest.param("20", "200", (FR, EN), "", id="part of another"),
    ],
)
def test_numbers(original, candidate, languages, elsewhere):
    agreement = compare_numbers([original], [candidate], languages)
    assert [mention.elsewhere for mention in agreement.original] == [elsewhere]
    assert agreement.found == bool(elsewhere)


def test_numbers_are_counted_once_by_value_and_additions_found():
    agreement = compare_numbers(["14 ou 14", "2019."], ["14, 45"], (FR, EN))
    assert [(mention.text, mention.count) for mention in agreement.original] == [
        ("14", 2),
        ("2019", 1),
    ]
    assert [mention.text for mention in agreement.added] == ["45"]


def test_names_with_all_their_parts():
    agreement = compare_names(
        ["Le maire de Saint-Brice-le-Bas, Yvette Carlin, a vu M. Delorge à Bruxelles."],
        ["Yvette Carlins Haus steht in Saint-Brice-le-Bas, wie Herr Delorge in Brüssel sagt."],
        (FR, DE),
    )
    assert [(mention.text, mention.elsewhere) for mention in agreement.original] == [
        ("Saint-Brice-le-Bas", "Saint-Brice-le-Bas"),
        ("Yvette Carlin", "Yvette Carlins"),
        ("Delorge", "Delorge"),
        ("Bruxelles", ""),
    ]
    assert agreement.candidate is None
    assert agreement.added == ()


@pytest.mark.parametrize(
    "sentence",
    ["Demain il viendra.", "« Demain », dit-il.", "On July Monday.", "The Big Dam Has Burst"],
    ids=["begin", "quote", "calendar", "title case"],
)
def test_what_is_no_name(sentence):
    assert compare_names([sentence], [""], (EN, EN)).original == ()


def test_german_can_not_tell_names():
    agreement = compare_names(["Das Haus von Frau Carlin."], ["He met Yvette Carlin."], (DE, EN))
    assert agreement.original is None
    assert [mention.elsewhere for mention in agreement.candidate] == [""]
    assert [mention.text for mention in agreement.added] == ["Yvette Carlin"]
