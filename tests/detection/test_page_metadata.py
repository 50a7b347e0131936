from datetime import UTC, datetime

import pytest

from mtpipe.detection.artefacts import find_artefacts
from mtpipe.detection.rules import load_rules
from mtpipe.types import Metadata, Side
from tests.detection.pages import article, by_id

NOW = datetime(2024, 6, 1, tzinfo=UTC)
OWN = "https://www.example.de/bruecke"


def evidence(candidate, original=None):
    page = article("Ein Satz.", metadata=candidate)
    other = article("Une phrase.", language="fr", metadata=original) if original else None
    return by_id(find_artefacts(page, load_rules(), original=other, now=NOW))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ([("html lang", "fr")], True),
        ([("html lang", "de"), ("og:locale", "fr_CA")], True),
        ([("html lang", "es")], True),
        ([("html lang", "de-CH")], False),
        ([("html lang", "en-US")], False),  # many systems' default
        ([("content-language", "fr, de")], False),
        ([("record", "fr")], False),
        ([("html lang", ",")], False),
        ([("content-language", "deutsch, german")], False),
        ([("content-language", "Deutsch")], False),
        ([("content-language", "German (Austria)")], False),
        ([("content-language", "allemand")], False),
        ([("content-language", "de-DE, en")], False),
        ([("content-language", "DE/FR")], False),
        ([("html lang", "ger")], False),
        ([("html lang", "de_AT.UTF-8")], False),
        ([("html lang", "ch")], False),  # a country, by mistake
        ([("html lang", "at"), ("og:locale", "be")], False),
        ([("html lang", "x-default"), ("inLanguage", "http://schema.org/")], False),
        ([("content-language", "français")], True),
        ([("content-language", "French, Italian")], True),
        ([("content-language", "Franc\u0327ais")], True),  # the cedilla apart
        ([("html lang", "fra")], True),
        ([], False),
    ],
)
def test_declared_language(declared, expected):
    found = evidence(Metadata(declared_languages=tuple(declared))).get("declared-language")
    assert bool(found) is expected
    if found:
        assert found.quotations[0].place is None
        assert found.quotations[0].text in found.description


@pytest.mark.parametrize(
    ("based_on", "rule"),
    [
        ("https://www.journal-exemple.org/pont", "based-on-elsewhere"),
        ("https://fr.example.ch/pont", "other-edition"),
        ("https://apnews.com/article/bridge", None),
        ("Le pont fermé", None),
        ("https://[broken", None),
        ("//user@:x", None),
    ],
)
def test_the_work_that_a_page_is_based_on(based_on, rule):
    for metadata in (
        Metadata(address=OWN, based_on=(based_on,)),
        Metadata(address=OWN, translation_of=(based_on,)),
    ):
        assert set(evidence(metadata)) == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("https://alpha.blogspot.com/a", "https://beta.blogspot.com/b", False),
        ("https://alpha.github.io/a", "https://beta.github.io/b", False),
        ("https://alpha.pages.dev/a", "https://beta.pages.dev/b", False),
        ("https://alpha.blogspot.com/a", "https://alpha.blogspot.com/b", True),
        ("https://www.kurier.co.at/a", "https://fr.kurier.co.at/b", True),
        ("https://www.kurier.com.au/a", "https://www.courrier.com.au/b", False),
        ("https://kurier.example/a", "https://fr.kurier.example/b", True),
        ("https://blogspot.com/a", "https://blogspot.com/b", True),
    ],
)
def test_whose_site_an_address_is_on(own, other, expected):
    found = evidence(Metadata(address=own), Metadata(address=other))
    assert ("edition-of-original" in found) is expected


@pytest.mark.parametrize(
    ("alternates", "expected"),
    [
        ([("fr", "https://www.example.fr/pont"), ("de", OWN)], True),
        ([("fr-CH", "https://fr.example.co.uk/pont")], True),
        ([("de-AT", "https://www.example.at/bruecke"), ("x-default", OWN)], False),
        ([("fr", "https://www.another.fr/pont")], False),
        ([(f"a{letter}", OWN) for letter in "bcdefghijklmnop"], False),  # a translating plug-in
    ],
)
def test_editions_of_the_site(alternates, expected):
    found = evidence(Metadata(address=OWN, alternates=tuple(alternates))).get("other-edition")
    assert bool(found) is expected
    assert not found or found.weight < 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://www-example-org.translate.goog/pont?_x_tr_sl=fr", True),
        ("https://translate.google.com/translate?u=x", True),
        ("https://nottranslate.google.com.example.org/", False),
        (OWN, False),
    ],
)
def test_translation_proxy(address, expected):
    assert ("translation-proxy" in evidence(Metadata(address=address))) is expected


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        (Metadata(address="https://www.example.fr/pont"), True),
        (Metadata(address="https://a.org/", alternates=(("de", OWN),)), True),
        (Metadata(address="https://www.another.fr/pont"), False),
    ],
)
def test_edition_of_the_original(original, expected):
    found = evidence(Metadata(address=OWN), original).get("edition-of-original")
    assert bool(found) is expected
    if found:
        assert found.quotations[0].side is Side.ORIGINAL


@pytest.mark.parametrize(
    ("candidate", "original", "rule", "hours"),
    [
        ("2024-03-12T07:31:00Z", "2024-03-12T07:01:00Z", "soon-after-original", 0.5),
        ("2024-03-12T07:31:00+01:00", "2024-03-12T07:01:00Z", None, None),  # clocks may differ
        ("2024-03-12T07:31:00+01:00", "2024-03-12T09:31:00Z", "earlier-than-original", -3),
        ("2024-03-14", "2024-03-12", "soon-after-original", 48),
        ("2024-03-12", "2024-03-12", None, None),
        ("2024-03-11", "2024-03-12T00:10:00Z", "earlier-than-original", -24.166667),
        ("2024-03-12T23:00", "2024-03-12T09:00", None, None),  # of no known zone
        ("2024-03-30", "2024-03-12", None, None),
        ("2030-01-01", "2024-03-12", None, None),  # in the future
        ("1970-01-01", "2024-03-12", None, None),
        ("gestern", "2024-03-12", None, None),
        ("0001-01-01T00:00:00+14:00", "2024-03-12", None, None),
        ("", "", None, None),
    ],
)
def test_dates(candidate, original, rule, hours):
    found = evidence(Metadata(published=candidate), Metadata(published=original))
    assert set(found) == ({rule} if rule else set())
    if rule:
        assert found[rule].value == pytest.approx(hours)
        assert [q.text for q in found[rule].quotations] == [candidate, original]
        assert (found[rule].weight > 0) is (hours > 0)


@pytest.mark.parametrize(
    ("author", "rule"),
    [
        ("Agence France-Presse", "agency-author"),
        ("dpa", "agency-author"),
        ("Anna Muster", "author-named"),
        ("admin", None),
        ("Online-Redaktion", None),
    ],
)
def test_authors(author, rule):
    assert set(evidence(Metadata(authors=(author,)))) == ({rule} if rule else set())
