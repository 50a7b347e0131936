"""Two versions of a text in, an alignment of their sentences out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe.alignment import MAX_BEAD, EncodedOverlaps, Overlaps, SummedOverlaps, align_sentences
from mtpipe.encoders.static import StaticEncoder
from mtpipe.errors import InputError
from mtpipe.ingest.furniture_rules import BUILT_IN, FurnitureRules
from mtpipe.ingest.reader import read_article
from mtpipe.lines import MAX_LINES, read_lines
from mtpipe.models.cards import bundled_directory
from mtpipe.sentences import sentences_of
from mtpipe.types import Alignment, Bead, Block, Language, Move

if TYPE_CHECKING:
    from mtpipe.encoders.sbert import SentenceTransformerEncoder

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
        furniture: what was set aside of its page.
    """

    name: str
    sentences: tuple[str, ...]
    language: Language | None = None
    furniture: tuple[Block, ...] = ()


@dataclass(frozen=True)
class AlignedDocuments:
    """An alignment and what it is of."""

    source: Document
    target: Document
    alignment: Alignment

    @property
    def mean_score(self) -> float:
        """Of the links, 0 to 1; 0 where there are none."""
        scores = [bead.score for bead in self.alignment.beads if not bead.is_null]
        return sum(scores) / len(scores) if scores else 0.0


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
    from mtpipe.encoders.sbert import SentenceTransformerEncoder  # noqa: PLC0415 - an extra

    return SentenceTransformerEncoder(name)


def read_document(
    name: str,
    *,
    language: Language | None = None,
    lines: bool = False,
    rules: FurnitureRules = BUILT_IN,
) -> Document:
    """Read one side.

    Args:
        name: a file, an address, or ``-`` for standard input.
        language: of the text; by default it is identified (lines: left open).
        lines: whether every line is a sentence; else the input is an article in any form that
            can be read, and is split into sentences.
        rules: what is furniture in an article.

    Raises:
        InputError: it can't be read, or is more than one article.
    """
    if lines:
        try:
            with Path("/dev/stdin" if name == "-" else name).open("rb") as stream:
                read = read_lines(stream, name=name, most=MAX_LINES)
                texts = tuple(line.text for line in read)
        except OSError as exc:
            raise InputError(f"can't read {name}: {exc.strerror}") from exc
        return Document(name, texts, language)
    article = read_article(
        name,
        language=language,
        rules=rules,
        if_several="align articles one pair at a time",
    )
    return Document(name, tuple(sentences_of(article)), article.language, article.furniture)


def align_documents(
    source: Document,
    target: Document,
    encoder: "StaticEncoder | SentenceTransformerEncoder",
    *,
    max_bead: int = MAX_BEAD,
    min_score: float = 0.0,
) -> AlignedDocuments:
    """Align two documents.

    Args:
        source: one side. Empty lines are linked to nothing.
        target: the other.
        encoder: see :func:`load_encoder`.
        max_bead: sentences of both sides that one bead may have.
        min_score: what is less alike, 0 to 1, isn't linked.
    """
    places = [
        [number for number, text in enumerate(side.sentences) if text.strip()]
        for side in (source, target)
    ]
    source_texts, target_texts = (
        [side.sentences[number] for number in numbers]
        for side, numbers in zip((source, target), places, strict=True)
    )
    alignment = align_sentences(
        source_texts,
        target_texts,
        _overlaps(source_texts, encoder, max_bead),
        _overlaps(target_texts, encoder, max_bead),
        max_bead=max_bead,
        ratio=length_ratio(source.language, target.language),
    )
    beads = _with_empty_lines(alignment, places, (len(source.sentences), len(target.sentences)))
    kept = [part for bead in beads for part in _parted(bead, min_score)]
    moves = [
        Move(_placed(move.source, places[0]), _placed(move.target, places[1]), move.score)
        for move in alignment.moves
        if move.score >= min_score
    ]
    return AlignedDocuments(source, target, Alignment(tuple(kept), tuple(moves)))


def _placed(numbers: range, places: Sequence[int]) -> range:
    """A run of sentences by their places among all lines."""
    return range(places[numbers[0]], places[numbers[-1]] + 1)


def _with_empty_lines(
    alignment: Alignment, places: Sequence[Sequence[int]], sizes: tuple[int, int]
) -> Iterator[Bead]:
    """The beads of all lines, empty ones alone in theirs.

    Args:
        alignment: of the lines that aren't empty.
        places: where those are among all, on both sides.
        sizes: lines of both sides.
    """
    at = [0, 0]

    def up_to(side: int, end: int) -> Iterator[Bead]:
        while at[side] < end:
            line, nothing = range(at[side], at[side] + 1), range(at[1 - side], at[1 - side])
            at[side] += 1
            yield Bead(line, nothing, 0.0) if side == 0 else Bead(nothing, line, 0.0)

    for bead in alignment.beads:
        spans = [
            _placed(numbers, places[side]) if numbers else None
            for side, numbers in enumerate((bead.source, bead.target))
        ]
        for side, span in enumerate(spans):
            if span:
                yield from up_to(side, span.start)
        source, target = (
            span or range(place, place) for span, place in zip(spans, at, strict=True)
        )
        at = [source.stop, target.stop]
        yield Bead(source, target, bead.score)
    for side, size in enumerate(sizes):
        yield from up_to(side, size)


def _parted(bead: Bead, min_score: float) -> Iterator[Bead]:
    """The bead, or its sentences one by one where both sides aren't alike enough."""
    if bead.is_null or bead.score >= min_score:
        yield bead
        return
    for number in bead.source:
        yield Bead(range(number, number + 1), range(bead.target.start, bead.target.start), 0.0)
    for number in bead.target:
        yield Bead(range(bead.source.stop, bead.source.stop), range(number, number + 1), 0.0)


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
