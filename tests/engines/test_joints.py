import pytest

from mtpipe.engines.joints import begins, capitalised, is_noun, joined
from mtpipe.lexicon.gazetteer import gazetteer
from mtpipe.types import Language

EN, FR, DE = Language.EN, Language.FR, Language.DE


@pytest.mark.parametrize(
    ("before", "name", "language", "text"),
    [
        ("He is a ", "Italian", EN, "He is an Italian"),
        ("An ", "German", EN, "A German"),
        ("an ", "European", EN, "a European"),
        ("a ", "Ukrainian", EN, "a Ukrainian"),
        ("in ", "Italy", EN, "in Italy"),
        ("la ", "Italie", FR, "l'Italie"),
        ("du ", "Iran", FR, "de l'Iran"),
        ("au ", "Iran", FR, "en Iran"),
        ("de ", "Algérie", FR, "d'Algérie"),
        ("de l'", "Nouvelle-Zélande", FR, "de la Nouvelle-Zélande"),
        ("de l’", "Canada", FR, "du Canada"),
        ("l'", "Suisse", FR, "la Suisse"),
        ("en ", "Pérou", FR, "au Pérou"),
        ("en ", "Suisse", FR, "en Suisse"),
        ("d'", "Suisse", FR, "de Suisse"),
        ("la ", "Hongrie", FR, "la Hongrie"),
        ("à ", "Suisse", FR, "en Suisse"),
        ("À ", "Cameroun", FR, "Au Cameroun"),
        ("à ", "Cuba", FR, "à Cuba"),
        ("à ", "Pékin", FR, "à Pékin"),
        ("in ", "Ungarn", DE, "in Ungarn"),
    ],
)  # fmt: skip
def test_what_stands_before_a_name(before: str, name: str, language: Language, text: str) -> None:
    [mention] = gazetteer().find(name, language)
    assert joined(before, mention.forms[0], ".", language) == f"{text}."


@pytest.mark.parametrize(
    ("before", "expected"), [("", True), ("Ja. „", True), ("Ja, ", False), ("Ja ", False)]
)
def test_where_a_sentence_begins(before: str, expected: bool) -> None:
    assert begins(before) is expected


def test_capitals() -> None:
    [mention] = gazetteer().find("finnische", DE)
    assert capitalised(mention.forms[0]).text == "Finnische"


@pytest.mark.parametrize(
    ("before", "language", "expected"),
    [("tous les ", FR, True), ("soldats ", FR, False), ("the ", EN, False)],
)
def test_nouns_have_determiners(before: str, language: Language, expected: bool) -> None:
    assert is_noun(before, language) is expected
