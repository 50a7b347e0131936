"""Text in capitals: a model gets it in usual spelling, and its translation is put in capitals again.

Models have seen few words in capitals; they cut them into pieces that mean nothing and copy those.
So each word goes to the model in that of its three spellings (as it stands, with a capital, in
lower case) which the model's tokenizer cuts into the fewest pieces: "Brücke", "offen", "SPD". Not
for single words in capitals within other text.
"""

import re
from collections.abc import Callable

from mtpipe.literals import literal_spans
from mtpipe.types import Language

__all__ = ["in_usual_spelling", "is_in_capitals"]

_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_RUNNING = re.compile(r"(?<![^\W\d_])[a-zà-öø-ÿœ]{3}|[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿœ]{2}")
"""The beginning of a word in usual spelling."""
_UNIT_CHARS = 2
"""Letters of what stays in lower case among capitals: "km"."""
_BEGINNING = re.compile(r"""(?:^|[.!?:]["'”“»›’)\]]*\s)[^\w]*""")
_SHORT_CHARS = 4
_VOWELS = frozenset("AEIOUYÄÖÜÀÂÆÉÈÊËÎÏÔŒÙÛŸ")
_NUMERAL = re.compile("(?=[IVX]{2})X{0,3}(?:IX|IV|V?I{0,3})")
_FIGURE_FIRST = re.compile(r"\d+[^\W\d_]{1,2}\d*")
"""A time or an ordinal number ("18H30", "2ND", "1ER")."""
_ADDRESS = {"SIE", "IHNEN"}
"""How headlines in capitals address their readers: "Was Sie jetzt wissen müssen"."""
_PARTICIPLE = re.compile(r"ge\w+t|\w+iert")
_ABBREVIATION = re.compile(
    "AFD|AI|ARD|BIP|BKA|BND|CDU|CEO|CGT|CIA|CSU|DFB|DGB|DIHK|DPA|EDF|EU|EZB|FBI|FC|FDP|FIFA"
    "|FMI|GEW|IG|IWF|KFZ|KI|LKA|LKW|MDR|NATO|NDR|NGO|NHS|OECD|OMS|ONG|ONU|OPEC|OTAN|PC|PDF"
    "|PIB|PKW|RTL|SNCF|SPD|SUV|SWR|TÜV|UE|UEFA|UK|UN|UNO|US|USA|VIP|WDR|WM|ZDF"
)
"""Those of the news, which a tokenizer may know as words as well."""
_WORDS = {Language.EN: {"US"}, Language.FR: {"AI", "EU", "UN", "US"}}
"""Which of them are rather words in a language."""
_THE_US = re.compile(r"(?:^|\bTHE )US\b(?=[ -])")
"""Where "US" is the country in English."""


def is_in_capitals(text: str) -> bool:
    """Whether a text is written in capitals, but for "ß" and units ("km")."""
    if _RUNNING.search(text):
        return False
    words = [word.replace("ß", "SS") for word in _LETTERS.findall(text)]
    small = [word for word in words if not word.isupper()]
    return len(words) > 2 * len(small) and all(len(word) <= _UNIT_CHARS for word in small)


def in_usual_spelling(text: str, language: Language, count: Callable[[str], int]) -> str:
    """A text in capitals as it would be written otherwise; literals stay as they are.

    Args:
        text: in capitals.
        language: of the text.
        count: pieces that a model's tokenizer cuts a word into.
    """
    literals = {start for first, last in literal_spans(text) for start in range(first, last)}
    begins = {match.end() for match in _BEGINNING.finditer(text)}
    the_us = {match.end() for match in _THE_US.finditer(text)}
    parts: list[str] = []
    position = 0
    for match in _WORD.finditer(text):
        word, (start, end) = match[0], match.span()
        if start in literals:
            continue
        if language is Language.EN and (word == "I" or end in the_us):
            spelt = word
        else:
            spelt = _spelt(word, language, count)
        if start in begins:
            spelt = spelt[:1].upper() + spelt[1:]
        parts += (text[position:start], spelt)
        position = end
    return "".join([*parts, text[position:]])


def _spelt(word: str, language: Language, count: Callable[[str], int]) -> str:
    """A word as a model knows it best."""
    if _is_abbreviation(word, language):
        return word
    small, large = word.lower(), word.capitalize()
    if word[:1].isdigit():
        return small if _FIGURE_FIRST.fullmatch(word) else word
    ways = [small, large]  # of two that are equally well known the first is taken
    if language is Language.DE:
        if word in _ADDRESS:
            return large
        if count(small) > 1 and not _PARTICIPLE.fullmatch(small):
            ways.reverse()  # a noun, more often than not
        ways += [way.replace("ss", "ß") for way in ways if "ss" in way]
    return min([*ways, word] if len(word) <= _SHORT_CHARS else ways, key=count)


def _is_abbreviation(word: str, language: Language) -> bool:
    if _ABBREVIATION.fullmatch(word):
        return word not in _WORDS.get(language, ())
    if len(word) == 1:
        return language is Language.DE  # which has no words of one letter: "A 8"
    if any(char.isdigit() for char in word):
        return not word[0].isdigit()  # "A7", "G20"
    short = len(word) <= _SHORT_CHARS and _VOWELS.isdisjoint(word)
    return short or _NUMERAL.fullmatch(word) is not None
