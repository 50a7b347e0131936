"""The rules of the republication score: read, checked, and known by a hash.

A rule is data: an identifier, a sentence for people, languages, a weight, examples, and either a
pattern or the name of a check written in Python. Those that ship stand in ``rules.toml`` beside
this module, together with the parameters of the score; a user's file adds rules and families, and
may switch rules off. Not for applying them, see :mod:`mtpipe.detection.artefacts`.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import regex

from mtpipe.detection.patterns import PATTERN_TIMEOUT_S, compile_pattern
from mtpipe.errors import ConfigError, UnsupportedDirection
from mtpipe.types import Language

__all__ = ["CHECKS", "Card", "Rule", "Rules", "Scope", "load_rules"]

BUILT_IN = Path(__file__).with_name("rules.toml")

CHECKS = frozenset(
    {
        "author-named",
        "agency-author",
        "based-on-elsewhere",
        "declared-language",
        "earlier-than-original",
        "edition-of-original",
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

_WEIGHT = 10.0
_FILE_BYTES = 1_000_000


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The parameters of the score.

    Attributes:
        base_rate: probability of a page that shows nothing either way, 0..1.
        threshold: probability from which on the answer counts as yes.
        further_place: share of a place's weight that the next place of the same rule adds.
        further_rule: share of its weight that a rule adds behind a weightier one of its family.
        enough_words: with fewer words a page without artefacts has no probability.
        measured: what is known of false alarms, in words; empty where a user's rules change it.
        families: most that each family can add, in log-odds; for counter-evidence, take away.
        causes: by family, what brings about all that it finds, where another family's findings
            may have the same cause. Of the families of one cause the strongest counts.
    """

    base_rate: float
    threshold: float
    further_place: float
    further_rule: float
    enough_words: int
    measured: str
    families: Mapping[str, float]
    causes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules and parameters that belong together.

    Attributes:
        rules: by identifier, in the order of their files.
        card: the parameters.
        signature: a hash of all the files.
    """

    rules: Mapping[str, Rule]
    card: Card
    signature: str


def load_rules(extra: Iterable[Path] = ()) -> Rules:
    """The rules that ship, and those of further files.

    Args:
        extra: TOML files with ``[[rule]]`` tables like those that ship, ``[families]`` with a
            limit for each new family and perhaps a cause, and ``disable``, a list of identifiers.

    Raises:
        ConfigError: a file can't be read or something in it is wrong; says which rule's.
    """
    paths = tuple(extra)
    if not paths:
        return _shipped()
    shipped = _shipped()
    digest = hashlib.sha256(shipped.signature.encode())
    rules, families = dict(shipped.rules), dict(shipped.card.families)
    causes = dict(shipped.card.causes)
    for path in paths:
        data, table = _read(path)
        digest.update(data)
        if unknown := table.keys() - {"disable", "families", "rule"}:
            raise ConfigError(f"{path}: unknown {_listed(unknown)}", hint=_FILE_HINT)
        for name in _strings(table.get("disable", []), f"{path}: disable"):
            if name not in rules:
                raise ConfigError(f"{path}: disable: there is no rule {name!r}")
            del rules[name]
        limits, common = _families(table.get("families", {}), path)
        families |= limits
        causes = {name: cause for name, cause in causes.items() if name not in limits} | common
        _add_rules(table, path, rules, families)
    card = replace(shipped.card, families=families, causes=causes, measured="")
    return Rules(rules, card, f"rules:{digest.hexdigest()[:12]}")


_FILE_HINT = "a file of rules has [[rule]], [families] and disable"


@cache
def _shipped() -> Rules:
    data, table = _read(BUILT_IN)
    families, causes = _families(table["families"], BUILT_IN)
    rules: dict[str, Rule] = {}
    _add_rules(table, BUILT_IN, rules, families)
    return Rules(
        rules,
        Card(**table["score"], families=families, causes=causes),
        f"rules:{hashlib.sha256(data).hexdigest()[:12]}",
    )


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
        if len(data) > _FILE_BYTES:
            raise ConfigError(f"{path} is longer than {_FILE_BYTES:,} bytes")
        return data, tomllib.loads(data.decode("utf-8"))
    except OSError as exc:
        raise ConfigError(f"can't read {path}: {exc.strerror}") from exc
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"{path} is no TOML file: {exc}") from exc


def _families(table: object, path: Path) -> tuple[dict[str, float], dict[str, str]]:
    """The limit of each family, and the cause of those that have one."""
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: families isn't a table", hint="write [families]")
    limits, causes = {}, {}
    for name, value in table.items():
        where = f"{path}: families: {name}"
        if isinstance(value, dict):
            cause = value.get("cause")
            if value.keys() != {"most", "cause"} or not isinstance(cause, str) or not cause:
                raise ConfigError(
                    f"{where}: has to have a limit and a cause, and no more",
                    hint=f'{name} = {{ most = 1.2, cause = "a few words" }}, or {name} = 1.2',
                )
            causes[name], value = cause, value["most"]  # noqa: PLW2901
        limits[name] = _number(value, 0.0, _WEIGHT, where)
    return limits, causes


def _add_rules(
    table: Mapping[str, Any], path: Path, rules: dict[str, Rule], families: Mapping[str, float]
) -> None:
    raw_rules = table.get("rule", [])
    if not isinstance(raw_rules, list):
        raise ConfigError(f"{path}: rule isn't a list of tables", hint="write [[rule]]")
    for number, raw in enumerate(raw_rules, 1):
        name = raw.get("id") if isinstance(raw, dict) else None
        if not isinstance(name, str) or not regex.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
            raise ConfigError(
                f"{path}: rule number {number} has no valid id",
                hint='id = "lower-case-words"',
            )
        if name in rules:
            raise ConfigError(
                f"{path}: rule {name}: there is one of that id already",
                hint=f'to replace one that ships: disable = ["{name}"], and another id',
            )
        rules[name] = _rule(raw, f"{path}: rule {name}", families)


def _rule(raw: Mapping[str, Any], where: str, families: Mapping[str, float]) -> Rule:
    if unknown := raw.keys() - {item.name for item in fields(Rule)}:
        raise ConfigError(f"{where}: unknown {_listed(unknown)}", hint=f"known are {_KNOWN}")
    if missing := {"description", "family", "weight", "examples"} - raw.keys():
        raise ConfigError(f"{where}: lacks {_listed(missing)}")
    if bool(raw.get("pattern")) == bool(raw.get("check")):
        raise ConfigError(f"{where}: has to have either a pattern or a check")
    if (check := raw.get("check", "")) and (not isinstance(check, str) or check not in CHECKS):
        raise ConfigError(f"{where}: unknown check {check!r}", hint=f"known are {_listed(CHECKS)}")
    if not isinstance(raw["family"], str) or raw["family"] not in families:
        raise ConfigError(
            f"{where}: unknown family {raw['family']!r}",
            hint=f"known are {_listed(families)}; add another under [families] with its limit",
        )
    try:
        languages = [Language.parse(code) for code in _strings(raw.get("languages", []), where)]
        scope = Scope(raw.get("scope", Scope.TEXT))
    except UnsupportedDirection as exc:
        raise ConfigError(f"{where}: {exc}") from exc
    except ValueError as exc:
        raise ConfigError(f"{where}: {exc}", hint=f"scopes are {_listed(Scope)}") from exc
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
        weight=_number(raw["weight"], -_WEIGHT, _WEIGHT, f"{where}: weight"),
        languages=frozenset(languages or Language),
        examples=_strings(raw["examples"], f"{where}: examples"),
        innocent=_strings(raw.get("innocent", []), f"{where}: innocent"),
        pattern=compile_pattern(raw.get("pattern"), f"{where}: pattern"),
        unless=compile_pattern(raw.get("unless"), f"{where}: unless"),
        check=check,
        scope=scope,
        at_least=at_least,
        innocent_rate=rate
        if rate is None
        else _number(rate, 0.0, 1000.0, f"{where}: innocent_rate"),
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


def _number(value: object, least: float, most: float, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ConfigError(f"{where}: not a number from {least:g} to {most:g}")
    return float(value)


def _strings(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{where}: not a list of texts")
    return tuple(value)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
