"""The database is brought to the newest version, and moved aside where it is damaged."""

import logging
import sqlite3
from pathlib import Path

import pytest

from mtpipe.errors import ConfigError, OutputError
from mtpipe.web.jobs import database
from mtpipe.web.jobs.database import VERSION, mapped, opened


def test_a_new_one_has_the_newest_version(tmp_path: Path) -> None:
    connection, is_new = opened(tmp_path / "jobs.sqlite")
    [(version,)] = connection.execute("PRAGMA user_version")
    [(mode,)] = connection.execute("PRAGMA journal_mode")
    assert (version, mode, is_new) == (VERSION, "wal", True)
    connection.close()
    connection, is_new = opened(tmp_path / "jobs.sqlite")
    assert not is_new
    connection.close()


def test_an_earlier_version_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jobs.sqlite"
    opened(path)[0].close()
    further = (*database._MIGRATIONS, "ALTER TABLE jobs ADD COLUMN colour TEXT")
    monkeypatch.setattr(database, "_MIGRATIONS", further)
    monkeypatch.setattr(database, "VERSION", len(further))
    connection, _ = opened(path)
    assert "colour" in {row["name"] for row in connection.execute("PRAGMA table_info(jobs)")}
    assert connection.execute("PRAGMA user_version").fetchone()[0] == len(further)
    connection.close()


def test_a_migration_that_fails_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jobs.sqlite"
    opened(path)[0].close()
    monkeypatch.setattr(database, "_MIGRATIONS", (*database._MIGRATIONS, "ALTER TABLE nothing"))
    monkeypatch.setattr(database, "VERSION", VERSION + 1)
    with pytest.raises(ConfigError, match="can't open"):
        opened(path)
    monkeypatch.undo()
    connection, _ = opened(path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION
    connection.close()


def test_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    connection, _ = opened(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(ConfigError, match="a later version of mtpipe"):
        opened(path)
    assert path.exists()


def _in_the_middle(content: bytes) -> bytes:
    return content[:4096] + b"\xff" * 4096 + content[8192:]


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"not a database at all, but a text" * 50, _in_the_middle, lambda c: c[: 3 * 4096]],
    ids=["a text", "a page", "cut off"],
)
def test_a_damaged_one_is_moved_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: "object"
) -> None:
    path = tmp_path / "jobs.sqlite"
    opened(path)[0].close()
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with caplog.at_level(logging.WARNING):
        connection, is_new = opened(path)
    assert is_new
    assert connection.execute("SELECT count(*) FROM jobs").fetchone()[0] == 0
    connection.close()
    assert "is damaged" in caplog.text
    assert [file.name for file in tmp_path.glob("jobs.sqlite.damaged-*")]


def test_what_cant_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "jobs.sqlite").mkdir()
    with pytest.raises(ConfigError, match="can't open"):
        opened(tmp_path / "jobs.sqlite")


@pytest.mark.parametrize(
    ("code", "message"),
    [(sqlite3.SQLITE_FULL, "disk is full"), (sqlite3.SQLITE_CORRUPT, "can't be used")],
)
def test_errors_are_ours(code: int, message: str) -> None:
    error = sqlite3.OperationalError("some words")
    error.sqlite_errorcode = code
    with pytest.raises(OutputError, match=message), mapped():
        raise error
