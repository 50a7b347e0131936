"""Keys of the server's users: made, listed and revoked by ``mtpipe serve``, looked up per request.

A key is 32 random bytes, so that a plain SHA-256 of it is enough to keep: nobody finds the key to
a hash by trying. The command and a running server may use one file at the same time; what is
revoked is refused from the next request on.
"""

import hashlib
import hmac
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from mtpipe.errors import InputError, OutputError
from mtpipe.web.guard.callers import Caller, KeyLimits, Scope

__all__ = ["KeyInfo", "KeyStore", "looks_like_key"]

_PREFIX = "mtp_"
_FORM = re.compile(r"mtp_[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"\w[\w .@+-]{0,62}")
_PATIENCE_S = 0.2
"""For the command that is writing; the event loop waits as well."""
_NOTE_EVERY_S = 60.0
"""When a key was last used needn't be known to the second, which would be a write a request."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL,
    requests_per_minute INTEGER, characters_per_day INTEGER, created TEXT NOT NULL, last_used TEXT
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key without the key.

    Attributes:
        id: the first digits of its hash.
        name: whose it is.
        scopes: what it is good for.
        limits: what it may use up.
        created: in UTC, ISO 8601.
        last_used: likewise, to the minute; None where it never was.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    limits: KeyLimits
    created: str
    last_used: str | None

    @property
    def caller(self) -> Caller:
        """Who shows it."""
        return Caller(self.name, self.scopes, self.limits, f"key:{self.id}", has_key=True)


def looks_like_key(text: str) -> bool:
    """Whether a text contains what may be a key of ours."""
    return _PREFIX in text and _FORM.search(text) is not None


class KeyStore:
    """Keys in an SQLite file, which only its owner may read. Threads may share one.

    Args:
        path: of the file, made when the first key is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._turn = RLock()
        self._noted: dict[str, float] = {}
        self._found: set[str] = set()

    def new(
        self, name: str, scopes: Iterable[Scope] = (Scope.ALL,), limits: KeyLimits | None = None
    ) -> str:
        """Make a key.

        Args:
            name: whose it is; no other key may have it.
            scopes: what it is good for.
            limits: what it may use up; by default what the server's settings say.

        Returns:
            The key, which is nowhere else from now on.

        Raises:
            InputError: the name isn't one, or taken; no scope; a limit below 1.
            OutputError: the file can't be written.
        """
        limits, named = limits or KeyLimits(), sorted(set(scopes))
        if not _NAME.fullmatch(name):
            raise InputError("a key's name has 1 to 63 letters, digits, spaces and .@+-_")
        if not named:
            raise InputError("a key needs a scope", hint=f"one of {', '.join(Scope)}")
        if any(
            n is not None and n < 1 for n in (limits.requests_per_minute, limits.characters_per_day)
        ):
            raise InputError("a key's limits are whole numbers from 1")
        key = _PREFIX + secrets.token_urlsafe(32)
        digest = _digest(key)
        row = (
            digest[:8], name, digest, " ".join(named), limits.requests_per_minute,
            limits.characters_per_day, _now(),
        )  # fmt: skip
        try:
            with self._turn, self._opened(create=True) as connection:
                connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
        except sqlite3.IntegrityError as exc:
            raise InputError(
                f"there is a key named {name!r}", hint="revoke it first, or choose another name"
            ) from exc
        except (sqlite3.Error, OSError) as exc:
            raise OutputError(f"{self._path} can't be written: {exc}") from exc
        return key

    def listed(self) -> list[KeyInfo]:
        """All keys, by name."""
        return sorted(self._rows(""), key=lambda info: info.name)

    def revoke(self, name_or_id: str) -> bool:
        """Take a key away; True if there was one of that name or id.

        Raises:
            OutputError: the file can't be written.
        """
        if not self._path.exists():
            return False
        try:
            with self._turn, self._opened() as connection:
                done = connection.execute(
                    "DELETE FROM keys WHERE name = ? OR id = ?", (name_or_id, name_or_id)
                )
                return done.rowcount > 0
        except (sqlite3.Error, OSError) as exc:
            raise OutputError(f"{self._path} can't be written: {exc}") from exc

    def find(self, key: str) -> KeyInfo | None:
        """The key that somebody shows, if it is one; notes that it was used."""
        if not _FORM.fullmatch(key):
            return None
        digest = _digest(key)
        for info, kept in self._hashed("WHERE hash = ?", digest):
            # The index has found it by its hash, which tells nothing of the key by its time.
            if hmac.compare_digest(kept, digest):
                self._found.add(digest)
                self._note(info.id)
                return info
        return None

    def was_found(self, key: str) -> bool:
        """Whether this very key was shown before, and was one; so that showing it is no guess."""
        return _digest(key) in self._found

    def by_id(self, key_id: str) -> KeyInfo | None:
        """The key of that id, if it wasn't revoked."""
        return next(iter(self._rows("WHERE id = ?", key_id)), None)

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._turn:
            if self._connection:
                self._connection.close()
                self._connection = None

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _note(self, key_id: str) -> None:
        now = time.monotonic()
        if now - self._noted.get(key_id, -_NOTE_EVERY_S) < _NOTE_EVERY_S:
            return
        self._noted[key_id] = now
        # A full disk or another writer is no reason to refuse a key.
        with suppress(sqlite3.Error, OSError), self._turn, self._opened() as connection:
            connection.execute("UPDATE keys SET last_used = ? WHERE id = ?", (_now(), key_id))

    def _rows(self, where: str, *values: str) -> list[KeyInfo]:
        return [info for info, _ in self._hashed(where, *values)]

    def _hashed(self, where: str, *values: str) -> list[tuple[KeyInfo, str]]:
        if not self._path.exists():
            return []
        with self._turn:
            rows = self._opened().execute(f"SELECT * FROM keys {where}", values).fetchall()  # noqa: S608 - ours
        return [
            (
                KeyInfo(
                    key_id,
                    name,
                    frozenset(Scope(scope) for scope in scopes.split() if scope in list(Scope)),
                    KeyLimits(requests, characters),
                    created,
                    last_used,
                ),
                kept,
            )
            for key_id, name, kept, scopes, requests, characters, created, last_used in rows
        ]

    def _opened(self, *, create: bool = False) -> sqlite3.Connection:
        if self._connection is None:
            if create:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                # Made before SQLite does it, so that nobody else can ever read it.
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self._path, timeout=_PATIENCE_S, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
