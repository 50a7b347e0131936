"""Labelled pairs, measured: the rows that the verdict is learnt from."""

import hashlib
import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mtpipe.detection.agreement import agreement
from mtpipe.detection.features import Family, Features
from mtpipe.detection.scores import family_of
from mtpipe.errors import InputError
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.types import Bead, Direction

FOLDS = 5

SHORTER = (3, 6)
"""Sentences of the shortened articles that damping is fitted on."""
_SHORTENED_EVERY = 3

Progress = Callable[[int], None]
Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass
class Table:
    """Measured articles, row by row.

    Attributes:
        features: of each.
        is_yes: what it really is.
        groups: the engine and the pair of languages of each; the engine is empty for a no.
        documents: rows of the same document belong together.
        test_sets: that the documents are from; empty where that isn't known.
        sentences: that were measured.
        peers: the engine that each was compared with; empty where there was none.
    """

    features: list[Features] = field(default_factory=list)
    is_yes: list[bool] = field(default_factory=list)
    groups: list[tuple[str, str]] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    test_sets: list[str] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)

    def add(
        self,
        features: Features,
        pair: Pair,
        direction: Direction,
        *,
        is_yes: bool,
        sentences: int,
        peer: str = "",
    ) -> None:
        """Add a row."""
        self.features.append(features)
        self.is_yes.append(is_yes)
        self.groups.append((engine_family(pair.engine) if is_yes else "", str(direction)))
        self.documents.append(document_of(pair))
        self.test_sets.append(pair.test_set)
        self.sentences.append(sentences)
        self.peers.append(engine_family(peer))

    def without(self, family: Family) -> "Table":
        """The same rows, with the features of a family left out."""
        rows = [
            {name: value for name, value in row.items() if family_of(name) is not family}
            for row in self.features
        ]
        return replace(self, features=rows)

    @property
    def names(self) -> list[str]:
        """Of the features."""
        return list(self.features[0])

    def matrix(self, names: Sequence[str]) -> Matrix:
        """Features as numbers, shape (rows, names)."""
        return np.array([[row[name] for name in names] for row in self.features])

    def folds(self) -> NDArray[np.int64]:
        """Fold of each row, the same for all rows of a document."""
        digests = [hashlib.sha256(document.encode()).digest()[0] for document in self.documents]
        return np.array(digests, np.int64) % FOLDS

    def folds_of_sets(self) -> NDArray[np.int64]:
        """Fold of each row, one for each test set."""
        return np.unique(self.test_sets, return_inverse=True)[1].astype(np.int64)


def engine_family(engine: str) -> str:
    """Engines that are versions of each other count as one: ``bergamot-tiny`` is ``bergamot``."""
    return engine.split("-", maxsplit=1)[0]


def document_of(pair: Pair) -> str:
    """What ties rows together: the document, in whatever language it is the original."""
    if pair.document:
        return pair.document
    text = "\n".join(pair.original.sentences if pair.original else pair.candidate.sentences)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def machine_tables(
    pairs: Iterable[Pair], instruments: Instruments, progress: Progress = lambda _: None
) -> dict[int, Table]:
    """Measure labelled pairs for ``machine_made``, whole (key 0) and shortened.

    Raises:
        InputError: a label is neither human nor machine.
    """
    tables = {size: Table() for size in (0, *SHORTER)}
    for number, pair in enumerate(pairs, 1):
        if pair.label not in ("human", "machine"):
            raise InputError(f"row {pair.id} is labelled {pair.label!r}, not human or machine")
        if pair.original and (direction := pair.direction):
            for size, table in _tables_of(number, tables):
                source, target = (side.sentences[:size] for side in (pair.original, pair.candidate))
                measured = instruments.measure(source, target, direction)
                if measured.rendered:
                    table.add(
                        measured.closeness | instruments.plausibility(measured, direction),
                        pair,
                        direction,
                        is_yes=pair.label == "machine",
                        sentences=len(measured.rendered),
                    )
        progress(number)
    return tables


def agreement_tables(
    pairs: Iterable[Pair], progress: Progress = lambda _: None
) -> dict[int, Table]:
    """Measure how far candidates agree with other engines' translations of the same original.

    Those stand in for a good model's; a candidate isn't compared with versions of its own engine.
    Only such pairs are used whose candidate has a sentence for each of the original's.

    Returns:
        Whole articles (key 0) and shortened ones; without rows where no document was translated
        by two engines.
    """
    documents = _by_document(
        pair
        for pair in pairs
        if pair.original and len(pair.original.sentences) == len(pair.candidate.sentences)
    )
    tables = {size: Table() for size in (0, *SHORTER)}
    done = 0
    for rows in documents:
        for pair, peer in product(rows, rows):
            if peer.label == "machine" and engine_family(peer.engine) != engine_family(pair.engine):
                _compare(pair, peer, tables)
        done += len(rows)
        progress(done)
    return tables


def _compare(pair: Pair, peer: Pair, tables: Mapping[int, Table]) -> None:
    """Add a row to the table of whole articles, and sometimes to those of shortened ones."""
    assert pair.original  # noqa: S101 - chosen so
    direction = Direction(pair.original.language, pair.candidate.language)
    number = len(tables[0].features)
    for size, table in _tables_of(number, tables):
        ours, theirs = (
            [html.unescape(text) for text in side.candidate.sentences[:size]]
            for side in (peer, pair)
        )
        beads = [Bead(range(n, n + 1), range(n, n + 1), 0.0) for n in range(len(theirs))]
        table.add(
            agreement(ours, theirs, beads),
            pair,
            direction,
            is_yes=pair.label == "machine",
            sentences=len(theirs),
            peer=peer.engine,
        )


def _tables_of(number: int, tables: Mapping[int, Table]) -> Iterator[tuple[int | None, Table]]:
    """Where an article of that number goes, shortened to how many sentences; None for whole."""
    for size, table in tables.items():
        if not size or number % _SHORTENED_EVERY == 0:
            yield size or None, table


def _by_document(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """The candidates in another language, together by their document and languages."""
    documents: dict[tuple[str, Direction], list[Pair]] = {}
    for pair in pairs:
        if direction := pair.direction:
            documents.setdefault((document_of(pair), direction), []).append(pair)
    return list(documents.values())


def relation_tables(
    pairs: Sequence[Pair], instruments: Instruments, progress: Progress = lambda _: None
) -> dict[int, Table]:
    """Measure pairs for ``translation_of``: true ones, partial ones, and the nearest other article.

    A partial candidate is half a translation and half another article. One candidate a document
    and pair of languages is taken, in turn of each engine.

    Returns:
        Whole articles (key 0) and shortened ones.
    """
    taken = [rows[number % len(rows)] for number, rows in enumerate(_by_document(pairs))]
    vectors = {
        side: np.array([_unit(_vector(getattr(p, side).sentences, instruments)) for p in taken])
        for side in ("original", "candidate")
    }
    likeness = vectors["original"] @ vectors["candidate"].T
    tables = {size: Table() for size in (0, *SHORTER)}
    for row, pair in enumerate(taken):
        assert pair.original  # noqa: S101 - chosen so
        direction = Direction(pair.original.language, pair.candidate.language)
        others = [
            taken[number].candidate.sentences
            for number in np.argsort(-likeness[row])[:200]
            if taken[number].candidate.language is pair.candidate.language
            and document_of(taken[number]) != document_of(pair)
        ]
        if not others:
            continue
        for size, table in _tables_of(row, tables):
            source, own, nearest, distant = (
                sentences[:size]
                for sentences in (
                    pair.original.sentences,
                    pair.candidate.sentences,
                    others[0],
                    others[-1],
                )
            )
            half = len(own) // 2
            for candidate, is_yes in (
                (own, True),
                ((*own[:half], *nearest[half:]), True),
                (nearest, False),
                (distant, False),
            ):
                measured = instruments.measure(source, candidate, direction)
                table.add(
                    measured.relation,
                    pair,
                    direction,
                    is_yes=is_yes,
                    sentences=min(len(measured.original), len(candidate)),
                )
        progress(row + 1)
    return tables


def _vector(texts: Sequence[str], instruments: Instruments) -> NDArray[np.float32]:
    total: NDArray[np.float32] = instruments.sentences(texts).vectors.sum(axis=0)
    return total


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
