"""The rules of the republication score: read, checked, and known by a hash.

A rule is data: an identifier, a sentence for people, languages, a weight, examples, and either a
pattern or the name of a check written in Python. Those that ship stand in ``rules.toml`` beside
this module, together with the parameters of the score; a user's file adds rules and families, and
may switch rules off. Not for applying them, see :mod:`mtpipe.detect.artefacts`.
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

from mtpipe.errors import ConfigError, UnsupportedDirection
from mtpipe.types import Language

__all__ = ["CHECKS", "PATTERN_TIMEOUT_S", "Card", "Rule", "Rules", "Scope", "load_rules"]

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
        "translation-proxy",
    }
)
"""What can't be said by a pattern; :mod:`mtpipe.detect.artefacts` knows the function of each."""

PATTERN_TIMEOUT_S = 0.5
"""A pattern that takes longer on one page is left out for it; those that ship take microseconds."""

_PATTERN_CHARS = 4_000
_PATTERN_SIZE = 20_000
_PARTS = regex.compile(
    r"(?P<plain>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<low>\d*),?(?P<high>\d*)\}|.",
    regex.DOTALL,
)
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
    """

    base_rate: float
    threshold: float
    further_place: float
    further_rule: float
    enough_words: int
    measured: str
    families: Mapping[str, float]


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
            limit for each new family, and ``disable``, a list of identifiers.

    Raises:
        ConfigError: a file can't be read or something in it is wrong; says which rule's.
    """
    paths = tuple(extra)
    if not paths:
        return _shipped()
    shipped = _shipped()
    digest = hashlib.sha256(shipped.signature.encode())
    rules, families = dict(shipped.rules), dict(shipped.card.families)
    for path in paths:
        data, table = _read(path)
        digest.update(data)
        if unknown := table.keys() - {"disable", "families", "rule"}:
            raise ConfigError(f"{path}: unknown {_listed(unknown)}", hint=_FILE_HINT)
        for name in _strings(table.get("disable", []), f"{path}: disable"):
            if name not in rules:
                raise ConfigError(f"{path}: disable: there is no rule {name!r}")
            del rules[name]
        families |= _families(table.get("families", {}), path)
        _add_rules(table, path, rules, families)
    card = replace(shipped.card, families=families, measured="")
    return Rules(rules, card, f"rules:{digest.hexdigest()[:12]}")


_FILE_HINT = "a file of rules has [[rule]], [families] and disable"


@cache
def _shipped() -> Rules:
    data, table = _read(BUILT_IN)
    families = _families(table["families"], BUILT_IN)
    rules: dict[str, Rule] = {}
    _add_rules(table, BUILT_IN, rules, families)
    return Rules(
        rules,
        Card(**table["score"], families=families),
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


def _families(table: object, path: Path) -> dict[str, float]:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: families isn't a table", hint="write [families]")
    return {
        name: _number(value, 0.0, _WEIGHT, f"{path}: families: {name}")
        for name, value in table.items()
    }


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
    if not isinstance(raw["description"], str) or not isinstance(raw.get("quoted", False), bool):
        raise ConfigError(f"{where}: description is a text, quoted is true or false")
    at_least = raw.get("at_least", 1)
    if not isinstance(at_least, int) or not 1 <= at_least <= 1000:
        raise ConfigError(f"{where}: at_least is a whole number from 1 on")
    rule = Rule(
        id=raw["id"],
        description=raw["description"],
        family=raw["family"],
        weight=_number(raw["weight"], -_WEIGHT, _WEIGHT, f"{where}: weight"),
        languages=frozenset(languages or Language),
        examples=_strings(raw["examples"], f"{where}: examples"),
        innocent=_strings(raw.get("innocent", []), f"{where}: innocent"),
        pattern=_pattern(raw.get("pattern"), f"{where}: pattern"),
        unless=_pattern(raw.get("unless"), f"{where}: unless"),
        check=check,
        scope=scope,
        quoted=raw.get("quoted", False),
        at_least=at_least,
    )
    _try_out(rule, where)
    return rule


_KNOWN = ", ".join(item.name for item in fields(Rule))


def _pattern(source: object, where: str) -> regex.Pattern[str] | None:
    if source is None:
        return None
    if not isinstance(source, str) or not 0 < len(source) <= _PATTERN_CHARS:
        raise ConfigError(f"{where}: not a text of 1 to {_PATTERN_CHARS:,} characters")
    if _unrolled(source) > _PATTERN_SIZE:
        raise ConfigError(f"{where}: repetitions within repetitions make it too large")
    try:
        compiled = regex.compile(source, regex.MULTILINE | regex.VERSION0)
    except (regex.error, RecursionError, OverflowError) as exc:
        raise ConfigError(
            f"{where}: {exc}", hint="write it between ''' ''' so that backslashes stay"
        ) from exc
    if compiled.match("") is not None:
        raise ConfigError(f"{where}: it matches the empty text")
    return compiled


def _unrolled(source: str) -> int:
    """How long a pattern is with its counted repetitions written out, as it is compiled."""
    sizes, last = [0], 0
    for part in _PARTS.finditer(source):
        if part["open"]:
            sizes.append(0)
            last = 0
        elif part["close"]:
            last = sizes.pop()
            sizes = sizes or [0]
            sizes[-1] += last
        elif count := part["high"] or part["low"]:
            times = int(count) if len(count) < 6 else _PATTERN_SIZE
            sizes[-1] += last * max(0, times - 1)
            last *= max(1, times)
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


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
