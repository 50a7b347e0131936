"""Names and numbers of a text: what a translation leaves as it is.

Not for deciding what is a name: every capitalised word counts, and how rare it is in the archive
decides what it weighs. So German nouns, which no French text shares, do no harm.
"""

import unicodedata
import zlib
from collections.abc import Iterable

import numpy as np
import regex as re
from numpy.typing import NDArray

__all__ = ["key_hashes", "keys", "shared_keys"]

_MARK = r"[.,'’\u00a0\u2009\u202f ]"
_NUMBER = rf"(?<!\d)(?:\d{{1,3}}(?:{_MARK}\d{{3}})+(?!\d)|\d+(?:[.,]\d+)?)"
_KEY = re.compile(rf"(?P<number>{_NUMBER})|(?P<name>\p{{Lu}}[\p{{L}}\p{{M}}\d]{{3,}})")
_BETWEEN_THOUSANDS = re.compile(rf"{_MARK}(?=\d{{3}}(?!\d))")


def keys(text: str) -> dict[str, str]:
    """Names and numbers in a form that is the same in all languages, with their wording here.

    Names lose case and accents, numbers the marks between thousands; a number of one digit is
    none, since every text has some.

    >>> list(keys("À Genève, 1’200 personnes ont payé 3,50 francs."))
    ['geneve', '1200', '3.50']
    """
    found: dict[str, str] = {}
    for match in _KEY.finditer(text):
        wording = match[0]
        if match["number"]:
            form = _BETWEEN_THOUSANDS.sub("", wording).replace(",", ".")
            if len(form) < 2:
                continue
        else:
            plain = unicodedata.normalize("NFKD", wording.casefold())
            form = "".join(char for char in plain if not unicodedata.combining(char))
        found.setdefault(form, wording)
    return found


def key_hashes(text: str) -> NDArray[np.uint32]:
    """The keys as numbers, sorted, each once: quick to store and to compare."""
    return _hashes(keys(text))


def shared_keys(one: str, other: str) -> tuple[str, ...]:
    """Names and numbers that two texts share, as the first one has them, in its order."""
    theirs = keys(other)
    return tuple(wording for form, wording in keys(one).items() if form in theirs)


def _hashes(forms: Iterable[str]) -> NDArray[np.uint32]:
    return np.unique(np.array([zlib.crc32(form.encode()) for form in forms], dtype=np.uint32))
