"""The rules of the republication score: read, checked, and known by a hash.

A rule is data: an identifier, a sentence for people, languages, a weight, examples, and either a
pattern or the name of a check written in Python. Those that ship stand in ``rules.toml`` beside
this module, together with the parameters of the score; a user's file adds rules and families, and
may switch rules off. Not for applying them, see :mod:`mtpipe.detection.artefacts`.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import regex

from mtpipe.detection.rule import CHECKS, MOST_WEIGHT, Rule, Scope, listed, number, rule_of, strings
from mtpipe.errors import ConfigError

__all__ = ["CHECKS", "Card", "Rule", "Rules", "Scope", "load_rules"]

BUILT_IN = Path(__file__).with_name("rules.toml")

_FILE_BYTES = 1_000_000


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
            raise ConfigError(f"{path}: unknown {listed(unknown)}", hint=_FILE_HINT)
        for name in strings(table.get("disable", []), f"{path}: disable"):
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
        limits[name] = number(value, 0.0, MOST_WEIGHT, where)
    return limits, causes


def _add_rules(
    table: Mapping[str, Any], path: Path, rules: dict[str, Rule], families: Mapping[str, float]
) -> None:
    raw_rules = table.get("rule", [])
    if not isinstance(raw_rules, list):
        raise ConfigError(f"{path}: rule isn't a list of tables", hint="write [[rule]]")
    for place, raw in enumerate(raw_rules, 1):
        name = raw.get("id") if isinstance(raw, dict) else None
        if not isinstance(name, str) or not regex.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
            raise ConfigError(
                f"{path}: rule number {place} has no valid id",
                hint='id = "lower-case-words"',
            )
        if name in rules:
            raise ConfigError(
                f"{path}: rule {name}: there is one of that id already",
                hint=f'to replace one that ships: disable = ["{name}"], and another id',
            )
        rules[name] = rule_of(raw, f"{path}: rule {name}", families)
