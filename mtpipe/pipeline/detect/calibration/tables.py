"""Measured rows in the form that a score is learnt from."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from mtpipe.detection.engine_names import engine_family
from mtpipe.detection.features import Family, Features
from mtpipe.detection.scores import family_of
from mtpipe.pipeline.detect.calibration.measures import Measured
from mtpipe.pipeline.detect.calibration.planning import Planned, document_of
from mtpipe.pipeline.detect.pairs import Pair
from mtpipe.types import Direction

FOLDS = 5

_UNNAMED = "unnamed"
"""The engine of machine translations whose rows don't name one."""

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
        engine = (engine_family(pair.engine) or _UNNAMED) if is_yes else ""
        self.groups.append((engine, str(direction)))
        self.documents.append(document_of(pair))
        self.test_sets.append(pair.test_set)
        self.sentences.append(sentences)
        self.peers.append(engine_family(peer))

    def of_families(self, families: Collection[Family]) -> "Table":
        """The same rows, with the features of some families only."""
        names = [name for name in self.names if family_of(name) in families]
        return replace(
            self, features=[{name: row[name] for name in names} for row in self.features]
        )

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


def tables_of(planned: Iterable[Planned], measured: Iterable[Measured]) -> dict[int, Table]:
    """Tables of what was measured, by the number of sentences that articles were cut to.

    Args:
        planned: rows of one kind.
        measured: of each; rows of which nothing could be measured are left out.

    Returns:
        Whole articles have the key 0.
    """
    tables: dict[int, Table] = {}
    for row, found in zip(planned, measured, strict=True):
        table = tables.setdefault(row.size, Table())
        if found.features:
            table.add(
                found.features,
                row.pair,
                row.task.direction,
                is_yes=row.is_yes,
                sentences=found.sentences,
                peer=row.peer,
            )
    return tables
