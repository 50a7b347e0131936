"""Cutting of segments that are too long for a model, where it hurts least.

Models lose the thread long before their position table ends, and memory grows with the square of
the length; so nothing longer than a model's limit is ever decoded in one piece, and nothing is
cut off either.
"""

import re
from collections.abc import Callable

# Strongest first: sentences, clauses, phrases, words.
_BOUNDARIES = (
    re.compile(r"(?<=[.!?…»”\"])\s+"),
    re.compile(r"(?<=[;:])\s+"),
    re.compile(r"(?<=,)\s+|(?<!\s)\s++(?=[–—-]\s)"),
    re.compile(r"\s+"),
)


def split_long(text: str, limit: int, count: Callable[[str], int]) -> list[str]:
    """Cut a text into pieces of at most ``limit`` tokens each.

    Pieces end at the strongest boundary there is: sentences, else clauses, phrases, words, and
    only inside a word of more than ``limit`` tokens anywhere. White space between pieces is
    dropped, nothing else.

    Args:
        text: one segment.
        limit: most tokens per piece, at least 1.
        count: tokens of a text.
    """
    return _split(text.strip(), limit, count, strength=0)


def _split(text: str, limit: int, count: Callable[[str], int], strength: int) -> list[str]:
    # A token is a byte at least, and no longer than 64 characters or so: counting megabytes would
    # be wasted.
    if len(text.encode("utf-8", "replace")) <= limit or (
        len(text) <= 64 * limit and count(text) <= limit
    ):
        return [text] if text else []
    if strength == len(_BOUNDARIES):
        # One character can be several tokens (bytes of UTF-8), four at the most.
        step = max(1, limit // 4)
        return [text[start : start + step] for start in range(0, len(text), step)]
    pieces: list[str] = []
    packed, packed_tokens = "", 0
    for part in _BOUNDARIES[strength].split(text):
        if not part:
            continue
        tokens = count(part) if len(part) <= 64 * limit else limit + 1
        if packed and packed_tokens + tokens <= limit:
            packed, packed_tokens = f"{packed} {part}", packed_tokens + tokens
            continue
        if packed:
            pieces.append(packed)
            packed, packed_tokens = "", 0
        if tokens <= limit:
            packed, packed_tokens = part, tokens
        else:
            pieces += _split(part, limit, count, strength + 1)
    if packed:
        pieces.append(packed)
    return pieces
