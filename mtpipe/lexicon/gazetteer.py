"""Names of countries, peoples, cities and persons, and what they are called in another language.

A table written by hand (``gazetteer.tsv``); a test compares it with the names of territories in
Unicode's CLDR. Not for words with other meanings besides: a name is found by its spelling alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Self

from mtpipe.lexicon.inflection import (
    english_people,
    french_adjective,
    french_people,
    german_adjective,
    german_of_city,
    german_people,
)
from mtpipe.types import Language

__all__ = ["Form", "Gazetteer", "Kind", "Mention", "gazetteer"]

GAZETTEER = Path(__file__).with_name("gazetteer.tsv")
WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[-‑\s'’.]{1,2}")  # words of one name
_NOUN_BEHIND = re.compile(
    r"\s(?!and|or|is|are|was|has|have|had|in|on|to|of|for|by|as|at|with)[^\W\d_]{2,}"
)
"""Of what may be a land or its adjective, as "US" is."""
_LANGUAGES = (Language.DE, Language.EN, Language.FR)


class Kind(StrEnum):
    """What a form is to what it names."""

    NAME = "name"
    ADJECTIVE = "adjective"
    PEOPLE = "people"
    OF_CITY = "of city"
    """Adjectives of cities, which English and French make with their names."""
    PERSON = "person"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to name something.

    Attributes:
        entity: what it names, by its English name.
        kind: of the form.
        tag: what its grammar is (number, gender, ending), comparable within a language and class.
        group: class of the name, within which one can stand for another: by the article that it
            takes, or by how it is declined.
        text: the form.
    """

    entity: str
    kind: Kind
    tag: str
    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text.

    Attributes:
        start: of it.
        end: of it.
        forms: what it may be, the likeliest first.
    """

    start: int
    end: int
    forms: tuple[Form, ...]

    @property
    def entities(self) -> set[str]:
        """What it may name."""
        return {form.entity for form in self.forms}


class Gazetteer:
    """The table, loaded.

    Args:
        rows: kind and columns of each entry, see the file.
    """

    def __init__(self, rows: Iterator[list[str]]) -> None:
        # By the first word: all words of the form, the form.
        self._by_word: dict[Language, dict[str, list[tuple[tuple[str, ...], Form]]]] = {
            language: {} for language in _LANGUAGES
        }
        self._written: dict[tuple[Language, str, Kind, str], Form] = {}
        self._groups: dict[tuple[Language, str, Kind], str] = {}
        self._forms: dict[str, list[Form]] = {}
        for row in rows:
            for language, form in _forms(row):
                self._add(language, form)
                if language is Language.FR and form.text[0] == "É":
                    self._add(language, replace(form, text=f"E{form.text[1:]}"))
        for words in self._by_word.values():
            for forms in words.values():
                forms.sort(key=lambda one: -len(one[0]))

    @classmethod
    def load(cls) -> Self:
        """The table that ships."""
        lines = GAZETTEER.read_text("utf-8").splitlines()
        return cls(line.split("\t") for line in lines if line and line[0] != "#")

    def _add(self, language: Language, form: Form) -> None:
        words = tuple(WORD.findall(form.text))
        self._by_word[language].setdefault(words[0], []).append((words, form))
        self._forms.setdefault(form.entity, []).append(form)
        self._groups.setdefault((language, form.entity, form.kind), form.group)
        self._written.setdefault((language, form.entity, form.kind, form.tag), form)

    def forms(self, entity: str) -> list[Form]:
        """All that names something, in any language."""
        return self._forms.get(entity, [])

    def written(self, language: Language, entity: str, kind: Kind, tag: str = "") -> Form | None:
        """The form to write; None where there is none of that grammar."""
        return self._written.get((language, entity, kind, tag))

    def group(self, language: Language, entity: str, kind: Kind) -> str | None:
        """The class of the form to write; None where there is none."""
        return self._groups.get((language, entity, kind))

    def find(self, text: str, language: Language) -> list[Mention]:
        """The names in a text, from left to right; of several at one place the longest."""
        known = self._by_word[language]
        words = [(match[0], match.start(), match.end()) for match in WORD.finditer(text)]
        found: list[Mention] = []
        behind = 0  # the last name
        for number, (word, start, _) in enumerate(words):
            if word not in known or number < behind:
                continue
            forms: list[Form] = []
            length = 0
            for name, form in known[word]:
                if length and len(name) < length:
                    break
                if _stands(name, number, words, text):
                    length = len(name)
                    forms.append(form)
            if forms:
                behind = number + length
                end = words[behind - 1][2]
                if forms[0].entity and text[end : end + 1] != "$":  # US$ 20
                    found.append(_mention(forms, start, end, text, language))
        return found


@cache
def gazetteer() -> Gazetteer:
    """The table that ships, loaded once."""
    return Gazetteer.load()


def _mention(forms: list[Form], start: int, end: int, text: str, language: Language) -> Mention:
    """A name that was found, with the full stop of an abbreviation."""
    if forms[0].text.endswith(".") and text[end : end + 1] == ".":
        end += 1
    if language is Language.EN and len(forms) > 1 and _NOUN_BEHIND.match(text, end):
        forms.sort(key=lambda form: form.kind is not Kind.ADJECTIVE)
    return Mention(start, end, tuple(forms))


def _stands(
    name: tuple[str, ...], number: int, words: list[tuple[str, int, int]], text: str
) -> bool:
    """Whether all words of a name stand one after the other from a place on."""
    if len(name) == 1:
        return True
    here = words[number : number + len(name)]
    return tuple(word for word, _, _ in here) == name and all(
        _BETWEEN.fullmatch(text, one[2], other[1]) for one, other in pairwise(here)
    )


def _forms(row: list[str]) -> Iterator[tuple[Language, Form]]:
    """The forms of an entry in all languages."""
    kind, *columns = row
    cells = [[name.strip() for name in column.split(",")] for column in columns]
    entity = "" if kind == "none" else f"{kind} {cells[1][0].split(':')[0]}"
    for language, names in zip(_LANGUAGES, cells, strict=False):
        for name in names:
            for form in _names(entity, kind, language, name):
                yield language, form
    if kind == "land":
        yield from _peoples(entity, cells[3:])


def _names(entity: str, kind: str, language: Language, cell: str) -> Iterator[Form]:
    """The forms of one name."""
    name, _, group = cell.partition(":")
    of = {"person": Kind.PERSON, "body": Kind.BODY}.get(kind, Kind.NAME)
    if language is Language.DE and name == "US":
        of = Kind.BODY  # begins compounds only, which translations word in other ways
    if not group and language is Language.FR and kind in ("land", "region"):
        group = "f" if name.split()[0].endswith("e") else "m"
    yield Form(entity, of, "", group, name)
    has_genitive = kind != "body" and group != "p" and name[-1] not in "sxzß"
    if language is Language.DE and has_genitive and of is not Kind.BODY:
        yield Form(entity, of, "s", group, f"{name}s")
    if language is Language.DE and kind == "city" and name != "Hamburg":  # Hamburger are eaten
        yield Form(entity, Kind.OF_CITY, "", "", german_of_city(name))


def _peoples(entity: str, cells: list[list[str]]) -> Iterator[tuple[Language, Form]]:
    """Adjectives and people of a land."""
    de, en, fr, de_people, en_people = cells
    for stem in de:
        for text, tag in german_adjective(stem):
            yield Language.DE, Form(entity, Kind.ADJECTIVE, tag, "", text)
    for name in de_people:
        group = next((end for end in ("er", "e") if name.endswith(end)), "other")
        for text, tag in german_people(name):
            yield Language.DE, Form(entity, Kind.PEOPLE, tag, group, text)
    for name in en:
        yield Language.EN, Form(entity, Kind.ADJECTIVE, "", "", name)
    for name in en_people:
        forms = list(english_people(name))
        for text, tag in forms:
            yield Language.EN, Form(entity, Kind.PEOPLE, tag, str(len(forms)), text)
    for name in fr:
        for text, tag in french_adjective(name):
            yield Language.FR, Form(entity, Kind.ADJECTIVE, tag, "", text)
            yield Language.FR, Form(entity, Kind.PEOPLE, tag, "", french_people(text))
