"""One rule of the republication score: a pattern or a check, read from a table and tried out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import islice
from typing import Any

import regex

from mtpipe.detection.patterns import PATTERN_TIMEOUT_S, compile_pattern
from mtpipe.errors import ConfigError, UnsupportedDirection
from mtpipe.types import Language

__all__ = ["CHECKS", "MOST_WEIGHT", "Rule", "Scope", "listed", "number", "rule_of", "strings"]

CHECKS = frozenset(
    {
        "author-named",
        "agency-author",
        "based-on-elsewhere",
        "declared-language",
        "earlier-than-original",
        "edition-of-original",
        "foreign-caption",
        "foreign-paragraph",
        "leftover-words",
        "other-edition",
        "repeated-title",
        "same-clock-time",
        "section-of-original",
        "soon-after-original",
        "spaced-guillemets",
        "translation-proxy",
    }
)
"""What can't be said by a pattern; :mod:`mtpipe.detection.artefacts` knows the function of each."""

MOST_WEIGHT = 10.0
"""Log-odds that a rule or a family can have at most."""


class Scope(StrEnum):
    """Which blocks of a page a pattern is searched in.

    ``TEXT`` is the body, without blocks in another language. ``PAGE`` is furniture, and body
    blocks so short that they may be furniture that wasn't known as such. ``TAG`` is tags and
    navigation. In ``PAGE`` and ``TAG``, ``^`` and ``$`` are the ends of a block. ``MARKUP`` is no
    text but what translation tools left in the page's markup, an attribute a line
    (``html class="translated-ltr"``).
    """

    TEXT = "text"
    PAGE = "page"
    TAG = "tag"
    ANYWHERE = "anywhere"
    MARKUP = "markup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of artefact, or of counter-evidence.

    Attributes:
        id: unique; lower-case words joined by hyphens.
        description: one sentence for people, without a closing full stop.
        family: rules of one family say much the same, so that together they add little.
        weight: log-odds of the first place found; negative for counter-evidence.
        languages: of the candidates that it applies to.
        examples: wordings that it finds; of a check, wordings that show what it looks for.
        innocent: wordings that it must not find.
        pattern: of the ``regex`` package, with ``^`` and ``$`` at the ends of each block; None
            where there is a check.
        unless: a block in which this is found is left out.
        check: one of :data:`CHECKS`, or empty.
        scope: where the pattern is searched.
        quoted: whether words in quotation marks count, which are somebody else's.
        at_least: fewer places than that are none.
        supporting: whether it counts only beside another rule of its family that found something
            and isn't supporting itself: for words that tell nothing alone.
        notice: whether it finds notices of a translation; one that names the page's own language
            as the original's stands on the original and counts for nothing.
        innocent_rate: of 1,000 innocent pages, how many it was found on; None if not measured.
    """

    id: str
    description: str
    family: str
    weight: float
    languages: frozenset[Language] = frozenset(Language)
    examples: tuple[str, ...] = ()
    innocent: tuple[str, ...] = ()
    pattern: regex.Pattern[str] | None = None
    unless: regex.Pattern[str] | None = None
    check: str = ""
    scope: Scope = Scope.TEXT
    quoted: bool = False
    at_least: int = 1
    supporting: bool = False
    notice: bool = False
    innocent_rate: float | None = None


def rule_of(raw: Mapping[str, Any], where: str, families: Mapping[str, float]) -> Rule:
    """Read a rule from a table, and see that it does what its examples say.

    Args:
        raw: the table; its id is valid.
        where: begins the messages.
        families: that there are, with their limits.

    Raises:
        ConfigError: something in it is wrong.
    """
    if unknown := raw.keys() - {item.name for item in fields(Rule)}:
        raise ConfigError(f"{where}: unknown {listed(unknown)}", hint=f"known are {_KNOWN}")
    if missing := {"description", "family", "weight", "examples"} - raw.keys():
        raise ConfigError(f"{where}: lacks {listed(missing)}")
    if bool(raw.get("pattern")) == bool(raw.get("check")):
        raise ConfigError(f"{where}: has to have either a pattern or a check")
    if (check := raw.get("check", "")) and (not isinstance(check, str) or check not in CHECKS):
        raise ConfigError(f"{where}: unknown check {check!r}", hint=f"known are {listed(CHECKS)}")
    if not isinstance(raw["family"], str) or raw["family"] not in families:
        raise ConfigError(
            f"{where}: unknown family {raw['family']!r}",
            hint=f"known are {listed(families)}; add another under [families] with its limit",
        )
    try:
        languages = [Language.parse(code) for code in strings(raw.get("languages", []), where)]
        scope = Scope(raw.get("scope", Scope.TEXT))
    except UnsupportedDirection as exc:
        raise ConfigError(f"{where}: {exc}") from exc
    except ValueError as exc:
        raise ConfigError(f"{where}: {exc}", hint=f"scopes are {listed(Scope)}") from exc
    if not isinstance(raw["description"], str):
        raise ConfigError(f"{where}: description isn't a text")
    for name in _SWITCHES:
        if not isinstance(raw.get(name, False), bool):
            raise ConfigError(f"{where}: {name} is true or false")
    at_least = raw.get("at_least", 1)
    if not isinstance(at_least, int) or not 1 <= at_least <= 1000:
        raise ConfigError(f"{where}: at_least is a whole number from 1 on")
    rate = raw.get("innocent_rate")
    rule = Rule(
        id=raw["id"],
        description=raw["description"],
        family=raw["family"],
        weight=number(raw["weight"], -MOST_WEIGHT, MOST_WEIGHT, f"{where}: weight"),
        languages=frozenset(languages or Language),
        examples=strings(raw["examples"], f"{where}: examples"),
        innocent=strings(raw.get("innocent", []), f"{where}: innocent"),
        pattern=compile_pattern(raw.get("pattern"), f"{where}: pattern"),
        unless=compile_pattern(raw.get("unless"), f"{where}: unless"),
        check=check,
        scope=scope,
        at_least=at_least,
        innocent_rate=rate
        if rate is None
        else number(rate, 0.0, 1000.0, f"{where}: innocent_rate"),
        **{name: raw.get(name, False) for name in _SWITCHES},
    )
    _try_out(rule, where)
    return rule


_SWITCHES = ("quoted", "supporting", "notice")
_KNOWN = ", ".join(item.name for item in fields(Rule))


def _try_out(rule: Rule, where: str) -> None:
    """See that a pattern finds its examples, and not what it calls innocent."""
    if not rule.examples:
        raise ConfigError(f"{where}: no example", hint='examples = ["a wording it finds"]')
    for wanted, texts in ((True, rule.examples), (False, rule.innocent)):
        for text in texts:
            if rule.pattern is not None and _finds(rule, text, where) is not wanted:
                problem = "doesn't find its example" if wanted else "finds what it calls innocent:"
                raise ConfigError(f"{where}: {problem} {text!r}")


def _finds(rule: Rule, text: str, where: str) -> bool:
    assert rule.pattern is not None  # noqa: S101 - the caller's condition, for the type checker
    try:
        if rule.unless and rule.unless.search(text, timeout=PATTERN_TIMEOUT_S):
            return False
        hits = rule.pattern.finditer(text, timeout=PATTERN_TIMEOUT_S)
        return len(list(islice(hits, rule.at_least))) == rule.at_least
    except TimeoutError as exc:
        raise ConfigError(
            f"{where}: takes longer than {PATTERN_TIMEOUT_S} s on {text[:60]!r}",
            hint="repetitions within repetitions, as in (a+)+, are what takes so long",
        ) from exc


def number(value: object, least: float, most: float, where: str) -> float:
    """A number within limits.

    Raises:
        ConfigError: it isn't one; says where.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ConfigError(f"{where}: not a number from {least:g} to {most:g}")
    return float(value)


def strings(value: object, where: str) -> tuple[str, ...]:
    """A list of texts.

    Raises:
        ConfigError: it isn't one; says where.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: not a list of texts")
    return tuple(value)


def listed(names: Iterable[str]) -> str:
    """Names in alphabetical order, for messages."""
    return ", ".join(sorted(names))
