"""Texts cut into sentences, and put together again."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtpipe.types import Direction, Language
from mtpipe.web.libretranslate.texts import cut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ", []),
        ("😀 12:30 …", []),
        ("Eins. Zwei.", ["Eins.", "Zwei."]),
        ("Eins\nzwei", ["Eins", "zwei"]),
        ("Eins\r\n\r\n\tZwei\u2028Drei\x85Vier", ["Eins", "Zwei", "Drei", "Vier"]),
        ("Am 3. Mai kam Dr. Wu.", ["Am 3. Mai kam Dr. Wu."]),
    ],
)
def test_each_line_is_cut_by_itself(text: str, expected: list[str]) -> None:
    assert cut(text, Language.DE).texts == expected


@settings(deadline=None)
@given(st.text(alphabet="aB.!? \n\r\t\u2028😀1", max_size=60))
def test_what_is_between_sentences_stays(text: str) -> None:
    sentences = cut(text, Language.DE)
    joined, segments = sentences.rendered(sentences.texts, Direction.parse("de-en"))
    assert joined == text
    for (start, end, begins, ends), own in zip(segments, sentences.texts, strict=True):
        assert text[start:end] == joined[begins:ends] == own


def test_typography_is_that_of_the_target_language() -> None:
    sentences = cut("Er sagte: „Ja. Nein.“\n12.000 Leute", Language.DE)
    translated = ['He said: "Yes.', 'No."', "12.000 people"]
    assert sentences.joined(translated, Direction.parse("de-en")) == (
        "He said: “Yes. No.”\n12,000 people"
    )


@pytest.mark.parametrize("text", [". " * 100_000, "A. " * 60_000, "a\n" * 100_000, "x" * 200_000])
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    sentences = cut(text, Language.EN)
    assert sentences.joined(sentences.texts, Direction.parse("en-fr")) == text
    assert time.process_time() - start < 10
