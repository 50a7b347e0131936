"""Quotation marks, apostrophes, spaces and numbers as the target language's newspapers print them.

Models give them back in the form that their vocabulary has, often straight, or copy those of the
source. Only typography is changed, never wording; addresses are left alone.
"""

import re
from collections.abc import Iterator, Sequence

from mtpipe.literals import hold, literal_spans, release
from mtpipe.types import Direction, Language

__all__ = ["restore", "restore_capital", "restore_numbers"]

_NARROW = "\u202f"
_MARKS = {
    Language.DE: ("„", "“"),
    Language.EN: ("“", "”"),
    Language.FR: (f"«{_NARROW}", f"{_NARROW}»"),
}
_OPENS_MOSTLY = {"«": True, "„": True, "»": False, "”": False}
# Any double quotation mark, with the spaces that French ones have inside.
_DOUBLE = re.compile(r"«\s*|(?<!\s)\s+»|»|[\"„“”]|(?<!')''(?!')")
_FIRST_LETTER = re.compile(r"([^\w]*)([^\W\d_])")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)|(?<=[sxz])'(?=\s)")
_FRENCH_MARK = re.compile(
    r"(?<=[\w)\]%€$°…»])[ \u00a0\u202f\u2009]*([;!?]+)(?=[\s\u202f\u00a0)\]\"«»]|$)"
)
_FRENCH_COLON = re.compile(r"(?<=[\w)\]%€$°…»])[ \u00a0\u202f\u2009]*:(?=\s|$)")
_OPENS_AFTER = re.compile(r"(?:^|[\s(\[{/–—-])$")
_CLOSES_BEFORE = re.compile(r"[\s.,;:!?)\]}…–—-]|$")


def restore(segments: Sequence[str], language: Language) -> list[str]:
    """The segments of one block in the typography of a language.

    Which straight mark opens a quotation and which one closes it is told by what stands around
    it and by what is open; a quotation may reach over several segments.

    >>> restore(['Sie sagte: "Ja.', 'Er kommt."'], Language.DE)
    ['Sie sagte: „Ja.', 'Er kommt.“']
    """
    is_open = False
    restored = []
    for whole in segments:
        segment, literals = hold(whole)
        parts: list[str] = []
        position = 0
        for start, end, opens in _marks(segment, is_open=is_open):
            is_open = opens
            parts += (segment[position:start], _MARKS[language][not opens])
            position = end
        text = "".join([*parts, segment[position:]])
        text = _APOSTROPHE.sub("’", text)
        restored.append(release(_spaced(text) if language is Language.FR else text, literals))
    return restored


def _marks(text: str, *, is_open: bool) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each quotation mark, and whether it opens."""
    for match in _DOUBLE.finditer(text):
        start, end = match.span()
        mark = match.group().strip()
        at = match.group().index(mark) + start
        behind = at + len(mark)
        if mark in ('"', "''") and text[at - 1 : at].isdigit() and not is_open:
            continue  # inches, seconds
        may_open = bool(_OPENS_AFTER.search(text[at - 1 : at]))
        may_close = bool(_CLOSES_BEFORE.match(text, behind))
        opens = may_open if may_open != may_close else not is_open
        # French guillemets have spaces on both sides; German ones mostly point inwards: »Ja«.
        if mark in _OPENS_MOSTLY and (may_open == may_close or opens == is_open):
            opens = _OPENS_MOSTLY[mark]
        is_open = opens
        yield (at, end, True) if opens else (start, behind, False)


def _spaced(text: str) -> str:
    """French spaces before high punctuation."""
    text = _FRENCH_MARK.sub(rf"{_NARROW}\1", text)
    return _FRENCH_COLON.sub("\u00a0:", text)


def restore_capital(source: str, target: str) -> str:
    """A translation that begins with a capital if its source does; models forget it in headings.

    >>> restore_capital("Kapitel 7 ist kurz.", "chapter 7 is short.")
    'Chapter 7 is short.'
    """
    begins, follows = _FIRST_LETTER.match(source), _FIRST_LETTER.match(target)
    if not (begins and follows) or not begins[2].isupper() or not follows[2].islower():
        return target
    at = follows.start(2)
    word = _FIRST_WORD.match(target, at)
    is_literal = any(start <= at < end for start, end in literal_spans(target))
    if is_literal or (word and not word[0].islower()):
        return target  # "www.example.org", "iPhone"
    return f"{target[:at]}{target[at].upper()}{target[at + 1 :]}"


# Marks of thousands and of decimals; French has spaces for thousands. Swiss amounts have
# apostrophes and a decimal point in both languages.
_THOUSANDS = {Language.DE: ".", Language.EN: ",", Language.FR: _NARROW}
_DECIMAL = {Language.DE: ",", Language.EN: ".", Language.FR: ","}
_SWISS = r"\d{1,3}(?:['’]\d{3})+(?:[.,]\d+)?"
_GROUPED = {
    Language.DE: rf"{_SWISS}|\d{{1,3}}(?:\.\d{{3}})+(?:,\d+)?",
    Language.EN: r"\d{1,3}(?:,\d{3})+(?:\.\d+)?",
    Language.FR: rf"{_SWISS}|\d{{1,3}}(?:[ \u00a0\u202f\u2009]\d{{3}})+(?:,\d+)?",
}
_FRACTION = {
    Language.DE: r"\d+,\d+",
    # "2.0" and "4.30" need not be quantities.
    Language.EN: r"\d+\.\d+(?=\s?(?:%|per cent|percent|[mb]illion|euro|dollar|degree|kilo|met))",
    Language.FR: r"\d+,\d+",
}
_NUMBERS = {
    language: re.compile(
        rf"(?<![\w.,'’])(?:{_GROUPED[language]}|{_FRACTION[language]})(?![\w'’]|[.,]\d)"
    )
    for language in Language
}
_LONG = re.compile(r"(?<![\w.,'’\u00a0\u202f-])[1-9]\d{3,14}(?![\w'’-]|[.,]\d)")
"""A number of thousands and more without marks."""
_YEAR_DIGITS = 4
_ANY_MARK = r"[.,'’ \u00a0\u202f\u2009]"
_DIGIT, _DIGITS = re.compile(r"\d"), re.compile(r"\d+")
_PERCENT = re.compile(r"(?<=\d)[ \u00a0\u202f]?%")
_PERCENT_SIGN = {Language.DE: "\u00a0%", Language.EN: "%", Language.FR: f"{_NARROW}%"}


def restore_numbers(source: str, target: str, direction: Direction) -> str:
    """A translation whose numbers have the marks of its language.

    Only the source's numbers are changed, where the translation has the same groups of digits:
    small models copy its marks, or write those of a third language ("1,500" for 1500 in French).

    >>> restore_numbers("12.000 Soldaten", "12.000 soldiers", Direction.parse("de-en"))
    '12,000 soldiers'
    """
    language = direction.target
    if not _DIGIT.search(target):
        return target
    source, _ = hold(source)
    target, literals = hold(target)
    ways: dict[tuple[str, ...], set[str]] = {}
    for number in dict.fromkeys(_NUMBERS[direction.source].findall(source)):
        ways.setdefault(tuple(_DIGITS.findall(number)), set()).add(_respelt(number, direction))
    for number in dict.fromkeys(_LONG.findall(source)):
        ways.setdefault(tuple(f"{int(number):,}".split(",")), set()).add(_plain(number, language))
    # Where "1.500" and "1,500" stand in one sentence, nobody knows which is which.
    spelt = {groups: min(them) for groups, them in ways.items() if len(them) == 1}
    if spelt:
        longest_first = sorted(spelt, key=len, reverse=True)
        written = re.compile(
            rf"(?<![\w.,'’])(?:{'|'.join(map(_ANY_MARK.join, longest_first))})(?![\w'’]|[.,]\d)"
        )
        target = written.sub(lambda match: spelt[tuple(_DIGITS.findall(match[0]))], target)
    return release(_PERCENT.sub(_PERCENT_SIGN[language], target), literals)


def _plain(number: str, language: Language) -> str:
    """A number without marks as it is, if it may be a year; a longer one with its thousands apart."""
    if len(number) <= _YEAR_DIGITS:
        return number
    return f"{int(number):,}".replace(",", _THOUSANDS[language])


def _respelt(number: str, direction: Direction) -> str:
    """A number of the source with the marks of the target language."""
    is_swiss = direction.source is not Language.EN and ("'" in number or "’" in number)
    decimal = "." if is_swiss and "." in number else _DECIMAL[direction.source]
    whole, mark, fraction = number.partition(decimal)
    parts = re.split(r"\D", whole)
    return (
        _THOUSANDS[direction.target].join(parts) + (mark and _DECIMAL[direction.target]) + fraction
    )
