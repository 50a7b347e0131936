"""Names that a translation spells its own way: which word is meant, and what is to be written.

Only words that are no known name are looked at, and only for names that the translation lacks:
what is merely like a name is left alone (:mod:`mtpipe.engines.names`).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mtpipe.lexicon.gazetteer import Form, Kind, Mention, gazetteer
from mtpipe.types import Language

__all__ = ["Misspelt", "mentions", "misspelt"]

_WORD = re.compile(r"[^\W\d_]+(?:[-‑][^\W\d_]+)*")
_GERMAN_ENDING = re.compile(r"(?:isch|tsch)(e|en|er|es|em)$")
_SEVERAL = ("s", "mp", "fp", "en", "ern", "innen")
"""Tags of forms that name more than one."""
_LEAST_CHARS = 5
"""Shorter words are too much like others."""
_MOST_CHARS = 2_000
"""Of a text in which names are looked for: whether one is missing says little where there are many."""
_LEAST_COPIED = 3
"""Of words that are left as they are in another language."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A word of a translation that is meant for a name.

    Attributes:
        start: of it.
        end: of it.
        like: the form of the name, in any language, that it is most like.
    """

    start: int
    end: int
    like: Form

    def right(self, target: str, mention: Mention, language: Language) -> Form | None:
        """What is to be written; None where the grammar doesn't show.

        Args:
            target: the translation.
            mention: of the name in the source.
            language: of the translation.
        """
        first, word = mention.forms[0], target[self.start : self.end]
        kind, tag = first.kind, ""
        if kind is Kind.OF_CITY:
            kind = Kind.NAME
        if kind is Kind.NAME and self.like.kind in (Kind.ADJECTIVE, Kind.PEOPLE):
            return None
        if kind in (Kind.ADJECTIVE, Kind.PEOPLE):
            found = self._tag(word, mention, kind, language)
            if found is None:
                return None
            tag = found
        table = gazetteer()
        written = table.written(language, first.entity, kind, tag)
        return written or table.written(language, first.entity, kind)

    def _tag(self, word: str, mention: Mention, kind: Kind, language: Language) -> str | None:
        """The grammar that an adjective or people is to have."""
        if language is Language.EN:
            tags = {form.tag for form in mention.forms} | {self.like.tag}
            is_several = word.endswith("s") or not tags.isdisjoint(_SEVERAL)
            return "s" if kind is Kind.PEOPLE and is_several else ""
        if language is Language.DE and kind is Kind.ADJECTIVE:
            ending = _GERMAN_ENDING.search(word)
            return ending[1] if ending else None
        return None


@lru_cache(maxsize=4096)
def mentions(text: str, language: Language) -> tuple[Mention, ...]:
    """The names in a text, none in one of many sentences; they are asked for several times in a row."""
    return tuple(gazetteer().find(text, language)) if len(text) <= _MOST_CHARS else ()


@lru_cache(maxsize=4096)
def misspelt(target: str, mention: Mention, language: Language) -> Misspelt | None:
    """What is most like a name among the words of a translation that are none."""
    if len(target) > _MOST_CHARS:
        return None
    known = [(one.start, one.end) for one in mentions(target, language)]
    best: Misspelt | None = None
    least = 0
    entity = mention.forms[0].entity
    for start, end in _spans(target, entity):
        if any(start < other_end and other_start < end for other_start, other_end in known):
            continue
        for form in gazetteer().forms(entity):
            distance = _distance(target[start:end], form.text)
            if distance is not None and (best is None or distance < least):
                least, best = distance, Misspelt(start, end, form)
    return best


def _spans(target: str, entity: str) -> Iterator[tuple[int, int]]:
    """Stretches of a text that may be a name: single words, and several where it has as many."""
    words = [(match.start(), match.end()) for match in _WORD.finditer(target)]
    lengths = {len(form.text.split()) for form in gazetteer().forms(entity)}
    for length in sorted(lengths):
        for first, last in zip(words, words[length - 1 :], strict=False):
            yield first[0], last[1]


def _distance(word: str, form: str) -> int | None:
    """How many edits make one of the other; None if too many."""
    if word == form:
        return 0 if len(word) >= _LEAST_COPIED else None
    word, form = _plain(word), _plain(form)
    longest = max(len(word), len(form))
    if min(len(word), len(form)) < _LEAST_CHARS or word[0] != form[0]:
        return None
    most = longest // 4
    if abs(len(word) - len(form)) > most:
        return None
    edits = _edits(word, form)
    return edits + 1 if edits <= most else None


@lru_cache(maxsize=65536)
def _plain(word: str) -> str:
    """A word without accents, capitals and hyphens."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in parts if char.isalpha())


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, wanted in enumerate(other, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (char != wanted)),
            )
    return row[-1]
