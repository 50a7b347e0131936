"""What must not go through a model at all.

Models make nonsense of input that isn't language; what has no word in it is copied instead.
"""

import re

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+", re.IGNORECASE)


def is_translatable(segment: str) -> bool:
    """Whether a segment has a word in it: a letter outside web and mail addresses.

    >>> [is_translatable(text) for text in ("Guten Tag", "12.000", "https://example.org/a")]
    [True, False, False]
    """
    if segment.isascii() and segment.isalpha():
        return True
    return any(map(str.isalpha, _ADDRESS.sub("", segment)))
