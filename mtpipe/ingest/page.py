"""A page as parsed, before its language is known: the common result of every format's reader."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mtpipe.types import Block, BlockKind, Metadata, Place, Span

__all__ = [
    "FIGURES",
    "LOWERED",
    "RAISED",
    "Page",
    "Piece",
    "collapse",
    "key",
    "without_beginning",
    "words",
]

_SPACE = re.compile("[ \\t\\n\\r\\f\\v\\x1c-\\x1e\\x85\u2028\u2029]+")
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\xad\u200b\ufeff\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+")
_NOT_WORD = re.compile(r"[\W_]+")
FIGURES, RAISED, LOWERED = "0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
_PLAIN_FIGURES = str.maketrans(RAISED + LOWERED, 2 * FIGURES)


@dataclass(frozen=True, slots=True)
class Piece:
    """A block that doesn't know its position yet.

    Attributes:
        kind: what it is.
        text: its wording, white space collapsed.
        line: 1-based line of the source; 0 where unknown.
        path: XPath of its element or name of its field.
        spans: inline markup of the wording.
        language: see :class:`mtpipe.types.Block`.
    """

    kind: BlockKind
    text: str
    line: int = 0
    path: str = ""
    spans: tuple[Span, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Body and furniture of one page, each in reading order, and what the page says of itself."""

    blocks: tuple[Block, ...]
    furniture: tuple[Block, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def of(cls, pieces: Iterable[Piece], metadata: Metadata) -> "Page":
        """Number the pieces in their order, and tell body from furniture by their kinds."""
        blocks = [
            Block(
                piece.kind,
                piece.text,
                Place(index, piece.line, piece.path),
                piece.language,
                spans=() if piece.kind.is_furniture else piece.spans,
            )
            for index, piece in enumerate(piece for piece in pieces if piece.text)
        ]
        return cls(
            blocks=tuple(block for block in blocks if not block.kind.is_furniture),
            furniture=tuple(block for block in blocks if block.kind.is_furniture),
            metadata=metadata,
        )


def collapse(text: str) -> str:
    """A text as a browser shows it: white space collapsed, what can't be seen or written gone.

    Composed (NFC): pages from some systems have letters and accents apart.
    Typographic spaces (U+00A0, U+202F) stay. Soft hyphens, zero-width spaces, control characters
    and lone surrogates go: models read words apart at them, and files can't hold the last two.
    """
    collapsed = _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip(" ")
    return unicodedata.normalize("NFC", collapsed)


def without_beginning(spans: tuple[Span, ...], chars: int) -> tuple[Span, ...]:
    """The spans of a text when ``chars`` characters of its beginning are gone."""
    return tuple(
        replace(span, start=max(0, span.start - chars), end=span.end - chars)
        for span in spans
        if span.end > chars
    )


def words(text: str) -> list[str]:
    """The words of a text, equal for texts that read the same: together they are its :func:`key`."""
    composed = unicodedata.normalize("NFC", text)
    return _WORD.findall(composed.casefold().translate(_PLAIN_FIGURES))


def key(text: str) -> str:
    """The letters and digits of a text in lower case: equal for texts that read the same."""
    composed = unicodedata.normalize("NFC", text)
    return _NOT_WORD.sub("", composed).casefold().translate(_PLAIN_FIGURES)
