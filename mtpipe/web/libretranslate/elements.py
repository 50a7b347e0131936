"""A page to runs of text and what is around them: which elements part text, and which are kept.

A page's wishes are respected: ``translate="no"`` and the class ``notranslate``, within which
``translate="yes"`` allows it again. What isn't text for people, and code, isn't translated either.
"""

from collections import Counter

import regex as re

from mtpipe.web.libretranslate.runs import Item, ItemKind, Run, runs_of
from mtpipe.web.libretranslate.tokens import Token, TokenKind, tokens

__all__ = ["cut"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INLINE = _words(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd map mark"
    " math nobr q rp rt ruby s samp slot small span strike strong sub sup svg time tt u var"
    " wbr"
)
_VOID = _words("area base br col embed hr img input link meta param source track wbr")
_NOT_TEXT = _words(
    "applet audio canvas code datalist iframe kbd math noembed noframes noscript object pre"
    " samp script style svg template textarea var video xmp"
)
_ENDS = {
    "p": ("p",),
    "li": ("li", "p"),
    "dt": ("dt", "dd", "p"),
    "dd": ("dt", "dd", "p"),
    "td": ("td", "th", "p"),
    "th": ("td", "th", "p"),
    "tr": ("tr", "td", "th", "p"),
    "option": ("option",),
}
"""Elements that end, where they stand innermost, when another one begins."""
_ENDS_PARAGRAPH = _words(
    "address article aside blockquote div dl fieldset figure footer form h1 h2 h3 h4 h5 h6"
    " header hr main nav ol pre section table ul"
)
_WISH = re.compile(
    r"""[\s"'/](?:translate\s*+=\s*+["']?(?P<wish>no|yes)\b|class\s*+=\s*+(?:"[^"]*?(?<![\w-])notranslate(?![\w-])"""
    r"""|'[^']*?(?<![\w-])notranslate(?![\w-])|notranslate(?![\w-])))""",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^>]*+>")
_COMMENT = re.compile(r"<!--.*-->", re.DOTALL)


def cut(page: str) -> list[str | Run]:
    """A page in pieces: runs of text, and what stays as it is.

    Takes time in proportion to the page, whatever is in it.

    >>> [piece if isinstance(piece, str) else piece.text for piece in cut("<p>Ein <b>Tag</b>.<hr>")]
    ['<p>', 'Ein Tag.', '<hr>']
    """
    cutter = _Cutter()
    pieces = list(tokens(page))
    cutter.keep_lines = all(token.kind is TokenKind.TEXT for token in pieces)
    for token in pieces:
        cutter.take(token)
    return cutter.finished()


class _Cutter:
    """Reads tokens in order, and knows which elements are open."""

    def __init__(self) -> None:
        self.keep_lines = False
        self._pieces: list[str | Run] = []
        self._items: list[Item] = []
        self._kept: list[str] | None = None  # of an inline element that isn't translated
        self._open: list[tuple[str, bool]] = []  # its name, and whether its text is kept as it is
        self._count: Counter[str] = Counter()

    def take(self, token: Token) -> None:
        if token.kind is TokenKind.OPEN:
            self._begin(token)
        elif token.kind is TokenKind.CLOSE:
            self._end(token)
        elif self._keeps:
            self._write(token.raw)
        elif token.kind is TokenKind.TEXT:
            self._items.append(Item(ItemKind.TEXT, token.raw))
        elif _COMMENT.fullmatch(token.raw):
            self._items.append(Item(ItemKind.EMPTY, token.raw))
        else:
            self._part(token.raw)

    def finished(self) -> list[str | Run]:
        self._release()
        self._flush()
        return self._pieces

    @property
    def _keeps(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _begin(self, token: Token) -> None:
        self._end_implied(token.name)
        kept = self._keeps
        keeps = _keeps(token, kept=kept)
        is_inline, is_void = token.name in _INLINE, token.name in _VOID
        if kept and (keeps or is_void):
            self._write(token.raw)
        elif kept or not is_inline:
            self._part(token.raw)
        elif is_void:
            self._items.append(Item(ItemKind.EMPTY, token.raw))
        elif keeps:
            self._kept = [token.raw]
        else:
            self._items.append(Item(ItemKind.OPEN, token.raw, token.name))
        if not is_void:
            self._open.append((token.name, keeps))
            self._count[token.name] += 1

    def _end(self, token: Token) -> None:
        if not self._count[token.name]:
            if self._keeps:
                self._write(token.raw)
            else:
                self._close(token)
            return
        while self._open[-1][0] != token.name:
            self._pop()
        if self._keeps:
            self._write(token.raw)
            self._pop()
        else:
            self._pop()
            if self._keeps:  # within what may be translated again
                self._part(token.raw)
            else:
                self._close(token)

    def _close(self, token: Token) -> None:
        if token.name in _INLINE:
            self._items.append(Item(ItemKind.CLOSE, token.raw, token.name))
        else:
            self._part(token.raw)

    def _end_implied(self, name: str) -> None:
        ended = _ENDS.get(name, ("p",) if name in _ENDS_PARAGRAPH else ())
        while self._open and self._open[-1][0] in ended:
            self._pop()

    def _pop(self) -> None:
        name, was_kept = self._open.pop()
        self._count[name] -= 1
        if was_kept and not self._keeps:
            self._release()

    def _release(self) -> None:
        """What was kept of an inline element is complete."""
        if self._kept is not None:
            raw = "".join(self._kept)
            is_picture = raw[:4].lower() == "<svg"
            has_text = not is_picture and bool(_MARKUP.sub("", raw).strip())
            self._items.append(Item(ItemKind.KEPT if has_text else ItemKind.EMPTY, raw))
            self._kept = None

    def _write(self, raw: str) -> None:
        """Something that is kept."""
        if self._kept is not None:
            self._kept.append(raw)
        else:
            self._part(raw)

    def _part(self, raw: str) -> None:
        """Something that text doesn't go on across."""
        self._release()
        self._flush()
        self._pieces.append(raw)

    def _flush(self) -> None:
        if self._items:
            self._pieces += runs_of(self._items, keep_lines=self.keep_lines)
            self._items = []


def _keeps(token: Token, *, kept: bool) -> bool:
    """Whether the text in an element isn't translated."""
    if token.name in _NOT_TEXT:
        return True
    found = [match["wish"] for match in _WISH.finditer(token.raw)]
    if not found:
        return kept
    if None in found:
        return True  # the class
    return str(found[0]).lower() == "no"
