"""Names of countries, peoples and cities that a translation lacks, and how some are put right.

A small model leaves names that it seldom read as they are ("Köln"), spells them its own way, or
takes others: Indonesian soldiers become Indian ones. The gazetteer knows what is right, of
territories, their people and large cities. What is left as it was or misspelt is corrected here;
what is missing altogether, :mod:`mtpipe.engines.renaming` decodes again.
"""

import re
from dataclasses import dataclass

from mtpipe.engines.joints import begins, capitalised, joined
from mtpipe.engines.misspelt import Misspelt, mentions, misspelt
from mtpipe.lexicon.gazetteer import Kind, Mention, gazetteer
from mtpipe.types import Direction, Language

__all__ = ["lost_names", "missing", "with_names"]

_CAPITAL_BEFORE = re.compile(r"([A-ZÀ-Þ]\w{3,}(?: (?:of|de|du|des|der|von))?) $")
_CAPITAL_BEHIND = re.compile(r" ([A-ZÀ-Þ]\w{2,})")
_ENGLISH_ISLAND = "Island"
"""Behind a name, it isn't Iceland's in German."""
# A noun right beside the name of a land, which then stands for an adjective; words that often
# follow or precede such names are none.
_BESIDE_ENGLISH = re.compile(
    r"\s(?!(?:and|are|were|was|has|had|have|will|would|can|could|may|might|must|should|shall|the|for|from|with|that"
    r"|which|whose?|where|when|while|since|after|before|into|onto|against|over|under|about|during|between|through|but"
    r"|because|also|not|than|then|there|still|now|yet|already|until|upon|within|without|did|does|including|alone"
    r"|itself|only|both|their|its|his|her|this|these|those|such)\b)[a-z]{3,}"
)
_BESIDE_GERMAN = re.compile(r"\s[A-ZÄÖÜ][a-zäöüß]{2,}")
_BESIDE_FRENCH = re.compile(
    r"\b(?!(?:dans|vers|avec|pour|sous|chez|selon|contre|entre|toute|envers|comme|outre|hors|quand|mais|sauf|cette"
    r"|notre|votre|leur|depuis|avant|après|voire|alors|donc|aussi|sans|dont|jusque|quelle)\s)[a-zà-ÿ]{4,}\s$"
)
_LEAST_IN_COMPOUND = 5
"""Characters of a name in a German compound; it may begin with it."""
# What counts as naming something although it names another: "holländisch" aside, usage differs.
_ALIKE = [
    {"land United Kingdom", "land England"},
    {"land United Kingdom", "land Scotland"},
    {"land South Korea", "land Korea"},
    {"land North Korea", "land Korea"},
    {"land Europe", "body EU"},
    {"land Saudi Arabia", "land Arabia"},
    {"land Soviet Union", "land Russia"},
    {"land United States", "land Latin America"},
    {"city Rome", "land Italy"},
    {"land Africa", "land North Africa"},
    {"land Africa", "land West Africa"},
    {"land Africa", "land East Africa"},
    {"land Europe", "land Eastern Europe"},
    {"land Europe", "land Western Europe"},
    {"land Asia", "land Southeast Asia"},
    {"land Asia", "land Central Asia"},
    {"land United States", "land South America"},
    {"land United States", "land Central America"},
    {"land United States", "land North America"},
]


def lost_names(source: str, target: str, direction: Direction) -> list[str]:
    """Names of the source that a translation lacks, as the source spells them.

    >>> from mtpipe.types import Direction, Language
    >>> lost_names("Das ist Polen.", "This is Holland.", Direction(Language.DE, Language.EN))
    ['Polen']
    """
    lost = missing(source, target, direction)
    return [source[mention.start : mention.end] for mention in lost]


def missing(source: str, target: str, direction: Direction) -> list[Mention]:
    """The same as mentions.

    Adjectives and peoples are missing as well where the translation has an unknown word like them
    ("nord-koreaniques"), or the land's name as it can't stand ("the South Korea president").
    """
    wanted = [
        mention
        for mention in mentions(source, direction.source)
        if mention.forms[0].kind not in (Kind.PERSON, Kind.BODY)
    ]
    if not wanted:
        return []
    language = direction.target
    there = _Names.of(target, language)
    return [
        mention
        for mention in wanted
        if not _is_part_of_name(mention, source, target)
        and (
            not there.has(mention)
            or (there.may_miss(mention) and _is_spoilt(mention, target, language))
        )
    ]


def with_names(source: str, target: str, direction: Direction) -> str:
    """A translation with names in its language that stand there in another, or misspelt.

    Only names that the translation lacks are looked for, and only what is no known name is
    replaced. Adjectives and peoples are written where their grammar shows.
    """
    language = direction.target
    for mention in mentions(source, direction.source):
        there = _Names.of(target, language)
        if _is_part_of_name(mention, source, target):
            continue
        if there.has(mention) and not there.may_miss(mention):
            continue
        near = misspelt(target, mention, language)
        right = near.right(target, mention, language) if near else None
        if near and right and not _is_of_another(near, mention, source, target):
            before = target[: near.start]
            if begins(before) and target[near.start].isupper():
                right = capitalised(right)
            target = joined(before, right, target[near.end :], language)
    return target


def _is_of_another(near: Misspelt, mention: Mention, source: str, target: str) -> bool:
    """Whether a word like a name stands in the source as it is, as part of something else."""
    word = target[near.start : near.end]
    return word != source[mention.start : mention.end] and word in source


def _is_part_of_name(mention: Mention, source: str, target: str) -> bool:
    """Whether a longer name that a mention is in ("Scottish Open") stands in the translation as it is."""
    if mention.forms[0].kind is Kind.PERSON:
        return False
    text = source[mention.start : mention.end]
    before = _CAPITAL_BEFORE.search(source, max(0, mention.start - 40), mention.start)
    if text == _ENGLISH_ISLAND and before:
        return True
    behind = _CAPITAL_BEHIND.match(source, mention.end)
    return (before is not None and f"{before[1]} {text}" in target) or (
        behind is not None and f"{text} {behind[1]}" in target
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """What a translation names.

    Attributes:
        target: the translation.
        language: of it.
        named: entities, and what counts as the same.
        by_people: entities that adjectives or people name.
    """

    target: str
    language: Language
    named: set[str]
    by_people: set[str]

    @classmethod
    def of(cls, target: str, language: Language) -> "_Names":
        """Look for the names."""
        forms = [form for mention in mentions(target, language) for form in mention.forms]
        named = {form.entity for form in forms}
        for pair in _ALIKE:
            if pair & named:
                named |= pair
        of_people = (Kind.ADJECTIVE, Kind.PEOPLE)
        return cls(target, language, named, {f.entity for f in forms if f.kind in of_people})

    def has(self, mention: Mention) -> bool:
        """Whether what a mention names is named, be it by another form."""
        return bool(mention.entities & self.named) or _is_in_compound(
            mention, self.target, self.language
        )

    def may_miss(self, mention: Mention) -> bool:
        """Whether an adjective or a people is named by another kind of form only."""
        kind = mention.forms[0].kind
        return kind in (Kind.ADJECTIVE, Kind.PEOPLE) and not mention.entities & self.by_people


def _is_spoilt(mention: Mention, target: str, language: Language) -> bool:
    """Whether a translation has an adjective or a people as no word, or as a noun that can't stand."""
    near = misspelt(target, mention, language)
    if near and near.like.kind is not Kind.NAME:
        return True
    if mention.forms[0].kind is not Kind.ADJECTIVE:
        return False
    entity = mention.forms[0].entity
    return any(
        entity in other.entities
        and other.forms[0].kind is Kind.NAME
        and _is_beside_noun(target, other, language)
        for other in mentions(target, language)
    )


def _is_beside_noun(target: str, mention: Mention, language: Language) -> bool:
    """Whether the name of a land stands as an adjective would: "South Korea president"."""
    if language is Language.FR:
        return bool(_BESIDE_FRENCH.search(target[: mention.start]))
    pattern = _BESIDE_GERMAN if language is Language.DE else _BESIDE_ENGLISH
    return bool(pattern.match(target, mention.end))


def _is_in_compound(mention: Mention, target: str, language: Language) -> bool:
    """Whether a German word has the name in it: "Indonesienforscher", "Nordestland"."""
    if language is not Language.DE:
        return False
    table = gazetteer()
    text = target.lower()
    for entity in mention.entities:
        for kind, before in ((Kind.NAME, ""), (Kind.ADJECTIVE, r"\b")):
            form = table.written(language, entity, kind)
            if form and len(form.text) >= _LEAST_IN_COMPOUND:
                begin = before if len(form.text) > _LEAST_IN_COMPOUND else r"\b"
                if re.search(f"{begin}{re.escape(form.text.lower())}", text):
                    return True
    return False
