"""TMX written and read again."""

import io
from pathlib import Path

import pytest

from mtpipe import tmx
from mtpipe.errors import InputError, MalformedRecord

NASTY = 'a & <b> "c" \x01\ufffe\x9b d\''


def read(text: str, **options: int) -> list[tmx.Unit]:
    return list(tmx.read_units(io.BytesIO(text.encode()), Path("a.tmx"), **options))


def test_what_is_written_is_read_again() -> None:
    units = [
        tmx.unit([("de", NASTY), ("en", "Good day.")], name="a&<1>#1"),
        tmx.unit([("de", "Nein."), ("en", "")], properties={"score": "0.5"}),
    ]
    found = read(tmx.opening("de") + "".join(units) + tmx.ENDING)
    kept = NASTY.replace("\x01", "").replace("\ufffe", "")
    assert [dict(unit.texts) for unit in found] == [
        {"de": kept, "en": "Good day."},
        {"de": "Nein.", "en": ""},
    ]
    assert {unit.source_language for unit in found} == {"de"}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("de-CH", "de"),
        ("EN_us", "en"),
        ("fra", "fr"),
        ("nl-BE", "nl"),
        ("", ""),
        ("*all*", "*all*"),
    ],
)
def test_regions_and_three_letters_are_the_same_language(code: str, wanted: str) -> None:
    assert tmx.primary_language(code) == wanted


def test_codes_are_no_text_and_other_elements_are() -> None:
    segment = '<bpt i="1">&lt;b></bpt>Go<hi>od <hi>d</hi></hi>ay<ph/>.<ept i="1">x</ept>'
    [unit] = read(f'<tmx><body><tu><tuv lang="en"><seg>{segment}</seg></tuv></tu></body></tmx>')
    assert unit.texts == {"en": "Good day."}


def test_a_namespace_makes_no_difference() -> None:
    segment = '<bpt i="1">&lt;b></bpt>Go<hi>od</hi><ept i="1"/>'
    [unit] = read(
        '<tmx xmlns="http://www.lisa.org/tmx14"><header srclang="en-CA"/><body><tu>'
        f'<tuv xml:lang="en-CA"><seg>{segment}</seg></tuv></tu></body></tmx>'
    )
    assert unit == tmx.Unit({"en": "Good"}, "en")


def test_depth_and_number_of_elements_are_limited() -> None:
    deep = "<hi>" * 5_000 + "deep" + "</hi>" * 5_000
    text = f'<tmx><body><tu><tuv lang="en"><seg>A{deep}</seg></tuv></tu></body></tmx>'
    assert read(text)[0].texts == {"en": "A"}
    with pytest.raises(InputError, match="more than 1,000 elements"):
        read(text, most_parts=1_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<tmx>", "isn't well-formed TMX"),
        ('<!DOCTYPE t [<!ENTITY a "b">]><t>&a;</t>', "isn't safe"),
        ('<?xml version="1.0" encoding="foo"?><t/>', "names an encoding"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(MalformedRecord, match=words):
        read(text)
