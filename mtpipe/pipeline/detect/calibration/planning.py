"""Which pairs of texts are measured to learn the verdict from: labelled pairs in, tasks out."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mtpipe.detection.engine_names import STAND_INS, engine_family
from mtpipe.errors import InputError
from mtpipe.pipeline.detect.calibration.measures import Kind, Task
from mtpipe.pipeline.detect.measuring import Instruments
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.types import Direction

SHORTER = (3, 6)
"""Sentences of the shortened articles that damping is fitted on."""
_SHORTENED_EVERY = 3
"""One document in so many is shortened."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A row to be.

    Attributes:
        task: what is to be measured.
        pair: where it is from.
        is_yes: what it really is.
        size: sentences that both articles were cut to; 0 for whole ones.
        peer: the engine that it is compared with; empty for none.
    """

    task: Task
    pair: Pair
    is_yes: bool
    size: int
    peer: str = ""


def document_of(pair: Pair) -> str:
    """What ties rows together: the document, in whatever language it is the original."""
    if pair.document:
        return pair.document
    text = "\n".join(pair.original.sentences if pair.original else pair.candidate.sentences)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def machine_rows(pairs: Iterable[Pair]) -> Iterator[Planned]:
    """Labelled pairs, to be measured for ``machine_made``, whole and some of them shortened.

    Raises:
        InputError: a label is neither human nor machine.
    """
    for pair in pairs:
        if pair.label not in ("human", "machine"):
            raise InputError(f"row {pair.id} is labelled {pair.label!r}, not human or machine")
        if pair.original and (direction := pair.direction):
            for size in _sizes(document_of(pair)):
                first, second = (
                    side.sentences[: size or None] for side in (pair.original, pair.candidate)
                )
                task = Task(Kind.CLOSENESS, first, second, direction)
                yield Planned(task, pair, pair.label == "machine", size)


def rated(rows: Iterable[Planned]) -> Iterator[Planned]:
    """The same rows, to be measured with a model."""
    for row in rows:
        yield replace(row, task=replace(row.task, kind=Kind.PLAUSIBILITY))


def agreement_rows(pairs: Iterable[Pair]) -> Iterator[Planned]:
    """Candidates beside other engines' translations of the same original.

    Those stand in for an installed model's: only those of engines about as good as one, if there are
    any. A good engine's translation agrees with people's more than with a weak engine's, so that
    all together would tell nothing. A candidate isn't compared with versions of its own engine. Only such pairs are used whose candidate has a sentence or paragraph for each of the original's.
    """
    documents = _by_document(
        pair
        for pair in pairs
        if pair.original and len(pair.original.parts) == len(pair.candidate.parts)
    )
    engines = {
        engine_family(pair.engine)
        for rows in documents.values()
        for pair in rows
        if pair.label == "machine"
    }
    peers = engines & STAND_INS or engines
    for (document, direction), rows in documents.items():
        for pair, peer in product(rows, rows):
            family = engine_family(peer.engine)
            if (
                peer.label != "machine"
                or family not in peers
                or family == engine_family(pair.engine)
            ):
                continue
            for size in _sizes(document):
                theirs, own = (side.candidate.parts[: size or None] for side in (peer, pair))
                task = Task(Kind.AGREEMENT, theirs, own, direction)
                yield Planned(task, pair, pair.label == "machine", size, peer.engine)


def relation_rows(pairs: Sequence[Pair], instruments: Instruments) -> Iterator[Planned]:
    """Pairs for ``translation_of``: true ones, partial ones, and the nearest other article.

    A partial candidate is half a translation and half another article. One candidate a document
    and pair of languages is taken, in turn of each engine.
    """
    documents = _by_document(pairs)
    taken = [rows[number % len(rows)] for number, rows in enumerate(documents.values())]
    vectors = {
        side: np.array([_unit(_vector(getattr(p, side).sentences, instruments)) for p in taken])
        for side in ("original", "candidate")
    }
    likeness = vectors["original"] @ vectors["candidate"].T
    for row, (pair, (document, direction)) in enumerate(zip(taken, documents, strict=True)):
        assert pair.original  # noqa: S101 - chosen so
        others = [
            taken[number].candidate.sentences
            for number in np.argsort(-likeness[row])[:200]
            if taken[number].candidate.language is pair.candidate.language
            and document_of(taken[number]) != document
        ]
        if not others:
            continue
        for size in _sizes(document):
            source, own, nearest, distant = (
                sentences[: size or None]
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
                yield Planned(Task(Kind.RELATION, source, candidate, direction), pair, is_yes, size)


def refuse_one_sided(
    closeness: Set[tuple[int, bool]],
    relations: Set[tuple[int, bool]],
    agreements: Set[tuple[int, bool]],
) -> None:
    """Complain where there is nothing to tell apart.

    Args:
        closeness: of all rows for ``machine_made`` the sentences that articles were cut to, and
            whether the row is a yes.
        relations: the same of those for ``translation_of``.
        agreements: the same of candidates beside other engines' translations; there may be none.

    Raises:
        InputError: of the whole articles, or of those of a length, all are yes or all are no.
    """
    wanted = set(product((0, *SHORTER), (False, True)))
    makers = "candidates by people and by machines"
    for found, what in (
        (closeness, makers),
        (relations, "originals with their own and with another's translation"),
        (agreements or wanted, f"{makers} beside another engine's"),
    ):
        for size, _ in sorted(wanted - found):
            cut = f"articles cut to {size} sentences" if size else "whole articles"
            raise InputError(
                f"calibration needs {what}, and the {cut} aren't both",
                hint=f"one document in {_SHORTENED_EVERY} is shortened: add documents of both",
            )


def _sizes(document: str) -> tuple[int, ...]:
    """What all candidates of a document are cut to; 0 for nothing.

    By the document's name: its place would choose the same engines over and over where files have
    an order, and would choose others when documents are added.
    """
    digest = hashlib.sha256(document.encode("utf-8", "replace")).digest()
    shortened = int.from_bytes(digest) % _SHORTENED_EVERY == 0
    return (0, *SHORTER) if shortened else (0,)


def _by_document(pairs: Iterable[Pair]) -> dict[tuple[str, Direction], list[Pair]]:
    """The candidates in another language, together by their document and languages."""
    documents: dict[tuple[str, Direction], list[Pair]] = {}
    for pair in pairs:
        if direction := pair.direction:
            documents.setdefault((document_of(pair), direction), []).append(pair)
    return documents


def _vector(texts: Sequence[str], instruments: Instruments) -> NDArray[np.float32]:
    total: NDArray[np.float32] = instruments.sentences(texts).vectors.sum(axis=0)
    return total


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), np.float32)
