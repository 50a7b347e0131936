"""Bytes to text: encodings told apart, binary data refused."""

import codecs
import logging
import re

from mtpipe.errors import UnreadableArticle

__all__ = ["declared_encoding", "decode", "encoding_of"]

_log = logging.getLogger(__name__)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# German, English and French text that isn't UTF-8 is in one of these, the likelier first. General
# detectors choose among all encodings, and go wrong where only a few letters tell.
_LEGACY = ("cp1252", "iso8859_15", "cp850", "mac_roman")
_CHARACTERS = frozenset("äöüßÄÖÜẞéèêëàâæçîïôœùûÿÉÈÊÀÂÆÇÎÔŒÙÛ„“”‚‘’«»‹›–—…•·€£§°©®™\xa0")
_SAMPLE_BYTES = 1 << 16
_VALID_A_STRAY = 3
"""Characters of UTF-8 for each stray byte from which on a text is taken for UTF-8."""
# What may be declared, by Python's names: the encodings that browsers know, see
# https://encoding.spec.whatwg.org, and two of DOS. Not UTF-16, which no page can declare within itself,
# and whose German, English and French is binary data without a byte order mark.
_DECLARABLE = frozenset(
    [
        *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *(f"cp{page}" for page in (437, 850, 866, 874, *range(1250, 1259), 932, 949)),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620"),
        *("gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_kr"),
        *("shift_jis", "euc_jp", "iso2022_jp"),
    ]
)
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*(?:["']\s*)?([\w.:-]{1,40})""", re.IGNORECASE
)
_HEAD_BYTES = 4096
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))


def decode(data: bytes, declared: str | None = None) -> str:
    """Decode a text file or page; bytes that its encoding doesn't know become U+FFFD.

    Args:
        data: the bytes of the file.
        declared: an encoding's name from a ``Content-Type`` or ``<meta charset>``.

    Raises:
        UnreadableArticle: binary data.
    """
    encoding = encoding_of(data, declared)
    text = data.decode(encoding, errors="replace")
    stray = text.count("\ufffd") if encoding.startswith("utf-8") else 0
    if stray > data.count(b"\xef\xbf\xbd"):  # the character itself
        _log.warning("not quite UTF-8: stray bytes are read as \ufffd (%d)", stray)
    return text


def declared_encoding(html: bytes) -> str | None:
    """The encoding that a page's own ``<meta>`` declares, if it does."""
    found = _CHARSET.search(html[:_HEAD_BYTES])
    return found[1].decode("ascii") if found else None


def encoding_of(data: bytes, declared: str | None = None) -> str:
    """Python's name of the encoding of ``data``, the beginning of a text or all of it.

    A byte order mark counts first, then UTF-8 if the data is valid UTF-8 (hardly any text in
    another encoding is) or nearly so (text put together from several sources), then what the page
    or server declares, then a guess.

    Raises:
        UnreadableArticle: binary data.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE_BYTES]
    if len(sample) - len(sample.translate(None, _CONTROL)) > len(sample) // 1000:
        raise UnreadableArticle(
            "binary data, not text", hint="mtpipe reads HTML, text, Markdown and tables"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        stated = _codec(declared)
        if exc.start >= len(data) * 0.99:  # cut off in mid-character, or a stray byte at the end
            is_cut_off = exc.reason == "unexpected end of data" and not stated
            if is_cut_off or not data[: exc.start].isascii():
                return "utf-8"
        if _is_nearly_utf8(data):
            return "utf-8"
        return stated or _guess(sample)
    return "utf-8"


def _is_nearly_utf8(data: bytes) -> bool:
    """Whether far more of what isn't ASCII is UTF-8 than not.

    In other encodings an accented letter stands before an ASCII one as a rule, which is never
    UTF-8.
    """
    text = data.decode("utf-8", errors="replace")
    stray = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", errors="ignore")) - stray >= _VALID_A_STRAY * stray


def _codec(declared: str | None) -> str | None:
    """Python's codec for a declared encoding; browsers read Latin-1 and ASCII as Windows-1252."""
    try:
        name = codecs.lookup((declared or "").strip()).name
    except (LookupError, ValueError):
        return None
    if name in ("iso8859-1", "ascii"):
        return "cp1252"
    return name if name in _DECLARABLE else None


def _guess(sample: bytes) -> str:
    """The encoding in which most of the bytes above ASCII are characters of our languages."""
    high = bytes(byte for byte in sample if byte > 127)
    return max(_LEGACY, key=lambda encoding: _expected(high.decode(encoding, errors="replace")))


def _expected(text: str) -> int:
    return sum(character in _CHARACTERS for character in text)
