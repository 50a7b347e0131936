"""What reads the same in every language: addresses, file names, names and tags of networks.

None of it may be translated, nor respelt as a language's typography wants it. Not for numbers,
whose marks do differ (:mod:`mtpipe.typography`).
"""

import re

__all__ = ["address_spans", "hold", "literal_spans", "release"]

_DOMAINS = (
    "com|org|net|info|biz|int|edu|gov|eu|de|at|ch|li|fr|be|lu|mc|ca|uk|ie|us|au|nz|nl|it|es|pt|pl|cz|dk"
    "|se|no|fi|gr|ro|hu|io|ai|tv|news|media|press|online|blog|swiss|berlin|wien|paris|quebec"
)
_FILES = (
    "pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|txt|csv|tsv|zip|gz|tar|7z|rar|html?|xml|json|jpe?g|png|gif|svg"
    "|webp|mp[34]|mov|avi|wav|exe|dmg|apk|iso"
)
_WEB = r"""(?:https?://|\bwww\.)[^\s<>"„“”«»]+"""
_MAIL = r"""(?<![^\s<(\[„“"«»'’:])[^\s@<>()\[\]„“"«»:'’]{1,64}@[^\s@<>()\[\]„“"«»'’]{1,255}\.\w+"""
_ADDRESS = re.compile(rf"{_WEB}|{_MAIL}", re.IGNORECASE)
_LITERAL = re.compile(
    rf"""{_WEB}|{_MAIL}
        |(?<![\w@\#/.&-])[@\#](?=\w*[^\W\d_])\w{{2,}}+                             # networks
        |(?<![\w@/.-])(?-i:(?:[a-zA-Z0-9][a-zA-Z0-9-]*\.)+(?:{_DOMAINS}))(?:/[^\s<>"„“”«»]*|(?![\w@-]|\.\w))
        |(?<![\w/.-])\w[\w-]*+\.(?:{_FILES})(?!\w)                                 # files
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MAY_HAVE = re.compile(r"[@#]\w|\w\.\w|://")
"""Looked for first: the pattern is slow, and what it finds is rare."""

_AROUND = ".,;:!?…)]}»”“\"'’"
_HELD = "\ua7f7"  # a letter that nobody writes


def literal_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each literal, in order; the punctuation around it isn't part of it.

    >>> [slice(*span) for span in literal_spans("Siehe www.example.org/a.")]
    [slice(6, 23, None)]
    """
    return _spans(_LITERAL, text) if _MAY_HAVE.search(text) else []


def address_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each web and mail address, as :func:`literal_spans` has them.

    Those only that are written as such: "example.org" is a newspaper's name as well.
    """
    may_have = "@" in text or "://" in text or "www." in text.lower()
    return _spans(_ADDRESS, text) if may_have else []


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """What a pattern finds, without the punctuation behind it."""
    spans: list[tuple[int, int]] = []
    for match in pattern.finditer(text):
        start, end = match.span()
        unopened = text.count(")", start, end) - text.count("(", start, end)
        while end > start + 1 and text[end - 1] in _AROUND:
            if text[end - 1] == ")":
                if unopened <= 0:
                    break  # .../wiki/Bonn_(Begriff)
                unopened -= 1
            end -= 1
        spans.append((start, end))
    return spans


def hold(text: str) -> tuple[str, list[str]]:
    """A text with a letter in the place of each literal, and the literals.

    For what changes a text and must leave those alone; :func:`release` puts them back.
    """
    spans = literal_spans(text)
    if not spans or _HELD in text:
        return text, []
    parts: list[str] = []
    position = 0
    for start, end in spans:
        parts += (text[position:start], _HELD)
        position = end
    return "".join([*parts, text[position:]]), [text[start:end] for start, end in spans]


def release(text: str, held: list[str]) -> str:
    """The text with its literals again."""
    waiting = iter(held)
    return re.sub(_HELD, lambda _: next(waiting), text) if held else text
