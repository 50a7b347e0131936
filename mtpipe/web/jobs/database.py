"""The database of jobs: its tables by version, and what is done with one that is damaged."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtpipe.errors import ConfigError, OutputError

__all__ = ["VERSION", "mapped", "opened"]

_MIGRATIONS = (
    """
    CREATE TABLE jobs (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        digest TEXT NOT NULL,
        owner TEXT NOT NULL,
        title TEXT NOT NULL,
        request TEXT NOT NULL,
        is_small INTEGER NOT NULL DEFAULT 0,
        is_unwanted INTEGER NOT NULL DEFAULT 0,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER,
        note TEXT NOT NULL DEFAULT '',
        problem TEXT,
        summary TEXT,
        files TEXT NOT NULL DEFAULT '[]',
        created TEXT NOT NULL,
        started TEXT,
        finished TEXT,
        expires TEXT,
        attempts INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0,
        restarts INTEGER NOT NULL DEFAULT 0,
        size_bytes INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX one_of_each ON jobs (digest) WHERE state NOT IN ('failed', 'cancelled');
    CREATE INDEX by_state ON jobs (state, number);
    CREATE INDEX by_owner ON jobs (owner, number);
    """,
)
"""What makes each version out of the one before it; an empty file is version 0."""

VERSION = len(_MIGRATIONS)
_PATIENCE_S = 10.0
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_log = logging.getLogger(__name__)


def opened(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the database, in the newest version.

    A damaged one is moved aside, with a warning, and a new one takes its place.

    Args:
        path: of the file, made if it isn't there.

    Returns:
        The connection, and whether the database is a new one.

    Raises:
        ConfigError: a later version of mtpipe made it, or it can't be opened here.
        OutputError: the disk is full.
    """
    is_new = not path.exists()
    try:
        return _migrated(path), is_new
    except sqlite3.Error as exc:
        if not _is_damage(exc):
            raise _not_opened(path, exc) from exc
        aside = _moved_aside(path)
        _log.warning(
            "the database of jobs is damaged (%s): it is now %s, and the jobs are read again from "
            "their folders",
            *(exc, aside),
        )
    try:
        return _migrated(path), True
    except sqlite3.Error as exc:
        raise _not_opened(path, exc) from exc


@contextmanager
def mapped() -> Iterator[None]:
    """Turn the database's errors into one of ours.

    Raises:
        OutputError: the disk is full, or the database can't be read or written any more.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # two at once: whoever called knows what that means
    except sqlite3.Error as exc:
        if _code(exc) == sqlite3.SQLITE_FULL:
            raise OutputError(
                "the server's disk is full; nothing that was there is lost",
                hint="free some space, then try again",
            ) from exc
        raise OutputError(
            f"the database of jobs can't be used: {exc}",
            hint="start the server again: it makes a new one of the jobs' folders if need be",
        ) from exc


def _migrated(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE_S, check_same_thread=False, isolation_level=None
    )
    try:
        connection.row_factory = sqlite3.Row
        # A job that was taken in outlives a power cut, hence FULL; there are few writes.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        [(verdict,)] = connection.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise _Damaged(verdict)
        [(version,)] = connection.execute("PRAGMA user_version")
        if version > VERSION:
            raise ConfigError(
                f"a later version of mtpipe made {path}",
                hint="install that version, or give another folder with --home",
            )
        for number in range(version, VERSION):
            connection.executescript(
                f"BEGIN; {_MIGRATIONS[number]}; PRAGMA user_version = {number + 1}; COMMIT;"
            )
    except BaseException:
        connection.close()
        raise
    return connection


class _Damaged(sqlite3.DatabaseError):
    """What the database says of itself."""


def _is_damage(exc: sqlite3.Error) -> bool:
    return isinstance(exc, _Damaged) or _code(exc) in _DAMAGE


def _code(exc: sqlite3.Error) -> int | None:
    """The primary code of an error."""
    code = getattr(exc, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def _moved_aside(path: Path) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for end in ("-wal", "-shm", ""):  # the log of another database isn't one of the new one
        file = path.with_name(path.name + end)
        if file.exists():
            file.replace(aside.with_name(aside.name + end))
    return aside


def _not_opened(path: Path, exc: sqlite3.Error) -> ConfigError | OutputError:
    if _code(exc) == sqlite3.SQLITE_FULL:
        return OutputError("the server's disk is full", hint="free some space, then try again")
    return ConfigError(
        f"can't open {path}: {exc}", hint="check its permissions, or give another --home"
    )
