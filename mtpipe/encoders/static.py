"""The encoder that ships with mtpipe: one vector a SentencePiece piece, summed and normalised.

It needs numpy and sentencepiece only, loads in a blink and encodes as fast as it tokenises. Not
for meaning beyond the words themselves: word order and negation hardly move the vector. How it
is made: :mod:`mtpipe.training.encoder`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

from mtpipe.config import cpu_threads
from mtpipe.errors import ModelCorrupt, ModelNotFound

VECTORS = "vectors.safetensors"
PIECES = "pieces.spm"

_BLOCK_ROWS = 512
_MAX_CHARS = 20_000
_MANY_TEXTS = 32
"""From which on it is worth starting threads."""


@dataclass(frozen=True)
class PieceBags:
    """The pieces of some texts.

    Attributes:
        ids: piece ids of one text after the other.
        starts: shape (texts + 1,); text i has ``ids[starts[i]:starts[i + 1]]``.
    """

    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1


class PieceCutter:
    """Cuts texts into the pieces that the encoder has vectors of.

    Args:
        path: of ``pieces.spm``.

    Raises:
        ModelNotFound: it is missing.
        ModelCorrupt: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModelNotFound(f"there is no {path}", hint="pip install --force-reinstall mtpipe")
        self._pieces = sentencepiece.SentencePieceProcessor()
        try:
            self._pieces.load(str(path))
        except (OSError, RuntimeError) as exc:
            raise ModelCorrupt(f"{path} is no SentencePiece model") from exc

    def __len__(self) -> int:
        return int(self._pieces.get_piece_size())

    def cut(self, texts: Sequence[str]) -> PieceBags:
        """Cut texts into pieces; of a text over 20,000 characters only the beginning."""
        # Bytes: half a surrogate pair can't be passed as text.
        rows = self._pieces.encode(
            [text[:_MAX_CHARS].encode("utf-8", "replace") for text in texts],
            num_threads=cpu_threads() if len(texts) >= _MANY_TEXTS else 1,
        )
        # A text without pieces (blank, or invisible characters only) has the unknown piece, so
        # that blank equals blank.
        rows = [row or [self._pieces.unk_id()] for row in rows]
        lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
        starts = np.concatenate(([0], np.cumsum(lengths)))
        ids = np.fromiter(
            (piece for row in rows for piece in row), dtype=np.int32, count=int(starts[-1])
        )
        return PieceBags(ids, starts)


class StaticEncoder:
    """A loaded static encoder.

    Args:
        directory: folder with ``pieces.spm`` and ``vectors.safetensors``.

    Raises:
        ModelNotFound: one of the files is missing.
        ModelCorrupt: one of them can't be read, or they don't belong together.
    """

    def __init__(self, directory: Path) -> None:
        for name in (PIECES, VECTORS):
            if not (directory / name).is_file():
                raise ModelNotFound(
                    f"the encoder {directory} lacks {name}",
                    hint="pip install --force-reinstall mtpipe",
                )
        self.name = directory.name
        self.table = _read_table(directory / VECTORS)
        """Vectors of all pieces, shape (pieces, dimensions), float32, not normalised."""
        self._cutter = PieceCutter(directory / PIECES)
        if len(self._cutter) != len(self.table):
            raise ModelCorrupt(
                f"{directory}: {len(self.table)} vectors for {len(self._cutter)} pieces"
            )

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.table.shape[1])

    def pieces(self, texts: Sequence[str]) -> PieceBags:
        """See :meth:`PieceCutter.cut`."""
        return self._cutter.cut(texts)

    def sums(self, bags: PieceBags) -> NDArray[np.float32]:
        """Add up the vectors of each text's pieces.

        Sums of sentences add up to the sum of their join, so that runs of sentences need no
        encoding of their own.

        Returns:
            Shape (texts, dimensions).
        """
        # Texts of about one length together: the k-th pieces of a block are then one gather and
        # one addition, five times as fast as np.add.reduceat.
        lengths = np.diff(bags.starts)
        order = np.argsort(-lengths, kind="stable")
        sums = np.zeros((len(bags), self.dimensions), dtype=np.float32)
        gathered = np.empty((_BLOCK_ROWS, self.dimensions), dtype=np.float32)
        for first in range(0, len(order), _BLOCK_ROWS):
            rows = order[first : first + _BLOCK_ROWS]
            starts = bags.starts[rows]
            block = np.zeros((len(rows), self.dimensions), dtype=np.float32)
            longest = int(lengths[rows[0]])
            # How many rows of the block, which fall in length, have a k-th piece.
            counts = np.searchsorted(-lengths[rows], -np.arange(longest), side="left")
            for k, count in enumerate(counts):
                part = gathered[:count]
                # mode="clip" lets numpy write to `part` directly; no id is out of range.
                np.take(self.table, bags.ids[starts[:count] + k], axis=0, out=part, mode="clip")
                block[:count] += part
            sums[rows] = block
        return sums

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (texts, dimensions)."""
        return unit_rows(self.sums(self.pieces(texts)))


def unit_rows(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to unit length; a row of zeros stays as it is."""
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(lengths, 1e-12), dtype=np.float32)


def _read_table(path: Path) -> NDArray[np.float32]:
    from safetensors import SafetensorError  # noqa: PLC0415 - not on the way to --help
    from safetensors.numpy import load_file  # noqa: PLC0415

    try:
        table: NDArray[np.float32] = load_file(path)["vectors"].astype(np.float32)
    except (OSError, KeyError, ValueError, SafetensorError) as exc:
        raise ModelCorrupt(f"{path} holds no vectors: {exc}") from exc
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ModelCorrupt(f"{path}: not a finite matrix")
    return table
