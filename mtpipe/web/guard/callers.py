"""Who asks, and what they may: values that keys, limits and routes share."""

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["ANYONE", "Caller", "KeyLimits", "Scope"]

ANYONE = "anyone"
"""The owner of all jobs where the server is for the one person on this machine."""


class Scope(StrEnum):
    """What a key is good for."""

    TRANSLATE = "translate"
    DETECT = "detect"
    ALIGN = "align"
    SCORE = "score"
    ARCHIVE_READ = "archive-read"
    ARCHIVE_WRITE = "archive-write"
    MODELS = "models"
    JOBS = "jobs"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """What a key may use up.

    Attributes:
        requests_per_minute: None for as many as the server's settings say.
        characters_per_day: of text to translate or to examine; None for any number.
    """

    requests_per_minute: int | None = None
    characters_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request comes from.

    Attributes:
        name: for people, in the log and on the pages.
        scopes: what they may do.
        limits: what they may use up.
        owner: whose jobs they see: ``anyone``, ``key:ID`` or ``address:ADDRESS``.
        has_key: whether they showed a key, or signed in with one.
    """

    name: str
    scopes: frozenset[Scope] = frozenset({Scope.ALL})
    limits: KeyLimits = field(default_factory=KeyLimits)
    owner: str = ANYONE
    has_key: bool = False

    @classmethod
    def anyone(cls) -> "Caller":
        """Whoever is at this machine, where no key is needed."""
        return cls(name=ANYONE)

    @classmethod
    def stranger(cls, address: str) -> "Caller":
        """Somebody at another machine, where no key is needed.

        The archive is everybody's, so it takes a key to change it.
        """
        owner = f"address:{address}"
        return cls(owner, frozenset(Scope) - {Scope.ALL, Scope.ARCHIVE_WRITE}, owner=owner)

    def may(self, scope: Scope) -> bool:
        """Whether the caller's scopes include one."""
        return scope in self.scopes or Scope.ALL in self.scopes
