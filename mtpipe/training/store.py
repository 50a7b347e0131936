"""Pre-tokenised corpora on disk: piece ids as uint16, memory-mapped, one store per corpus file.

A store is a folder of three files: ``tokens.bin`` (all ids, source then target of pair after
pair), ``index.bin`` (one row per pair) and ``store.json`` (corpus names and what it was made of;
written last, so that a store that has it is whole). No tags, no </s>: those depend on the
direction and are added when a batch is built.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtpipe.errors import ConfigError
from mtpipe.training.corpus import SentencePair
from mtpipe.training.vocabulary import Vocabulary
from mtpipe.types import Direction

FORMAT = 1
"""Changes whenever stores built by an older version must not be used any more."""

MAX_TOKENS = 128
"""Pieces of the longer side of a pair, at most."""

_ID = np.dtype("<u2")
INDEX = np.dtype([("start", "<i8"), ("source", "<u2"), ("target", "<u2"), ("corpus", "<u2")])
"""Row of an index: first id of the source; piece counts of both sides; corpus number."""

_TOKENS, _INDEX, _META = "tokens.bin", "index.bin", "store.json"


@dataclass(frozen=True)
class TokenStore:
    """Tokenised pairs of one direction (and, read the other way round, of its reverse).

    Attributes:
        direction: languages of source and target as stored.
        both_ways: whether to train the reverse direction, too.
        corpora: names that the index's corpus numbers stand for.
        index: rows of dtype :data:`INDEX`, one a pair.
        tokens: all piece ids.
    """

    direction: Direction
    both_ways: bool
    corpora: list[str]
    index: NDArray[np.void]
    tokens: NDArray[np.uint16]

    @classmethod
    def open(cls, directory: Path, *, both_ways: bool) -> "TokenStore":
        """Map a store into memory."""
        meta = _read_meta(directory)
        # An empty file can't be mapped.
        tokens = (
            np.memmap(directory / _TOKENS, dtype=_ID, mode="r")
            if (directory / _TOKENS).stat().st_size
            else np.empty(0, _ID)
        )
        return cls(
            Direction.parse(meta["direction"]),
            both_ways,
            meta["corpora"],
            np.fromfile(directory / _INDEX, dtype=INDEX),
            tokens,
        )

    def __len__(self) -> int:
        return len(self.index)

    def sides(self, row: int) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Piece ids of source and target of one pair."""
        start, source, target, _ = self.index[row].item()
        middle = start + source
        return self.tokens[start:middle], self.tokens[middle : middle + target]


def build_store(
    pairs: Iterable[SentencePair],
    direction: Direction,
    vocabulary: Vocabulary,
    directory: Path,
    *,
    fingerprint: str,
    dropped: Counter[str] | None = None,
) -> Counter[str]:
    """Tokenise pairs into a store, in memory that doesn't grow with the corpus's text.

    Args:
        pairs: what to store.
        direction: of the pairs.
        vocabulary: of the model.
        directory: of the store; created if need be.
        fingerprint: kept in the store, for :func:`is_current`.
        dropped: gets "over 128 tokens" added for pairs that are left out.

    Returns:
        Pairs kept, by corpus.

    Raises:
        ConfigError: the vocabulary is too large for 16 bits.
    """
    if len(vocabulary) > np.iinfo(_ID).max + 1:
        raise ConfigError(f"a vocabulary of {len(vocabulary)} tokens is too large, 65,536 can be")
    dropped = Counter() if dropped is None else dropped
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _META).unlink(missing_ok=True)
    corpora: dict[str, int] = {}
    counts: Counter[str] = Counter()
    position = 0
    stream = iter(pairs)
    with (directory / _TOKENS).open("wb") as tokens, (directory / _INDEX).open("wb") as index:
        while chunk := list(islice(stream, 20_000)):
            rows: list[tuple[int, int, int, int]] = []
            ids: list[int] = []
            for pair, source, target in _tokenised(chunk, vocabulary, dropped):
                number = corpora.setdefault(pair.corpus, len(corpora))
                rows.append((position + len(ids), len(source), len(target), number))
                ids += source
                ids += target
                counts[pair.corpus] += 1
            position += len(ids)
            tokens.write(np.array(ids, dtype=_ID).tobytes())
            index.write(np.array(rows, dtype=INDEX).tobytes())
    meta = {
        "direction": str(direction),
        "corpora": list(corpora),
        "fingerprint": fingerprint,
        "pairs": dict(counts),
        "dropped": dict(dropped),
    }
    (directory / _META).write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return counts


def _tokenised(
    pairs: Sequence[SentencePair], vocabulary: Vocabulary, dropped: Counter[str]
) -> Iterator[tuple[SentencePair, list[int], list[int]]]:
    """Pairs with the ids of both sides; those that are too long are counted and left out."""
    sources = vocabulary.encode_source([pair.source for pair in pairs])
    targets = vocabulary.encode_target([pair.target for pair in pairs])
    for pair, source, target in zip(pairs, sources, targets, strict=True):
        if not 0 < len(source) <= MAX_TOKENS or not 0 < len(target) <= MAX_TOKENS:
            dropped[f"over {MAX_TOKENS} tokens"] += 1
        else:
            yield pair, source, target


def is_current(directory: Path, fingerprint: str) -> bool:
    """Whether there is a whole store with that fingerprint."""
    try:
        return bool(_read_meta(directory)["fingerprint"] == fingerprint)
    except (OSError, ValueError, KeyError):
        return False


def _read_meta(directory: Path) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads((directory / _META).read_text(encoding="utf-8"))
    return meta
