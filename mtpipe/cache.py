"""Segments that were translated before, on disk: news repeats itself.

An SQLite file in the user's folder for caches. It must never be the reason why a translation
fails: where the file is damaged, locked or the disk full, the cache warns once and stays silent.
"""

import json
import logging
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TypeVar

from mtpipe.types import Flag, Hypothesis, Problem, Remedy

__all__ = ["CacheInfo", "SegmentCache"]

_PATIENCE_S = 10.0
"""For another process that is writing."""
_KEYS_A_QUERY = 500
_CHECK_EVERY_SEGMENTS = 5_000
_SCHEMA = """
DROP TABLE IF EXISTS segments;
CREATE TABLE IF NOT EXISTS translations (
    key BLOB PRIMARY KEY, text TEXT NOT NULL, score REAL NOT NULL, flags TEXT NOT NULL,
    settled INTEGER NOT NULL, seal INTEGER NOT NULL, number INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_age ON translations (number);
"""
"""The table of earlier versions had no seals."""
_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """The state of a cache.

    Attributes:
        path: its file.
        segments: translations in it.
        size_bytes: of the file.
        limit_bytes: which it is kept below.
    """

    path: Path
    segments: int
    size_bytes: int
    limit_bytes: int


class SegmentCache:
    """Translations by key, see :class:`mtpipe.engines.system.Memory`.

    Any number of threads may share one; they take turns.

    Args:
        path: of the file; made when something is first put.
        limit_bytes: beyond it, the oldest tenth is dropped.
    """

    def __init__(self, path: Path, *, limit_bytes: int) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._connection: sqlite3.Connection | None = None
        self._turn = RLock()
        """Held by the thread that uses the connection."""
        self._is_broken = False
        self._number = 0
        self._since_check = 0

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Hypothesis, bool]]:
        """The translations that are there, and whether they are settled."""
        return self._tried(lambda: self._get(keys), {})

    def put(self, entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        """Keep translations; they are on disk when this returns, short of a power cut."""
        self._tried(lambda: self._put(entries, settled=settled), None)

    def info(self) -> CacheInfo:
        """The state of the cache; zeros where there is none yet."""
        segments = self._tried(self._count, 0) if self._path.exists() else 0
        size_bytes = sum(file.stat().st_size for file in self._files() if file.exists())
        return CacheInfo(self._path, segments, size_bytes, self._limit_bytes)

    def clear(self) -> None:
        """Delete the file, whatever is in it.

        Raises:
            OSError: it can't be deleted.
        """
        self.close()
        for file in self._files():
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._turn:
            if self._connection:
                self._connection.close()
                self._connection = None

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _files(self) -> list[Path]:
        return [self._path.with_name(self._path.name + end) for end in ("", "-wal", "-shm")]

    def _tried(self, action: Callable[[], T], otherwise: T) -> T:
        if self._is_broken:
            return otherwise
        try:
            with self._turn:
                return action()
        except (sqlite3.Error, OSError) as exc:
            self._is_broken = True
            is_full = getattr(exc, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            advice = "free some space" if is_full else "to begin a new one: mtpipe cache clear"
            _log.warning("the cache %s isn't used: %s; %s", self._path, exc, advice)
            return otherwise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=_PATIENCE_S, check_same_thread=False)
            try:
                # The first only has an effect on a new file. With a log that is written ahead,
                # what was put outlives a killed process without waiting for the disk.
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.executescript(_SCHEMA)
                [(newest,)] = connection.execute("SELECT max(number) FROM translations")
            except sqlite3.Error:
                connection.close()
                raise
            self._connection, self._number = connection, newest or 0
        return self._connection

    def _get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[Hypothesis, bool]]:
        found: dict[bytes, tuple[Hypothesis, bool]] = {}
        for start in range(0, len(keys), _KEYS_A_QUERY):
            some = keys[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(some))
            rows = self._opened().execute(
                f"SELECT key, text, score, flags, settled, seal FROM translations WHERE key IN ({marks})",  # noqa: S608 - question marks only
                some,
            )
            for *row, seal in rows:
                with suppress(ValueError, TypeError, AttributeError):
                    if seal != _seal(*row):
                        continue  # a damaged row is translated again
                    key, text, score, flags, settled = row
                    found[key] = (Hypothesis(text, score, _read_flags(flags)), bool(settled))
        return found

    def _put(self, entries: Mapping[bytes, Hypothesis], *, settled: bool) -> None:
        connection = self._opened()
        self._number += 1
        with connection:
            connection.executemany(
                "INSERT OR REPLACE INTO translations VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (*row, _seal(*row), self._number)
                    for key, h in entries.items()
                    for row in [(key, h.text, float(h.score), _write_flags(h.flags), settled)]
                ],
            )
        self._since_check += len(entries)
        if self._since_check >= _CHECK_EVERY_SEGMENTS:
            self._since_check = 0
            self._shrink(connection)

    def _shrink(self, connection: sqlite3.Connection) -> None:
        """Drop the oldest tenth as often as it takes to get below the limit."""
        [(page_bytes,)] = connection.execute("PRAGMA page_size")
        while True:
            [(pages,)] = connection.execute("PRAGMA page_count")
            segments = self._count()
            if pages * page_bytes <= self._limit_bytes or not segments:
                return
            with connection:
                connection.execute(
                    "DELETE FROM translations WHERE number <= "
                    "(SELECT number FROM translations ORDER BY number LIMIT 1 OFFSET ?)",
                    (segments // 10,),
                )
            connection.execute("PRAGMA incremental_vacuum").fetchall()

    def _count(self) -> int:
        [(segments,)] = self._opened().execute("SELECT count(*) FROM translations")
        return int(segments)


def _seal(key: bytes, text: str, score: float, flags: str, settled: int) -> int:
    """A checksum of a row: a database notices no damage within its values."""
    # A database makes no difference between 0.0 and -0.0, which this addition takes away.
    rest = f"{score + 0.0!r}|{int(settled)}|{flags}|{text}"
    return zlib.crc32(rest.encode("utf-8", "surrogatepass"), zlib.crc32(key))


def _write_flags(flags: tuple[Flag, ...]) -> str:
    return json.dumps([(flag.problem, flag.remedy) for flag in flags]) if flags else ""


def _read_flags(text: str) -> tuple[Flag, ...]:
    return tuple(
        Flag(Problem(problem), Remedy(remedy) if remedy else None)
        for problem, remedy in (json.loads(text) if text else ())
    )
