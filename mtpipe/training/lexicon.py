"""Training of the lexicon: which piece of one language translates which of another, how probably.

IBM Model 1 (Brown et al. 1993) in both directions, at the end by agreement (Liang et al. 2006):
a link counts as far as both directions believe in it, which leaves tables that are sharp enough to
be pruned to a dozen entries a piece. The pieces are those of the static encoder. Not for
translating: it knows no order and no context.

Usage: ``python -m mtpipe.training.lexicon de-en.tsv.xz ... --pieces pieces.spm --output DIR``
"""

import argparse
import logging
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray
from safetensors.numpy import save_file

from mtpipe.training.corpus import clean_pairs
from mtpipe.types import Direction, Language

_log = logging.getLogger(__name__)
_CHUNK_PAIRS = 512
_NULL = 0.05
LOG_STEPS = 20
"""Log-probabilities are stored in steps of a twentieth of a nat, negated, up to 255 of them."""

Ids = NDArray[np.int64]
Table = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class LexiconRecipe:
    """How the tables are trained.

    Attributes:
        most: pairs of a corpus that are used, by its name; corpora not named aren't used.
        max_pieces: longer sentences are left out.
        min_count: rarer pieces are left out.
        alone: iterations in which the directions don't know of each other.
        agreeing: iterations after those, in which they have to agree.
        entries: of a piece that are kept ...
        least: ... if they are at least so probable.
        seed: of the sampling.
    """

    most: Mapping[str, int] = field(
        default_factory=lambda: {
            "newstest": 1_000_000,
            "swiss-gov-news": 130_000,
            "europarl-concodisco": 110_000,
            "europarl-join": 100_000,
            "europarl-simt": 100_000,
            "tatoeba-testset": 20_000,
            "tatoeba-manythings": 30_000,
            "debian-www": 12_000,
            "mozilla-www": 10_000,
            "privacyguides": 4_000,
            "swiss-law": 10_000,
            "canada-laws": 10_000,
        }
    )
    max_pieces: int = 60
    min_count: int = 8
    alone: int = 2
    agreeing: int = 3
    entries: int = 12
    least: float = 0.01
    seed: int = 1


@dataclass(frozen=True)
class _Side:
    """Sentences of one language as compact numbers; 0 fills up.

    Attributes:
        rows: shape (pairs, max_pieces).
        lengths: pieces of each.
        ids: the piece that each compact number from 1 on stands for.
        counts: how often it came.
    """

    rows: NDArray[np.uint16]
    lengths: Ids
    ids: Ids
    counts: Ids


def train_lexicon(files: Iterable[Path], pieces: Path, output: Path, recipe: LexiconRecipe) -> None:
    """Train the tables of each file's pair of languages and write ``lexicon.safetensors``.

    Args:
        files: parallel files named by their direction (``de-en.tsv.xz``).
        pieces: SentencePiece model of the static encoder.
        output: folder, created if need be.
        recipe: sizes and schedule.

    Raises:
        InputError: a file can't be read, or its name gives no direction.
    """
    output.mkdir(parents=True, exist_ok=True)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
    arrays: dict[str, NDArray[np.generic]] = {}
    counts = {language: np.zeros(processor.get_piece_size(), np.int64) for language in Language}
    for path in files:
        direction = Direction.parse(path.name.split(".")[0])
        source, target = _read(path, direction, processor, recipe)
        for language, side in ((direction.source, source), (direction.target, target)):
            np.add.at(counts[language], side.ids, side.counts)
        forward, backward = _train(source, target, recipe)
        arrays |= {
            f"{direction}.{name}": array
            for name, array in _pruned(forward, backward, source, target, recipe).items()
        }
        _log.info("%s: %d entries", direction, len(arrays[f"{direction}.source"]))
    for language, row in counts.items():
        arrays[f"{language}.log_unigram"] = np.log((row + 0.5) / (row.sum() + 0.5 * len(row)))
        arrays[f"{language}.log_unigram"] = arrays[f"{language}.log_unigram"].astype(np.float16)
    save_file(arrays, output / "lexicon.safetensors")


def _read(
    path: Path,
    direction: Direction,
    processor: sentencepiece.SentencePieceProcessor,
    recipe: LexiconRecipe,
) -> tuple[_Side, _Side]:
    rng = random.Random(recipe.seed)  # noqa: S311 - sampling
    pools: dict[str, list[tuple[str, str]]] = {}
    for pair in clean_pairs(path, direction):
        if pair.corpus in recipe.most:
            pools.setdefault(pair.corpus, []).append((pair.source, pair.target))
    pairs = [
        pair
        for corpus, pool in pools.items()
        for pair in rng.sample(pool, min(len(pool), recipe.most[corpus]))
    ]
    sides = [processor.encode([pair[side] for pair in pairs], num_threads=2) for side in (0, 1)]
    kept = [
        n
        for n, rows in enumerate(zip(*sides, strict=True))
        if all(0 < len(row) <= recipe.max_pieces for row in rows)
    ]
    _log.info("%s: %d pairs", direction, len(kept))
    source, target = (
        _compact([side[n] for n in kept], processor.get_piece_size(), recipe) for side in sides
    )
    return source, target


def _compact(rows: list[list[int]], size: int, recipe: LexiconRecipe) -> _Side:
    counts = np.bincount(np.concatenate([np.asarray(row) for row in rows]), minlength=size)
    ids = np.flatnonzero(counts >= recipe.min_count)
    number = np.zeros(size, np.uint16)
    number[ids] = np.arange(1, len(ids) + 1)
    compact = np.zeros((len(rows), recipe.max_pieces), np.uint16)
    lengths = np.zeros(len(rows), np.int64)
    for n, row in enumerate(rows):
        known = number[row]
        known = known[known > 0]
        compact[n, : len(known)] = known
        lengths[n] = len(known)
    return _Side(compact, lengths, ids, counts[ids])


def _train(source: _Side, target: _Side, recipe: LexiconRecipe) -> tuple[Table, Table]:
    """Tables p(target | source) and p(source | target), both [source pieces x target pieces]."""
    shape = len(source.ids) + 1, len(target.ids) + 1
    _log.info("%d x %d pieces", len(source.ids), len(target.ids))
    forward, backward = (np.ones(shape, np.float32) for _ in range(2))
    nulls = (
        np.concatenate(([1.0], target.counts / target.counts.sum())).astype(np.float32),
        np.concatenate(([1.0], source.counts / source.counts.sum())).astype(np.float32),
    )
    for iteration in range(recipe.alone + recipe.agreeing):
        agree = iteration >= recipe.alone
        sums = [np.zeros(shape, np.float32) for _ in range(1 if agree else 2)]
        for rows in _chunks(source.lengths, target.lengths):
            src = source.rows[rows, : source.lengths[rows].max()].astype(np.int64)
            tgt = target.rows[rows, : target.lengths[rows].max()].astype(np.int64)
            real = (src > 0)[:, :, None] & (tgt > 0)[:, None, :]  # [rows x source x target]
            cells = src[:, :, None] * shape[1] + tgt[:, None, :]
            given_source = forward.ravel()[cells] * real
            given_source /= (
                given_source.sum(axis=1, keepdims=True)
                + (_NULL * source.lengths[rows])[:, None, None] * nulls[0][tgt][:, None, :]
            )
            given_target = backward.ravel()[cells] * real
            given_target /= (
                given_target.sum(axis=2, keepdims=True)
                + (_NULL * target.lengths[rows])[:, None, None] * nulls[1][src][:, :, None]
            )
            # Most cells have come to nothing after some iterations.
            for total, share in zip(
                sums,
                (given_source * given_target,) if agree else (given_source, given_target),
                strict=True,
            ):
                flat = share.ravel()
                worth = np.flatnonzero(flat > 1e-5)
                np.add.at(total.ravel(), cells.ravel()[worth], flat[worth])
        del forward, backward  # gigabytes
        forward, backward = sums[0], sums[0].copy() if agree else sums[1]
        forward /= np.maximum(forward.sum(axis=1, keepdims=True), 1e-9)
        backward /= np.maximum(backward.sum(axis=0, keepdims=True), 1e-9)
        _log.info("iteration %d", iteration + 1)
    return forward, backward


def _chunks(source_lengths: Ids, target_lengths: Ids) -> Iterator[Ids]:
    """Numbers of pairs of about the same length, some at a time."""
    usable = np.flatnonzero((source_lengths > 0) & (target_lengths > 0))
    order = usable[np.argsort(source_lengths[usable] + target_lengths[usable], kind="stable")]
    for start in range(0, len(order), _CHUNK_PAIRS):
        yield order[start : start + _CHUNK_PAIRS]


def _pruned(
    forward: Table, backward: Table, source: _Side, target: _Side, recipe: LexiconRecipe
) -> dict[str, NDArray[np.generic]]:
    """The best entries of each piece of either side, sorted by source and target piece."""
    keep: set[int] = set()
    width = forward.shape[1]
    for table, numbers in ((forward, range(1, forward.shape[0])), (backward.T, range(1, width))):
        for number in numbers:
            row = table[number]
            best = np.argpartition(-row, min(recipe.entries, len(row) - 1))[: recipe.entries]
            for other in best[row[best] >= recipe.least].tolist():
                keep.add(number * width + other if table is forward else other * width + number)
    cells = np.array(sorted(keep), np.int64)
    src, tgt = cells // width, cells % width
    return {
        "source": source.ids[src - 1].astype(np.uint16),
        "target": target.ids[tgt - 1].astype(np.uint16),
        "forward": quantised(forward[src, tgt]),
        "backward": quantised(backward[src, tgt]),
    }


def quantised(probabilities: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Probabilities as negated logarithms in steps of :data:`LOG_STEPS` a nat."""
    steps = np.rint(-np.log(np.maximum(probabilities, 1e-9)) * LOG_STEPS)
    return np.asarray(np.clip(steps, 0, 255), np.uint8)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--pieces", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train_lexicon(arguments.files, arguments.pieces, arguments.output, LexiconRecipe())


if __name__ == "__main__":
    main()
