"""Giving a model a name that it knows in place of one that it doesn't, and taking it back.

For what a translation lacks, a well-known name of the same grammar goes to the model, "italienische
Truppen" in place of "indonesische"; its translation shows where the name belongs, and in which
form. What is missing, :mod:`mtpipe.engines.names` finds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtpipe.engines.joints import capitalised, is_noun, joined
from mtpipe.engines.misspelt import mentions, misspelt
from mtpipe.engines.names import missing
from mtpipe.lexicon.gazetteer import Form, Kind, Mention, gazetteer
from mtpipe.types import Direction

__all__ = ["Renamed", "renamed"]

_KNOWN = (
    "land Italy", "land Germany", "land France", "land Switzerland", "land Russia", "land United States",
    "land Iran", "land Iraq", "land Canada", "land Japan", "land Netherlands", "land Turkey",
    "land Portugal", "land Mexico", "land Ukraine", "city Paris", "city London", "city Berlin",
)  # fmt: skip
"""Names that models of any size know, those that have every form first."""


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A name that goes to the model, and the one that it stands for.

    Attributes:
        given: form of the former, in the source language.
        entity: that it stands for.
        kind: of form.
    """

    given: Form
    entity: str
    kind: Kind

    @property
    def known(self) -> str:
        """What the model gets the name of."""
        return self.given.entity


@dataclass(frozen=True, slots=True)
class Renamed:
    """A segment with other names in it.

    Attributes:
        text: goes to the model.
        exchanges: what stands for what.
        direction: of the translation.
    """

    text: str
    exchanges: tuple[_Exchange, ...]
    direction: Direction

    def restored(self, target: str) -> str | None:
        """A translation of ``text`` with the right names.

        Returns:
            None where a name can't be found in it, or is left in it misspelt.
        """
        by_known = {exchange.known: exchange for exchange in self.exchanges}
        language = self.direction.target
        waiting = set(by_known)
        for mention in reversed(mentions(target, language)):
            exchange = next(
                (by_known[form.entity] for form in mention.forms if form.entity in by_known), None
            )
            if exchange is None:
                continue
            form = _in_place_of(mention, exchange, target[: mention.start], self.direction)
            if form is None:
                return None
            waiting.discard(exchange.known)
            form = _spelt(form, target[mention.start : mention.end])
            target = joined(target[: mention.start], form, target[mention.end :], language)
        left = any(
            misspelt(target, Mention(0, 0, (exchange.given,)), language)
            for exchange in self.exchanges
        )
        return None if waiting or left else target


def renamed(source: str, target: str, direction: Direction, *, count: int = 2) -> list[Renamed]:
    """A segment with better-known names in place of those that its translation lacks.

    Args:
        source: the segment, as the model gets it.
        target: its translation.
        direction: of the translation.
        count: of ways at most, each with other names.

    Returns:
        Fewer, or none, where there are no names of the same grammar.
    """
    lost = {mention.forms[0].entity for mention in missing(source, target, direction)}
    if not lost:
        return []
    found = mentions(source, direction.source)
    taken = {
        entity
        for mention in (*found, *mentions(target, direction.target))
        for entity in mention.entities
    }
    exchanged = [mention for mention in found if mention.forms[0].entity in lost]
    ways: list[Renamed] = []
    for _ in range(count):
        way = _with_others(source, exchanged, taken, direction)
        if way is None:
            break
        ways.append(way)
        taken |= {exchange.known for exchange in way.exchanges}
    return ways


def _with_others(
    source: str, exchanged: Sequence[Mention], taken: set[str], direction: Direction
) -> Renamed | None:
    """The segment with each of some names exchanged; None if one can't be."""
    chosen: dict[str, _Exchange] = {}
    text, end = "", 0
    for mention in exchanged:
        entity = mention.forms[0].entity
        if entity in chosen:
            free = [chosen[entity].known]
        else:
            used = taken | {one.known for one in chosen.values()}
            free = [known for known in _KNOWN if known not in used]
            free.sort(key=lambda known: _sort(known) != _sort(entity))
        found = next(_fitting(mention, free, direction), None)
        if found is None:
            return None
        form = _spelt(found, source[mention.start : mention.end])
        chosen.setdefault(entity, _Exchange(form, entity, mention.forms[0].kind))
        text = joined(text + source[end : mention.start], form, "", direction.source)
        end = mention.end
    return Renamed(text + source[end:], tuple(chosen.values()), direction)


def _sort(entity: str) -> str:
    """Land or city."""
    return entity.partition(" ")[0]


def _spelt(form: Form, other: str) -> Form:
    """A form with a capital if another one has it, as it has where a sentence begins."""
    return form if other[0].islower() else capitalised(form)


def _fitting(mention: Mention, known: Sequence[str], direction: Direction) -> Iterator[Form]:
    """Forms of other names that have the same grammar in both languages."""
    table = gazetteer()
    wanted = mention.forms[0]
    if wanted.kind in (Kind.PERSON, Kind.BODY):
        return
    kind = Kind.NAME if wanted.kind is Kind.OF_CITY else wanted.kind
    for name in known:
        form = table.written(direction.source, name, wanted.kind, wanted.tag)
        if form is None or form.group != wanted.group:
            continue
        groups = {table.group(direction.target, one, kind) for one in (name, wanted.entity)}
        if len(groups) == 1:
            yield form


def _in_place_of(
    mention: Mention, exchange: _Exchange, before: str, direction: Direction
) -> Form | None:
    """The right name's form of the grammar that the other one has in a translation."""
    own = [form for form in mention.forms if form.entity == exchange.known]
    own.sort(key=lambda form: form.kind is not exchange.kind)
    table, language = gazetteer(), direction.target
    for form in own:
        kind = form.kind
        if kind is Kind.ADJECTIVE and exchange.kind is Kind.PEOPLE and is_noun(before, language):
            kind = Kind.PEOPLE
        if right := table.written(language, exchange.entity, kind, form.tag):
            return right
    return None
