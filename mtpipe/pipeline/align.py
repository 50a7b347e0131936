"""Two versions of a text in, an alignment of their sentences out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtpipe.alignment import MAX_BEAD, EncodedOverlaps, Overlaps, SummedOverlaps, align_sentences
from mtpipe.alignment.evaluate import Tally, read_beads
from mtpipe.alignment.lengths import length_ratio
from mtpipe.encoders.static import StaticEncoder
from mtpipe.errors import InputError
from mtpipe.ingest.language import language_of_sentences
from mtpipe.pipeline.resources import static_encoder
from mtpipe.sentences import sentences_of
from mtpipe.types import Alignment, Article, Bead, Language, Move
from mtpipe.types.alignment import AlignedDocuments, AlignedSide, AlignmentEvaluation

if TYPE_CHECKING:
    from mtpipe.encoders.sbert import SentenceTransformerEncoder

__all__ = [
    "STATIC",
    "align",
    "align_documents",
    "evaluate_alignment",
    "load_encoder",
    "side_of",
]

STATIC = "static"
"""The encoder that ships."""

Text = Article | Sequence[str]
"""An article, or sentences."""


def align(
    source: Text,
    target: Text,
    *,
    languages: tuple[Language | str | None, Language | str | None] | None = None,
    encoder: str = STATIC,
    max_bead: int = MAX_BEAD,
    min_score: float = 0.0,
    names: tuple[str, str] | None = None,
) -> AlignedDocuments:
    """Align the sentences of two versions of a text.

    Every sentence ends up in one bead: 1-1, 1-n, n-1, n-m, or alone. What was moved is alone on
    both sides and listed among the moves. May be called from several threads at once.

    >>> from mtpipe import align
    >>> aligned = align(
    ...     ["Guten Morgen.", "Der Rat hat gestern getagt."],
    ...     ["Good morning.", "The council met yesterday."],
    ...     languages=("de", "en"),
    ... )
    >>> [(list(bead.source), list(bead.target)) for bead in aligned.alignment.beads]
    [([0], [0]), ([1], [1])]

    Args:
        source: one side: an article, which is split into sentences, or its sentences; empty ones
            are linked to nothing.
        target: the other.
        languages: of both sides; by default those of the articles, and of sentences the one that
            most of them are certainly in, if there is one.
        encoder: ``static``, the folder of another static one, or a sentence-transformers id.
        max_bead: sentences of both sides that one bead may have, at least 2.
        min_score: what is less alike, 0 to 1, isn't linked.
        names: of both sides, for people; by default where the articles come from.

    Raises:
        DependencyMissing: sentence-transformers is needed and not installed.
        ModelError: there is no such encoder, or it is damaged.
        UnsupportedDirection: a language isn't one of mtpipe's.
        TypeError: a side is a single string.
        ValueError: ``max_bead`` is less than 2.
    """
    if max_bead < 2:
        raise ValueError(f"max_bead is {max_bead}; a bead has a sentence of each side at least")
    codes = [Language.parse(code) if code else None for code in languages or (None, None)]
    shown = names or (_name(source, "source"), _name(target, "target"))
    model = load_encoder(encoder)
    sides = (
        side_of(source, language=codes[0], name=shown[0]),
        side_of(target, language=codes[1], name=shown[1]),
    )
    return align_documents(*sides, model, max_bead=max_bead, min_score=min_score)


def _name(text: Text, otherwise: str) -> str:
    return text.source if isinstance(text, Article) else otherwise


def side_of(text: Text, *, language: Language | None = None, name: str = "") -> AlignedSide:
    """One side of an alignment.

    Args:
        text: an article, or sentences.
        language: by default the article's, or that of most sentences where it is certain.
        name: for people.

    Raises:
        TypeError: a single string was given.
    """
    if isinstance(text, str):
        raise TypeError("each side is an article or a list of sentences, not a single text")
    if isinstance(text, Article):
        return AlignedSide(name, tuple(sentences_of(text)), language or text.language)
    return AlignedSide(name, tuple(text), language or language_of_sentences(text))


def evaluate_alignment(aligned: AlignedDocuments, gold: Path) -> AlignmentEvaluation:
    r"""Measure an alignment against a gold one, as Vecalign counts.

    Safe to call from several threads at once.

    >>> from pathlib import Path
    >>> from mtpipe import align, evaluate_alignment
    >>> size = Path("gold").write_text("[0]:[0]\n")
    >>> evaluate_alignment(align(["Hallo."], ["Hello."]), Path("gold")).strict.f1
    1.0

    Args:
        aligned: from :func:`align`.
        gold: file in Vecalign's format, ``[0]:[0, 1]`` per line.

    Raises:
        InputError: the file can't be read, or is of other texts.
        MalformedRecord: a line isn't of this form.
    """
    wanted = read_beads(gold)
    for number, side in enumerate((aligned.source, aligned.target)):
        last = max((i for bead in wanted for i in bead[number]), default=-1)
        if last >= len(side.sentences):
            raise InputError(
                f"{gold} names sentence {last} (from 0), but {side.name} has {len(side.sentences)}",
                hint="was it made from one sentence per line? Then add --lines",
            )
    tally = Tally()
    tally.add([(tuple(b.source), tuple(b.target)) for b in aligned.alignment.beads], wanted)
    return tally.evaluation


def load_encoder(name: str = STATIC) -> "StaticEncoder | SentenceTransformerEncoder":
    """Load an encoder: ``static``, the folder of another static one, or a sentence-transformers id.

    Raises:
        DependencyMissing: sentence-transformers is needed and not installed.
        ModelError: there is no such encoder, or it is damaged.
    """
    if name == STATIC:
        return static_encoder()
    if (Path(name) / "pieces.spm").is_file():
        return StaticEncoder(Path(name))
    from mtpipe.encoders.sbert import SentenceTransformerEncoder  # noqa: PLC0415 - an extra

    return SentenceTransformerEncoder(name)


def align_documents(
    source: AlignedSide,
    target: AlignedSide,
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
    alignment = Alignment(())
    if source_texts and target_texts:  # else there is nothing to link, nor to encode
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
