"""What must not go through a model at all, and what is wrong with what came out of one.

Models make nonsense of input that isn't language; what has no word in it is copied instead. Of
other input, menu lines above all, they sometimes make a loop, an empty echo or something else
altogether. Here that is only found; :mod:`mtpipe.engines.repair` decides what is done about it.

The checks compare texts and ask for certainty: what German, English and French newspapers print
has to pass (``data/benchmarks/flagged_references.py``). They know no language themselves, and don't
find wrong translations that look right.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from mtpipe.engines.names import lost_names
from mtpipe.literals import address_spans
from mtpipe.types import Direction, Problem

Identify = Callable[[str], tuple[str, float]]
"""Tells the likeliest language of a text, as ISO 639-1 code, and its probability."""

_CLOSING = re.compile(r"[^\w\s]*")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+(?:[.,:\u202f\u00a0\u2009 ’']\d{3}(?!\d))*(?:[.,:]\d+)?")
_IN_WORDS = re.compile(
    r"zehn|zwanzig|(?:drei|vier|fünf|sech|sieb|acht|neun)\w{0,4}[zß]ig|hundert|tausend|million|milliard|mrd|mio"
    r"|drei(?:ß|ss)ig|halb|viertel|half past|quarter|\bdemie?\b|\bquarts?\b|dix-|septant|huitant|octant|nonant"
    r"|dutzend|jahrhundert|jahrzehnt|\b(?:thir|four|fif|six|seven|eigh|nine)teen|twent|thirt|fort[yi]"
    r"|fift|sixt|sevent|eight[yi]|ninet|hundred|thousand|billion|dozen|centur|decade|\b(?:treize|quatorze"
    r"|quinz|seize|vingt|trent|quarant|cinquant|soixant|cent|mille|million|milliard|douzain|siècle"
    r"|décenn)|\d\s?(?:k|m|bn|mn)\b",
    re.IGNORECASE,
)
_NOT_DIGIT = re.compile(r"\D+")
_RUN = re.compile(r"\d+")
_TIME = re.compile(r"(\d{1,2})[:.](\d\d)")
_NUMERAL = re.compile(r"\b[IVX]{2,5}(?=e|ème|th|\b)")
_ROMAN = {
    "XIII": "13",
    "XIV": "14",
    "XV": "15",
    "XVI": "16",
    "XVII": "17",
    "XVIII": "18",
    "XIX": "19",
    "XX": "20",
    "XXI": "21",
}
# Up to twelve characters, six times over ("aaaaaa", but not a line of dots), or several letters
# four times ("embeddedededed").
_STUTTER = re.compile(r"(?=\w)(\S{1,12}?)\1{5}|([^\W\d_]{2,12}?)\2{3}")

_FOREIGN_CHARS, _FOREIGN_PROB = 50, 0.8
_IDENTIFIED_CHARS = 120
"""Of more, identification takes longer and gets no better."""

_LOOP_WORDS = 12
"""The longest loop that is looked for, in words."""


def is_translatable(segment: str) -> bool:
    """Whether a segment has a word in it: a letter outside web and mail addresses.

    >>> [is_translatable(text) for text in ("Guten Tag", "12.000", "https://example.org/a")]
    [True, False, False]
    """
    if segment.isascii() and segment.isalpha():
        return True
    return any(map(str.isalpha, _without_addresses(segment)))


def problems(
    source: str,
    target: str,
    *,
    truncated: bool = False,
    misplaced: bool = False,
    direction: Direction | None = None,
    identify: Identify | None = None,
) -> tuple[Problem, ...]:
    """Everything that is evidently wrong with a translation.

    Args:
        source: one segment.
        target: its translation.
        truncated: whether decoding ended at the length limit.
        misplaced: whether something of the source was put where it may not belong.
        direction: of the translation; None where the language doesn't matter.
        identify: identifies languages; without it, a wrong one isn't found.
    """
    foreign = direction and identify and is_foreign(source, target, direction, identify)
    found = (
        (Problem.REPETITION, is_looping(source, target)),
        (Problem.TRUNCATED, truncated),
        (Problem.COPIED, is_copied(source, target)),
        (Problem.LANGUAGE, foreign),
        (Problem.LENGTH, is_off_length(source, target)),
        (Problem.NUMBERS, bool(lost_numbers(source, target) or new_numbers(source, target))),
        (Problem.ADDRESSES, bool(lost_addresses(source, target))),
        (Problem.GARBLED, misplaced or is_garbled(source, target)),
        (Problem.NAMES, bool(direction and lost_names(source, target, direction))),
    )
    return tuple(problem for problem, is_so in found if is_so)


def is_looping(source: str, target: str) -> bool:
    """Whether a translation says something over and over that the source doesn't.

    Something is one word four times in a row, several words three times, part of a word four
    times, or a long text of few different words.
    """
    source_words, target_words = _words(source), _words(target)
    for length in range(1, min(_LOOP_WORDS, len(target_words) // 3) + 1):
        times = _times_in_a_row(target_words, length)
        if times >= (4 if length == 1 else 3) and times > _times_in_a_row(source_words, length):
            return True
    # Signs as well: "| | | |".
    times = _times_in_a_row(target.split(), 1)
    if times >= 4 and times > _times_in_a_row(source.split(), 1):
        return True
    if _STUTTER.search(target) and not _STUTTER.search(source):
        return True
    return (
        len(target_words) >= 20
        and _variety(target_words) < 0.4
        and _variety(target_words) < 0.7 * _variety(source_words)
    )


def is_copied(source: str, target: str) -> bool:
    """Whether four or more common words of the source stand in the translation unchanged.

    Common words are those in lower case with four letters or more; they have to be most of the
    translation's. Names and quoted titles are no copies. In a headline in capitals all words
    of four letters or more count, and three are enough.
    """
    is_upper = source.isupper() and target.isupper()
    least = 3 if is_upper else 4
    if is_upper:
        source, target = source.lower(), target.lower()
    taken = _common_words(target)
    both = taken & _common_words(source)
    return both.total() >= least and both.total() > 0.7 * taken.total()


def is_foreign(source: str, target: str, direction: Direction, identify: Identify) -> bool:
    """Whether a translation of some length is certainly in another language than it should be.

    Where the source isn't in its own language either (a quotation, a list of names), nothing can
    be said.
    """
    if len(target) < _FOREIGN_CHARS or len(source) < _FOREIGN_CHARS:
        return False
    language, prob = identify(target[:_IDENTIFIED_CHARS])
    if language == direction.target or prob < _FOREIGN_PROB:
        return False
    return identify(source[:_IDENTIFIED_CHARS])[0] == direction.source


def is_off_length(source: str, target: str) -> bool:
    """Whether a translation is longer or shorter than any translation would be.

    Between the three languages, nineteen of twenty sentences keep within 0.7 to 1.5 times the
    characters; the bounds are far outside, and further for short texts.
    """
    longest = 2.5 * len(source) + 30
    shortest = 0.35 * len(source) - 10
    return not shortest <= len(target) <= longest or (bool(source.strip()) and not target.strip())


def lost_numbers(source: str, target: str) -> list[str]:
    """Numbers of the source that the translation lacks, as digits.

    Punctuation of numbers, spelt-out numbers up to twelve, the twelve-hour clock, decades ("80er
    Jahre", "années 1980"), centuries ("XIXe siècle") and thousands as a word are allowed for.
    """
    wanted = [number for number in _NUMBER.findall(_without_addresses(source)) if _is_large(number)]
    if not wanted:
        return []
    there = {_digits(number) for number in _NUMBER.findall(target)} | set(_RUN.findall(target))
    there |= {_ROMAN[numeral] for numeral in _NUMERAL.findall(target) if numeral in _ROMAN}
    return [_digits(number) for number in wanted if there.isdisjoint(_readings(number))]


def new_numbers(source: str, target: str) -> list[str]:
    """Numbers of the translation that the source lacks, or has less often, as digits.

    Where the source has any in words from thirteen on, or in Roman figures, nothing can be said.
    """
    written = [
        number for number in _NUMBER.findall(_without_addresses(target)) if _is_large(number)
    ]
    if not written or _IN_WORDS.search(source) or _NUMERAL.search(source):
        return []
    numbers = _NUMBER.findall(_without_addresses(source))
    there = [{*_readings(number), *_RUN.findall(number)} for number in numbers]
    runs = {run.lstrip("0") for number in numbers for run in _RUN.findall(number)}
    new: list[str] = []
    for number, times in Counter(written).items():
        parts = _RUN.findall(number)
        if len(parts) > 1 and all(part.lstrip("0") in runs for part in parts):
            continue  # "3-1" and "3:1", "14h45" and "14.45"
        readings = set(_readings(number))
        given = sum(not readings.isdisjoint(known) for known in there)
        new += [_digits(number)] * (times - given)
    return new


def lost_addresses(source: str, target: str) -> list[str]:
    """Web and mail addresses of the source that the translation lacks."""
    return [address for address in _addresses(source) if address not in target]


def is_garbled(source: str, target: str) -> bool:
    """Whether a translation has bytes in it that are no characters, and the source hasn't."""
    return "\ufffd" in target and "\ufffd" not in source


def apart(text: str) -> list[str]:
    """A text cut before and behind its addresses, each with the punctuation directly behind it."""
    cuts = [0]
    for start, end in address_spans(text):
        closed = _CLOSING.match(text, end)
        cuts += (max(start, cuts[-1]), closed.end() if closed else end)
    pieces = (text[start:end].strip() for start, end in pairwise((*cuts, len(text))))
    return [piece for piece in pieces if piece]


def with_addresses(source: str, target: str) -> str:
    """A translation with the addresses of the source in place of what a model made of them.

    Those that are right stay where they are: languages differ in what comes first. Unchanged
    where there are more or fewer of them.
    """
    wanted, spans = _addresses(source), address_spans(target)
    there = [target[start:end] for start, end in spans]
    if len(wanted) != len(there):
        return target
    parts: list[str] = []
    position = 0
    for lost, made_up in zip(_surplus(wanted, there), _surplus(there, wanted), strict=True):
        start, end = spans[made_up]
        parts += (target[position:start], wanted[lost])
        position = end
    return "".join([*parts, target[position:]])


def _surplus(these: list[str], others: list[str]) -> list[int]:
    """Places of what these have more often than as many others have, in order."""
    left = Counter(these) - Counter(others)
    places = []
    for place, (this, other) in enumerate(zip(these, others, strict=True)):
        if this != other and left[this] > 0:
            left[this] -= 1
            places.append(place)
    return places


def _addresses(text: str) -> list[str]:
    return [text[start:end] for start, end in address_spans(text)]


def _without_addresses(text: str) -> str:
    spans = address_spans(text)
    behind = [0, *(end for _, end in spans)]
    before = [*(start for start, _ in spans), len(text)]
    return "".join(text[start:end] for start, end in zip(behind, before, strict=True))


def _is_large(number: str) -> bool:
    return _small(_digits(number)) > 12


def _readings(number: str) -> Iterator[str]:
    """The digits that a number may have in another language."""
    digits = _digits(number)
    yield digits
    if digits.endswith("000") or len(digits) < len(number):
        yield digits.rstrip("0")  # "3 Mio.", "2,5 millions"
    if len(digits) == 4 and digits.endswith("0"):
        yield digits[2:]  # decades
    if len(digits) == 2:
        yield from (f"{century}{digits}" for century in (18, 19, 20))
    if time := _TIME.fullmatch(number):
        hour, minutes = int(time[1]), time[2]
        for other in (hour, hour - 12, hour + 12):
            yield f"{other}{minutes}"
            yield str(other) if minutes == "00" else ""
    if (hour := _small(digits)) <= 24:
        yield str(hour - 12)


def _digits(number: str) -> str:
    return _NOT_DIGIT.sub("", number)


def _small(digits: str) -> int:
    """The number, or 100 for any larger one: Python refuses thousands of digits."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= 2 else 100


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _common_words(text: str) -> Counter[str]:
    words = _WORD.findall(_without_addresses(text))
    return Counter(word for word in words if len(word) >= 4 and word.islower())


def _variety(words: list[str]) -> float:
    return len(set(words)) / len(words) if words else 1.0


def _times_in_a_row(words: list[str], length: int) -> int:
    """How often any ``length`` words stand in a row, once without a repetition."""
    most = run = 0
    for position in range(length, len(words)):
        run = run + 1 if words[position] == words[position - length] else 0
        most = max(most, run)
    return most // length + 1
