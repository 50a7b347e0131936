"""Which numbers and names of one article stand in another.

A table for readers, made by comparing spellings; what the scores are made from is measured
elsewhere. Numbers are compared by value, whatever their separators and clock; names by their
letters, so that a name which each language spells its own way counts as missing.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import regex as re

from mtpipe.types import Language

__all__ = ["Agreement", "Mention", "compare_names", "compare_numbers"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A number or name of one article.

    Attributes:
        text: as it stands where it comes first.
        count: how often it comes.
        elsewhere: how it stands in the other article; empty if it doesn't.
    """

    text: str
    count: int
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Both directions; None where an article's can't be told.

    Attributes:
        original: what stands in the original, in its order.
        candidate: what stands in the candidate.
    """

    original: tuple[Mention, ...] | None
    candidate: tuple[Mention, ...] | None

    @property
    def found(self) -> int:
        """How many of the original's stand in the candidate."""
        return sum(bool(mention.elsewhere) for mention in self.original or ())

    @property
    def added(self) -> tuple[Mention, ...]:
        """The candidate's that don't stand in the original."""
        return tuple(mention for mention in self.candidate or () if not mention.elsewhere)


@dataclass(frozen=True, slots=True)
class _Spot:
    """One occurrence: as it stands, and everything it may be compared by."""

    text: str
    keys: frozenset[str]


_NUMBER = re.compile(
    r"""(?<![\w.,-])
    (?:(?P<hour>\d{1,2})(?:\s?h\s?|[:.](?=\d\d\s?(?:[ap]\.?\s?m\b|uhr)|\d\d\b(?<=:\d\d)))(?P<minute>[0-5]\d)
    |(?P<number>\d{1,3}(?:[ \u00a0\u2009\u202f'’.,]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)
    )(?P<half>\s?[ap]\.?\s?m\b\.?|\s?(?:uhr|heures?|h)\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_GROUPS = re.compile(r"[ \u00a0\u2009\u202f'’]")

# Written out, in the order of their values from 2.
_WORDS = {
    Language.DE: "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    Language.EN: "two three four five six seven eight nine ten eleven twelve",
    Language.FR: "deux trois quatre cinq six sept huit neuf dix onze douze",
}
_VALUES = {
    language: {word: str(value) for value, word in enumerate(words.split(), 2)}
    for language, words in _WORDS.items()
}
_LETTERS = re.compile(r"[^\W\d_]++")


def compare_numbers(
    original: Sequence[str], candidate: Sequence[str], languages: tuple[Language, Language]
) -> Agreement:
    """Compare the numbers in figures; up to twelve, the other article may write them out.

    Args:
        original: its sentences.
        candidate: likewise.
        languages: of both, which decide what a comma or full stop between figures means.
    """
    sides = tuple(zip((original, candidate), languages, strict=True))
    first, second = (list(_numbers(*side)) for side in sides)
    first_words, second_words = (list(_written_out(*side)) for side in sides)
    return Agreement(
        _mentions(first, [*second, *second_words]), _mentions(second, [*first, *first_words])
    )


def compare_names(
    original: Sequence[str], candidate: Sequence[str], languages: tuple[Language, Language]
) -> Agreement:
    """Compare the words with a capital inside a sentence.

    German capitalises all nouns, so none are told in a German article; those of the other one are
    still looked for in it.
    """
    return Agreement(
        _name_mentions(_names(original), candidate) if languages[0] is not Language.DE else None,
        _name_mentions(_names(candidate), original) if languages[1] is not Language.DE else None,
    )


def _mentions(own: Sequence[_Spot], other: Iterable[_Spot]) -> tuple[Mention, ...]:
    """One mention for each of the different values of ``own``."""
    places: dict[str, str] = {}
    for spot in other:
        for key in spot.keys:
            places.setdefault(key, spot.text)
    first: dict[frozenset[str], _Spot] = {}
    counts: dict[frozenset[str], int] = {}
    for spot in own:
        first.setdefault(spot.keys, spot)
        counts[spot.keys] = counts.get(spot.keys, 0) + 1
    return tuple(
        Mention(
            spot.text,
            counts[keys],
            next((places[key] for key in sorted(keys, key=len, reverse=True) if key in places), ""),
        )
        for keys, spot in first.items()
    )


def _numbers(sentences: Iterable[str], language: Language) -> Iterator[_Spot]:
    for sentence in sentences:
        for match in _NUMBER.finditer(sentence):
            half = (match["half"] or "").casefold().replace(".", "").replace(" ", "").strip()
            if match["hour"]:
                keys = _clock(int(match["hour"]), match["minute"], half)
            else:
                value = _value(match["number"], language)
                keys = {value}
                if half and value.isdecimal() and len(value) <= 2 and int(value) < 25:
                    keys |= _clock(int(value), "00", half)
            yield _Spot(match[0].strip(), frozenset(keys))


def _clock(hour: int, minute: str, half: str) -> set[str]:
    """A time of day on the clock of 24 hours, and as it stands."""
    if half == "pm" and hour < 12:
        return {f"{hour + 12}:{minute}", f"{hour}:{minute}"}
    return {f"{0 if half == 'am' and hour == 12 else hour}:{minute}"}


def _value(number: str, language: Language) -> str:
    """``1 200``, ``1.200`` (de) and ``1,200`` (en) -> ``1200``; ``8,6`` (de, fr) -> ``8.6``."""
    number = _GROUPS.sub("", number)
    group, point = (",", ".") if language is Language.EN else (".", ",")
    whole, _, decimals = number.replace(group, "").partition(point)
    # In French a full stop may be a decimal point: 8.6; in any language 2.5.1 is no number.
    if re.fullmatch(rf"\d+[{re.escape(group)}]\d{{1,2}}", number):
        whole, _, decimals = number.partition(group)
    return f"{whole.lstrip('0') or '0'}.{decimals}" if decimals else whole.lstrip("0") or "0"


def _written_out(sentences: Iterable[str], language: Language) -> Iterator[_Spot]:
    values = _VALUES[language]
    for sentence in sentences:
        for match in _LETTERS.finditer(sentence):
            if value := values.get(match[0].casefold()):
                yield _Spot(match[0], frozenset({value}))


# A capital inside a sentence: not after a quote, a bracket, a colon, a bar or a full stop, which
# may be why it is there. A name goes on over spaces and hyphens: "Saint-Brice-le-Bas".
_NAME = re.compile(
    r"""(?<=[\w,;)\]’'][ \u00a0\u202f-]|\w['’-]|\b[MD]r?\.[ \u00a0])
    \p{Lu}\p{L}+(?:['’]\p{Lu}\p{L}+)?(?:[ \u00a0-]\p{Lu}\p{L}+|-\p{Ll}{1,3}(?=-\p{Lu}))*+""",
    re.VERBOSE,
)
_MIN_LETTERS = 3
_CLOSED = re.compile(r"[.!?…]\P{L}*+$")
_LONG_LOWER = re.compile(r"(?<!\p{L})\p{Ll}{5}")
# English writes them with a capital, and no other language keeps them.
_CALENDAR = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august"
    r"|(?:septem|octo|novem|decem)ber",
    re.IGNORECASE,
)


def _names(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        if not _CLOSED.search(sentence) and not _LONG_LOWER.search(sentence):
            continue  # a title with a capital on every word
        for match in _NAME.finditer(sentence):
            is_date = all(map(_CALENDAR.fullmatch, _LETTERS.findall(match[0])))
            if len(match[0]) >= _MIN_LETTERS and not is_date:
                yield match[0]


def _name_mentions(own: Iterable[str], other: Iterable[str]) -> tuple[Mention, ...]:
    """One mention for each of the different names; all the parts of a name have to be found."""
    places: dict[str, str] = {}
    whole = set()
    for sentence in other:
        whole.update(_NAME.findall(sentence))
        for word in _LETTERS.findall(sentence):
            if word[0].isupper():
                for key in _stems(_fold(word)):
                    places.setdefault(key, word)
    mentions: dict[str, Mention] = {}
    for name in own:
        key = _fold(name)
        if earlier := mentions.get(key):
            mentions[key] = replace(earlier, count=earlier.count + 1)
            continue
        words = [word for word in _LETTERS.findall(name) if not word.islower()]
        parts = [places.get(_fold(word), "") for word in words]
        elsewhere = name if name in whole else " ".join(parts) if all(parts) else ""
        mentions[key] = Mention(name, 1, elsewhere)
    return tuple(mentions.values())


def _stems(word: str) -> tuple[str, ...]:
    """The word by itself, and without the endings of a genitive or plural."""
    return word, word.removesuffix("s"), word.removesuffix("es")


def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
