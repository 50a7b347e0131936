"""Inline markup of a paragraph as spans of its text: links, bold, italics; nothing else is kept."""

from urllib.parse import urljoin, urlsplit

from mtpipe.ingest.page import collapse
from mtpipe.types import Markup, Span

__all__ = ["MARKUP", "InlineText", "safe_address"]

MARKUP = {
    "a": Markup.LINK,
    "b": Markup.STRONG,
    "strong": Markup.STRONG,
    "i": Markup.EMPHASIS,
    "em": Markup.EMPHASIS,
}
"""What is kept, by HTML element."""

_ADDRESS_CHARS = 2_000
# Beyond these it is no paragraph that somebody wrote.
_SPANS, _MARKED_CHARS = 100, 50_000


class InlineText:
    """Text that comes in parts, with the markup around them."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._length = 0
        self._open: list[tuple[Markup, str, int]] = []
        self._spans: list[tuple[Markup, str, int, int]] = []

    def add(self, text: str) -> None:
        """More text."""
        self.parts.append(text)
        self._length += len(text)

    def begin(self, markup: Markup, address: str = "") -> None:
        """From here on, text has this markup."""
        self._open.append((markup, address, self._length))

    def end(self) -> None:
        """What was begun last ends here."""
        self._close(*self._open.pop())

    def take(self) -> tuple[str, tuple[Span, ...]]:
        """The text so far as a browser shows it, and its spans; what is open goes on."""
        for begun in self._open:
            self._close(*begun)
        raw = "".join(self.parts)
        text = collapse(raw)
        kept = self._spans if len(raw) <= _MARKED_CHARS else ()
        found = (self._span(span, raw, text) for span in kept)
        spans = tuple(sorted({span for span in found if span}))
        self.parts, self._length, self._spans = [], 0, []
        self._open = [(markup, address, 0) for markup, address, _ in self._open]
        return text, spans

    def _close(self, markup: Markup, address: str, start: int) -> None:
        is_kept = address or markup is not Markup.LINK
        if is_kept and start < self._length and len(self._spans) < _SPANS:
            self._spans.append((markup, address, start, self._length))

    @staticmethod
    def _span(span: tuple[Markup, str, int, int], raw: str, text: str) -> Span | None:
        markup, address, *offsets = span
        # With a letter behind it, the white space before an offset isn't stripped.
        start, end = (len(collapse(f"{raw[:offset]}x")) - 1 for offset in offsets)
        inner = text[start:end]
        end = start + len(inner.rstrip())  # the text may end before the offset does
        start += len(inner) - len(inner.lstrip())
        return Span(start, end, markup, address) if start < end else None


def safe_address(address: str, base: str = "") -> str:
    """An address as it may stand in a link: absolute and ``http(s)``; else empty.

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
    return absolute if parts.scheme in ("http", "https") and parts.hostname else ""
