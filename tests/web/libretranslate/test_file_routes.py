"""Files that are sent, translated and fetched."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from mtpipe.errors import UnreadableArticle
from tests.web.fakes import FakePool

PAGE = (
    '<!doctype html><meta charset="iso-8859-1"><title>Höhe</title><p class="ö">Sehr <b>schön</b>.'
)
SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\nGuten Tag\n& <i>mehr</i>.\n"


def sent(
    client: TestClient, name: str = "a.txt", data: bytes = b"Guten Tag.", **fields: str
) -> Any:
    fields = {"source": "de", "target": "en"} | fields
    return client.post("/translate_file", data=fields, files={"file": (name, data)})


@pytest.mark.parametrize(
    ("name", "data", "expected", "shown"),
    [
        ("a.txt", "Grüße.\n\nBis dann\n".encode(), "GRÜSSE.\n\nBIS DANN\n".encode(), "a_en.txt"),
        ("a.txt", "Grüne Züge".encode("cp1252"), "GRÜNE ZÜGE".encode("cp1252"), "a_en.txt"),
        (
            "Seite.HTML",
            PAGE.encode("cp1252"),
            PAGE.replace("Höhe", "HÖHE")
            .replace("Sehr", "SEHR")
            .replace("schön", "SCHÖN")
            .encode("cp1252"),
            "Seite_en.html",
        ),
        (
            "film.srt",
            SUBTITLES.encode(),
            SUBTITLES.replace("Guten", "GUTEN")
            .replace("Tag", "TAG")
            .replace("mehr", "MEHR")
            .encode(),
            "film_en.srt",
        ),
        ("leer.txt", b"", b"", "leer_en.txt"),
    ],
)
def test_a_file_comes_back_translated(
    client: TestClient, name: str, data: bytes, expected: bytes, shown: str
) -> None:
    address = sent(client, name, data).json()["translatedFileUrl"]
    assert address.startswith("http://")
    fetched = client.get(address)
    assert fetched.content == expected
    assert fetched.headers["content-disposition"].startswith("attachment")
    assert f'filename="{shown}"' in fetched.headers["content-disposition"]
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in fetched.headers["content-security-policy"]


def test_the_language_of_a_file_may_be_unknown(client: TestClient) -> None:
    address = sent(client, source="auto").json()["translatedFileUrl"]
    assert client.get(address).content == b"GUTEN TAG."


@pytest.mark.parametrize(
    ("name", "fields", "error"),
    [
        ("a.exe", {}, "Invalid request: file format not supported"),
        ("a", {}, "Invalid request: file format not supported"),
        ("a.txt", {"source": ""}, "Invalid request: missing source parameter"),
        ("a.txt", {"target": ""}, "Invalid request: missing target parameter"),
        ("a.txt", {"source": "zz"}, "zz is not supported"),
        ("a.txt", {"target": "zz"}, "zz is not supported"),
        ("a.txt", {"target": "auto"}, "auto is not supported"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    client: TestClient, pool: FakePool, name: str, fields: dict[str, str], error: str
) -> None:
    answer = sent(client, name, **fields)
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert pool.asked("file_text") == []


def test_without_a_file(client: TestClient) -> None:
    answer = client.post("/translate_file", data={"source": "de", "target": "en", "file": "x"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "Invalid request: missing file parameter"},
    )


@pytest.mark.parametrize(
    ("name", "data", "size"),
    [("a.txt", b"x" * 800_001, 800_001), ("a.txt", b"x" * 200_001, 200_001)],
)
def test_what_is_too_long_is_refused(
    client: TestClient, pool: FakePool, name: str, data: bytes, size: int
) -> None:
    answer = sent(client, name, data)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": f"Invalid request: request ({size}) exceeds text limit (200000)"
    }
    assert pool.asked("translate_segments") == []


def test_what_is_no_text_is_refused(client: TestClient, pool: FakePool) -> None:
    pool.answers["file_text"] = UnreadableArticle("binary data, not text")
    answer = sent(client)
    assert answer.status_code == 400
    assert answer.json() == {"error": "binary data, not text"}


@pytest.mark.parametrize(
    "name", ["x", "%2e%2e%2fkeys.sqlite", "a" * 32 + ".b.txt", "..%5C..%5Ckeys.sqlite"]
)
def test_nothing_else_is_fetched(client: TestClient, name: str) -> None:
    sent(client)
    answer = client.get(f"/download_file/{name}")
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]
