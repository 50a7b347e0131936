import time

import pytest

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.decode import declared_encoding, decode

TEXTS = [
    "Die Straße wäre für Ömer größer.",
    "Müller",
    "L’été à Nîmes, où ça coûte 5 € – « Garçon ! »",
    "“Smart” quotes – and more…",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_undeclared_encodings_are_told_apart(text, encoding):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman"])
def test_old_encodings_of_german_are_told_apart(encoding):
    text = "Der Bürgermeister fährt über die Brücke."
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        ("Müller".encode("cp437"), "cp437", "Müller"),
        ("Müller".encode(), "latin-1", "Müller"),
        (b"\x80 5", "iso-8859-1", "€ 5"),
        (b"M\xfcller", "hex", "Müller"),
        (b"M\xfcller", "no-such-charset", "Müller"),
        (b"M\xfcller", "\x00", "Müller"),
        (b"x" * 200 + b"\xc3", None, "x" * 200 + "\ufffd"),
        (b"x" * 1_200 + b" caf\xe9", "iso-8859-1", "x" * 1_200 + " café"),
        (b"x" * 1_200 + b" caf\xe9s", None, "x" * 1_200 + " cafés"),
        ("ü".encode() + b"x" * 1_200 + b" caf\xe9", "iso-8859-1", "ü" + "x" * 1_200 + " caf\ufffd"),
        ("Łódź".encode("iso8859-2"), "latin2", "Łódź"),
    ],
    ids=[
        "declared",
        "utf-8 wins",
        "latin-1 is 1252",
        "no text codec",
        "unknown",
        "NUL",
        "cut off",
        "declared, at the end",
        "of a word, at the end",
        "behind a letter of utf-8",
        "of other languages",
    ],
)
def test_declared_encoding_counts_where_utf8_fails(data, declared, expected):
    assert decode(data, declared) == expected


GERMAN = "Die Brücke über den Fluß ist geöffnet, sagt der Bürgermeister."


@pytest.mark.parametrize("declared", [None, "utf-8", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("stray", [b"\xe9", b"\x96", b"\xff", b"\xc3\xc3"])
def test_a_stray_byte_makes_no_other_encoding_of_utf8(stray, declared, caplog):
    data = GERMAN.encode() + b" Caf" + stray + b" Central. " + GERMAN.encode() * 3
    text = decode(data, declared)
    assert text.count(GERMAN) == 4
    assert text.count("\ufffd") == len(stray)
    assert "not quite UTF-8" in caplog.text


def test_a_letter_of_utf8_makes_no_utf8_of_another_encoding(caplog):
    data = GERMAN.encode("cp1252") * 3 + "ü".encode() + GERMAN.encode("cp1252")
    assert decode(data).count(GERMAN) == 4
    assert decode("Die Frage \ufffd bleibt – über alles.".encode())
    assert not caplog.records


@pytest.mark.parametrize(
    "declared",
    [
        *("idna", "punycode", "undefined", "hex", "zip"),
        *("utf-16", "utf-16le", "utf-32", "utf-7", "cp037", "unicode-escape", "raw-unicode-escape"),
    ],
)
def test_an_encoding_that_no_page_has_is_ignored(declared):
    text = "Frau Müller fährt +AOQ- nach \\xfc"
    assert decode(text.encode("cp1252"), declared) == text


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n\x00\x01\x02\x00",
        b"PK\x03\x04\x14\x00\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"\x00",
    ],
    ids=["pdf", "zip", "png", "NUL"],
)
def test_binary_data_is_refused(data):
    with pytest.raises(UnreadableArticle):
        decode(data)


def test_an_encoding_that_is_never_named_is_soon_given_up():
    began = time.process_time()
    assert declared_encoding(b"<meta " * 30 + b"charset=" + b" " * 3_800) is None
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (b"<meta charset=iso-8859-15>", "iso-8859-15"),
        (b"""<meta content="text/html; charset = ' koi8-r'">""", "koi8-r"),
        (b"<p>charset=koi8-r</p>", None),
    ],
)
def test_what_a_page_declares(html, expected):
    assert declared_encoding(html) == expected
