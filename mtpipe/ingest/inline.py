"""Inline markup of a paragraph as spans of its text: links, bold, italics, code."""

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from mtpipe.ingest.line_breaks import LINE_BREAK, standing_lines
from mtpipe.ingest.page import FIGURES, LOWERED, RAISED, collapse
from mtpipe.types import Markup, Span

__all__ = ["MARKUP", "InlineText", "in_element", "safe_address"]

MARKUP = {
    "a": Markup.LINK,
    "b": Markup.STRONG,
    "strong": Markup.STRONG,
    "i": Markup.EMPHASIS,
    "em": Markup.EMPHASIS,
    "code": Markup.CODE,
    "kbd": Markup.CODE,
    "samp": Markup.CODE,
}
"""What is kept, by HTML element."""

_FIGURES = {
    "sup": str.maketrans(FIGURES, RAISED),
    "sub": str.maketrans(FIGURES, LOWERED),
}
_ADDRESS_CHARS = 2_000
# Beyond these it is no paragraph that somebody wrote.
_SPANS, _MARKED_CHARS = 100, 50_000


class InlineText:
    """Text that comes in parts, with the markup around them."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._linked: list[tuple[int, int]] = []
        self._open: list[tuple[Markup, str, int]] = []
        self._spans: list[tuple[Markup, str, int, int]] = []

    def add(self, text: str, *, linked: bool = False) -> None:
        """More text, and whether it is in a link, one without a safe address included."""
        if not text:
            return
        self._parts.append(text)
        if linked:
            self._linked.append((self._length, self._length + len(text)))
        self._length += len(text)

    def break_line(self) -> None:
        """A line ends here, as distinct from a line break in the source."""
        self.add(LINE_BREAK)

    @property
    def raw(self) -> str:
        """The text so far as it is written."""
        return "".join(self._parts)

    @property
    def last(self) -> str:
        """The last two characters that came together; empty without any."""
        return self._parts[-1][-2:] if self._parts else ""

    @property
    def ends_line(self) -> bool:
        """Whether only white space follows a line break: then a second one parts paragraphs."""
        for part in reversed(self._parts):
            if ending := part.rstrip(" \t\r\n\xa0"):
                return ending.endswith(LINE_BREAK)
        return False

    def begin(self, markup: Markup, address: str = "") -> None:
        """From here on, text has this markup."""
        self._open.append((markup, address, self._length))

    def end(self) -> None:
        """What was begun last ends here."""
        self._close(*self._open.pop())

    def take(self) -> tuple[str, tuple[Span, ...]]:
        """The text so far as a browser shows it, and its spans; what is open goes on."""
        return next(((text, spans) for text, spans, _ in self.take_lines(whole=True)), ("", ()))

    def take_lines(self, *, whole: bool) -> Iterator[tuple[str, tuple[Span, ...], float]]:
        """The text so far, cut where lines stand by themselves; what is open goes on.

        Args:
            whole: whether it is one, whatever line breaks there are.

        Yields:
            Text that isn't empty, its spans, and the share of it that is in links.
        """
        if not self._parts:
            return
        for begun in self._open:
            self._close(*begun)
        raw = self.raw
        spans = self._spans if len(raw) <= _MARKED_CHARS else []
        links = self._linked[::-1]
        self._parts, self._length, self._linked, self._spans = [], 0, [], []
        self._open = [(markup, address, 0) for markup, address, _ in self._open]
        cuts = () if whole else standing_lines(raw)
        for start, end in pairwise((0, *cuts, len(raw))):
            linked = _taken(links, raw, end)
            if text := collapse(line := raw[start:end]):
                clipped = (
                    (markup, address, max(begun - start, 0), min(ended, end) - start)
                    for markup, address, begun, ended in spans
                    if begun < end and ended > start
                )
                found = (self._span(span, line, text) for span in clipped)
                ratio = min(1.0, linked / max(1, _chars(text)))
                yield text, tuple(sorted({span for span in found if span})), ratio

    def _close(self, markup: Markup, address: str, start: int) -> None:
        is_kept = address or markup is not Markup.LINK
        if is_kept and start < self._length and len(self._spans) < _SPANS:
            self._spans.append((markup, address, start, self._length))

    @staticmethod
    def _span(span: tuple[Markup, str, int, int], raw: str, text: str) -> Span | None:
        markup, address, *offsets = span
        # With a letter behind it, the white space before an offset isn't stripped.
        start, end = (min(len(collapse(f"{raw[:offset]}x")) - 1, len(text)) for offset in offsets)
        inner = text[start:end]
        end = start + len(inner.rstrip())  # the text may end before the offset does
        start += len(inner) - len(inner.lstrip())
        return Span(start, end, markup, address) if start < end else None


def _taken(links: list[tuple[int, int]], raw: str, end: int) -> int:
    """Characters of links in front of an offset of a text, which are taken off the links' end."""
    chars = 0
    while links and links[-1][0] < end:
        begun, ended = links.pop()
        if ended > end:
            links.append((end, ended))
        chars += _chars(raw[begun : min(ended, end)])
    return chars


def _chars(text: str) -> int:
    return sum(map(len, text.split()))


def in_element(text: str, element: str) -> str:
    """A text as an HTML element shows it: raised and lowered figures are characters of their own."""
    figures = _FIGURES.get(element)
    return text.translate(figures) if figures and text.strip().isdecimal() else text


def safe_address(address: str, base: str = "") -> str:
    """An address as it may stand in a link; else empty.

    Those are absolute ones of ``http(s)``, and whom to write to or call (``mailto:``, ``tel:``).

    Args:
        address: as the page states it.
        base: what a relative one is relative to.
    """
    address = "".join(address.split())
    if len(address) > _ADDRESS_CHARS or not address.isprintable() or address.startswith("#"):
        return ""
    try:
        absolute = urljoin(base, address)
        parts = urlsplit(absolute)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https"):
        return absolute if parts.hostname else ""
    return absolute if parts.scheme in ("mailto", "tel") and parts.path and not parts.netloc else ""
