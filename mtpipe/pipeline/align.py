"""Two versions of a text in, an alignment of their sentences out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe.align import MAX_BEAD, EncodedOverlaps, Overlaps, SummedOverlaps, align_sentences
from mtpipe.encode.static import StaticEncoder
from mtpipe.errors import InputError
from mtpipe.ingest.reader import read_article
from mtpipe.lines import read_lines
from mtpipe.models.cards import bundled_directory
from mtpipe.segment import sentences_of
from mtpipe.types import Alignment, Language

if TYPE_CHECKING:
    from mtpipe.encode.sbert import SentenceTransformerEncoder

STATIC = "static"
"""The encoder that ships."""

# Characters that say the same, German = 1, counted in translated news and press releases.
_LENGTH = {Language.DE: 1.0, Language.FR: 1.0, Language.EN: 0.9}


@dataclass(frozen=True)
class Document:
    """One side of an alignment.

    Attributes:
        name: for people.
        sentences: in order.
        language: if known.
    """

    name: str
    sentences: tuple[str, ...]
    language: Language | None = None


@dataclass(frozen=True)
class AlignedDocuments:
    """An alignment and what it is of."""

    source: Document
    target: Document
    alignment: Alignment


def load_encoder(name: str = STATIC) -> "StaticEncoder | SentenceTransformerEncoder":
    """Load an encoder: ``static``, the folder of another static one, or a sentence-transformers id.

    Raises:
        DependencyMissing: sentence-transformers is needed and not installed.
        ModelError: there is no such encoder, or it is damaged.
    """
    if name == STATIC:
        return StaticEncoder(bundled_directory() / "encoder-static")
    if (Path(name) / "pieces.spm").is_file():
        return StaticEncoder(Path(name))
    from mtpipe.encode.sbert import SentenceTransformerEncoder  # noqa: PLC0415 - an extra

    return SentenceTransformerEncoder(name)


def read_document(name: str, *, language: Language | None = None, lines: bool = False) -> Document:
    """Read one side.

    Args:
        name: a file, an address, or ``-`` for standard input.
        language: of the text; by default it is identified (lines: left open).
        lines: whether every line is a sentence; else the input is an article in any form that
            can be read, and is split into sentences.

    Raises:
        InputError: it can't be read, or is more than one article.
    """
    if lines:
        try:
            with Path("/dev/stdin" if name == "-" else name).open("rb") as stream:
                texts = tuple(line.text for line in read_lines(stream, name=name))
        except OSError as exc:
            raise InputError(f"can't read {name}: {exc.strerror}") from exc
        return Document(name, texts, language)
    article = read_article(name, language=language, if_several="align articles one pair at a time")
    return Document(name, tuple(sentences_of(article)), article.language)


def align_documents(
    source: Document,
    target: Document,
    encoder: "StaticEncoder | SentenceTransformerEncoder",
    *,
    max_bead: int = MAX_BEAD,
) -> AlignedDocuments:
    """Align two documents.

    Args:
        source: one side.
        target: the other.
        encoder: see :func:`load_encoder`.
        max_bead: sentences of both sides that one bead may have.
    """
    alignment = align_sentences(
        source.sentences,
        target.sentences,
        _overlaps(source.sentences, encoder, max_bead),
        _overlaps(target.sentences, encoder, max_bead),
        max_bead=max_bead,
        ratio=length_ratio(source.language, target.language),
    )
    return AlignedDocuments(source, target, alignment)


def length_ratio(source: Language | None, target: Language | None) -> float:
    """Characters that a character becomes in translation; 1 where a language isn't known."""
    return _LENGTH[target] / _LENGTH[source] if source and target else 1.0


def _overlaps(
    texts: Sequence[str], encoder: "StaticEncoder | SentenceTransformerEncoder", max_bead: int
) -> Overlaps:
    if isinstance(encoder, StaticEncoder):
        return SummedOverlaps(encoder.sums(encoder.pieces(texts)))
    return EncodedOverlaps(
        [
            encoder.encode([" ".join(texts[i : i + size]) for i in range(len(texts) - size + 1)])
            for size in range(1, max_bead)
            if size <= len(texts)
        ]
    )
