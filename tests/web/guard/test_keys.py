"""Keys: shown once, kept as hashes, refused from the moment that they are revoked."""

import os
import sqlite3
import stat
from pathlib import Path
from threading import Thread

import pytest

from mtpipe.errors import InputError, OutputError
from mtpipe.web.guard.callers import KeyLimits, Scope
from mtpipe.web.guard.keys import KeyStore, looks_like_key


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "home" / "keys.sqlite")


def test_a_key_is_found_with_all_that_it_is_good_for(keys: KeyStore) -> None:
    limits = KeyLimits(requests_per_minute=7, characters_per_day=1000)
    key = keys.new("Ada", [Scope.TRANSLATE, Scope.ARCHIVE_READ], limits)
    info = keys.find(key)
    assert info is not None
    assert info.caller.name == "Ada"
    assert info.caller.scopes == {Scope.TRANSLATE, Scope.ARCHIVE_READ}
    assert info.caller.limits == limits
    assert info.caller.owner == f"key:{info.id}"
    assert info.caller.may(Scope.TRANSLATE)
    assert not info.caller.may(Scope.DETECT)


def test_the_file_has_no_key_and_is_for_its_owner_only(keys: KeyStore, tmp_path: Path) -> None:
    key = keys.new("Ada")
    folder = tmp_path / "home"
    for file in folder.iterdir():
        assert key[4:20].encode() not in file.read_bytes()
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file.name
    assert key not in repr(keys.listed())


def test_nothing_is_written_before_there_is_a_key(keys: KeyStore, tmp_path: Path) -> None:
    assert keys.find("mtp_" + "A" * 43) is None
    assert keys.by_id("x") is None
    assert keys.listed() == []
    assert not keys.revoke("Ada")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "shown",
    ["", "mtp_", "mtp_short", "A" * 47, "mtp_" + "A" * 43, "mtp_" + "ä" * 43, "x" * 10**6,
     "' OR 1=1 --", "mtp_" + "A" * 42 + "\n", "\ud800", "mtp_" + "A" * 42 + "\0"],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_what_is_no_key_isnt_found(keys: KeyStore, shown: str) -> None:
    keys.new("Ada")
    assert keys.find(shown) is None
    assert not keys.was_found(shown)


def test_a_running_server_sees_at_once_what_the_command_does(
    keys: KeyStore, tmp_path: Path
) -> None:
    server = KeyStore(tmp_path / "home" / "keys.sqlite")
    assert server.listed() == []
    key = keys.new("Ada")
    assert server.find(key)
    assert keys.revoke("Ada")
    assert server.find(key) is None
    assert not keys.revoke("Ada")


def test_keys_are_listed_by_name_and_revoked_by_id(keys: KeyStore) -> None:
    for name in ("Zoe", "Ada"):
        keys.new(name)
    ada, zoe = keys.listed()
    assert (ada.name, zoe.name, ada.last_used) == ("Ada", "Zoe", None)
    assert keys.revoke(zoe.id)
    assert [info.name for info in keys.listed()] == ["Ada"]


def test_last_use_is_noted(keys: KeyStore) -> None:
    key = keys.new("Ada")
    keys.find(key)
    (info,) = keys.listed()
    assert info.last_used is not None
    assert info.last_used >= info.created


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "a" * 64, "<b>", "a'b", "../x", "\x1b[31m", "\u202eabc"]
)
def test_names_that_logs_and_pages_would_have_trouble_with(keys: KeyStore, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        keys.new(name)


@pytest.mark.parametrize("limits", [KeyLimits(requests_per_minute=0), KeyLimits(None, -1)])
def test_limits_below_one(keys: KeyStore, limits: KeyLimits) -> None:
    with pytest.raises(InputError, match="limits"):
        keys.new("Ada", limits=limits)


def test_a_key_without_scopes_and_a_name_twice(keys: KeyStore) -> None:
    with pytest.raises(InputError, match="scope"):
        keys.new("Ada", [])
    keys.new("Ada")
    with pytest.raises(InputError, match="Ada"):
        keys.new("Ada")


def test_a_folder_that_cant_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"keys\.sqlite"):
        KeyStore(tmp_path / "file" / "keys.sqlite").new("Ada")


def test_a_key_is_found_while_somebody_else_writes(keys: KeyStore, tmp_path: Path) -> None:
    key = keys.new("Ada")
    other = sqlite3.connect(tmp_path / "home" / "keys.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert keys.find(key)
        assert KeyStore(tmp_path / "home" / "keys.sqlite").find(key)
    finally:
        other.close()


def test_threads_may_share_a_store(keys: KeyStore) -> None:
    shown = [keys.new(f"user{number}") for number in range(4)]
    found: list[str] = []

    def search(key: str) -> None:
        for _ in range(50):
            info = keys.find(key)
            assert info is not None
            found.append(info.name)

    threads = [Thread(target=search, args=(key,)) for key in shown]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"user{number}" for number in range(4) for _ in range(50))


def test_a_scope_that_a_later_version_had_is_left_out(keys: KeyStore, tmp_path: Path) -> None:
    key = keys.new("Ada", [Scope.TRANSLATE])
    keys.close()
    with sqlite3.connect(tmp_path / "home" / "keys.sqlite") as other:
        other.execute("UPDATE keys SET scopes = 'translate summarise'")
    other.close()
    info = keys.find(key)
    assert info is not None
    assert info.scopes == {Scope.TRANSLATE}


def test_keys_in_texts_are_recognised() -> None:
    assert looks_like_key(f"see mtp_{'a' * 43} there")
    assert not looks_like_key("mtp_ is a prefix")


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_mask_that_lets_everybody_read_changes_nothing(keys: KeyStore, tmp_path: Path) -> None:
    os.umask(mask := os.umask(0))
    try:
        os.umask(0)
        keys.new("Ada")
    finally:
        os.umask(mask)
    assert (tmp_path / "home" / "keys.sqlite").stat().st_mode & 0o077 == 0
