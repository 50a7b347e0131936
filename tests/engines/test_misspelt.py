import pytest

from mtpipe.engines.misspelt import mentions, misspelt
from mtpipe.types import Language

DE, EN, FR = Language.DE, Language.EN, Language.FR


@pytest.mark.parametrize(
    ("name", "source", "target", "language", "word", "right"),
    [
        ("Köln", DE, "in Köln today", EN, "Köln", "Cologne"),
        ("Bucharest", EN, "la ville de Buarest", FR, "Buarest", "Bucarest"),
        ("Indonesier", DE, "a few Indonesias came", EN, "Indonesias", "Indonesians"),
        ("schottisch", DE, "they were schotic or", EN, "schotic", "Scottish"),
        ("Greenlandic", EN, "von Grönlandischen Leuten", DE, "Grönlandischen", "grönländischen"),
        ("nordkoreanischer", DE, "troupes nord-koreaniques", FR, "nord-koreaniques", None),
        ("Neuseeland", DE, "the new Zealand's car", EN, "new Zealand", "New Zealand"),
    ],
)
def test_words_that_are_meant(
    name: str, source: Language, target: str, language: Language, word: str, right: str | None
) -> None:
    [mention] = mentions(name, source)
    near = misspelt(target, mention, language)
    assert near is not None
    assert target[near.start : near.end] == word
    form = near.right(target, mention, language)
    assert (form.text if form else None) == right


@pytest.mark.parametrize(
    "target", ["in Norway", "to the kolonel", "it has UK", "Köl", "x" * 3_000 + " Köln"]
)
def test_words_that_are_not(target: str) -> None:
    [mention] = mentions("Köln", DE)
    assert misspelt(target, mention, EN) is None


def test_known_names_are_never_misspelt_ones() -> None:
    [mention] = mentions("Slowenien", DE)
    assert misspelt("in Slovakia", mention, EN) is None
