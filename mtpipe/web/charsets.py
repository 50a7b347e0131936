"""Which of the encodings that a stranger may state are used."""

import codecs

__all__ = ["known"]

_NOT_OF_TEXTS = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
"""Of host names and source code; a minute of computing for some hundred kilobytes, some of them."""


def known(charset: str) -> str | None:
    """Python's name of an encoding of texts; None if there is none of that name."""
    try:
        codec = codecs.lookup(charset)
        _ = "a".encode(codec.name)  # "hex" and the like are codecs, but not of text
    except (LookupError, ValueError):
        return None
    return None if codec.name.replace("_", "-") in _NOT_OF_TEXTS else codec.name
