"""Translated files: their encodings, names and end."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from mtpipe.errors import OutputError, UnreadableArticle
from mtpipe.web.libretranslate import files as module
from mtpipe.web.libretranslate.files import TranslatedFiles, encoded, file_text


def text_of(data: bytes, name: str) -> dict[str, Any]:
    return file_text(None, {"data": data, "name": name}, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        ("Grüße".encode(), "a.txt", "Grüße"),
        ("Grüße".encode("utf-8-sig"), "a.txt", "Grüße"),
        ("Grüße".encode("utf-16"), "a.txt", "Grüße"),
        ("Grüße aus Köln".encode("latin-1"), "a.txt", "Grüße aus Köln"),
        ('<meta charset="iso-8859-2">Łódź'.encode("iso-8859-2"), "a.HTM", None),
    ],
)
def test_a_file_comes_back_in_its_encoding(data: bytes, name: str, text: str | None) -> None:
    answer = text_of(data, name)
    assert text is None or answer["text"] == text
    assert encoded(answer["text"], answer["encoding"], name) == data


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.html", b"&#321;\xf3d&#378;"), ("a.txt", "Łódź".encode())],
)
def test_a_letter_that_the_encoding_lacks(name: str, expected: bytes) -> None:
    assert encoded("Łódź", "cp1252", name) == expected


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableArticle):
        text_of(bytes(range(256)) * 10, "a.txt")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("brief.txt", "brief_en.txt"),
        ("Größe 1.HTML", "Groe_1_en.html"),
        ("../../etc/passwd.txt", "passwd_en.txt"),
        (".txt", "txt_en"),
        ("日本.txt", "file_en.txt"),
        ("a" * 500 + ".txt", "a" * 80 + "_en.txt"),
    ],
)
def test_files_have_names_that_nobody_can_guess(tmp_path: Path, name: str, shown: str) -> None:
    files = TranslatedFiles(tmp_path / "files")
    one, other = files.add(name, "en", b"1"), files.add(name, "en", b"2")
    assert one != other
    assert one.isascii()
    assert [len(full.partition(".")[0]) for full in (one, other)] == [32, 32]
    found = files.find(one)
    assert found
    assert found[0].read_bytes() == b"1"
    assert found[0].parent == tmp_path / "files"
    assert (found[1] == shown) or name == ".txt"


@pytest.mark.parametrize("name", ["", ".", "..", "../keys.sqlite", "a/b", "x" * 32 + ".b\n", "\0"])
def test_other_files_are_not_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "keys.sqlite").write_text("secret")
    files = TranslatedFiles(tmp_path / "files")
    files.add("a.txt", "en", b"1")
    assert files.find(name) is None


def test_files_are_kept_for_an_hour(tmp_path: Path) -> None:
    files = TranslatedFiles(tmp_path)
    old, new = files.add("a.txt", "en", b"1"), files.add("a.txt", "en", b"2")
    os.utime(tmp_path / old, (time.time() - 3700,) * 2)
    assert files.find(old) is None
    assert files.find(new)
    assert [path.name for path in tmp_path.iterdir()] == [new]


def test_there_is_room_for_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 10)
    files = TranslatedFiles(tmp_path)
    files.add("a.txt", "en", b"12345678")
    with pytest.raises(OutputError, match="too many"):
        files.add("a.txt", "en", b"123")
