"""What the pages say: the same in all languages, figures and times as each writes them."""

import re
import string

import pytest

from mtpipe.types.detection import Finding, ScoreName, Support
from mtpipe.types.translation import Problem
from mtpipe.web.jobs.job import JobKind, JobState
from mtpipe.web.pages.texts import LANGUAGES, chosen_language, texts_of

EN, DE, FR = (texts_of(language) for language in LANGUAGES)


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_keys(language: str) -> None:
    assert texts_of(language).table.keys() == EN.table.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_take_the_same_values(language: str) -> None:
    table = texts_of(language).table
    assert {key: names_in(text) for key, text in table.items()} == {
        key: names_in(text) for key, text in EN.table.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    assert [key for key, text in texts_of(language).table.items() if not text] == []


@pytest.mark.parametrize(
    "key",
    [
        *(f"finding.{finding.name.lower()}.{part}" for finding in Finding for part in ("title", "text")),
        *(f"support.{support.value.replace(' ', '_')}" for support in Support),
        *(f"question.{name.value}" for name in ScoreName),
        *(f"flag.{problem.value}" for problem in Problem),
        *(f"state.{state.value}" for state in JobState),
        *(f"{part}.{kind.value}" for kind in JobKind for part in ("kind", "job.running", "job.another")),
    ],
)  # fmt: skip
def test_whatever_can_come_has_words(key: str) -> None:
    assert all(texts_of(language).has(key) for language in LANGUAGES)


def test_german_quotes_are_typographic() -> None:
    plain = re.compile("[\"']")
    assert [key for key, text in DE.table.items() if plain.search(text)] == []
    assert [key for key, text in DE.table.items() if text.count("„") != text.count("“")] == []


def test_french_has_its_spaces() -> None:
    lacking = re.compile("(?<![\u00a0\u202f])[;!?»]|(?<!\u00a0):|«(?!\u00a0)|'")
    texts = {key: re.sub("https?://", "", text) for key, text in FR.table.items()}
    assert [key for key, text in texts.items() if lacking.search(text)] == []


def test_english_apostrophes_are_typographic() -> None:
    assert [key for key, text in EN.table.items() if "'" in text] == []


def test_a_text_that_isn_t_there_is_a_bug() -> None:
    with pytest.raises(KeyError):
        EN("no.such.text")


@pytest.mark.parametrize(
    ("language", "value", "digits", "expected"),
    [
        ("en", 1234567.891, 2, "1,234,567.89"),
        ("de", 1234567.891, 2, "1.234.567,89"),
        ("fr", 1234567.891, 2, "1\u202f234\u202f567,89"),
        ("en", -0.5, 1, "−0.5"),
        ("de", 7, 0, "7"),
    ],
)
def test_figures(language: str, value: float, digits: int, expected: str) -> None:
    assert texts_of(language).number(value, digits) == expected


@pytest.mark.parametrize(
    ("language", "count", "expected"),
    [
        ("en", 0, "0 sentences"),
        ("en", 1, "1 sentence"),
        ("de", 2, "2 Sätze"),
        ("fr", 0, "0 phrase"),
        ("fr", 1000, "1\u202f000 phrases"),
    ],
)
def test_one_and_many(language: str, count: int, expected: str) -> None:
    assert texts_of(language).many("translate.sentences", count) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "under 1%"), (0.004, "under 1%"), (0.5, "50%"), (0.994, "99%"), (0.9999, "over 99%")],
)
def test_nothing_is_certain(share: float, expected: str) -> None:
    assert EN.percent(share) == expected


def test_percent_in_german_has_a_space() -> None:
    assert DE.percent(0.42) == "42\u00a0%"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.2, "1 second"),
        (59.4, "59 seconds"),
        (61, "1 minute"),
        (150, "2 minutes"),
        (3_700, "62 minutes"),
        (7_200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_spans(seconds: float, expected: str) -> None:
    assert EN.span(seconds) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "2 March 2026, 07:05 UTC"),
        ("de", "2. März 2026, 07:05 Uhr (UTC)"),
        ("fr", "2 mars 2026 à 07\u00a0h\u00a005 (UTC)"),
    ],
)
def test_moments(language: str, expected: str) -> None:
    assert texts_of(language).moment("2026-03-02T08:05:59+01:00") == expected


@pytest.mark.parametrize("stated", ["", "yesterday", "2026-13-01"])
def test_what_is_no_date_stays_as_it_is(stated: str) -> None:
    assert EN.moment(stated) == stated
    assert EN.day(stated) == stated


@pytest.mark.parametrize(
    ("size", "language", "expected"),
    [
        (10, "en", "1\u00a0kB"),
        (15_400, "de", "15\u00a0kB"),
        (1_260_000, "de", "1,3\u00a0MB"),
        (2_000_000, "fr", "2,0\u00a0Mo"),
    ],
)
def test_sizes(size: int, language: str, expected: str) -> None:
    assert texts_of(language).size(size) == expected


@pytest.mark.parametrize(
    ("kept", "accepted", "expected"),
    [
        (None, "", "en"),
        (None, "de", "de"),
        (None, "de-CH,de;q=0.9,en;q=0.8", "de"),
        (None, "it,fr;q=0.7,en;q=0.8", "en"),
        (None, "fr;q=0,en;q=0.1", "en"),
        (None, "FR-ca", "fr"),
        (None, "de;q=much,fr;q=0.2", "fr"),
        (None, "de;q=nan,fr;q=0.2", "fr"),
        (None, ";;;,,,", "en"),
        (None, "x" * 100_000 + ",de", "en"),
        ("fr", "de", "fr"),
        ("xx", "de", "de"),
    ],
)
def test_the_language_of_a_reader(kept: str | None, accepted: str, expected: str) -> None:
    assert chosen_language(kept, accepted) == expected
