import pytest

from mtpipe.web.charsets import known


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("UTF8", "utf-8"),
        ("latin-1", "iso8859-1"),
        ("windows-1252", "cp1252"),
        *[(each, None) for each in ("hex", "rot13", "zlib", "no-such", "", "a\0b", "x" * 9999)],
        *[(each, None) for each in ("punycode", "IDNA", "undefined", "raw_unicode_escape")],
    ],
)
def test_encodings_of_texts_are_known(charset: str, name: str | None) -> None:
    assert known(charset) == name
