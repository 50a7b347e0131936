import pytest

from mtpipe.errors import UnreadableArticle
from mtpipe.ingest.decode import decode

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
    ],
    ids=["declared", "utf-8 wins", "latin-1 is 1252", "no text codec", "unknown", "NUL", "cut off"],
)
def test_declared_encoding_counts_where_utf8_fails(data, declared, expected):
    assert decode(data, declared) == expected


@pytest.mark.parametrize("declared", ["idna", "punycode", "undefined", "hex", "zip"])
def test_an_encoding_that_no_page_has_is_ignored(declared):
    assert decode("Müller".encode("cp1252"), declared) == "Müller"


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
