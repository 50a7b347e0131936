"""What a model can't write is withheld from it, and put back where it stood.

Emoji, signs and words in other scripts come out of a model as nonsense, often with hallucinated
words around them: it has no pieces for them, or bytes that it never learnt to put together. Signs
at either end of a segment are cut off; for everything else a stand-in goes to the model that it
copies like a part number. Put into 33 sentences in six directions, the starter kept "AB12" in 32,
"999" in 32, "XX" in 31, "▸" in 23, "#" in 21, "→" and "§" in none. Where a stand-in gets lost, what it stood for is put
where it stood in proportion.

Words with Latin letters that a model lacks ("Łódź", "Çankırı") are names, and withheld as well;
what German, English and French are written with never is. So are addresses, file names and the
like, which models spell anew, and what has raised or lowered figures ("10³", "H₂O"), which a
model's tokenizer takes for usual ones.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache
from itertools import cycle

from mtpipe.engines.safety import is_translatable
from mtpipe.literals import literal_spans

__all__ = ["Withheld", "inner", "withhold"]

_STAND_INS = ("AB12", "GH78", "EF56", "XK12", "JK31", "BX40")
# Nearly all text has nothing else, and is done with by one look at it.
_SUSPECT = re.compile(
    "[^\x00-\x7f\xa0\xa3\xaa\xab\xad\xb0\xb4\xb7\xba\xbb\xc0-\xd6\xd8-\xf6\xf8-\xff\u0152\u0153\u0178\u02b0-\u02ff"
    "\u0300-\u036f\u2000-\u201f\u2026-\u202f\u2032-\u203a€]"
)
# Between two withheld stretches there may be no more than this, so that they are one.
_GAP = re.compile(r"[\s'’.,·、，・-]{0,2}")
_END_CHARS = ' \u00a0\u202f.!?…»”“"’)'
_NUMBERED = re.compile(r"\s?\d+[a-z]?\b")
_JOINER, _KEYCAP = "\u200d", "\u20e3"
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
"""Invisible letters that say whose a flag is: Scotland's, Wales's, England's."""
_LEAD = re.compile(r"(?:[–—•▪‣●*·-]\s+)+(?=\S)")
"""A dash of speech or a bullet, which models leave out or make a hyphen of."""
_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ₀₁₂₃₄₅₆₇₈₉₊₋")
_UNIT_CHARS = 3
"""Of what a raised figure belongs to ("km²", "CO₂"); behind a longer word it refers to a note."""
_SIGNS = f"§¶†‡•‰※{_KEYCAP}"
_MARKS_FROM = "\u2100"
"""From this character on, signs are withheld even if a model has pieces for them, which says
little ("→" above); so is every letter of another script."""
_ALWAYS = "§¶†‡"
"""These as well."""


class _Kind(Enum):
    """Kinds of characters that a model may be unable to write."""

    SIGN = auto()
    LATIN = auto()
    FOREIGN = auto()


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch of a segment that is withheld: where it stands, and whether it is part of a word."""

    start: int
    end: int
    is_sign: bool


@dataclass(frozen=True, slots=True)
class StandIn:
    """What goes to the model in place of something else.

    Attributes:
        name: a word that models copy.
        content: what it stands for.
        place: where it stands in the segment, 0 to 1.
        touches: whether the content has a word directly before and behind it; the name hasn't.
    """

    name: str
    content: str
    place: float
    touches: tuple[bool, bool]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A segment without what was withheld.

    Attributes:
        text: goes to the model; empty if nothing is left that could be translated.
        head: of the segment, in front of ``text``.
        tail: behind it.
        stand_ins: in the text, in order.
        last: signs in front of the punctuation that ends the text, which hasn't them.
    """

    text: str
    head: str = ""
    tail: str = ""
    stand_ins: tuple[StandIn, ...] = ()
    last: str = ""

    def restored(self, target: str) -> tuple[str, bool]:
        """A translation of ``text`` with everything in its place.

        Returns:
            The translation, and whether every stand-in was found in it.
        """
        if not self.text:
            return self.head, True
        waiting = list(self.stand_ins)

        def put_back(match: re.Match[str]) -> str:
            for number, stand_in in enumerate(waiting):
                if stand_in.name == match[2].upper():
                    del waiting[number]
                    before, behind = stand_in.touches
                    return (
                        ("" if before else match[1])
                        + stand_in.content
                        + ("" if behind else match[3])
                    )
            return match[1]  # the model said it twice

        if waiting:
            names = "|".join(dict.fromkeys(stand_in.name for stand_in in waiting))
            target = re.sub(rf"( ?)({names})(?!\d)( ?)", put_back, target, flags=re.IGNORECASE)
        # Where pieces around an address were translated by themselves, it is there already.
        there = {
            content: target.count(content) for content in {one.content for one in self.stand_ins}
        }
        put_back_already = Counter(one.content for one in self.stand_ins if one not in waiting)
        for stand_in in list(waiting):
            if there[stand_in.content] > put_back_already[stand_in.content]:
                put_back_already[stand_in.content] += 1
                waiting.remove(stand_in)
        for stand_in in waiting:
            words = target.split(" ")
            words.insert(round(stand_in.place * len(words)), stand_in.content)
            target = " ".join(words)
        if self.last:
            end = len(target.rstrip(_END_CHARS))
            target = f"{target[:end]}{self.last}{target[end:]}"
        return f"{self.head}{target}{self.tail}", not waiting


def inner(segment: str, withheld: Withheld | None) -> str:
    """A segment without what stays in front of and behind its translation, all else in it."""
    if withheld is None or not withheld.text:
        return segment
    end = len(segment) - len(withheld.tail)
    kept = segment[len(withheld.head) : end]
    return kept.replace(withheld.last, "") if withheld.last else kept


def withhold(segment: str, is_writable: Callable[[str], bool]) -> Withheld | None:
    """A segment without what a model can't write; None if it can write everything.

    Args:
        segment: to be translated.
        is_writable: whether the model has pieces for a character.
    """
    if lead := _LEAD.match(segment):
        rest = segment[lead.end() :]
        behind = withhold(rest, is_writable) or Withheld(rest)
        if not behind.text or not is_translatable(rest):
            return Withheld("", segment)
        return replace(behind, head=lead[0] + behind.head)
    literals = [_Run(start, end, is_sign=False) for start, end in literal_spans(segment)]
    if not literals and not _SUSPECT.search(segment):
        return None
    runs = list(_joined(segment, _in_order([*literals, *_found(segment, is_writable)])))
    if not runs:
        return None
    start, end = 0, len(segment)
    if runs[0].is_sign and not segment[: runs[0].start].strip():
        start = _past_spaces(segment, runs.pop(0).end)
    if runs and runs[-1].is_sign and not segment[runs[-1].end :].strip():
        end = len(segment[: runs.pop().start].rstrip())
    # Signs before the last full stop would be words to the model: "das ist verboten AB12."
    last, rest = "", segment[:end]
    if runs and runs[-1].is_sign and not segment[runs[-1].end : end].strip(_END_CHARS):
        cut = len(segment[: runs[-1].start].rstrip())
        if segment[cut - 1 : cut].isalnum():
            last = segment[cut : runs[-1].end]
            rest = segment[:cut] + segment[runs.pop().end : end]
    free = [name for name in _STAND_INS if name not in segment.upper()] or list(_STAND_INS)
    parts: list[str] = []
    stand_ins: list[StandIn] = []
    position = start
    for run, name in zip(runs, cycle(free), strict=False):
        touches = (
            run.start > start and segment[run.start - 1].isalnum(),
            run.end < end and segment[run.end].isalnum(),
        )
        parts += [segment[position : run.start], " " * touches[0], name, " " * touches[1]]
        place = (run.start - start) / (end - start)
        stand_ins.append(StandIn(name, segment[run.start : run.end], place, touches))
        position = run.end
    text = words = "".join([*parts, rest[position:]])
    for stand_in in stand_ins:
        words = words.replace(stand_in.name, " ", 1)
    if not is_translatable(words):
        return Withheld("", segment)
    return Withheld(text, segment[:start], segment[end:], tuple(stand_ins), last)


def _found(segment: str, is_writable: Callable[[str], bool]) -> Iterator[_Run]:
    """Every stretch that is withheld; they may touch."""
    end = 0
    for match in _SUSPECT.finditer(segment):
        if match.start() < end:
            continue
        if (char := match[0]) in _RAISED:
            run = _raised(segment, match.start(), end)
            end = run.end
            yield run
            continue
        kind = _kind(char)
        if not kind:
            continue
        is_sign = kind is _Kind.SIGN
        is_lost = char in _ALWAYS or char >= _MARKS_FROM if is_sign else kind is _Kind.FOREIGN
        if not is_lost and is_writable(char):
            continue
        start, end = match.start(), match.end()
        if char == _KEYCAP:  # is drawn around what it follows
            start = max(0, start - (2 if segment[start - 1 : start] == "\ufe0f" else 1))
        if not is_sign:  # the whole word
            while start > 0 and segment[start - 1].isalnum():
                start -= 1
        while end < len(segment) and (
            _is_attached(segment[end]) or (not is_sign and segment[end].isalnum())
        ):
            end += 1
        if char in "§№" and (number := _NUMBERED.match(segment, end)):
            end, is_sign = number.end(), False
        yield _Run(start, end, is_sign)


def _raised(segment: str, position: int, least: int) -> _Run:
    """Raised or lowered figures with the number or the unit that they belong to.

    Args:
        segment: in which they stand.
        position: of the first.
        least: where the last run ended.
    """
    start = end = position
    while end < len(segment) and segment[end] in _RAISED:
        end += 1
    while start > least and (segment[start - 1].isalnum() or segment[start - 1] in "€$£%°"):
        start -= 1
    owner = segment[start:position]
    if len(owner) > _UNIT_CHARS and not owner.isdigit():
        return _Run(position, end, is_sign=False)
    while end < len(segment) and segment[end].isalnum() and len(owner) > 0:  # H₂O, CO₂e
        end += 1
    return _Run(start, end, is_sign=False)


def _in_order(runs: list[_Run]) -> Iterator[_Run]:
    """By their place; those within others left out."""
    end = 0
    for run in sorted(runs, key=lambda run: (run.start, -run.end)):
        if run.start >= end:
            end = run.end
            yield run


def _joined(segment: str, runs: Iterator[_Run]) -> Iterator[_Run]:
    """Those that only signs or spaces part as one."""
    last: _Run | None = None
    for run in runs:
        if last and _GAP.fullmatch(segment, last.end, run.start):
            last = _Run(last.start, run.end, last.is_sign and run.is_sign)
            continue
        if last:
            yield last
        last = run
    if last:
        yield last


def _past_spaces(segment: str, position: int) -> int:
    return len(segment) - len(segment[position:].lstrip())


def _is_attached(char: str) -> bool:
    """Whether a character belongs to the one before it, as accents do, and joiners and tags of emoji."""
    return not char.isascii() and (
        char == _JOINER or char in _TAGS or unicodedata.category(char)[0] == "M"
    )


@cache
def _kind(char: str) -> _Kind | None:
    """What a character is; None for marks, punctuation and whatever models read as Latin."""
    category = unicodedata.category(char)
    if category[0] == "S" or category in ("No", "Co", "Cn") or char in _SIGNS:
        return _Kind.SIGN
    if category[0] not in "LN":
        return None
    # Tokenizers normalise, too: "𝐍" is an N.
    names = [unicodedata.name(each, "") for each in unicodedata.normalize("NFKC", char)]
    if any("LATIN" not in name and not name.startswith("DIGIT") for name in names):
        return _Kind.FOREIGN
    return _Kind.LATIN
