"""HTML as tags and what is between them, each exactly as it was written.

No tree is built: what isn't translated has to come back to the letter, fragments and broken pages
included. Tags end where the HTML standard says that they do; what it says a browser drops, such as
a tag that never ends, is one piece to the end of the page. Takes time in proportion to the page.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import regex as re

__all__ = ["Token", "TokenKind", "tokens"]


class TokenKind(Enum):
    """What a piece of a page is."""

    TEXT = auto()
    OPEN = auto()
    CLOSE = auto()
    OTHER = auto()
    """A comment, a doctype, an instruction; the content of a script or a style sheet."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a page.

    Attributes:
        kind: what it is.
        raw: as it was written.
        name: of a tag's element, in small letters.
    """

    kind: TokenKind
    raw: str
    name: str = ""


_TAG = re.compile(
    r"""</?+(?P<name>[a-zA-Z][^\s/>]*+)(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])[^\s>]*+))*+>"""
)
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>)", re.DOTALL)
_RAW = ("script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "textarea", "title")
"""Elements in which nothing is markup but their own end."""
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _RAW}
_READ_ALOUD = ("title",)
"""Of those, the ones that are text for people."""


def tokens(page: str) -> Iterator[Token]:
    """The pieces of a page in order; joined, they are the page.

    >>> [token.raw for token in tokens("<p>1 < 2<br>")]
    ['<p>', '1 < 2', '<br>']
    """
    start = position = 0  # of text that isn't given yet; from where on a tag is looked for
    while (at := page.find("<", position)) >= 0:
        opens = page[at + 1 : at + 3]
        if not (opens[:1].isascii() and (opens[:1].isalpha() or opens[:1] in "/!?")) or not opens:
            position = at + 1
            continue
        if at > start:
            yield Token(TokenKind.TEXT, page[start:at])
        token = _token_at(page, at)
        yield token
        start = position = at + len(token.raw)
        if token.kind is TokenKind.OPEN and token.name in _RAW_END:
            end = _RAW_END[token.name].search(page, start)
            raw = page[start : end.start() if end else len(page)]
            if raw:
                is_text = token.name in _READ_ALOUD and end
                yield Token(TokenKind.TEXT if is_text else TokenKind.OTHER, raw)
            start = position = start + len(raw)
        elif token.name == "plaintext":
            yield from (Token(TokenKind.OTHER, rest) for rest in [page[start:]] if rest)
            return
    if start < len(page):
        yield Token(TokenKind.TEXT, page[start:])


def _token_at(page: str, at: int) -> Token:
    """The tag, comment or the like that begins at a place."""
    if page.startswith("<!--", at):
        found = _COMMENT.match(page, at)
        return Token(TokenKind.OTHER, found[0] if found else page[at:])
    is_end = page.startswith("</", at)
    if (
        page[at + 1 + is_end : at + 2 + is_end].isascii()
        and page[at + 1 + is_end : at + 2 + is_end].isalpha()
    ):
        tag = _TAG.match(page, at)
        if not tag:
            return Token(TokenKind.OTHER, page[at:])
        kind = TokenKind.CLOSE if is_end else TokenKind.OPEN
        return Token(kind, tag[0], tag["name"].lower())
    end = page.find(">", at)
    return Token(TokenKind.OTHER, page[at:] if end < 0 else page[at : end + 1])
