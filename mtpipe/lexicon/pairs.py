"""The lexicon: how probably a piece of one language is translated by one of another.

A table without context or order, trained on human translations. How it is made:
:mod:`mtpipe.training.lexicon`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import ModelCorrupt, ModelNotFound
from mtpipe.types import Direction

LEXICON = "lexicon.safetensors"
LOG_STEPS = 20
"""Log-probabilities are stored in steps of a twentieth of a nat, negated."""
FLOOR = -10.0
"""Natural log-probability of what the table doesn't have."""

LEAST_LOG = -7.0
"""Below, one log-probability says no more than another: what a person wrote freely has them, too."""

Ids = NDArray[np.int64]
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Links:
    """How probably the pieces of two texts translate each other.

    Attributes:
        forward: log p(target piece | source piece), shape (source pieces, target pieces).
        backward: log p(source piece | target piece), same shape.
    """

    forward: Matrix
    backward: Matrix


@dataclass(frozen=True, slots=True)
class _Table:
    keys: Ids
    forward: NDArray[np.uint8]
    backward: NDArray[np.uint8]


class Lexicon:
    """The loaded tables of all pairs of languages.

    Args:
        directory: folder with ``lexicon.safetensors``.

    Raises:
        ModelNotFound: the file is missing.
        ModelCorrupt: it can't be read.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / LEXICON
        arrays = read_arrays(path)
        self._tables: dict[str, _Table] = {}
        """By the direction that they are stored in."""
        try:
            for name in [name for name in arrays if name.endswith(".source")]:
                pair = name.removesuffix(".source")
                source, target, forward, backward = (
                    arrays[f"{pair}.{part}"] for part in ("source", "target", "forward", "backward")
                )
                keys = source.astype(np.int64) << 16 | target
                if not len(keys) == len(forward) == len(backward) or (np.diff(keys) <= 0).any():
                    raise ModelCorrupt(f"{path}: the table of {pair} isn't sorted and whole")
                self._tables[pair] = _Table(keys, forward, backward)
            self.log_unigram: dict[str, Matrix] = {
                name.removesuffix(".log_unigram"): array.astype(np.float32)
                for name, array in arrays.items()
                if name.endswith(".log_unigram")
            }
            """Natural log-probability of each piece by language, shape (pieces,)."""
        except (KeyError, ValueError) as exc:
            raise ModelCorrupt(f"{path} holds no lexicon: {exc}") from exc
        self._best: dict[Direction, Matrix] = {}

    def best(self, direction: Direction) -> Matrix:
        """Log-probability of each source piece's likeliest translation, shape (pieces,)."""
        if direction not in self._best:
            table = self._tables.get(str(direction))
            if table:
                pieces, stored = table.keys >> 16, table.forward
            else:
                table = self._tables[str(direction.reversed)]
                pieces, stored = table.keys & 0xFFFF, table.backward
            best = np.full(len(self.log_unigram[direction.source]), FLOOR, np.float32)
            np.maximum.at(best, pieces, stored * np.float32(-1 / LOG_STEPS))
            self._best[direction] = best
        return self._best[direction]

    def links(self, source: Ids, target: Ids, direction: Direction) -> Links:
        """Look up every piece of a text with every piece of another.

        Args:
            source: piece ids.
            target: piece ids.
            direction: languages of the two.
        """
        table = self._tables.get(str(direction))
        if table is None:
            flipped = self.links(target, source, direction.reversed)
            return Links(flipped.backward.T, flipped.forward.T)
        wanted = (source.astype(np.int64) << 16)[:, None] | target.astype(np.int64)
        found = np.minimum(np.searchsorted(table.keys, wanted), len(table.keys) - 1)
        is_there = table.keys[found] == wanted
        return Links(
            *(
                np.where(is_there, part[found] * np.float32(-1 / LOG_STEPS), np.float32(FLOOR))
                for part in (table.forward, table.backward)
            )
        )

    def log_prob_of_source(
        self, source: Ids, targets: Sequence[Ids], direction: Direction
    ) -> list[float]:
        """How well translations explain a text: what they leave out makes it improbable.

        Each source piece counts by how much it says, and is explained by the target piece that it
        goes best with (IBM Model 1 with the maximum in the place of the sum).

        Args:
            source: piece ids, at least one.
            targets: those of its translations, at least one each.
            direction: from the text's language to the translations'.

        Returns:
            Mean natural log-probability of a source piece, -7..0, for each translation.
        """
        pieces, columns = np.unique(np.concatenate(targets), return_inverse=True)
        # [source pieces x different target pieces]
        backward = np.maximum(self.links(source, pieces, direction).backward, LEAST_LOG)
        weights = -self.log_unigram[direction.source][source]
        ends = np.cumsum([len(target) for target in targets])
        return [
            float(np.average(backward[:, own].max(axis=1), weights=weights))
            for own in np.split(columns, ends[:-1])
        ]


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file.

    Raises:
        ModelNotFound: the file is missing.
        ModelCorrupt: it can't be read.
    """
    from safetensors import SafetensorError  # noqa: PLC0415 - not on the way to --help
    from safetensors.numpy import load_file  # noqa: PLC0415

    if not path.is_file():
        raise ModelNotFound(f"there is no {path}", hint="pip install --force-reinstall mtpipe")
    try:
        arrays: dict[str, NDArray[Any]] = load_file(path)
    except (OSError, ValueError, SafetensorError) as exc:
        raise ModelCorrupt(f"{path} is damaged: {exc}") from exc
    return arrays
